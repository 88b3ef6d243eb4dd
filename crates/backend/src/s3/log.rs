//! Journals beside remote states: objects `KEY.journal/NUMBER`, each put on the condition that it does not exist. So a run
//! that has lost its lock to another one cannot add to the log of that one.

use super::object::{Bucket, Condition, PutError};
use crate::journal::{RemoteLog, lost};
use async_trait::async_trait;
use formwork_model::{JournalError, StoreError};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::sync::Arc;

/// Requests for pieces that are under way at the same time.
const AT_ONCE: usize = 16;

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
        let mut keys = self.bucket.list(&self.prefix).await.map_err(failed)?.ok_or_else(|| self.forbidden())?;
        keys.sort();
        Ok(keys)
    }

    /// Not to know whether an interrupted run has left something is not the same as that there is nothing.
    fn forbidden(&self) -> JournalError {
        let (bucket, prefix) = (&self.bucket.settings.bucket, &self.prefix);
        JournalError(format!(
            "Listing s3://{bucket}/{prefix} is not allowed, so that nobody can tell what an interrupted run has left. \
             Formwork needs s3:ListBucket for the prefix {prefix:?}, and s3:GetObject, s3:PutObject and s3:DeleteObject \
             for \"{prefix}*\" and {:?}.",
            self.in_doubt_key
        ))
    }

    fn key(&self, number: u64) -> String {
        format!("{}{number:016}", self.prefix)
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
        let key = self.key(number);
        match self.bucket.put(&key, bytes.clone(), &Condition::Absent).await {
            Ok(_) => Ok(()),
            Err(_) if self.has(&key, &bytes).await => Ok(()),
            Err(PutError::Refused) => Err(lost()),
            Err(error) => Err(failed(StoreError::new(error.to_string()))),
        }
    }

    async fn pieces(&self) -> Result<Vec<Vec<u8>>, JournalError> {
        let keys = self.keys().await?;
        let objects = stream::iter(keys).map(async |key| self.bucket.get(&key).await).buffered(AT_ONCE);
        let objects: Vec<_> = objects.try_collect().await.map_err(failed)?;
        Ok(objects.into_iter().flatten().map(|object| object.bytes).collect())
    }

    async fn clear(&self) -> Result<(), JournalError> {
        let keys = self.keys().await?;
        let Some((first, others)) = keys.split_first() else { return Ok(()) };
        if !others.is_empty() && *first == self.key(1) {
            let emptied = self.bucket.put(first, Vec::new(), &Condition::None).await;
            emptied.map_err(|error| failed(StoreError::new(error.to_string())))?;
        }
        let removed =
            stream::iter(others.to_vec()).map(async |key| self.bucket.delete(&key).await).buffer_unordered(AT_ONCE);
        removed.try_collect::<()>().await.map_err(failed)?;
        self.bucket.delete(first).await.map_err(failed)
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
