//! A copy of the journal beside a remote state.

use async_trait::async_trait;
use formwork_model::JournalError;
#[cfg(feature = "remote")]
use formwork_model::StoreError;

/// Keeps pieces of a journal where other machines find them, for the case that this one is lost.
#[async_trait]
pub trait RemoteLog: Send + Sync {
    /// Stores a piece under a number; fails if another writer has taken the number.
    async fn put(&self, number: u64, bytes: Vec<u8>) -> Result<(), JournalError>;

    /// All pieces in the order of their numbers; none if there is no journal. If the first one is empty the journal was
    /// being removed.
    async fn pieces(&self) -> Result<Vec<Vec<u8>>, JournalError>;

    /// Removes all pieces. Cut off in between, it leaves pieces of which the first is empty.
    async fn clear(&self) -> Result<(), JournalError>;

    /// The list of effects in doubt; `None` if there is none.
    async fn in_doubt(&self) -> Result<Option<Vec<u8>>, JournalError>;

    /// Replaces the list of effects in doubt, or removes it.
    async fn set_in_doubt(&self, list: Option<Vec<u8>>) -> Result<(), JournalError>;
}

/// Removes the journal of a workspace that is about to go, with its list of effects in doubt.
#[cfg(feature = "remote")]
pub(crate) async fn remove(log: &dyn RemoteLog) -> Result<(), StoreError> {
    let removed = log.clear().await.and(log.set_in_doubt(None).await);
    removed.map_err(|error| StoreError::new(error.0))
}

/// A number that is to be taken has another content.
#[cfg(feature = "remote")]
pub(crate) fn lost() -> JournalError {
    JournalError(
        "Another run has written to the journal of this state: the lock has been lost, so no new operation can begin."
            .into(),
    )
}
