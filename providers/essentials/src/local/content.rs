//! Files with permissions.

use formwork_kit::{Failure, Outcome};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write;
use std::path::Path;

/// True for permissions as `0644`.
pub(super) fn is_mode(text: &str) -> bool {
    (3..=4).contains(&text.len()) && text.bytes().all(|digit| (b'0'..=b'7').contains(&digit))
}

fn mode(text: &str) -> u32 {
    u32::from_str_radix(text, 8).unwrap_or(0o700)
}

/// Writes a file, with the directories above it. Permissions are those of new files and directories, before the umask.
pub(super) fn write(path: &str, content: &[u8], file_mode: &str, directory_mode: &str) -> Outcome<()> {
    let failed =
        |what: &Path, error: std::io::Error| Failure::new(format!("{}: {error}.", what.display())).at("filename");
    let target = Path::new(path);
    if let Some(parent) = target.parent().filter(|parent| !parent.as_os_str().is_empty() && !parent.exists()) {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode(directory_mode));
        #[cfg(not(unix))]
        let _ = directory_mode;
        builder.create(parent).map_err(|error| failed(parent, error))?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode(file_mode));
    #[cfg(not(unix))]
    let _ = file_mode;
    let written = options.open(target).and_then(|mut file| file.write_all(content));
    written.map_err(|error| failed(target, error))
}

/// The content of a file, blaming an attribute if there is none.
pub(super) fn read(path: &str, attribute: &str) -> Outcome<Vec<u8>> {
    fs::read(path).map_err(|error| Failure::new(format!("{path}: {error}.")).at(attribute))
}
