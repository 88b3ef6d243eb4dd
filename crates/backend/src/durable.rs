//! Files that must survive a crash: opened without following links, readable by their owner only, synced.

use nix::fcntl::OFlag;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Links that are followed before giving up.
const MAX_LINKS: usize = 40;

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    // Without O_NONBLOCK a planted pipe would block the open for ever.
    options.mode(0o600).custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits());
    options
}

/// Creates a file for reading and writing; fails if anything is there, a link included.
pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    options().read(true).write(true).create_new(true).open(path)
}

/// Opens a regular file; `None` if nothing is there. Links are refused.
pub(crate) fn open(path: &Path, write: bool) -> io::Result<Option<File>> {
    match options().read(true).write(write).open(path) {
        Ok(file) if file.metadata()?.is_file() => Ok(Some(file)),
        Ok(_) => Err(io::Error::other("it is not a regular file")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if is_link(path) => Err(io::Error::new(error.kind(), "it is a symbolic link; remove it")),
        Err(error) => Err(error),
    }
}

/// Opens a file for reading and writing, or creates it.
pub(crate) fn open_or_create(path: &Path) -> io::Result<File> {
    for _ in 0..MAX_LINKS {
        if let Some(file) = open(path, true)? {
            return Ok(file);
        }
        match create_new(path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            result => return result,
        }
    }
    Err(io::Error::other("it appears and disappears"))
}

/// The content of a regular file; `None` if nothing is there.
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let Some(mut file) = open(path, false)? else { return Ok(None) };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Removes a file if it is there.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes creations, renames and removals in the directory of a file durable.
pub(crate) fn sync_directory_of(path: &Path) -> io::Result<()> {
    File::open(directory_of(path))?.sync_all()
}

/// Puts new content in the place of a file in one step. A link there is replaced, not followed.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = beside(path, "", ".new");
    remove(&aside)?;
    let mut file = create_new(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&aside, path)?;
    sync_directory_of(path)
}

/// Creates a directory with its parents.
pub(crate) fn create_directory(path: &Path, mode: u32) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(mode).create(path)
}

pub(crate) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

pub(crate) fn is_link(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|m| m.file_type().is_symlink())
}

/// The file to which a path leads when it is a link itself; it need not exist.
pub(crate) fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        if !is_link(&path) {
            return Ok(path);
        }
        let target = std::fs::read_link(&path)?;
        path = directory_of(&path).join(target);
    }
    Err(io::Error::other("too many levels of symbolic links"))
}

/// True if the path leads to this very file.
pub(crate) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let open = file.metadata()?;
    match std::fs::metadata(path) {
        Ok(found) => Ok(found.dev() == open.dev() && found.ino() == open.ino()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// A path beside a file: its name between a prefix and a suffix.
pub(crate) fn beside(path: &Path, prefix: &str, suffix: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(prefix);
    name.push(path.file_name().unwrap_or_default());
    name.push(suffix);
    path.with_file_name(name)
}
