//! The backend: where the states of all workspaces are.

mod migrate;
mod record;
mod settings;

pub use migrate::migrate;
pub use record::{Record, read_record, remove_record, write_record};
pub use settings::{BackendSettings, LocalFlags, backend_schema, configured_settings};

use crate::data_dir::DEFAULT_WORKSPACE;
use formwork_backend::{LocalStore, LocalWorkspaces, StatePlace};
use formwork_model::{StateStore, StoreError};
use std::sync::Arc;

/// A backend that is ready for use.
pub enum Backend {
    Local(LocalWorkspaces),
}

impl Backend {
    /// All workspaces, `default` first.
    pub async fn workspaces(&self) -> Result<Vec<String>, StoreError> {
        match self {
            Backend::Local(local) => local.list(),
        }
    }

    pub async fn create_workspace(&self, name: &str) -> Result<(), StoreError> {
        match self {
            Backend::Local(local) => local.create(name),
        }
    }

    /// Removes a workspace with its state.
    pub async fn delete_workspace(&self, name: &str) -> Result<(), StoreError> {
        match self {
            Backend::Local(local) => local.delete(name),
        }
    }

    /// True if the workspace is there; the default one always is.
    pub async fn has_workspace(&self, name: &str) -> Result<bool, StoreError> {
        Ok(name == DEFAULT_WORKSPACE || self.workspaces().await?.iter().any(|other| other == name))
    }

    /// Where the state of a workspace and its journal are.
    pub async fn place(&self, workspace: &str) -> Result<StatePlace, StoreError> {
        match self {
            Backend::Local(local) => local_place(local.store(workspace)?),
        }
    }

    /// The state of a workspace without a journal, for looking only.
    pub async fn store(&self, workspace: &str) -> Result<Arc<dyn StateStore>, StoreError> {
        match self {
            Backend::Local(local) => Ok(Arc::new(local.store(workspace)?)),
        }
    }
}

fn local_place(store: LocalStore) -> Result<StatePlace, StoreError> {
    let journal = store.journal_paths()?;
    Ok(StatePlace { store: Arc::new(store), journal, remote: None })
}
