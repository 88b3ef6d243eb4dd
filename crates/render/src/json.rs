//! The machine-readable documents: plan, state, provider schemas, validation result, outputs, version.

pub(crate) mod change;
pub(crate) mod check;
mod configuration;
mod drift;
mod invocation;
mod output;
mod plan;
pub(crate) mod provider_schema;
mod resource;
mod state;
mod validate;
pub(crate) mod value;
mod version;
pub(crate) mod writer;

pub use drift::{has_drift, json_drift};
pub use output::{json_output, json_outputs};
pub use plan::json_plan;
pub(crate) use plan::write_plan_changes;
pub use provider_schema::{json_function_signatures, json_provider_schemas};
pub(crate) use state::write_state_values;
pub use state::{StateViewError, json_state};
pub use validate::json_validation;
pub use version::json_version;
