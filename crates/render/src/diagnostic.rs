//! Diagnostics.

mod human;
mod json;
mod place;

pub use human::{compact_warnings_text, diagnostic_text, diagnostics_text};
pub(crate) use json::write_diagnostic;
