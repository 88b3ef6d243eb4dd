//! Reading the state file, with and without the lock.

use super::swap::{self, Stored};
use crate::durable;
use formwork_model::StoreError;
use std::fmt::Display;
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Tries to read a file that is being written.
const TRIES: u32 = 60;

/// A state file, links followed.
#[derive(Clone, Debug)]
pub(super) struct StateFile {
    pub path: PathBuf,
    pub next: PathBuf,
}

/// Contents of the state file and of `NAME.next`, where they exist.
struct Contents {
    state: Option<Vec<u8>>,
    next: Option<Vec<u8>>,
}

pub(super) fn failed(action: &str, path: &Path, error: impl Display) -> StoreError {
    StoreError::new(format!("The state file {} cannot be {action}: {error}", path.display()))
}

impl StateFile {
    pub fn at(path: &Path) -> Result<StateFile, StoreError> {
        let path = durable::follow(path).map_err(|error| failed("found", path, error))?;
        Ok(StateFile { next: durable::beside(&path, "", ".next"), path })
    }

    /// The content of the locked file. A write that was interrupted is finished.
    pub fn read_locked(&self, file: &File) -> Result<Vec<u8>, StoreError> {
        let state = read_all(file).map_err(|error| failed("read", &self.path, error))?;
        let next = self.read_next()?;
        match swap::judge(Some(&state), next.as_deref(), &self.path).map_err(StoreError::new)? {
            Stored::Whole => {
                if next.is_some() {
                    durable::remove(&self.next).map_err(|error| failed("settled", &self.path, error))?;
                }
                Ok(state)
            }
            Stored::Redo(content) => {
                swap::finish(file, &self.next, &content).map_err(|error| failed("written", &self.path, error))?;
                Ok(content)
            }
        }
    }

    /// The content without the lock; nothing is changed. While somebody writes, the old or the new content is found.
    pub fn read_unlocked(&self) -> Result<Vec<u8>, StoreError> {
        let mut wrong = failed("read", &self.path, "other programs keep writing it");
        for attempt in 0..TRIES {
            if attempt > 0 {
                // Somebody is writing; a write takes some milliseconds.
                std::thread::sleep(Duration::from_millis(5));
            }
            let Some(Contents { state, next }) = self.read_steady()? else { continue };
            match swap::judge(state.as_deref(), next.as_deref(), &self.path) {
                Ok(Stored::Whole) => return Ok(state.unwrap_or_default()),
                Ok(Stored::Redo(content)) => return Ok(content),
                Err(error) => wrong = StoreError::new(error),
            }
        }
        Err(wrong)
    }

    /// Both files, if nobody wrote to the state file meanwhile.
    fn read_steady(&self) -> Result<Option<Contents>, StoreError> {
        let file = durable::open(&self.path, false).map_err(|error| failed("opened", &self.path, error))?;
        let Some(file) = file else { return Ok(Some(Contents { state: None, next: self.read_next()? })) };
        let before = stamp(&file).map_err(|error| failed("read", &self.path, error))?;
        let state = read_all(&file).map_err(|error| failed("read", &self.path, error))?;
        let next = self.read_next()?;
        let after = stamp(&file).map_err(|error| failed("read", &self.path, error))?;
        Ok((before == after).then_some(Contents { state: Some(state), next }))
    }

    fn read_next(&self) -> Result<Option<Vec<u8>>, StoreError> {
        durable::read(&self.next).map_err(|error| failed("read", &self.next, error))
    }
}

/// Size and times, which change with every write.
fn stamp(file: &File) -> io::Result<(u64, i64, i64)> {
    let metadata = file.metadata()?;
    Ok((metadata.len(), metadata.mtime(), metadata.mtime_nsec()))
}

/// All bytes, wherever the file's position is.
pub(super) fn read_all(file: &File) -> io::Result<Vec<u8>> {
    let length = usize::try_from(file.metadata()?.len()).map_err(|_| io::Error::other("too large"))?;
    let mut bytes = vec![0; length];
    let mut at = 0;
    while let Some(rest) = bytes.get_mut(at..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, at as u64) {
            Ok(0) => break,
            Ok(n) => at += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(at);
    Ok(bytes)
}
