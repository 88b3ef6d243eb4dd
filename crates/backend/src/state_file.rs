//! State files: format version 4 as Terraform 1.11.4 has it (fact sheet `state-v4.md`), and versions 1 to 3 to read.
//!
//! Attributes stay JSON text from end to end: decoding copies them without spaces, encoding copies them with
//! indentation. Both are linear and build no trees.
//!
//! Invariant: what Terraform 1.11.4 wrote comes out byte for byte if nothing was changed; what we write it reads.
//! Invariant: no input makes decoding panic or recurse without bound.

mod content;
mod error;
mod file;
mod legacy;
mod names;
mod read;
mod write;

pub use content::same_content;
pub use error::StateFileError;
pub use write::encode;

use formwork_model::{StateSnapshot, TERRAFORM_VERSION};

/// Decodes a state file of any version up to 4. Empty bytes are an error here; stores treat them as "no state".
pub fn decode(bytes: &[u8]) -> Result<StateSnapshot, StateFileError> {
    read::decode(bytes)
}

/// The first state of a workspace, without anything in it.
pub(crate) fn first(lineage: &str) -> StateSnapshot {
    let terraform_version = TERRAFORM_VERSION.into();
    StateSnapshot { lineage: lineage.into(), serial: 1, terraform_version, ..StateSnapshot::default() }
}
