//! State on a web server: `GET` and `POST` of one address, `LOCK` and `UNLOCK` of others.
//!
//! *Write.* If the server gives entity tags, the state is written on the condition that it is still the one that was read
//! (`If-Match`), or still absent (`If-None-Match`). If it does not, the state is read once more before it is replaced:
//! that narrows the gap which only the lock closes. If the outcome of a write is unclear the state is read back.

mod settings;
mod store;

pub use settings::HttpSettings;
pub use store::HttpStore;

use crate::backend::{Backend, ConfiguredBackend};
use crate::journal::JournalPaths;
use crate::session::StatePlace;
use async_trait::async_trait;
use formwork_model::StoreError;
use formwork_value::{Str, Value};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Configures the backend. Nothing is asked yet.
pub fn configure(config: &BTreeMap<Str, Value>) -> Result<ConfiguredBackend, StoreError> {
    let settings = HttpSettings::parse(config)?;
    let warnings = settings.warnings();
    Ok(ConfiguredBackend { backend: Arc::new(HttpBackend { settings: Arc::new(settings) }), warnings })
}

/// The one state of an `http` backend.
pub struct HttpBackend {
    settings: Arc<HttpSettings>,
}

fn no_workspaces() -> StoreError {
    StoreError::new("The \"http\" backend keeps one state only: workspaces not supported.")
}

#[async_trait]
impl Backend for HttpBackend {
    fn has_workspaces(&self) -> bool {
        false
    }

    async fn workspaces(&self) -> Result<Vec<String>, StoreError> {
        Ok(vec!["default".to_owned()])
    }

    async fn create_workspace(&self, name: &str, _: &str) -> Result<(), StoreError> {
        if name == "default" { Ok(()) } else { Err(no_workspaces()) }
    }

    async fn delete_workspace(&self, _: &str) -> Result<(), StoreError> {
        Err(no_workspaces())
    }

    fn place(&self, workspace: &str, data_directory: &Path) -> Result<StatePlace, StoreError> {
        if !matches!(workspace, "" | "default") {
            return Err(no_workspaces());
        }
        Ok(StatePlace {
            store: Arc::new(HttpStore::new(self.settings.clone())?),
            journal: JournalPaths::in_data_directory(data_directory, &format!("http:{}", self.settings.address)),
            remote: None,
            replacement: None,
        })
    }
}
