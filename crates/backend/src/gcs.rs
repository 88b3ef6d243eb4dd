//! State in a bucket of Google Cloud Storage.
//!
//! *Lock.* `NAME.tflock` is put on the condition that it does not exist. Its generation is the id of the lock: it is
//! deleted on the condition that it still has it, so nobody removes the lock of somebody else.

mod bucket;
mod credentials;
mod settings;
mod store;

pub use settings::GcsSettings;
pub use store::GcsStore;

use crate::backend::{Backend, ConfiguredBackend, check_deletable, listed};
use crate::journal::{JournalPaths, remove_remote};
use crate::local::check_name;
use crate::objects::{ObjectLog, Objects};
use crate::session::StatePlace;
use async_trait::async_trait;
use bucket::Bucket;
use formwork_model::StoreError;
use formwork_value::{Str, Value};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Configures the backend. Nothing is asked yet.
pub fn configure(config: &BTreeMap<Str, Value>) -> Result<ConfiguredBackend, StoreError> {
    let settings = GcsSettings::parse(config)?;
    let bucket = Arc::new(Bucket::new(settings)?);
    Ok(ConfiguredBackend { backend: Arc::new(GcsWorkspaces { bucket }), warnings: Vec::new() })
}

/// The workspaces of a `gcs` backend: objects below a prefix.
pub struct GcsWorkspaces {
    bucket: Arc<Bucket>,
}

impl GcsWorkspaces {
    fn log(&self, workspace: &str) -> ObjectLog {
        ObjectLog::new(self.bucket.clone(), &self.bucket.settings.object(workspace, ".tfstate"))
    }

    fn store(&self, workspace: &str) -> Result<GcsStore, StoreError> {
        check_name(workspace)?;
        Ok(GcsStore::new(self.bucket.clone(), workspace))
    }
}

#[async_trait]
impl Backend for GcsWorkspaces {
    async fn workspaces(&self) -> Result<Vec<String>, StoreError> {
        let prefix = &self.bucket.settings.prefix;
        let names = self.bucket.list(prefix).await?;
        Ok(listed(names.iter().filter_map(|name| name.strip_prefix(prefix)?.strip_suffix(".tfstate"))))
    }

    /// Puts an empty state, so that the workspace can be listed.
    async fn create_workspace(&self, name: &str, lineage: &str) -> Result<(), StoreError> {
        let store = self.store(name)?;
        if name == "default" { Ok(()) } else { store.state.create(lineage).await }
    }

    async fn delete_workspace(&self, name: &str) -> Result<(), StoreError> {
        check_deletable(name)?;
        remove_remote(&self.log(name)).await?;
        self.store(name)?.state.remove().await
    }

    fn place(&self, workspace: &str, data_directory: &Path) -> Result<StatePlace, StoreError> {
        let store = self.store(workspace)?;
        let settings = &self.bucket.settings;
        let place = format!("gcs:{}:{}", settings.bucket, settings.object(workspace, ".tfstate"));
        Ok(StatePlace {
            store: Arc::new(store),
            journal: JournalPaths::in_data_directory(data_directory, &place),
            remote: Some(Arc::new(self.log(workspace))),
            replacement: None,
        })
    }
}
