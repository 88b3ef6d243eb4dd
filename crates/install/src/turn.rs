//! Installations into the same directory at the same time take turns.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Held while a directory of packages is changed; it ends with the value, also when the process dies.
#[derive(Debug)]
pub(crate) struct Turn {
    file: Option<File>,
    /// Removed at the end.
    leaves: Option<PathBuf>,
}

impl Turn {
    /// Waits for the turn. Where no lock file can be written, nothing else can be written either, and nothing is waited
    /// for.
    pub fn wait(dir: &Path) -> Turn {
        let file = fs::create_dir_all(dir).and_then(|()| File::create(dir.join(".lock")));
        Turn { file: file.ok().filter(|file| file.lock().is_ok()), leaves: None }
    }

    /// As [`Turn::wait`]; nothing is left in the directory at the end.
    pub fn wait_without_trace(dir: &Path) -> Turn {
        let path = dir.join(".lock");
        loop {
            let mut turn = Turn::wait(dir);
            match &turn.file {
                // Whoever had the turn before has removed it.
                Some(file) if !is_same(file, &path) => continue,
                Some(_) => turn.leaves = Some(path),
                None => {}
            }
            return turn;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(path) = &self.leaves {
            // Those who wait for it see that it is gone, and make another.
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(unix)]
fn is_same(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), path.metadata()) {
        (Ok(file), Ok(path)) => identity(file) == identity(path),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_same(_: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn one_at_a_time_and_nothing_left() {
        let dir = tempfile::tempdir().unwrap();
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let _turn = Turn::wait_without_trace(dir.path());
                        most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        inside.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 1);
        assert!(fs::read_dir(dir.path()).unwrap().next().is_none());
    }
}
