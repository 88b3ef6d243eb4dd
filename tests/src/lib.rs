//! The harness of the tests that use the program as a whole, and of the tests about the source tree.
//!
//! [`Run`] and [`Folder`] run the real binary in folders of their own; [`Program`] is the binary or the reference, and
//! [`Observed`] what both do, to be compared; [`fixtures`] says where the things are that `tests/setup` installs; [`tree`]
//! reads the source tree.

// What is missing or of another shape fails the test that asks for it.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

pub mod documents;
pub mod engine;
pub mod fixtures;
mod folder;
mod https_server;
mod observed;
mod oci_registry;
mod program;
pub mod publisher;
mod run;
mod ssh;
pub mod tree;

pub use folder::Folder;
pub use https_server::{HttpsServer, Question, Reply};
pub use observed::{Observed, assert_same, state_values};
pub use oci_registry::OciRegistry;
pub use program::{Program, REFERENCE};
pub use publisher::Publisher;
pub use run::Run;
pub use ssh::{Agent, SshServer};

use std::path::PathBuf;

/// The root of the repository.
pub fn root() -> PathBuf {
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().map(PathBuf::from).unwrap_or(manifest)
}
