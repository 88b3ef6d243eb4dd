//! Files that are replaced in one step: readers see the old content or the new one, never a part.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// For everybody whom the umask lets read it.
const PUBLIC: u32 = 0o666;

/// For its owner: there may be secrets in it.
const PRIVATE: u32 = 0o600;

/// Replaces a file.
pub fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    replace(path, content, PUBLIC)
}

/// Replaces a file with one that only its owner may read, whoever could read the old one. What is no regular file, like
/// a pipe or a terminal, is written to. A link is replaced unless it leads to such a thing.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return OpenOptions::new().write(true).open(path)?.write_all(content);
    }
    replace(path, content, PRIVATE)
}

/// As [`write_private`], for a file that grows: readers may follow it.
pub fn create_private(path: &Path) -> io::Result<fs::File> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return OpenOptions::new().write(true).open(path);
    }
    create(path, PRIVATE)
}

fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let aside = path.with_file_name(name);
    let written =
        create(&aside, mode).and_then(|mut file| file.write_all(content)).and_then(|()| fs::rename(&aside, path));
    if written.is_err() {
        // What matters is why it could not be written.
        let _ = fs::remove_file(&aside);
    }
    written
}

/// Creates a file that nobody else has prepared; what an earlier process of the same number left goes away.
fn create(path: &Path, mode: u32) -> io::Result<fs::File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
}
