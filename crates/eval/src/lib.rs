//! What the language means: references, scopes, expansion, body to value, the reference graph, read sets.
//!
//! An [`Evaluator`] holds a configuration and the values of its resources. Whatever else is asked of it (variables,
//! locals, outputs, repetition) is evaluated when first needed and remembered. Evaluation returns a value *and* what
//! it read ([`ReadSet`]); from read sets come the edges between operations.
//!
//! Invariant: evaluation is synchronous and pure; whoever drives it sees to it that a resource has its value before
//! anything that refers to it is evaluated ([`ReferenceGraph`] gives the order).
//! Invariant: problems inside a remembered value are reported once, whoever asked first.

mod check_rule;
mod cycle;
mod decode;
mod environment;
mod evaluator;
mod expand;
mod functions;
mod ignored_changes;
mod instance_values;
pub mod limits;
mod module_instance;
mod module_value;
mod provider;
mod provider_meta;
mod read_set;
mod reference;
mod reference_graph;
mod resource_values;
mod scope;
mod shared_answers;
mod variable;

pub use check_rule::{CheckOutcome, FailureReport, check_expressions, evaluate_check, judge};
pub use decode::decode_block;
pub use environment::{Environment, Phase, ProviderFunctions};
pub use evaluator::{Evaluation, Evaluator};
pub use expand::{Expansion, Repetition};
pub use functions::{Functions, function_signatures};
pub use ignored_changes::ignored_changes;
pub use module_instance::ModuleId;
pub use module_value::CallInstances;
pub use provider::decode_provider;
pub use read_set::{Read, ReadSet};
pub use reference::{Reference, Subject, instance_key};
pub use reference_graph::{Item, ItemAddress, ReferenceGraph};
pub use resource_values::ResourceValues;
pub use scope::InstanceScope;
pub use shared_answers::SharedAnswers;
