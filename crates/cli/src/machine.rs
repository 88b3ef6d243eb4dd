//! The engine's ports on a real machine.

mod clock;
mod entropy;
mod files;
mod line_buffer;
mod local_exec;
mod overlay_files;
mod plan_files;
mod provider_log;
mod provisioners;
mod recording_files;
mod remote;
mod remote_states;
mod schema_cache;

pub use clock::{MachineClock, message_timestamp, precise_timestamp, timestamp};
pub use entropy::{MachineEntropy, random_id};
pub use files::MachineFiles;
pub use overlay_files::OverlayFiles;
pub use plan_files::PlanFiles;
pub use provider_log::ProviderLog;
pub use provisioners::Provisioners;
pub use recording_files::{RecordingFiles, checksum};
pub use remote_states::MachineStates;
pub use schema_cache::DiskSchemaCache;
