//! Why a state file cannot be read.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateFileError {
    /// The file ends in the middle.
    Truncated { bytes: usize },
    /// Not JSON, or JSON with a value of the wrong kind.
    Malformed { line: usize, column: usize, reason: String },
    /// JSON, but not a state: there is no version.
    NoVersion,
    UnsupportedVersion {
        version: String,
        /// The Terraform that wrote it, if the file says so.
        terraform_version: Option<String>,
    },
    /// The binary form from before Terraform 0.7.
    Binary,
    /// Encrypted by OpenTofu.
    Encrypted,
    /// Two objects with one address.
    Duplicate { address: String },
    /// Something in it has no meaning.
    Invalid {
        /// Address or key.
        at: String,
        reason: String,
    },
}

impl StateFileError {
    pub(super) fn invalid(at: impl fmt::Display, reason: impl fmt::Display) -> StateFileError {
        StateFileError::Invalid { at: at.to_string(), reason: reason.to_string() }
    }
}

impl fmt::Display for StateFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StateFileError::Truncated { bytes } => write!(
                f,
                "The state file is cut off after {bytes} bytes. Restore it from its backup file, or from an earlier \
                 version in its storage."
            ),
            StateFileError::Malformed { line, column, reason } => write!(
                f,
                "The state file is not a valid state: {reason} (line {line}, column {column}). Restore it from its \
                 backup file if it was damaged."
            ),
            StateFileError::NoVersion => f.write_str(
                "Unsupported state file format: there is no \"version\" number, so this is not a state file.",
            ),
            StateFileError::UnsupportedVersion { version, terraform_version } => {
                write!(f, "The state file has format version {version}, which is not supported (1 to 4 are).")?;
                match terraform_version {
                    Some(writer) => {
                        write!(f, " It was written by Terraform {writer}; use that version or a newer one.")
                    }
                    None => Ok(()),
                }
            }
            StateFileError::Binary => f.write_str(
                "The state file has the binary format of Terraform before 0.7, which is not supported. Upgrade it with \
                 a Terraform of that time.",
            ),
            StateFileError::Encrypted => f.write_str(
                "The state file is encrypted by OpenTofu. Decrypt it there first (with a fallback to the unencrypted \
                 method).",
            ),
            StateFileError::Duplicate { address } => {
                write!(f, "Duplicate resource instance in state: {address} occurs more than once.")
            }
            StateFileError::Invalid { at, reason } => write!(f, "The state file is not valid at {at}: {reason}"),
        }
    }
}

impl std::error::Error for StateFileError {}
