//! The file of `-json-into`: the JSON messages beside the text for people.

use crate::arguments::Flag;
use crate::whole_file::{create_private, write_all};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Of commands that have a stream of JSON messages.
pub const STREAM_FLAGS: &[Flag] = &[
    Flag::switch("json", "Tell everything as JSON, one object a line."),
    Flag::value("json-into", "FILE", "Write what -json would print into this file, beside the text."),
];

/// A file that grows by whole lines.
pub struct JsonFile {
    path: String,
    file: Mutex<Result<File, io::Error>>,
}

impl JsonFile {
    /// Creates the file for its owner only. What was there is replaced, a link too; pipes and terminals are written to.
    pub fn create(path: &str) -> Result<JsonFile, Diagnostics> {
        match create_private(Path::new(path)) {
            Ok(file) => Ok(JsonFile { path: path.to_owned(), file: Mutex::new(Ok(file)) }),
            Err(error) => Err(failed(path, &error, "Nothing was begun.")),
        }
    }

    /// Appends lines. After a failure nothing more is written: what works goes on, and [`JsonFile::problem`] tells.
    pub fn write(&self, lines: &str) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(open) = &mut *file
            && let Err(error) = write_all(open, lines.as_bytes())
        {
            *file = Err(error);
        }
    }

    /// Why not everything was written.
    pub fn problem(&self) -> Option<Diagnostics> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let consequence = "The command itself went on to its end, but the file lacks messages.";
        file.as_ref().err().map(|error| failed(&self.path, error, consequence))
    }
}

fn failed(path: &str, error: &io::Error, consequence: &str) -> Diagnostics {
    let detail = format!("-json-into: {path:?} cannot be written: {error}. {consequence}");
    Diagnostic::error("Cannot write the JSON messages", detail).blame(Blame::Environment).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn files_are_private_and_links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("events"), folder.path().join("other"));
        std::fs::write(&other, "mine").unwrap();
        symlink(&other, &path).unwrap();
        let file = JsonFile::create(path.to_str().unwrap()).unwrap();
        file.write("{}\n");
        file.write("{}\n");
        assert!(file.problem().is_none());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{}\n{}\n");
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "mine");
        assert_eq!(std::fs::symlink_metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    }

    #[test]
    fn failures_are_told_at_the_end() {
        let file = JsonFile::create("/dev/full").unwrap();
        file.write("{}\n");
        assert!(file.problem().is_some());
        assert!(JsonFile::create("/nonexistent/file").is_err());
    }
}
