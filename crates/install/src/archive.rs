//! Unpacking of package archives.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// No package is larger when unpacked.
const MAX_SIZE: u64 = 16 * 1024 * 1024 * 1024;

/// Unpacks a zip archive into a directory that must not exist. Entries that would lie outside, and links, are refused.
pub(crate) fn unpack(archive: &Path, target: &Path) -> io::Result<()> {
    let invalid = |e: zip::result::ZipError| io::Error::new(io::ErrorKind::InvalidData, e.to_string());
    let mut archive = zip::ZipArchive::new(io::BufReader::new(File::open(archive)?)).map_err(invalid)?;
    fs::create_dir_all(target)?;
    let mut left = MAX_SIZE;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(invalid)?;
        let name = entry.name().map_err(invalid)?.to_string();
        let refuse = |why: &str| io::Error::new(io::ErrorKind::InvalidData, format!("{name:?} {why}"));
        let escapes = name.split(['/', '\\']).any(|part| part == "..") || name.starts_with(['/', '\\']);
        let Some(relative) = entry.enclosed_name().filter(|_| !escapes) else {
            return Err(refuse("points outside of the archive"));
        };
        if entry.is_symlink() {
            return Err(refuse("is a link; packages must not have any"));
        }
        let path = target.join(relative);
        if entry.is_dir() {
            fs::create_dir_all(&path)?;
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut file = File::options().write(true).create_new(true).open(&path)?;
        let mode = entry.unix_mode();
        let written = io::copy(&mut io::Read::take(&mut entry, left + 1), &mut file)?;
        left = left
            .checked_sub(written)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the archive is too large when unpacked"))?;
        set_mode(&path, mode)?;
    }
    Ok(())
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: Option<u32>) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    match mode {
        Some(mode) => fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o777)),
        None => Ok(()),
    }
}

#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: Option<u32>) -> io::Result<()> {
    Ok(())
}

/// Copies a directory with all inside.
pub(crate) fn copy_dir(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_dir(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Removes whatever is at a path; a link is removed, not what it leads to.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    }
}
