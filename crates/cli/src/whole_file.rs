//! Files that are replaced in one step: readers see the old content or the new one, never a part.

use nix::errno::Errno;
use nix::fcntl::OFlag;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

/// For everybody whom the umask lets read it.
const PUBLIC: u32 = 0o666;

/// For its owner: there may be secrets in it.
const PRIVATE: u32 = 0o600;

/// How long a reader may take nothing, and how often that is looked at.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(5);

/// Replaces a file.
pub fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    replace(path, content, PUBLIC)
}

/// Replaces a file with one that only its owner may read, whoever could read the old one. What is no regular file, like
/// a pipe or a terminal, is written to. A link is replaced unless it leads to such a thing.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return write_to(path, content);
    }
    replace(path, content, PRIVATE)
}

/// Writes to what is no regular file. Nothing waits for ever: neither for somebody to open a pipe, nor for a reader that
/// takes nothing.
fn write_to(path: &Path, content: &[u8]) -> io::Result<()> {
    let opened = OpenOptions::new().write(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path);
    let mut file = opened.map_err(|error| match error.raw_os_error() {
        Some(code) if Errno::from_raw(code) == Errno::ENXIO => {
            io::Error::new(error.kind(), "it is a pipe, and nobody reads it. Start the reader first, or name a file")
        }
        _ => error,
    })?;
    let mut rest = content;
    let mut idle = Duration::ZERO;
    while !rest.is_empty() {
        match file.write(rest) {
            Ok(count) => {
                rest = rest.get(count..).unwrap_or_default();
                idle = Duration::ZERO;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && idle < PATIENCE => {
                std::thread::sleep(PAUSE);
                idle += PAUSE;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "whoever reads the pipe takes nothing from it"));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
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
