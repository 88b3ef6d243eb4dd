//! Replacing a file in one step.

use std::fs;
use std::io;
use std::path::Path;

/// Readers see the old content or the new one, never a part.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let aside = path.with_file_name(name);
    let written = fs::write(&aside, content).and_then(|()| fs::rename(&aside, path));
    if written.is_err() {
        // The error that matters is why it could not be written.
        let _ = fs::remove_file(&aside);
    }
    written
}
