//! Checksums of packages, as lock files record them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Why a package has no checksum.
#[derive(Debug)]
pub struct HashError(pub String);

impl fmt::Display for HashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for HashError {}

impl From<io::Error> for HashError {
    fn from(error: io::Error) -> HashError {
        HashError(error.to_string())
    }
}

/// `h1:` of a directory with an unpacked package: names and contents of all files (registry-and-locks.md 5.1).
pub fn hash_dir(dir: &Path) -> Result<String, HashError> {
    let dir = dir.canonicalize().map_err(|e| HashError(format!("{}: {e}", dir.display())))?;
    let mut entries = Vec::new();
    for name in files_below(&dir)? {
        let file = File::open(dir.join(&name)).map_err(|e| HashError(format!("{name}: {e}")))?;
        entries.push((hex(&digest(file)?), name));
    }
    combine(entries)
}

/// `h1:` of a package archive.
pub fn hash_archive(path: &Path) -> Result<String, HashError> {
    let unreadable = |e: zip::result::ZipError| HashError(format!("{}: {e}", path.display()));
    let mut archive = zip::ZipArchive::new(io::BufReader::new(File::open(path)?)).map_err(unreadable)?;
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(unreadable)?;
        let name = entry.name().map_err(unreadable)?.to_string();
        entries.push((hex(&digest(entry)?), name));
    }
    combine(entries)
}

/// `zh:` of a package archive: of the file as it is.
pub fn zip_hash(path: &Path) -> Result<String, HashError> {
    Ok(format!("zh:{}", hex(&digest(File::open(path)?)?)))
}

/// Lines of digest and name, sorted by name.
fn combine(mut entries: Vec<(String, String)>) -> Result<String, HashError> {
    entries.sort_by(|a, b| a.1.cmp(&b.1));
    let mut hasher = Sha256::new();
    for (digest, name) in entries {
        if name.contains('\n') {
            return Err(HashError(format!("the package has a file with a line break in its name: {name:?}")));
        }
        hasher.update(format!("{digest}  {name}\n"));
    }
    Ok(format!("h1:{}", STANDARD.encode(hasher.finalize())))
}

fn digest(mut reader: impl Read) -> io::Result<[u8; 32]> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let count = reader.read(&mut buffer)?;
        let Some(read) = buffer.get(..count).filter(|b| !b.is_empty()) else { return Ok(hasher.finalize().into()) };
        hasher.update(read);
    }
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Paths of all files in a directory, relative, with forward slashes. Links to files count as files.
pub(crate) fn files_below(dir: &Path) -> Result<Vec<String>, HashError> {
    let mut found = Vec::new();
    let mut pending = vec![String::new()];
    while let Some(prefix) = pending.pop() {
        for entry in std::fs::read_dir(dir.join(&prefix))? {
            let entry = entry?;
            let name = entry.file_name().into_string();
            let name = name.map_err(|n| HashError(format!("the file name {n:?} is not text")))?;
            let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            if entry.file_type()?.is_dir() {
                pending.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
