//! The function `direxists`.

use formwork_kit::{Failure, Outcome};
use std::io::ErrorKind;

/// True for a directory, false for nothing; anything else in its place is an error.
pub(super) fn exists((path,): (String,)) -> Outcome<bool> {
    match std::fs::metadata(&path) {
        Ok(found) if found.is_dir() => Ok(true),
        Ok(_) => Err(Failure::new(format!("{path:?} is there, but it is no directory.")).at("path")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Failure::new(format!("{path:?}: {error}.")).at("path")),
    }
}
