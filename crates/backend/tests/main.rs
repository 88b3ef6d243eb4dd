//! Behaviour of the stores and file formats through the public surface.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stderr)]

mod cloud;
mod contract;
mod crash;
mod journal;
mod local;
mod proxy;
mod s3;
mod sample;
mod scratch;
mod session;
mod state_file;
mod terraform;
