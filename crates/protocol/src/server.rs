//! The plugin's end: serves a provider of our own to any host, over protocol 6, or 5 to hosts that know no other.

mod calls;
mod calls_actions;
mod calls_other;
mod dispatch;
mod five;
mod listen;
mod streams;

pub use listen::serve;
