//! Journals beside remote states: objects `KEY.journal/NUMBER`, each put on the condition that it does not exist. So a run
//! that has lost its lock to another one cannot add to the log of that one.

use super::object::{Bucket, Condition, PutError};
use crate::journal::RemoteLog;
use async_trait::async_trait;
use formwork_model::{JournalError, StoreError};
use std::sync::Arc;

/// The journal of one workspace in a bucket.
pub struct S3Log {
    bucket: Arc<Bucket>,
    prefix: String,
    in_doubt_key: String,
}

impl S3Log {
    pub(super) fn new(bucket: Arc<Bucket>, key: &str) -> S3Log {
        S3Log { bucket, prefix: format!("{key}.journal/"), in_doubt_key: format!("{key}.in-doubt") }
    }

    async fn keys(&self) -> Result<Vec<String>, JournalError> {
        let mut keys = self.bucket.list(&self.prefix).await.map_err(failed)?.unwrap_or_default();
        keys.sort();
        Ok(keys)
    }

    /// True if the object is there with this content, so that an unclear put has happened.
    async fn has(&self, key: &str, bytes: &[u8]) -> bool {
        matches!(self.bucket.get(key).await, Ok(Some(object)) if object.bytes == bytes)
    }
}

fn failed(error: StoreError) -> JournalError {
    JournalError(format!("The remote journal cannot be used, so no new operation can begin: {}", error.message))
}

#[async_trait]
impl RemoteLog for S3Log {
    async fn put(&self, number: u64, bytes: Vec<u8>) -> Result<(), JournalError> {
        let key = format!("{}{number:016}", self.prefix);
        match self.bucket.put(&key, bytes.clone(), &Condition::Absent).await {
            Ok(_) => Ok(()),
            Err(_) if self.has(&key, &bytes).await => Ok(()),
            Err(PutError::Refused) => Err(JournalError(
                "Another run has written to the journal of this state: the lock has been lost, so no new operation can \
                 begin."
                    .into(),
            )),
            Err(error) => Err(failed(StoreError::new(error.to_string()))),
        }
    }

    async fn pieces(&self) -> Result<Vec<Vec<u8>>, JournalError> {
        let mut pieces = Vec::new();
        for key in self.keys().await? {
            pieces.extend(self.bucket.get(&key).await.map_err(failed)?.map(|object| object.bytes));
        }
        Ok(pieces)
    }

    async fn clear(&self) -> Result<(), JournalError> {
        // Backwards, so that what a crash leaves still begins with the beginning.
        for key in self.keys().await?.iter().rev() {
            self.bucket.delete(key).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn in_doubt(&self) -> Result<Option<Vec<u8>>, JournalError> {
        Ok(self.bucket.get(&self.in_doubt_key).await.map_err(failed)?.map(|object| object.bytes))
    }

    async fn set_in_doubt(&self, list: Option<Vec<u8>>) -> Result<(), JournalError> {
        let Some(list) = list else { return self.bucket.delete(&self.in_doubt_key).await.map_err(failed) };
        match self.bucket.put(&self.in_doubt_key, list.clone(), &Condition::None).await {
            Ok(_) => Ok(()),
            Err(_) if self.has(&self.in_doubt_key, &list).await => Ok(()),
            Err(error) => Err(failed(StoreError::new(error.to_string()))),
        }
    }
}
