//! The providers that are part of the program: those that nearly every configuration uses, with the types, attributes and
//! meanings of the published ones (`registry.terraform.io/hashicorp/...`), so that states move both ways.
//!
//! [`bundled`] lists them. Each is a folder: one file per type, and `provider` that gathers the types.
//!
//! Invariant: nothing here is reached but through the ports of providers.
//! Invariant: what is random comes from the operating system, but where a seed is configured.

mod archive;
mod bundled;
mod checksums;
mod cloudinit;
mod encoding;
mod entropy;
mod external;
mod http;
mod local;
mod null;
mod programs;
mod random;
mod time;
mod tls;
mod web;

pub use bundled::{Bundled, bundled, find};
