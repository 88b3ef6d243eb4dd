//! The protocol's rules about one object: what to propose to the provider, and what its answers must obey.
//!
//! [`proposed`] merges prior state and configuration; [`plan_object`] runs the whole dialogue with the provider for one
//! object and chooses the action; [`check_plan`] and [`check_compatible`] are the checks of answers; [`read_state`]
//! brings stored objects to the current schema; [`Upkeep`] is what goes on while operations run, [`OperationTurns`] how many
//! do at once. Planner and applier both use them.
//!
//! Source of the rules: sections 8 to 10 of the fact sheet on the plugin protocol.
//!
//! Invariant: no configuration is evaluated here, and nothing is known of other objects.

mod check_plan;
mod compatible;
mod deferral;
mod deviation;
mod ephemeral;
mod identify;
mod ignore;
mod legacy;
mod plan_object;
mod problems;
mod proposed;
mod replace;
mod stored;
mod ticker;
mod turns;
mod upkeep;
mod write_only;

pub use check_plan::check_plan;
pub use compatible::check_compatible;
pub use deferral::deferral_problem;
pub use deviation::{Deviation, compare_lines, compare_objects, compare_states};
pub use ephemeral::{OpenObject, open_ephemeral};
pub use formwork_model::{schema_marks, with_schema_marks};
pub use identify::{identity_problem, object_id};
pub use ignore::{Ignore, ignore_changes};
pub use legacy::{empty_block, normalize};
pub use plan_object::{ObjectPlan, PlanInput, plan_destroy, plan_object};
pub use proposed::{planned_data, proposed};
pub use replace::filter_replace;
pub use stored::{Stored, decode_object, encode_object, read_state};
pub use ticker::Ticker;
pub use turns::{OperationTurns, Turn};
pub use upkeep::Upkeep;
pub use write_only::{is_write_only, without_write_only};
