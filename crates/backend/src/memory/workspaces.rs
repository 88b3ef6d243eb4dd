//! Workspaces in memory, for tests.

use super::{MemoryStore, locked};
use crate::backend::{Backend, check_deletable};
use crate::journal::{JournalPaths, RemoteLog};
use crate::local::check_name;
use crate::session::StatePlace;
use crate::state_file;
use async_trait::async_trait;
use formwork_model::{JournalError, StateStore, StoreError};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Workspace {
    store: MemoryStore,
    log: Arc<MemoryLog>,
}

/// A backend in memory. Clones share it, as machines share a remote one.
#[derive(Clone, Default)]
pub struct MemoryWorkspaces {
    workspaces: Arc<Mutex<BTreeMap<String, Workspace>>>,
}

impl MemoryWorkspaces {
    pub fn new() -> MemoryWorkspaces {
        MemoryWorkspaces::default()
    }

    fn workspace(&self, name: &str) -> Workspace {
        locked(&self.workspaces).entry(name.to_owned()).or_default().clone()
    }
}

#[async_trait]
impl Backend for MemoryWorkspaces {
    async fn workspaces(&self) -> Result<Vec<String>, StoreError> {
        let mut names = vec!["default".to_owned()];
        names.extend(locked(&self.workspaces).keys().filter(|name| *name != "default").cloned());
        Ok(names)
    }

    async fn create_workspace(&self, name: &str, lineage: &str) -> Result<(), StoreError> {
        check_name(name)?;
        let store = self.workspace(name).store.client();
        if name == "default" || store.read().await?.is_some() {
            return Ok(());
        }
        store.write(&state_file::first(lineage)).await
    }

    async fn delete_workspace(&self, name: &str) -> Result<(), StoreError> {
        check_deletable(name)?;
        locked(&self.workspaces).remove(name);
        Ok(())
    }

    fn place(&self, workspace: &str, data_directory: &Path) -> Result<StatePlace, StoreError> {
        check_name(workspace)?;
        let found = self.workspace(workspace);
        Ok(StatePlace {
            store: Arc::new(found.store.client()),
            journal: JournalPaths::in_data_directory(data_directory, &format!("memory:{workspace}")),
            remote: Some(found.log),
            replacement: None,
        })
    }
}

#[derive(Default)]
struct MemoryLog {
    pieces: Mutex<BTreeMap<u64, Vec<u8>>>,
    in_doubt: Mutex<Option<Vec<u8>>>,
}

#[async_trait]
impl RemoteLog for MemoryLog {
    async fn put(&self, number: u64, bytes: Vec<u8>) -> Result<(), JournalError> {
        match locked(&self.pieces).entry(number) {
            std::collections::btree_map::Entry::Vacant(free) => {
                free.insert(bytes);
                Ok(())
            }
            _ => Err(JournalError("Another run has written to the journal of this state.".into())),
        }
    }

    async fn pieces(&self) -> Result<Vec<Vec<u8>>, JournalError> {
        Ok(locked(&self.pieces).values().cloned().collect())
    }

    async fn clear(&self) -> Result<(), JournalError> {
        locked(&self.pieces).clear();
        Ok(())
    }

    async fn in_doubt(&self) -> Result<Option<Vec<u8>>, JournalError> {
        Ok(locked(&self.in_doubt).clone())
    }

    async fn set_in_doubt(&self, list: Option<Vec<u8>>) -> Result<(), JournalError> {
        *locked(&self.in_doubt) = list;
        Ok(())
    }
}
