//! The store.

use super::object::{Bucket, Condition, Object, PutError};
use super::table::{PutItemError, Table};
use crate::{lock_info, state_file};
use async_trait::async_trait;
use formwork_model::{Lock, LockError, LockInfo, StateSnapshot, StateStore, StoreError};
use md5::{Digest, Md5};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Tries of a write whose outcome is unclear, and of a lock whose holder has just gone.
const TRIES: usize = 4;

/// How often, and after which time, a state is read again whose checksum is not the one noted.
const DIGEST_TRIES: usize = 5;
const DIGEST_PAUSE: Duration = Duration::from_secs(2);

fn digest(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

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
        Ok(object.map(|object| lock_info::holder_in(&object.bytes)))
    }

    /// Where the state is, which is also its name in the table.
    fn item(&self) -> String {
        format!("{}/{}", self.bucket.settings.bucket, self.key)
    }

    fn digest_item(&self) -> String {
        format!("{}-md5", self.item())
    }

    /// Notes the checksum of what was written. That this fails is no reason to take the write back.
    async fn note_digest(&self, bytes: &[u8]) {
        if let Some(table) = &self.bucket.table {
            let _ = table.put(&self.digest_item(), "Digest", &digest(bytes)).await;
        }
    }

    pub(super) async fn forget_digest(&self) -> Result<(), StoreError> {
        match &self.bucket.table {
            Some(table) => table.delete(&self.digest_item()).await,
            None => Ok(()),
        }
    }

    /// Reads until the state is the one whose checksum was noted: bucket and table need not agree at once.
    async fn get_checked(&self) -> Result<Option<Object>, StoreError> {
        let mut object = self.get().await?;
        let Some(table) = &self.bucket.table else { return Ok(object) };
        for attempt in 0.. {
            // Who may not read the table goes without.
            let Ok(Some(expected)) = table.get(&self.digest_item(), "Digest").await else { return Ok(object) };
            let found = object.as_ref().map(|object| digest(&object.bytes)).unwrap_or_default();
            if expected.is_empty() || expected == found {
                return Ok(object);
            }
            if attempt >= DIGEST_TRIES {
                return Err(StoreError::new(format!(
                    "The state s3://{} is not the one whose checksum is in the table {:?}: it has {found:?}, and {expected:?} \
                     is noted under {:?}. If the state is the right one, correct or delete that item.",
                    self.item(),
                    table.name,
                    self.digest_item()
                )));
            }
            tokio::time::sleep(DIGEST_PAUSE).await;
            object = self.get().await?;
        }
        Ok(object)
    }

    /// What is written in the table.
    async fn item_holder(&self, table: &Table) -> Result<Option<LockInfo>, StoreError> {
        let text = table.get(&self.item(), "Info").await?;
        Ok(text.map(|text| lock_info::holder_in(text.as_bytes())))
    }

    async fn take_item(&self, table: &Table, info: &LockInfo) -> Result<(), LockError> {
        let failed = |error: StoreError| LockError::Failed(error.message);
        let text = String::from_utf8_lossy(&lock_info::encode(info, None)).into_owned();
        for _ in 0..TRIES {
            match table.add(&self.item(), "Info", &text).await {
                Ok(()) => return Ok(()),
                Err(PutItemError::Failed(error)) => return Err(failed(error)),
                Err(PutItemError::Present) => {}
            }
            match self.item_holder(table).await.map_err(failed)? {
                // An earlier try was heard.
                Some(holder) if holder.id == info.id => return Ok(()),
                Some(holder) => return Err(lock_info::held(Some(holder))),
                None => {}
            }
        }
        Err(LockError::Failed("The state cannot be locked: the holder of its item changes all the time.".into()))
    }

    async fn release_item(&self, table: &Table, id: &str) -> Result<(), LockError> {
        let failed = |error: StoreError| LockError::Failed(error.message);
        match self.item_holder(table).await.map_err(failed)? {
            None => Err(lock_info::not_locked(&format!("s3://{}", self.item()))),
            Some(holder) if &*holder.id != id => Err(lock_info::other_id(id, &holder, None)),
            Some(_) => table.delete(&self.item()).await.map_err(failed),
        }
    }

    /// Takes all locks that are configured, or none.
    async fn take_all(&self, info: &LockInfo) -> Result<(), LockError> {
        let has_file = self.bucket.settings.use_lockfile;
        if has_file {
            self.take(info).await?;
        }
        let Some(table) = &self.bucket.table else { return Ok(()) };
        let taken = self.take_item(table, info).await;
        if taken.is_err() && has_file {
            // The first error is the one to tell.
            let _ = self.release(&info.id).await;
        }
        taken
    }

    /// Releases all locks that are configured; one that cannot be released does not keep the other.
    async fn release_all(&self, id: &str) -> Result<(), LockError> {
        let item = match &self.bucket.table {
            Some(table) => self.release_item(table, id).await,
            None => Ok(()),
        };
        let file = if self.bucket.settings.use_lockfile { self.release(id).await } else { Ok(()) };
        file.and(item)
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
                Some(holder) => return Err(lock_info::held(Some(holder))),
                // It has just been released.
                None => {}
            }
        }
        Err(LockError::Failed(format!("The state cannot be locked: {problem}")))
    }

    async fn release(&self, id: &str) -> Result<(), LockError> {
        let failed = |error: StoreError| LockError::Failed(error.message);
        match self.holder().await.map_err(failed)? {
            None => Err(lock_info::not_locked(&format!("s3://{}", self.item()))),
            Some(holder) if &*holder.id != id => Err(lock_info::other_id(id, &holder, None)),
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

/// A lock; without `use_lockfile` and a table there is nothing behind it.
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
            Some(store) => store.release_all(&self.info.id).await,
            None => Ok(()),
        }
    }
}

#[async_trait]
impl StateStore for S3Store {
    async fn lock(&self, mut info: LockInfo) -> Result<Box<dyn Lock>, LockError> {
        info.path = format!("{}/{}", self.bucket.settings.bucket, self.key).into();
        if !self.bucket.settings.use_lockfile && self.bucket.table.is_none() {
            return Ok(Box::new(S3Lock { store: None, info }));
        }
        self.take_all(&info).await?;
        Ok(Box::new(S3Lock { store: Some(self.clone()), info }))
    }

    async fn force_unlock(&self, id: &str) -> Result<(), LockError> {
        match &self.bucket.table {
            Some(_) => self.release_all(id).await,
            None => self.release(id).await,
        }
    }

    async fn read(&self) -> Result<Option<StateSnapshot>, StoreError> {
        let object = self.get_checked().await?;
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
        self.put(&encoded, &condition).await?;
        self.note_digest(&encoded).await;
        Ok(())
    }
}
