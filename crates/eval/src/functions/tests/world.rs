//! The world of the tests.

use super::{Arc, BTreeMap, Entropy, Environment, Files, Phase};
use std::io::{Error, ErrorKind, Result};

pub(super) fn environment(phase: Phase) -> Environment {
    Environment {
        phase,
        workspace: "default".into(),
        plan_timestamp: "2024-03-01T10:00:00Z".into(),
        timestamp: "2024-03-01T10:00:05Z".into(),
        files: Arc::new(Memory::new()),
        entropy: Arc::new(Zeros),
        original_dir: "/work".into(),
        provider_functions: None,
    }
}

struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// Files in memory, by their path without `./`.
struct Memory {
    files: BTreeMap<&'static str, Vec<u8>>,
}

impl Memory {
    fn new() -> Memory {
        let files: &[(&str, &[u8])] = &[("data/plain.txt", b"first line\nsecond line\n")];
        Memory { files: files.iter().map(|(path, content)| (*path, content.to_vec())).collect() }
    }

    fn normal(path: &str) -> String {
        let mut parts: Vec<&str> = Vec::new();
        for part in path.trim_start_matches("/work/").split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()),
                _ => parts.push(part),
            }
        }
        parts.join("/")
    }
}

impl Files for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>> {
        let found = self.files.get(&*Memory::normal(path)).cloned();
        found.ok_or_else(|| Error::from(if self.is_dir(path) { ErrorKind::IsADirectory } else { ErrorKind::NotFound }))
    }

    fn list(&self, path: &str) -> Result<Vec<(String, bool)>> {
        if !self.is_dir(path) {
            return Err(Error::from(ErrorKind::NotFound));
        }
        let dir = Memory::normal(path);
        let prefix = if dir.is_empty() { dir } else { dir + "/" };
        let mut entries = BTreeMap::new();
        for file in self.files.keys() {
            if let Some(rest) = file.strip_prefix(&*prefix) {
                let (name, is_dir) = rest.split_once('/').map_or((rest, false), |(name, _)| (name, true));
                entries.insert(name.to_owned(), is_dir);
            }
        }
        Ok(entries.into_iter().collect())
    }

    fn is_file(&self, path: &str) -> Result<bool> {
        if self.is_dir(path) {
            return Err(Error::from(ErrorKind::IsADirectory));
        }
        Ok(self.files.contains_key(&*Memory::normal(path)))
    }

    fn is_dir(&self, path: &str) -> bool {
        let dir = Memory::normal(path);
        dir.is_empty() || self.files.keys().any(|file| file.starts_with(&format!("{dir}/")))
    }

    fn current_dir(&self) -> String {
        "/work".into()
    }

    fn home_dir(&self) -> Option<String> {
        Some("/home/someone".into())
    }
}
