//! The machine's files, as the configuration sees them.

use formwork_model::Files;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Largest file that is read.
const MAX_LENGTH: u64 = 1024 * 1024 * 1024;

/// Files below the working directory, and anywhere else a configuration names.
pub struct MachineFiles {
    home: Option<String>,
}

impl MachineFiles {
    pub fn new(home: Option<&str>) -> MachineFiles {
        MachineFiles { home: home.map(str::to_owned) }
    }

    /// A leading `~` stands for the home directory.
    fn resolve(&self, path: &str) -> PathBuf {
        match (path.strip_prefix('~'), &self.home) {
            (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
                PathBuf::from(format!("{home}{rest}"))
            }
            _ => PathBuf::from(path),
        }
    }
}

impl Files for MachineFiles {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let path = self.resolve(path);
        let metadata = std::fs::metadata(&path)?;
        if metadata.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
        }
        let too_large = || io::Error::new(io::ErrorKind::FileTooLarge, "it has more than 1 GiB");
        if metadata.len() > MAX_LENGTH {
            return Err(too_large());
        }
        // What is no ordinary file tells no length, and may have no end.
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
        File::open(path)?.take(MAX_LENGTH + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_LENGTH { Err(too_large()) } else { Ok(bytes) }
    }

    fn list(&self, path: &str) -> io::Result<Vec<(String, bool)>> {
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(self.resolve(path))? {
            let entry = entry?;
            // Names that are not text cannot be written in a configuration.
            if let Ok(name) = entry.file_name().into_string() {
                // Links count as what they point to.
                let is_dir = match entry.file_type() {
                    Ok(kind) if !kind.is_symlink() => kind.is_dir(),
                    _ => entry.path().is_dir(),
                };
                entries.push((name, is_dir));
            }
        }
        entries.sort_unstable();
        Ok(entries)
    }

    fn is_file(&self, path: &str) -> io::Result<bool> {
        match std::fs::metadata(self.resolve(path)) {
            Ok(metadata) if metadata.is_file() => Ok(true),
            Ok(metadata) if metadata.is_dir() => {
                Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory, not a file"))
            }
            Ok(_) => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is neither a file nor a directory")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn is_dir(&self, path: &str) -> bool {
        self.resolve(path).is_dir()
    }

    fn current_dir(&self) -> String {
        std::env::current_dir().map(|dir| text_of(&dir)).unwrap_or_else(|_| ".".to_owned())
    }

    fn home_dir(&self) -> Option<String> {
        self.home.clone()
    }
}

fn text_of(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_files_and_directories() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
        std::fs::write(at("b.tf"), "x").unwrap();
        std::fs::create_dir(at("a")).unwrap();
        let files = MachineFiles::new(dir.path().to_str());
        assert_eq!(files.list(&at("")).unwrap(), [("a".to_owned(), true), ("b.tf".to_owned(), false)]);
        assert_eq!(files.read("~/b.tf").unwrap(), b"x");
        assert!(files.is_file(&at("b.tf")).unwrap());
        assert!(!files.is_file(&at("none")).unwrap());
        assert!(files.is_file(&at("a")).is_err());
        assert!(files.read(&at("a")).is_err());
        assert!(files.is_dir(&at("a")) && !files.is_dir(&at("b.tf")));
    }
}
