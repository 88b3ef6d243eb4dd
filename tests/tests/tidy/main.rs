//! Rules about the source tree, checked by reading it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed")]

mod floors;
mod limits;
mod sizes;
mod tutorial;
mod words;
