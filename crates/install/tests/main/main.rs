//! Installation into temporary directories.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod cli_config;
mod lock_file;
mod mirror;
mod module_manifest;
mod providers;
