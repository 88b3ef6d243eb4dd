//! State in an S3 bucket, or in any service with the same API.
//!
//! *Lock.* `KEY.tflock` is put on the condition that it does not exist, with the same content as Terraform's. With a table of
//! DynamoDB there is an item as well, and a checksum of the state, which must be right.
//!
//! *Write.* The state is put on the condition that it is still the one that was read (`If-Match`), or still absent
//! (`If-None-Match`). So of two runs that both believe to hold the lock only one writes. If an answer is lost, or the
//! client tried again by itself, the object is read back: what is there tells whether the write happened.

mod client;
mod connector;
mod log;
mod object;
mod role;
mod settings;
mod store;
mod table;
mod workspace;

pub use settings::S3Settings;
pub use store::S3Store;
pub use workspace::S3Workspaces;

use crate::backend::ConfiguredBackend;
use formwork_model::StoreError;
use formwork_value::{Str, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Configures the backend and checks the credentials, unless told not to.
pub async fn configure(config: &BTreeMap<Str, Value>) -> Result<ConfiguredBackend, StoreError> {
    let settings = S3Settings::parse(config)?;
    let warnings = settings.warnings();
    let backend = S3Workspaces::connect(settings).await?;
    Ok(ConfiguredBackend { backend: Arc::new(backend), warnings })
}
