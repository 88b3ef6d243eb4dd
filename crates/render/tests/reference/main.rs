//! Documents and texts against what Terraform 1.11.4 printed for the same plans, and what that cannot show.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, clippy::disallowed_types)]

mod diagnostics;
mod events;
mod fixture;
mod golden;
mod hostile;
mod nested;
mod report;
