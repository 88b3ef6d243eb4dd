//! The store.

use super::bucket::Bucket;
use crate::objects::{ChangeError, Condition, ObjectState, Objects};
use crate::{lock_info, state_file};
use async_trait::async_trait;
use formwork_model::{Lock, LockError, LockInfo, StateSnapshot, StateStore, StoreError};
use std::sync::Arc;

/// Tries of a lock whose outcome is unclear, or whose holder has just gone.
const TRIES: usize = 4;

/// The state of one workspace in a bucket.
#[derive(Clone)]
pub struct GcsStore {
    bucket: Arc<Bucket>,
    pub(super) state: ObjectState,
    lock_name: String,
}

impl GcsStore {
    pub(super) fn new(bucket: Arc<Bucket>, workspace: &str) -> GcsStore {
        let state = ObjectState::new(bucket.clone(), bucket.settings.object(workspace, ".tfstate"));
        let lock_name = bucket.settings.object(workspace, ".tflock");
        GcsStore { bucket, state, lock_name }
    }

    /// Who has the lock. Its id is the generation of the object; also gives the id that its holder wrote.
    async fn holder(&self) -> Result<Option<(LockInfo, String)>, LockError> {
        let object = self.bucket.get(&self.lock_name).await.map_err(|error| LockError::Failed(error.message))?;
        Ok(object.map(|object| {
            let written = lock_info::holder_in(&object.bytes);
            let own = written.id.to_string();
            (LockInfo { id: object.version.into(), ..written }, own)
        }))
    }

    async fn release(&self, id: &str) -> Result<(), LockError> {
        let other = |holder: Option<(LockInfo, String)>| match holder {
            None => lock_info::not_locked(&self.bucket.shown(&self.state.name)),
            Some((holder, _)) => lock_info::other_id(id, &holder, None),
        };
        match self.holder().await? {
            Some((holder, _)) if &*holder.id == id => {}
            found => return Err(other(found)),
        }
        match self.bucket.delete(&self.lock_name, &Condition::Version(id.to_owned())).await {
            Ok(()) => Ok(()),
            Err(ChangeError::Refused) => Err(other(self.holder().await?)),
            Err(error) => Err(LockError::Failed(error.message())),
        }
    }
}

struct GcsLock {
    store: GcsStore,
    info: LockInfo,
}

#[async_trait]
impl Lock for GcsLock {
    fn info(&self) -> &LockInfo {
        &self.info
    }

    async fn unlock(self: Box<Self>) -> Result<(), LockError> {
        self.store.release(&self.info.id).await
    }
}

#[async_trait]
impl StateStore for GcsStore {
    async fn lock(&self, mut info: LockInfo) -> Result<Box<dyn Lock>, LockError> {
        info.path = self.bucket.shown(&self.lock_name).into();
        let bytes = lock_info::encode(&info, None);
        let mut problem = "its holder changes all the time".to_owned();
        for _ in 0..TRIES {
            match self.bucket.put(&self.lock_name, &bytes, &Condition::Absent).await {
                Ok(generation) => {
                    info.id = generation.into();
                    return Ok(Box::new(GcsLock { store: self.clone(), info }));
                }
                Err(ChangeError::Failed(message)) => return Err(LockError::Failed(message)),
                Err(ChangeError::Unclear(message)) => problem = message,
                Err(ChangeError::Refused) => {}
            }
            match self.holder().await? {
                // An earlier try was heard, and its answer lost.
                Some((holder, own)) if own == *info.id => {
                    info.id = holder.id;
                    return Ok(Box::new(GcsLock { store: self.clone(), info }));
                }
                Some((holder, _)) => return Err(lock_info::held(Some(holder))),
                None => {}
            }
        }
        Err(LockError::Failed(format!("The state cannot be locked: {problem}")))
    }

    async fn force_unlock(&self, id: &str) -> Result<(), LockError> {
        if id.parse::<u64>().is_err() {
            return Err(LockError::Failed(format!("The ID of a lock in a bucket is a number, not {id:?}.")));
        }
        self.release(id).await
    }

    async fn read(&self) -> Result<Option<StateSnapshot>, StoreError> {
        self.state.read().await
    }

    async fn write(&self, snapshot: &StateSnapshot) -> Result<(), StoreError> {
        self.state.write(&state_file::encode(snapshot)).await
    }

    async fn write_encoded(&self, _: &StateSnapshot, encoded: Vec<u8>) -> Result<(), StoreError> {
        self.state.write(&encoded).await
    }
}
