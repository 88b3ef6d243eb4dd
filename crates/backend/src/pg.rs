//! State in a PostgreSQL database, in the tables of the ecosystem: `SCHEMA.states`, one row for each workspace.
//!
//! *Lock.* The same advisory locks as Terraform's, so that both exclude each other. The lock has a database session of its
//! own. Each lock begins an epoch of its state, which is kept beside it: who holds the lock of an older epoch cannot write
//! any more, whatever it believes. Removing a lock by its id ends the session of its holder.
//!
//! *Write.* One transaction: the epoch is still the one of the lock, and the state is still the one that was read. If the
//! connection breaks, the state is read back: what is there tells whether the write happened.
//!
//! *Journal.* In `SCHEMA.formwork_journal`; epochs and effects in doubt in `SCHEMA.formwork_runs`. If these tables cannot be
//! made the journal is kept on this machine only, and comparing alone guards the state.

mod connection_string;
mod log;
mod message;
mod server;
mod settings;
mod store;
mod tls;
mod workspace;

pub use settings::PgSettings;
pub use store::PgStore;
pub use workspace::PgWorkspaces;

use crate::backend::ConfiguredBackend;
use formwork_model::StoreError;
use formwork_value::{Str, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Configures the backend, connects, and makes the tables that are missing.
pub async fn configure(config: &BTreeMap<Str, Value>) -> Result<ConfiguredBackend, StoreError> {
    let settings = PgSettings::parse(config)?;
    let (backend, warnings) = PgWorkspaces::connect(settings).await?;
    Ok(ConfiguredBackend { backend: Arc::new(backend), warnings })
}
