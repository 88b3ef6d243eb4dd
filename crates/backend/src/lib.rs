//! State files, plan files, journals and locks, and the stores that keep them.
//!
//! Invariant: nothing here decides what is planned or applied; snapshots and plans go in and out as they are.
//! Invariant: the layouts of files are private to this crate.

#[cfg(feature = "remote")]
mod azurerm;
mod backend;
mod codec;
#[cfg(feature = "remote")]
mod consul;
mod durable;
mod file_lock;
#[cfg(feature = "remote")]
mod gcs;
#[cfg(feature = "remote")]
mod http;
pub mod journal;
mod json_text;
mod local;
mod lock_info;
mod memory;
#[cfg(feature = "remote")]
mod objects;
#[cfg(feature = "remote")]
mod pg;
pub mod plan_file;
#[cfg(feature = "s3")]
mod s3;
pub mod schema_file;
mod session;
pub mod state_file;
#[cfg(feature = "remote")]
mod web;

#[cfg(feature = "remote")]
pub use azurerm::{AzureSettings, AzureStore, AzureWorkspaces};
pub use backend::{
    Backend, ConfiguredBackend, KINDS as BACKEND_KINDS, backend_schema, configure_backend, local_options,
    required_arguments,
};
#[cfg(feature = "remote")]
pub use consul::{ConsulSettings, ConsulStore};
#[cfg(feature = "remote")]
pub use gcs::{GcsSettings, GcsStore};
#[cfg(feature = "remote")]
pub use http::{HttpSettings, HttpStore};
pub use journal::{JournalFile, JournalFileError, JournalPaths, Recovered, RemoteLog};
pub use local::{Backup, LocalOptions, LocalStore, LocalWorkspaces, StateAhead, is_workspace_name};
pub use memory::{MemoryStore, MemoryWorkspaces};
#[cfg(feature = "remote")]
pub use pg::{PgSettings, PgStore, PgWorkspaces};
pub use plan_file::PlanFileError;
#[cfg(feature = "s3")]
pub use s3::{S3Settings, S3Store, S3Workspaces};
pub use session::{FinishError, SessionError, StatePlace, StateSession};
pub use state_file::StateFileError;
