//! The program as a whole, as users run it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed")]

mod aws_network;
mod broken_inputs;
mod broken_provider;
mod bundle;
mod bundled;
mod command_line;
mod console;
#[path = "../../../crates/backend/tests/database.rs"]
#[allow(dead_code, reason = "the proxy is for tests of the store")]
mod database;
mod documents;
mod drift;
mod early;
mod examples;
mod fetched_modules;
mod gatekeeper;
mod installed;
mod interrupted;
mod killed;
mod limits;
mod locked;
mod moved_states;
mod null_provider;
mod official_aws;
mod provider_instances;
mod quickstart;
mod remote;
mod remote_machines;
mod reports;
mod resumed;
#[path = "../../../crates/backend/tests/scratch.rs"]
#[allow(dead_code, reason = "other tests use all of it")]
mod scratch;
mod shapes;
mod slow;
mod state;
mod state_exchange;
mod surroundings;
mod tools;
mod tutorial;
#[path = "../../../crates/backend/tests/web_server.rs"]
#[allow(dead_code, reason = "other tests use all of it")]
mod web_server;
