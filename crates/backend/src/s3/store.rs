//! The store.

use super::object::{Bucket, Condition, Object, PutError};
use crate::{lock_info, state_file};
use async_trait::async_trait;
use formwork_model::{Lock, LockError, LockInfo, StateSnapshot, StateStore, StoreError};
use std::sync::{Arc, Mutex, PoisonError};

/// Tries of a write whose outcome is unclear, and of a lock whose holder has just gone.
const TRIES: usize = 4;

/// The state of one workspace in a bucket.
#[derive(Clone)]
pub struct S3Store {
    bucket: Arc<Bucket>,
    key: String,
    /// What must still be there for a write: what was last read or written.
    seen: Arc<Mutex<Option<Condition>>>,
}

impl S3Store {
    pub(super) fn new(bucket: Arc<Bucket>, key: String) -> S3Store {
        S3Store { bucket, key, seen: Arc::default() }
    }

    fn lock_key(&self) -> String {
        format!("{}.tflock", self.key)
    }

    fn see(&self, condition: Condition) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(condition);
    }

    fn seen(&self) -> Option<Condition> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn get(&self) -> Result<Option<Object>, StoreError> {
        self.bucket.get(&self.key).await
    }

    fn conflict(&self) -> StoreError {
        let message = format!(
            "The state s3://{}/{} was changed by another run since it was read. Nothing was written to it.",
            self.bucket.settings.bucket, self.key
        );
        StoreError { message, conflict: true }
    }

    async fn put(&self, bytes: &[u8], condition: &Condition) -> Result<(), StoreError> {
        let mut problem = String::new();
        for _ in 0..TRIES {
            match self.bucket.put(&self.key, bytes.to_vec(), condition).await {
                Ok(etag) => {
                    self.see(etag.map_or(Condition::None, Condition::Tag));
                    return Ok(());
                }
                Err(PutError::Failed(message)) => return Err(StoreError::new(message)),
                Err(PutError::NoConditions) => return self.put_checked(bytes, condition).await,
                // An earlier try, of the client itself or here, may have succeeded without our hearing of it.
                Err(PutError::Refused) if self.is_ours(bytes).await? => return Ok(()),
                Err(PutError::Refused) => return Err(self.conflict()),
                Err(PutError::Busy(message) | PutError::Unclear(message)) => {
                    if self.is_ours(bytes).await? {
                        return Ok(());
                    }
                    problem = message;
                }
            }
        }
        Err(StoreError::new(problem))
    }

    /// True if the object has this very content; then it is what we have seen.
    async fn is_ours(&self, bytes: &[u8]) -> Result<bool, StoreError> {
        match self.get().await? {
            Some(object) if object.bytes == bytes => {
                self.see(object.etag.map_or(Condition::None, Condition::Tag));
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// For services without conditions: looks, then writes. Only the lock closes the gap between the two.
    async fn put_checked(&self, bytes: &[u8], condition: &Condition) -> Result<(), StoreError> {
        if state_of(self.get().await?.as_ref()) != *condition {
            return Err(self.conflict());
        }
        match self.bucket.put(&self.key, bytes.to_vec(), &Condition::None).await {
            Ok(etag) => {
                self.see(etag.map_or(Condition::None, Condition::Tag));
                Ok(())
            }
            Err(error) if self.is_ours(bytes).await? => {
                drop(error);
                Ok(())
            }
            Err(PutError::Failed(message) | PutError::Busy(message) | PutError::Unclear(message)) => {
                Err(StoreError::new(message))
            }
            Err(PutError::Refused | PutError::NoConditions) => Err(self.conflict()),
        }
    }

    /// What is written in the lock; `None` if there is none.
    async fn holder(&self) -> Result<Option<LockInfo>, StoreError> {
        let object = self.bucket.get(&self.lock_key()).await?;
        let unreadable = || LockInfo { who: "somebody whose lock cannot be read".into(), ..LockInfo::default() };
        Ok(object.map(|object| lock_info::decode(&object.bytes).map_or_else(unreadable, |(info, _)| info)))
    }

    async fn take(&self, info: &LockInfo) -> Result<(), LockError> {
        let failed = |error: StoreError| LockError::Failed(error.message);
        let mut problem = "its holder changes all the time".to_owned();
        for _ in 0..TRIES {
            let put = self.bucket.put(&self.lock_key(), lock_info::encode(info, None), &Condition::Absent).await;
            match put {
                Ok(_) => return Ok(()),
                Err(PutError::Failed(message)) => return Err(LockError::Failed(message)),
                Err(PutError::NoConditions) => {
                    return Err(LockError::Failed(
                        "This S3 service does not know conditional puts (If-None-Match), so it cannot lock. Set \
                         use_lockfile = false and take care that only one run is active."
                            .into(),
                    ));
                }
                Err(PutError::Busy(message) | PutError::Unclear(message)) => problem = message,
                Err(PutError::Refused) => {}
            }
            match self.holder().await.map_err(failed)? {
                Some(holder) if holder.id == info.id => return Ok(()),
                Some(holder) => {
                    let message = format!("the state is locked: {}", lock_info::describe(&holder, None));
                    return Err(LockError::Held { message, holder: Some(holder) });
                }
                // It has just been released.
                None => {}
            }
        }
        Err(LockError::Failed(format!("The state cannot be locked: {problem}")))
    }

    async fn release(&self, id: &str) -> Result<(), LockError> {
        let failed = |error: StoreError| LockError::Failed(error.message);
        match self.holder().await.map_err(failed)? {
            None => Err(LockError::Failed(format!(
                "The state s3://{}/{} is not locked.",
                self.bucket.settings.bucket, self.key
            ))),
            Some(holder) if &*holder.id != id => Err(LockError::Failed(format!(
                "The lock has another ID than {id:?}: {}.",
                lock_info::describe(&holder, None)
            ))),
            Some(_) => self.bucket.delete(&self.lock_key()).await.map_err(failed),
        }
    }
}

/// The condition that holds for what is there.
fn state_of(object: Option<&Object>) -> Condition {
    match object {
        None => Condition::Absent,
        Some(object) => object.etag.clone().map_or(Condition::None, Condition::Tag),
    }
}

/// A lock; without `use_lockfile` there is nothing behind it.
struct S3Lock {
    store: Option<S3Store>,
    info: LockInfo,
}

#[async_trait]
impl Lock for S3Lock {
    fn info(&self) -> &LockInfo {
        &self.info
    }

    async fn unlock(self: Box<Self>) -> Result<(), LockError> {
        match &self.store {
            Some(store) => store.release(&self.info.id).await,
            None => Ok(()),
        }
    }
}

#[async_trait]
impl StateStore for S3Store {
    async fn lock(&self, mut info: LockInfo) -> Result<Box<dyn Lock>, LockError> {
        info.path = format!("{}/{}", self.bucket.settings.bucket, self.key).into();
        if !self.bucket.settings.use_lockfile {
            return Ok(Box::new(S3Lock { store: None, info }));
        }
        self.take(&info).await?;
        Ok(Box::new(S3Lock { store: Some(self.clone()), info }))
    }

    async fn force_unlock(&self, id: &str) -> Result<(), LockError> {
        self.release(id).await
    }

    async fn read(&self) -> Result<Option<StateSnapshot>, StoreError> {
        let object = self.get().await?;
        self.see(state_of(object.as_ref()));
        let Some(object) = object.filter(|object| !object.bytes.is_empty()) else { return Ok(None) };
        let decoded = state_file::decode(&object.bytes);
        decoded.map(Some).map_err(|error| {
            StoreError::new(format!("s3://{}/{} cannot be read: {error}", self.bucket.settings.bucket, self.key))
        })
    }

    async fn write(&self, snapshot: &StateSnapshot) -> Result<(), StoreError> {
        self.write_encoded(snapshot, state_file::encode(snapshot)).await
    }

    async fn write_encoded(&self, _: &StateSnapshot, encoded: Vec<u8>) -> Result<(), StoreError> {
        let condition = match self.seen() {
            Some(seen) => seen,
            None => state_of(self.get().await?.as_ref()),
        };
        self.put(&encoded, &condition).await
    }
}
