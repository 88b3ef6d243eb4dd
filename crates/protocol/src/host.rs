//! The host's end: processes, connections, calls.

mod connection;
mod launch;
mod log;
mod output;
mod process;
mod reattach;
mod running;

pub use launch::{LaunchOptions, Limits, launch};
pub use log::{LogLevel, LogLine, LogSink};
pub use reattach::{Attach, TransportAddress, attach, parse_reattach};
pub use running::RunningProvider;
