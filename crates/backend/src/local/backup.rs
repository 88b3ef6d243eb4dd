//! The backup file.

use super::file::failed;
use crate::durable;
use formwork_model::StoreError;
use std::path::Path;

/// Keeps the old state before the first write that differs; tells whether that is done. Nothing is to be kept of a state
/// that did not exist.
pub(super) fn keep(path: &Path, old: &[u8], new: &[u8]) -> Result<bool, StoreError> {
    if old.is_empty() {
        return Ok(true);
    }
    if content(old) == content(new) {
        return Ok(false);
    }
    durable::create_directory(durable::directory_of(path), 0o755)
        .and_then(|()| durable::replace(path, old))
        .map_err(|error| failed("backed up", path, error))?;
    Ok(true)
}

/// What stands behind the header with version, serial and lineage. States that differ in formatting only may count as
/// different: then there is a backup too many.
fn content(state: &[u8]) -> &[u8] {
    let key = b"\"outputs\"";
    let at = state.windows(key.len()).position(|window| window == key).unwrap_or(0);
    state.get(at..).unwrap_or(state)
}
