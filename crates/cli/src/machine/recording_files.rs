//! Files, with a record of what was read: a saved plan is only right as long as those files stay the same.

use formwork_model::Files;
use formwork_value::Str;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, PoisonError};

pub struct RecordingFiles<F> {
    files: F,
    read: Mutex<BTreeMap<Str, Str>>,
}

impl<F: Files> RecordingFiles<F> {
    pub fn new(files: F) -> RecordingFiles<F> {
        RecordingFiles { files, read: Mutex::default() }
    }

    /// SHA-256 (hex) of every file that was read, by path.
    pub fn files_read(&self) -> BTreeMap<Str, Str> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// SHA-256 in hex.
pub fn checksum(bytes: &[u8]) -> Str {
    let text: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    text.into()
}

impl<F: Files> Files for RecordingFiles<F> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let bytes = self.files.read(path)?;
        let checksum = checksum(&bytes);
        self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(path.into(), checksum);
        Ok(bytes)
    }

    fn list(&self, path: &str) -> io::Result<Vec<(String, bool)>> {
        self.files.list(path)
    }

    fn is_file(&self, path: &str) -> io::Result<bool> {
        self.files.is_file(path)
    }

    fn is_dir(&self, path: &str) -> bool {
        self.files.is_dir(path)
    }

    fn current_dir(&self) -> String {
        self.files.current_dir()
    }

    fn home_dir(&self) -> Option<String> {
        self.files.home_dir()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::MachineFiles;

    #[test]
    fn remembers_what_was_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a").to_str().unwrap().to_owned();
        std::fs::write(&path, "abc").unwrap();
        let files = RecordingFiles::new(MachineFiles::new(None));
        assert!(files.files_read().is_empty());
        files.read(&path).unwrap();
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(files.files_read(), [(path.as_str().into(), expected.into())].into());
    }
}
