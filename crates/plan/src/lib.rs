//! The planner: configuration, prior state and provider answers to a [`Plan`](formwork_model::Plan).
//!
//! [`plan`] walks the reference graph; every resource is read anew (refresh), evaluated, and planned with its provider,
//! independent ones at the same time. From the planned changes and from what each evaluation has read, `exec` builds
//! the execution graph: the only place that knows the order of create, destroy and replace.
//!
//! Invariant: nothing here changes the world: providers are reached through `PlanProvider` only.
//! Invariant: the same inputs and provider answers give the same plan, whatever the timing.

mod action;
mod before_destroy;
mod check;
mod create_before_destroy;
mod data;
mod ephemeral;
mod exec;
mod generate;
mod generated_text;
mod import;
mod inputs;
mod lifecycle;
mod managed;
mod moves;
mod orphan;
mod output;
mod planner;
mod provider_config;
mod query;
mod refresh;
mod relevant;
mod resource;
mod takeover;
mod target;
mod trigger;
mod validate;
mod walk;
mod warning;

pub use generate::{GeneratedResource, generate, without_undeclared_imports};
pub use inputs::PlanInputs;
pub use planner::plan;
pub use query::{FoundObject, ListResult, ListStart, QueryEvent, WrittenBlocks, query};
pub use validate::validate;
