//! Checksums of installed packages, remembered as long as the files stay as they are.
//!
//! Provider packages are large; computing their checksums anew for every command would take most of its time. A file
//! counts as unchanged while its name, size, time of change and number stay the same.

use crate::hash::{HashError, files_below, hash_dir};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Known checksums: lines of path, fingerprint and checksum, separated by tabs.
pub(crate) struct Verified {
    file: PathBuf,
    known: BTreeMap<String, (String, String)>,
    changed: bool,
}

impl Verified {
    /// What earlier runs have found; anything unreadable counts as unknown.
    pub fn load(providers_dir: &Path) -> Verified {
        let file = providers_dir.join("verified.tsv");
        let text = fs::read_to_string(&file).unwrap_or_default();
        let entry = |line: &str| {
            let mut parts = line.split('\t');
            let (path, print, hash) = (parts.next()?, parts.next()?, parts.next()?);
            Some((path.to_string(), (print.to_string(), hash.to_string())))
        };
        Verified { file, known: text.lines().filter_map(entry).collect(), changed: false }
    }

    /// `h1:` of a package directory.
    pub fn hash(&mut self, dir: &Path) -> Result<String, HashError> {
        let key = dir.display().to_string();
        let print = fingerprint(dir)?;
        if let Some((known, hash)) = self.known.get(&key)
            && *known == print
        {
            return Ok(hash.clone());
        }
        let hash = hash_dir(dir)?;
        if !key.contains(['\t', '\n']) {
            self.known.insert(key, (print, hash.clone()));
            self.changed = true;
        }
        Ok(hash)
    }

    /// Keeps what was found. That it cannot be kept is no problem: it is found out again.
    pub fn save(&self) {
        if self.changed {
            let line = |(path, (print, hash)): (&String, &(String, String))| format!("{path}\t{print}\t{hash}\n");
            let _ = fs::write(&self.file, self.known.iter().map(line).collect::<String>());
        }
    }
}

fn fingerprint(dir: &Path) -> Result<String, HashError> {
    let dir = dir.canonicalize().map_err(|e| HashError(format!("{}: {e}", dir.display())))?;
    let mut hasher = Sha256::new();
    hasher.update(dir.display().to_string());
    for name in files_below(&dir)? {
        let metadata = fs::metadata(dir.join(&name))?;
        hasher.update(format!("\n{name}\t{}\t{}", metadata.len(), identity(&metadata)));
    }
    Ok(hasher.finalize().iter().take(16).map(|b| format!("{b:02x}")).collect())
}

#[cfg(unix)]
fn identity(metadata: &fs::Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    let (time, nanos) = (metadata.mtime(), metadata.mtime_nsec());
    format!("{time}.{nanos}\t{}.{}\t{}.{}", metadata.ctime(), metadata.ctime_nsec(), metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(metadata: &fs::Metadata) -> String {
    let time = metadata.modified().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
    format!("{:?}", time)
}
