//! The journal beside a state: objects that are put on the condition that they do not exist.

use super::{ChangeError, Condition, Objects};
use crate::journal::{RemoteLog, lost};
use async_trait::async_trait;
use formwork_model::{JournalError, StoreError};
use std::sync::Arc;

/// The journal of one workspace.
pub(crate) struct ObjectLog {
    objects: Arc<dyn Objects>,
    prefix: String,
    in_doubt: String,
}

fn failed(reason: &str) -> JournalError {
    JournalError(format!("The remote journal cannot be used, so no new operation can begin: {reason}"))
}

fn of_store(error: StoreError) -> JournalError {
    failed(&error.message)
}

fn of_change(error: ChangeError) -> JournalError {
    failed(&error.message())
}

impl ObjectLog {
    /// `PREFIX.journal/NUMBER` and `PREFIX.in-doubt`.
    pub fn new(objects: Arc<dyn Objects>, prefix: &str) -> ObjectLog {
        ObjectLog { objects, prefix: format!("{prefix}.journal/"), in_doubt: format!("{prefix}.in-doubt") }
    }

    fn name(&self, number: u64) -> String {
        format!("{}{number:016}", self.prefix)
    }

    async fn names(&self) -> Result<Vec<String>, JournalError> {
        let mut names = self.objects.list(&self.prefix).await.map_err(of_store)?;
        // Some services keep parts of large objects below them.
        names.retain(|name| name.strip_prefix(&self.prefix).is_some_and(|number| !number.contains('/')));
        names.sort();
        Ok(names)
    }

    /// True if the object has this content, so that an unclear put has happened.
    async fn has(&self, name: &str, bytes: &[u8]) -> bool {
        matches!(self.objects.get(name).await, Ok(Some(object)) if object.bytes == bytes)
    }

    async fn set(&self, name: &str, bytes: &[u8]) -> Result<(), JournalError> {
        match self.objects.put(name, bytes, &Condition::None).await {
            Ok(_) => Ok(()),
            Err(_) if self.has(name, bytes).await => Ok(()),
            Err(error) => Err(of_change(error)),
        }
    }

    async fn remove(&self, name: &str) -> Result<(), JournalError> {
        self.objects.delete(name, &Condition::None).await.map_err(of_change)
    }
}

#[async_trait]
impl RemoteLog for ObjectLog {
    async fn put(&self, number: u64, bytes: Vec<u8>) -> Result<(), JournalError> {
        let name = self.name(number);
        match self.objects.put(&name, &bytes, &Condition::Absent).await {
            Ok(_) => Ok(()),
            Err(_) if self.has(&name, &bytes).await => Ok(()),
            Err(ChangeError::Refused) => Err(lost()),
            Err(error) => Err(of_change(error)),
        }
    }

    async fn pieces(&self) -> Result<Vec<Vec<u8>>, JournalError> {
        let mut pieces = Vec::new();
        for name in self.names().await? {
            pieces.extend(self.objects.get(&name).await.map_err(of_store)?.map(|object| object.bytes));
        }
        Ok(pieces)
    }

    /// From the end, after the first one was emptied: what is left of an interrupted removal is known as that.
    async fn clear(&self) -> Result<(), JournalError> {
        let names = self.names().await?;
        let Some((first, others)) = names.split_first() else { return Ok(()) };
        if !others.is_empty() && *first == self.name(1) {
            self.set(first, b"").await?;
        }
        for name in others.iter().rev() {
            self.remove(name).await?;
        }
        self.remove(first).await
    }

    async fn in_doubt(&self) -> Result<Option<Vec<u8>>, JournalError> {
        Ok(self.objects.get(&self.in_doubt).await.map_err(of_store)?.map(|object| object.bytes))
    }

    async fn set_in_doubt(&self, list: Option<Vec<u8>>) -> Result<(), JournalError> {
        match list {
            None => self.remove(&self.in_doubt).await,
            Some(list) => self.set(&self.in_doubt, &list).await,
        }
    }
}
