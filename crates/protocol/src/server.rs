//! The plugin's end: serves a provider of our own to any host (protocol 6).

mod calls;
mod calls_actions;
mod calls_other;
mod dispatch;
mod listen;
mod streams;

pub use listen::serve;
