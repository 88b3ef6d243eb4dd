//! Text and JSON from plans, states, events and diagnostics.

mod diagnostic;
mod json;
mod sensitive;
mod stored;

pub use json::*;
