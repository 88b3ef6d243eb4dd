//! State files, plan files, journals and locks, and the stores that keep them.
//!
//! Invariant: nothing here decides what is planned or applied; snapshots and plans go in and out as they are.
//! Invariant: the layouts of files are private to this crate.

mod json_text;
pub mod state_file;

pub use state_file::StateFileError;
