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
}

impl S3Log {
    pub(super) fn new(bucket: Arc<Bucket>, key: &str) -> S3Log {
        S3Log { bucket, prefix: format!("{key}.journal/") }
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
            Err(PutError::NoConditions) => {
                Err(JournalError("This S3 service does not know conditional puts, which the journal needs.".into()))
            }
            Err(PutError::Busy(message) | PutError::Unclear(message) | PutError::Failed(message)) => {
                Err(failed(StoreError::new(message)))
            }
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
}
