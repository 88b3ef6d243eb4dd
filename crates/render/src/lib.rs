//! Text and JSON from plans, states, events and diagnostics.

mod diagnostic;
mod diff;
mod escape;
mod json;
mod phrase;
mod plan_text;
mod quote;
mod sensitive;
mod stored;
mod stream;
mod style;
mod tally;
mod wrap;

pub use diagnostic::{compact_warnings_text, diagnostic_text, diagnostics_text};
pub use escape::escape_controls;
pub use json::*;
pub use plan_text::{output_changes_text, plan_text};
pub use stream::{JsonStream, StreamMode};
pub use style::TextOptions;
pub use tally::{ApplyTally, PlanTally};
