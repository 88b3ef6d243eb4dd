//! The configuration files that a saved plan carries.

use formwork_model::Files;
use formwork_value::Str;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// Files in memory, by path relative to the working directory.
pub struct PlanFiles<'a> {
    sources: &'a BTreeMap<Str, Str>,
}

impl PlanFiles<'_> {
    pub fn new(sources: &BTreeMap<Str, Str>) -> PlanFiles<'_> {
        PlanFiles { sources }
    }
}

fn prefix(dir: &str) -> String {
    let dir = dir.trim_end_matches('/');
    if dir.is_empty() || dir == "." { String::new() } else { format!("{dir}/") }
}

fn missing(path: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("the plan does not carry {path}"))
}

impl Files for PlanFiles<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.sources.get(path).map(|text| text.as_bytes().to_vec()).ok_or_else(|| missing(path))
    }

    fn list(&self, path: &str) -> io::Result<Vec<(String, bool)>> {
        let prefix = prefix(path);
        let mut entries = BTreeSet::new();
        for name in self.sources.keys().filter_map(|name| name.strip_prefix(prefix.as_str())) {
            match name.split_once('/') {
                None => entries.insert((name.to_owned(), false)),
                Some((dir, _)) => entries.insert((dir.to_owned(), true)),
            };
        }
        Ok(entries.into_iter().collect())
    }

    fn is_file(&self, path: &str) -> io::Result<bool> {
        Ok(self.sources.contains_key(path))
    }

    fn is_dir(&self, path: &str) -> bool {
        let prefix = prefix(path);
        self.sources.keys().any(|name| name.starts_with(&prefix))
    }

    fn current_dir(&self) -> String {
        ".".to_owned()
    }

    fn home_dir(&self) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_files_as_directories() {
        let sources: BTreeMap<Str, Str> =
            [("main.tf".into(), "a".into()), ("m/x.tf".into(), "b".into()), ("../n/y.tf".into(), "c".into())].into();
        let files = PlanFiles::new(&sources);
        let names = |dir: &str| files.list(dir).unwrap();
        assert_eq!(names("."), [("..".to_owned(), true), ("m".to_owned(), true), ("main.tf".to_owned(), false)]);
        assert_eq!(names("m"), [("x.tf".to_owned(), false)]);
        assert_eq!(names("../n"), [("y.tf".to_owned(), false)]);
        assert_eq!(files.read("m/x.tf").unwrap(), b"b");
        assert!(files.read("none.tf").is_err());
    }
}
