//! The provider that is always there: `terraform.io/builtin/terraform`.
//!
//! It runs inside the engine's process: resource type `terraform_data`, data source `terraform_remote_state`, and the
//! functions `encode_tfvars`, `decode_tfvars` and `encode_expr`. States are read through the port [`RemoteStates`].
//!
//! Invariant: no I/O of its own; ids come from [`Entropy`](formwork_model::Entropy).
//! Invariant: nothing it does has an effect outside of the state, so it needs no intents in the journal.

mod expression_text;
mod functions;
mod provider;
mod remote_state;
mod schema;
mod terraform_data;

pub use expression_text::expression_text;
pub use provider::BuiltinProvider;
pub use remote_state::{BackendProblem, RemoteStates};
