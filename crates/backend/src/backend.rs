//! Backends: what `terraform { backend "KIND" {} }` chooses. A backend knows its workspaces and gives the place of each
//! one's state.

#[cfg_attr(not(feature = "s3"), allow(dead_code))]
mod arguments;
mod schema;

pub(crate) use arguments::Arguments;
pub use schema::{KINDS, backend_schema, required_arguments};

use crate::local::{LocalOptions, LocalWorkspaces};
use crate::session::StatePlace;
use async_trait::async_trait;
use formwork_model::StoreError;
use formwork_value::{Str, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A configured backend.
#[async_trait]
pub trait Backend: Send + Sync {
    /// True if there can be more than the workspace `default`.
    fn has_workspaces(&self) -> bool {
        true
    }

    /// `default`, then the others in order.
    async fn workspaces(&self) -> Result<Vec<String>, StoreError>;

    /// Makes a workspace; one that exists is left as it is. `lineage` is for its first state, if the backend needs one.
    async fn create_workspace(&self, name: &str, lineage: &str) -> Result<(), StoreError>;

    /// Removes a workspace with its state, whatever is in it.
    async fn delete_workspace(&self, name: &str) -> Result<(), StoreError>;

    /// Where the state of a workspace is, and its journal. Journals of remote states lie in the data directory.
    fn place(&self, workspace: &str, data_directory: &Path) -> Result<StatePlace, StoreError>;
}

/// The workspace `default` stays.
pub(crate) fn check_deletable(workspace: &str) -> Result<(), StoreError> {
    match workspace {
        "" | "default" => Err(StoreError::new("The workspace \"default\" cannot be deleted.")),
        _ => Ok(()),
    }
}

/// `default`, then the workspaces whose names are those of objects beside each other, in order.
#[cfg(feature = "remote")]
pub(crate) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> =
        names.filter(|name| !matches!(*name, "" | "default") && !name.contains('/')).map(str::to_owned).collect();
    names.sort();
    names.insert(0, "default".to_owned());
    names
}

/// A backend, and what its user should know.
pub struct ConfiguredBackend {
    pub backend: Arc<dyn Backend>,
    pub warnings: Vec<String>,
}

/// Configures a backend by the values of its arguments, as [`backend_schema`] types them; environment variables fill in
/// what is absent. Errors are for users.
pub async fn configure_backend(kind: &str, config: &BTreeMap<Str, Value>) -> Result<ConfiguredBackend, StoreError> {
    match kind {
        "local" => {
            let options = local_options(config)?;
            Ok(ConfiguredBackend { backend: Arc::new(LocalWorkspaces { options }), warnings: Vec::new() })
        }
        #[cfg(feature = "remote")]
        "azurerm" => crate::azurerm::configure(config).await,
        #[cfg(feature = "remote")]
        "consul" => crate::consul::configure(config),
        #[cfg(feature = "remote")]
        "gcs" => crate::gcs::configure(config),
        #[cfg(feature = "remote")]
        "http" => crate::http::configure(config),
        #[cfg(feature = "remote")]
        "pg" => crate::pg::configure(config).await,
        #[cfg(feature = "s3")]
        "s3" => crate::s3::configure(config).await,
        _ => Err(StoreError::new(unsupported(kind))),
    }
}

/// The settings of a local backend.
pub fn local_options(config: &BTreeMap<Str, Value>) -> Result<LocalOptions, StoreError> {
    let mut arguments = Arguments::new(config);
    let mut options = LocalOptions::default();
    if let Some(path) = arguments.text("path") {
        if path.is_empty() {
            arguments.refuse("path", "must not be empty");
        }
        options.path = PathBuf::from(path);
    }
    if let Some(path) = arguments.text("workspace_dir") {
        options.workspace_dir = PathBuf::from(path);
    }
    arguments.finish("local")?;
    Ok(options)
}

/// What to say of a kind of backend that is not there.
fn unsupported(kind: &str) -> String {
    match kind {
        "artifactory" | "azure" | "etcd" | "etcdv3" | "manta" | "swift" => {
            format!("The \"{kind}\" backend was removed from Terraform. Migrate the state to another backend first.")
        }
        "azurerm" | "consul" | "gcs" | "http" | "pg" | "s3" => {
            format!("This build of Formwork has no {kind:?} backend (cargo features remote and s3).")
        }
        "remote" | "cos" | "inmem" | "kubernetes" | "oss" | "oci" | "cloud" => {
            format!("The \"{kind}\" backend is not one that Formwork has. It has: {}.", KINDS.join(", "))
        }
        _ => format!("There is no backend type named {kind:?}. The types are: {}.", KINDS.join(", ")),
    }
}

#[async_trait]
impl Backend for LocalWorkspaces {
    async fn workspaces(&self) -> Result<Vec<String>, StoreError> {
        self.list()
    }

    async fn create_workspace(&self, name: &str, _: &str) -> Result<(), StoreError> {
        self.create(name)
    }

    async fn delete_workspace(&self, name: &str) -> Result<(), StoreError> {
        self.delete(name)
    }

    fn place(&self, workspace: &str, _: &Path) -> Result<StatePlace, StoreError> {
        let store = self.store(workspace)?;
        Ok(StatePlace { journal: store.journal_paths()?, store: Arc::new(store), remote: None, replacement: None })
    }
}
