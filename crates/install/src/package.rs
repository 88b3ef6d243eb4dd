//! What is in a provider package.

use std::io;
use std::path::{Path, PathBuf};

/// The executable in a package directory: the first file in name order that is called `terraform-provider-TYPE`, with
/// nothing behind or something after `_` or `.`.
pub fn executable(dir: &Path, provider_type: &str) -> io::Result<Option<PathBuf>> {
    let wanted = format!("terraform-provider-{provider_type}");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let matches = name.strip_prefix(&wanted).is_some_and(|r| r.is_empty() || r.starts_with(['_', '.']));
        if matches && !entry.path().is_dir() {
            names.push(name);
        }
    }
    Ok(names.into_iter().min().map(|name| dir.join(name)))
}
