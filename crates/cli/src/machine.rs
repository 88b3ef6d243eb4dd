//! The engine's ports on a real machine.

mod clock;
mod entropy;
mod files;
mod local_exec;

pub use clock::{MachineClock, message_timestamp, precise_timestamp};
pub use entropy::{MachineEntropy, random_id};
pub use files::MachineFiles;
pub use local_exec::LocalExec;
