//! Configuration: files to a tree of modules with typed blocks.
//!
//! [`load`] reads a root module and every module it calls (through the [`Files`](formwork_model::Files) port), merges
//! override files and validates all that can be judged without evaluating and without provider schemas. The result
//! goes to `eval`, which gives it meaning.
//!
//! Invariant: loading is total: it returns what could be understood, and every problem found.
//! Invariant: nothing is evaluated but constants; provider schemas are not known here.

mod action_block;
mod assemble;
mod backend_block;
mod call;
mod check_rule;
mod constant;
mod early;
mod files;
mod import_block;
mod item;
pub mod limits;
mod load;
mod manifest;
mod module;
mod module_source;
mod moved_block;
mod name;
mod output;
mod provider_block;
mod provider_check;
mod provisioner;
mod provisioner_schema;
mod query;
mod read;
mod reference;
mod reference_check;
mod reference_list;
mod requirements;
mod resource_block;
mod statement_check;
mod summary;
mod tree;
mod variable;
mod variables;

pub use action_block::{ActionBlock, ActionFailure, ActionTrigger, TriggeredAction};
pub use backend_block::{BackendBlock, CloudBlock};
pub use call::{ModuleCall, PassedProvider};
pub use check_rule::{CheckBlock, CheckRule};
pub use constant::{constant, constant_bool, constant_string};
pub use early::EarlyContext;
pub use files::{config_files, is_ignored, join, parse_file};
pub use import_block::{ImportBlock, ImportTarget};
pub use load::{ModuleResolution, join_clean, load, load_beside, load_root, load_with};
pub use manifest::module_manifest;
pub use module::{LocalValue, Module, ProviderMeta};
pub use module_source::ModuleSource;
pub use moved_block::{MoveEndpoint, MovedBlock, RemovedBlock, RemovedFrom};
pub use output::OutputBlock;
pub use provider_block::{ProviderBlock, ProviderName, ProviderRef, ProviderRequirement, ProviderScope};
pub use provisioner::{OnFailure, ProvisionerBlock, When};
pub use provisioner_schema::{connection_schema, provisioner_schema};
pub use query::{ListBlock, load_queries};
pub use read::address::{read_address, read_target_address};
pub use read::call::{read_passed, read_plain_call};
pub use read::check::read_rule;
pub use read::provider::read_provider_block;
pub use reference_check::{check_references, used_configurations, visit_resource_references};
pub use reference_list::reference as read_reference;
pub use requirements::provider_requirements;
pub use resource_block::{IgnoreChanges, IgnoredPath, Lifecycle, ResourceBlock};
pub use statement_check::check_statements;
pub use summary::{Schemas, summarize};
pub use tree::Config;
pub use variable::VariableBlock;
pub use variables::{
    GivenValue, Origin, VariableArgument, VariableFile, VariableInputs, automatic_files, collect_variables, conclude,
    missing_value, missing_variables, prompted_value,
};
