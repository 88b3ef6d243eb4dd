//! The applier: a plan to effects, events and new state.
//!
//! [`apply`] runs exactly the execution graph of the plan, several operations at once. Each operation evaluates the
//! configuration with the values that are known by now, checks that what comes out is still what was planned, writes its
//! intent to the journal, calls the provider, and writes the result to the journal before anything that depends on it starts.
//!
//! [`resume`] is the rest of a plan of which a part has been applied.
//!
//! Invariant: nothing is decided here: the order, the kind of each operation and the deposed keys come from the plan.
//! Invariant: `Recorder` alone holds the state mutably, and everything that is in it is in the journal.
//! Invariant: no effect without a durable intent, unless the provider declares the type free of outside effects.

mod action;
mod check;
mod create;
mod delete;
mod empty;
mod ephemeral;
mod inputs;
mod operation;
mod output;
mod provider_config;
mod provision;
mod read;
mod recorder;
mod resume;
mod run;
mod stage;
mod variable_rules;

pub use inputs::{ApplyInputs, ApplyOutcome};
pub use resume::{Resumed, resume};
pub use run::apply;
