//! State in memory, for tests.

mod workspaces;

pub use workspaces::MemoryWorkspaces;

use crate::lock_info;
use async_trait::async_trait;
use formwork_model::{Lock, LockError, LockInfo, StateSnapshot, StateStore, StoreError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One client of a storage that several may share.
#[derive(Clone, Default)]
pub struct MemoryStore {
    storage: Arc<Mutex<Storage>>,
    /// The version that this client has read or written last.
    seen: Arc<Mutex<Option<u64>>>,
}

#[derive(Default)]
struct Storage {
    snapshot: Option<StateSnapshot>,
    /// Grows with every write.
    version: u64,
    lock: Option<LockInfo>,
}

impl MemoryStore {
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    /// Another client of the same storage.
    pub fn client(&self) -> MemoryStore {
        MemoryStore { storage: self.storage.clone(), seen: Arc::default() }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct MemoryLock {
    storage: Arc<Mutex<Storage>>,
    info: LockInfo,
}

#[async_trait]
impl Lock for MemoryLock {
    fn info(&self) -> &LockInfo {
        &self.info
    }

    async fn unlock(self: Box<Self>) -> Result<(), LockError> {
        release(&self.storage, &self.info.id)
    }
}

fn release(storage: &Mutex<Storage>, id: &str) -> Result<(), LockError> {
    let mut storage = locked(storage);
    match &storage.lock {
        Some(info) if &*info.id == id => {
            storage.lock = None;
            Ok(())
        }
        Some(info) => Err(lock_info::other_id(id, info, None)),
        None => Err(LockError::Failed("The state is not locked.".into())),
    }
}

#[async_trait]
impl StateStore for MemoryStore {
    async fn lock(&self, info: LockInfo) -> Result<Box<dyn Lock>, LockError> {
        let mut storage = locked(&self.storage);
        if let Some(holder) = storage.lock.clone() {
            return Err(lock_info::held(Some(holder)));
        }
        storage.lock = Some(info.clone());
        Ok(Box::new(MemoryLock { storage: self.storage.clone(), info }))
    }

    async fn force_unlock(&self, id: &str) -> Result<(), LockError> {
        release(&self.storage, id)
    }

    async fn read(&self) -> Result<Option<StateSnapshot>, StoreError> {
        let storage = locked(&self.storage);
        *locked(&self.seen) = Some(storage.version);
        Ok(storage.snapshot.clone())
    }

    async fn write(&self, snapshot: &StateSnapshot) -> Result<(), StoreError> {
        let mut storage = locked(&self.storage);
        let mut seen = locked(&self.seen);
        if seen.is_some_and(|seen| seen != storage.version) {
            let message = "The state was changed by another program since it was read. Nothing was written.".into();
            return Err(StoreError { message, conflict: true });
        }
        storage.snapshot = Some(snapshot.clone());
        storage.version += 1;
        *seen = Some(storage.version);
        Ok(())
    }
}
