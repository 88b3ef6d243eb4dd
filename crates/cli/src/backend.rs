//! The backend: where the states of all workspaces are.

mod migrate;
mod record;
mod settings;

pub use migrate::{Manner, Migrated, Side, has_something, migrate, place};
pub use record::{Record, read_record, remove_record, write_record};
pub use settings::{BackendSettings, ExtraArgument, LocalFlags, configured_settings};
