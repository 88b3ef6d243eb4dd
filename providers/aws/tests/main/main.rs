//! The provider against a real HTTP service that behaves like AWS (moto), through the engine's traits.

// Helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stderr)]

mod cloud;
mod consistency;
mod data;
mod engine;
mod faults;
mod instance;
mod network;
mod planning;
mod provider;
mod security;
mod terraform;
