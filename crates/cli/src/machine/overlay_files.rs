//! Files of the machine, and one more in the working directory that exists in memory only.

use formwork_model::Files;
use std::io;

pub struct OverlayFiles<F> {
    files: F,
    name: &'static str,
    text: String,
}

impl<F: Files> OverlayFiles<F> {
    pub fn new(files: F, name: &'static str, text: &str) -> OverlayFiles<F> {
        OverlayFiles { files, name, text: text.to_owned() }
    }
}

impl<F: Files> Files for OverlayFiles<F> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        if path == self.name { Ok(self.text.as_bytes().to_vec()) } else { self.files.read(path) }
    }

    fn list(&self, path: &str) -> io::Result<Vec<(String, bool)>> {
        let mut entries = self.files.list(path)?;
        if path == "." {
            entries.push((self.name.to_owned(), false));
            entries.sort_unstable();
        }
        Ok(entries)
    }

    fn is_file(&self, path: &str) -> io::Result<bool> {
        if path == self.name { Ok(true) } else { self.files.is_file(path) }
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
