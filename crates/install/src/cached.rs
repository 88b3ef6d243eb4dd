//! What the cache knows of its packages: checksums of the archives that they come from.
//!
//! With them, a package for which a registry names the same archive need not be fetched again.

use crate::hash::hash_dir;
use crate::replace::replace;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Beside the directory of a package, because what is in it counts for its checksum.
fn sums_file(package: &Path) -> PathBuf {
    package.with_extension("sums")
}

/// Notes the checksums of a package and of its archive.
pub(crate) fn keep_sums(package: &Path, hash: &str, zip_hash: &str) -> io::Result<()> {
    replace(&sums_file(package), format!("{hash}\n{zip_hash}\n").as_bytes())
}

/// True if the package is there, as it was unpacked, and comes from an archive with one of the checksums.
pub(crate) fn comes_from(package: &Path, expected: &[String]) -> bool {
    let Ok(text) = fs::read_to_string(sums_file(package)) else { return false };
    let sums: Vec<&str> = text.lines().collect();
    let is_expected = sums.iter().any(|sum| expected.iter().any(|expected| expected == sum));
    is_expected && hash_dir(package).is_ok_and(|hash| sums.first() == Some(&hash.as_str()))
}
