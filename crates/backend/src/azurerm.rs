//! State in a container of Azure Blob Storage.
//!
//! *Lock.* A lease of the state's blob, for ever, under the id of the lock; its metadata tell who has it. A blob that is not
//! there yet is made empty first, which is no state.
//!
//! *Write.* With the lease, if there is one, and on the condition that the blob is still the one that was read.

mod container;
mod credentials;
mod settings;
mod store;

pub use settings::AzureSettings;
pub use store::AzureStore;

use crate::backend::{Backend, ConfiguredBackend, check_deletable, listed};
use crate::journal::{JournalPaths, remove_remote};
use crate::local::check_name;
use crate::objects::{ObjectLog, Objects};
use crate::session::StatePlace;
use async_trait::async_trait;
use container::Container;
use formwork_model::StoreError;
use formwork_value::{Str, Value};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Configures the backend, and looks up the key of the storage account if that is how it is to be used.
pub async fn configure(config: &BTreeMap<Str, Value>) -> Result<ConfiguredBackend, StoreError> {
    let service = std::env::var("AZURE_STORAGE_SERVICE_ENDPOINT").ok().filter(|url| !url.is_empty());
    let settings = AzureSettings::parse(config)?.at(service);
    Ok(ConfiguredBackend { backend: Arc::new(AzureWorkspaces::open(settings).await?), warnings: Vec::new() })
}

/// The workspaces of an `azurerm` backend: blobs whose names begin with that of the default one.
pub struct AzureWorkspaces {
    container: Arc<Container>,
}

impl AzureWorkspaces {
    /// Opens the container. Errors: the key of the account cannot be looked up.
    pub async fn open(settings: AzureSettings) -> Result<AzureWorkspaces, StoreError> {
        Ok(AzureWorkspaces { container: Arc::new(Container::open(settings).await?) })
    }

    fn store(&self, workspace: &str) -> Result<AzureStore, StoreError> {
        check_name(workspace)?;
        Ok(AzureStore::new(self.container.clone(), &self.container.settings.blob(workspace)))
    }

    fn log(&self, workspace: &str) -> ObjectLog {
        ObjectLog::new(self.container.clone(), &format!("{}.formwork", self.container.settings.blob(workspace)))
    }
}

#[async_trait]
impl Backend for AzureWorkspaces {
    async fn workspaces(&self) -> Result<Vec<String>, StoreError> {
        let prefix = format!("{}env:", self.container.settings.key);
        let names = self.container.list(&prefix).await?;
        // What is beside states has names that no workspace can have.
        let own = names.iter().filter_map(|name| name.strip_prefix(&prefix));
        Ok(listed(own.filter(|name| !name.ends_with(".formwork.in-doubt"))))
    }

    /// Puts an empty state, so that the workspace can be listed.
    async fn create_workspace(&self, name: &str, lineage: &str) -> Result<(), StoreError> {
        let store = self.store(name)?;
        if name == "default" { Ok(()) } else { store.state.create(lineage).await }
    }

    async fn delete_workspace(&self, name: &str) -> Result<(), StoreError> {
        check_deletable(name)?;
        remove_remote(&self.log(name)).await?;
        self.store(name)?.remove().await
    }

    fn place(&self, workspace: &str, data_directory: &Path) -> Result<StatePlace, StoreError> {
        let store = self.store(workspace)?;
        let place = format!("azurerm:{}/{}", self.container.address, self.container.settings.blob(workspace));
        Ok(StatePlace {
            store: Arc::new(store),
            journal: JournalPaths::in_data_directory(data_directory, &place),
            remote: Some(Arc::new(self.log(workspace))),
            replacement: None,
        })
    }
}
