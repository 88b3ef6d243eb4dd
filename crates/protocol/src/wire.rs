//! Messages and calls, independent of who is at which end.

mod codec;
mod method;
mod timestamp;

pub(crate) use codec::{Outgoing, RawCodec};
pub(crate) use method::Method;
pub(crate) use timestamp::Timestamp;

/// Version of go-plugin's own protocol: the first field of the handshake line.
pub(crate) const CORE_VERSION: &str = "1";
pub(crate) const COOKIE_KEY: &str = "TF_PLUGIN_MAGIC_COOKIE";
pub(crate) const COOKIE_VALUE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// Largest message of most calls, in bytes (source: plugin protocol).
pub(crate) const MESSAGE_LIMIT: usize = i32::MAX as usize;
/// Largest schema.
pub(crate) const SCHEMA_LIMIT: usize = 64 << 20;

/// Protocol 6, whose messages the host uses for protocol 5 too where they are equal on the wire.
#[allow(clippy::all, dead_code, clippy::disallowed_types)]
#[path = "gen/tfplugin6.rs"]
pub(crate) mod tfplugin6;

/// The messages of protocol 5 that differ.
#[allow(clippy::all, dead_code)]
#[path = "gen/tfplugin5.rs"]
pub(crate) mod tfplugin5;

#[allow(clippy::all, dead_code)]
#[path = "gen/plugin.rs"]
pub(crate) mod plugin;

#[allow(clippy::all, dead_code)]
#[path = "gen/grpc.health.v1.rs"]
pub(crate) mod health;
