//! Ports to everything else outside of the core.

use crate::{DeposedKey, ObjectState, OperationKind, ProviderConfigAddress, ResourceInstance, StateSnapshot};
use async_trait::async_trait;
use formwork_value::Str;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Since some fixed instant; never goes back.
    fn monotonic(&self) -> Duration;

    /// Since the beginning of 1970, UTC.
    fn since_epoch(&self) -> Duration;

    /// Returns when [`Clock::monotonic`] has reached this.
    async fn sleep_until(&self, at: Duration);
}

/// Randomness.
pub trait Entropy: Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
}

/// Files that the configuration reads. Paths are as written, relative to the working directory.
pub trait Files: Send + Sync {
    fn read(&self, path: &str) -> std::io::Result<Vec<u8>>;

    /// Names of a directory's entries, sorted, each with whether it is a directory.
    fn list(&self, path: &str) -> std::io::Result<Vec<(String, bool)>>;

    /// Whether the path is a regular file; `Ok(false)` if nothing is there.
    fn is_file(&self, path: &str) -> std::io::Result<bool>;

    fn is_dir(&self, path: &str) -> bool;

    /// The working directory, absolute, with forward slashes.
    fn current_dir(&self) -> String;

    fn home_dir(&self) -> Option<String>;
}

/// Why a state store failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError {
    pub message: String,
    /// Another writer was there first; nothing was written.
    pub conflict: bool,
}

impl StoreError {
    pub fn new(message: impl Into<String>) -> StoreError {
        StoreError { message: message.into(), conflict: false }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StoreError {}

/// Who holds a lock, in the ecosystem's form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockInfo {
    pub id: Str,
    pub operation: Str,
    pub info: Str,
    pub who: Str,
    pub version: Str,
    /// RFC 3339 with nanoseconds, UTC.
    pub created: Str,
    pub path: Str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockError {
    /// Somebody else holds it.
    Held {
        message: String,
        holder: Option<LockInfo>,
    },
    Failed(String),
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LockError::Held { message, .. } | LockError::Failed(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for LockError {}

/// A lock that is held. Unlocking is explicit; what is not unlocked explicitly is released when the process ends, if the
/// store can do that.
#[async_trait]
pub trait Lock: Send + Sync {
    fn info(&self) -> &LockInfo;

    async fn unlock(self: Box<Self>) -> Result<(), LockError>;
}

/// The state of one workspace.
#[async_trait]
pub trait StateStore: Send + Sync {
    /// One try to take the lock.
    async fn lock(&self, info: LockInfo) -> Result<Box<dyn Lock>, LockError>;

    /// Removes a lock by its id.
    async fn force_unlock(&self, id: &str) -> Result<(), LockError>;

    /// The stored snapshot; `None` if there is none yet.
    async fn read(&self) -> Result<Option<StateSnapshot>, StoreError>;

    /// Writes a snapshot as it is (lineage and serial included). Only the last holder of the lock may succeed.
    async fn write(&self, snapshot: &StateSnapshot) -> Result<(), StoreError>;

    /// True if what is written does not take the place of what is read. Then a state without changes is written as well.
    fn writes_elsewhere(&self) -> bool {
        false
    }

    /// As [`StateStore::write`], for who has encoded the snapshot already; stores that keep another form ignore that.
    async fn write_encoded(&self, snapshot: &StateSnapshot, encoded: Vec<u8>) -> Result<(), StoreError> {
        drop(encoded);
        self.write(snapshot).await
    }
}

/// A journal entry. Entries name everything that recovery needs.
#[derive(Clone, Debug, PartialEq)]
pub enum JournalEntry {
    RunBegin {
        run: Str,
        lineage: Str,
        serial: u64,
    },
    /// The effect may happen from now on.
    Intent {
        operation: u32,
        address: ResourceInstance,
        provider: ProviderConfigAddress,
        kind: OperationKind,
        /// What will be created or updated, as JSON by the schema (unknown parts as null), for the user's eyes in doubt.
        planned: Option<Str>,
    },
    /// The effect has happened, or failed with this left behind.
    Result {
        operation: u32,
        address: ResourceInstance,
        deposed: Option<DeposedKey>,
        provider: ProviderConfigAddress,
        /// `None`: there is no object (any more).
        object: Option<Arc<ObjectState>>,
    },
    /// An in-doubt entry was settled by the user.
    Settled {
        operation: u32,
        address: ResourceInstance,
    },
    RunEnd,
}

/// An effect of which nobody knows whether it happened.
#[derive(Clone, Debug, PartialEq)]
pub struct InDoubt {
    pub operation: u32,
    pub address: ResourceInstance,
    pub provider: ProviderConfigAddress,
    pub kind: OperationKind,
    pub planned: Option<Str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalError(pub String);

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for JournalError {}

/// The log of a run, beside the state.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Appends entries. Returns when they are durable. Concurrent calls may share one sync.
    async fn append(&self, entries: Vec<JournalEntry>) -> Result<(), JournalError>;
}

/// A provisioner to run.
#[derive(Clone, Debug)]
pub struct ProvisionerRequest {
    pub address: ResourceInstance,
    pub kind: Str,
    /// Evaluated configuration, unmarked: who runs the provisioner hides output that could show secrets.
    pub config: formwork_value::Value,
    /// Evaluated connection, or null; unmarked.
    pub connection: formwork_value::Value,
}

/// Runs provisioners.
#[async_trait]
pub trait Provisioner: Send + Sync {
    /// Runs to the end; `output` gets lines. The error is for users.
    async fn run(
        &self,
        request: ProvisionerRequest,
        output: &(dyn for<'l> Fn(&'l str) + Send + Sync),
    ) -> Result<(), String>;
}
