//! Files in memory.

use formwork_model::Files;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

#[derive(Default)]
pub struct MemoryFiles {
    files: BTreeMap<String, Vec<u8>>,
}

impl MemoryFiles {
    pub fn add(&mut self, path: &str, text: &str) {
        self.files.insert(path.to_string(), text.as_bytes().to_vec());
    }
}

fn prefix(path: &str) -> String {
    if path == "." { String::new() } else { format!("{path}/") }
}

impl Files for MemoryFiles {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, path: &str) -> io::Result<Vec<(String, bool)>> {
        let prefix = prefix(path);
        let names: BTreeSet<(String, bool)> = self
            .files
            .keys()
            .filter_map(|file| file.strip_prefix(&prefix))
            .map(|rest| rest.split_once('/').map_or((rest.to_string(), false), |(dir, _)| (dir.to_string(), true)))
            .collect();
        if names.is_empty() && path != "." {
            Err(io::ErrorKind::NotFound.into())
        } else {
            Ok(names.into_iter().collect())
        }
    }

    fn is_file(&self, path: &str) -> io::Result<bool> {
        Ok(self.files.contains_key(path))
    }

    fn is_dir(&self, path: &str) -> bool {
        self.list(path).is_ok()
    }

    fn current_dir(&self) -> String {
        "/work".to_string()
    }

    fn home_dir(&self) -> Option<String> {
        None
    }
}
