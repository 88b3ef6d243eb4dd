//! The provider plugin protocol: a provider is a process that serves gRPC on a local socket.
//!
//! [`launch`] starts a plugin and connects to it, [`PluginProvider`] makes it an `ApplyProvider` (protocols 5 and 6),
//! [`ProviderPool`] hands them to planner and applier, [`serve`] is the other end: it offers an `ApplyProvider` of our
//! own as a plugin (protocol 6) to any host.
//!
//! Invariant: no message type leaves this crate; everything outside sees `model` types.
//! Invariant: whatever a plugin sends or does becomes a diagnostic, never a panic; what it sends is checked for its
//! type here and for its meaning by the planner and applier.
//! Invariant: no process outlives its [`RunningProvider`].

mod convert;
mod handshake;
mod host;
mod plugin_provider;
mod pool;
mod schema_codec;
mod server;
mod tls;
mod wire;

pub use host::{
    Attach, LaunchOptions, Limits, LogLevel, LogLine, LogSink, RunningProvider, TransportAddress, attach, launch,
    parse_reattach,
};
pub use plugin_provider::PluginProvider;
pub use pool::{
    CallLimits, PoolOptions, ProviderFactory, ProviderPool, ProviderSource, ProviderUse, Resolver, SchemaCache,
    WantedTypes,
};
pub use schema_codec::{decode_schema, decode_schema_subset, encode_schema};
pub use server::serve;
