//! Directories in stores of objects: objects whose names have the same beginning.

use std::io;
use std::path::{Component, Path, PathBuf};

/// Most objects of a directory.
pub(super) const MAX_OBJECTS: usize = 100_000;

/// Most bytes of a directory, or of an archive.
pub(super) const MAX_SIZE: u64 = 4 << 30;

/// Where an object of a directory goes. None for what stands for directories themselves.
pub(super) fn place(target: &Path, prefix: &str, name: &str) -> io::Result<Option<PathBuf>> {
    let Some(relative) = name.strip_prefix(prefix).filter(|rest| !rest.is_empty() && !rest.ends_with('/')) else {
        return Ok(None);
    };
    let relative = Path::new(relative.trim_start_matches('/'));
    if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
        let text = format!("the object {name:?} points outside of the directory");
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    let path = target.join(relative);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    Ok(Some(path))
}

/// The beginning of the names in a directory.
pub(super) fn prefix(key: &str) -> String {
    let key = key.trim_matches('/');
    if key.is_empty() { String::new() } else { format!("{key}/") }
}
