//! State in the key/value store of Consul.
//!
//! *Lock.* The key `KEY/.lock` is held by a session, which is renewed while we live and ends by itself soon after us;
//! `KEY/.lockinfo` tells who has it. Both are as Terraform has them.
//!
//! *Write.* On the condition that the key still has the index that was read. What is too large for one key is put in pieces
//! below it, under a name that follows from their content, and the key lists them.

mod settings;
mod store;
mod values;

pub use settings::ConsulSettings;
pub use store::ConsulStore;

use crate::backend::{Backend, ConfiguredBackend, check_deletable, listed};
use crate::journal::{JournalPaths, remove_remote};
use crate::local::check_name;
use crate::objects::{ObjectLog, Objects};
use crate::session::StatePlace;
use async_trait::async_trait;
use formwork_model::StoreError;
use formwork_value::{Str, Value};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use values::{BESIDE, Values};

/// Configures the backend. Nothing is asked yet.
pub fn configure(config: &BTreeMap<Str, Value>) -> Result<ConfiguredBackend, StoreError> {
    let settings = ConsulSettings::parse(config)?;
    let warnings = match settings.lock {
        true => Vec::new(),
        false => vec!["The state is not locked (lock = false). Take care that only one run is active.".to_owned()],
    };
    Ok(ConfiguredBackend { backend: Arc::new(ConsulWorkspaces { values: Arc::new(Values::new(settings)?) }), warnings })
}

/// The workspaces of a `consul` backend: keys that begin with that of the default one.
pub struct ConsulWorkspaces {
    values: Arc<Values>,
}

impl ConsulWorkspaces {
    fn store(&self, workspace: &str) -> Result<ConsulStore, StoreError> {
        check_name(workspace)?;
        Ok(ConsulStore::new(self.values.clone(), &self.values.settings.key(workspace)))
    }

    fn log(&self, workspace: &str) -> ObjectLog {
        ObjectLog::new(self.values.clone(), &format!("{}{BESIDE}", self.values.settings.key(workspace)))
    }
}

#[async_trait]
impl Backend for ConsulWorkspaces {
    async fn workspaces(&self) -> Result<Vec<String>, StoreError> {
        let prefix = format!("{}-env:", self.values.settings.path);
        let names = self.values.list(&prefix).await?;
        Ok(listed(names.iter().filter_map(|name| name.strip_prefix(&prefix))))
    }

    /// Puts an empty state, so that the workspace can be listed.
    async fn create_workspace(&self, name: &str, lineage: &str) -> Result<(), StoreError> {
        let store = self.store(name)?;
        if name == "default" { Ok(()) } else { store.state.create(lineage).await }
    }

    async fn delete_workspace(&self, name: &str) -> Result<(), StoreError> {
        check_deletable(name)?;
        remove_remote(&self.log(name)).await?;
        let key = self.values.settings.key(name);
        self.values.delete_pieces(&key, None).await?;
        self.store(name)?.state.remove().await
    }

    fn place(&self, workspace: &str, data_directory: &Path) -> Result<StatePlace, StoreError> {
        let store = self.store(workspace)?;
        let settings = &self.values.settings;
        let place = format!("consul:{}:{}", settings.address, settings.key(workspace));
        Ok(StatePlace {
            store: Arc::new(store),
            journal: JournalPaths::in_data_directory(data_directory, &place),
            remote: Some(Arc::new(self.log(workspace))),
            replacement: None,
        })
    }
}
