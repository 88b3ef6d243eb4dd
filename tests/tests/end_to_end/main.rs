//! The program as a whole, as users run it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed")]

mod actions_and_queries;
mod aws_network;
mod broken_inputs;
mod broken_provider;
mod bundle;
mod bundled;
mod command_line;
mod console;
mod documents;
mod drift;
mod early;
mod economy;
mod examples;
mod fetched_modules;
mod framework;
mod gatekeeper;
mod installed;
mod interrupted;
mod killed;
mod limits;
mod locked;
mod null_provider;
mod oci;
mod official_aws;
mod provider_instances;
mod quickstart;
mod remote;
mod remote_machines;
mod reports;
mod resumed;
mod shapes;
mod slow;
mod state;
mod state_exchange;
mod surroundings;
mod tools;
mod tutorial;
