//! Installations into the same directory at the same time take turns.

use std::fs::{self, File};
use std::path::Path;

/// Held while a directory of packages is changed; it ends with the value, also when the process dies.
#[derive(Debug)]
pub(crate) struct Turn(#[expect(dead_code, reason = "closing the file ends the turn")] Option<File>);

impl Turn {
    /// Waits for the turn. Where no lock file can be written, nothing else can be written either, and nothing is waited
    /// for.
    pub fn wait(dir: &Path) -> Turn {
        let file = fs::create_dir_all(dir).and_then(|()| File::create(dir.join(".lock")));
        Turn(file.ok().filter(|file| file.lock().is_ok()))
    }
}
