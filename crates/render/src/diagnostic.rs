//! Diagnostics.

mod json;
mod place;

pub(crate) use json::write_diagnostic;
