//! How long operations took in former runs in this directory: beside what `init` keeps, one file for each workspace.
//!
//! It has addresses and milliseconds, and no values. A file that cannot be read is as good as none.

use crate::whole_file::write_private;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Operations that are remembered.
const KEPT: usize = 20_000;

/// A file larger than this is none of ours.
const LARGEST: u64 = 16 << 20;

/// What takes less is not remembered.
const NOTABLE: Duration = Duration::from_millis(200);

/// Durations by operation, and by kind of operation.
#[derive(Default)]
pub struct History {
    operations: BTreeMap<String, u64>,
    kinds: BTreeMap<String, u64>,
    /// Operations of this run, which are the last to be forgotten.
    recent: BTreeMap<String, u64>,
}

/// Where it is kept.
pub fn history_path(data_directory: &Path, workspace: &str) -> PathBuf {
    data_directory.join("formwork").join("durations").join(format!("{workspace}.json"))
}

impl History {
    pub fn load(path: &Path) -> History {
        History::read(path).unwrap_or_default()
    }

    fn read(path: &Path) -> Option<History> {
        if std::fs::metadata(path).ok()?.len() > LARGEST {
            return None;
        }
        let value: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        let table = |name: &str| -> Option<BTreeMap<String, u64>> {
            let entries = value.get(name)?.as_object()?.iter();
            Some(entries.filter_map(|(key, time)| Some((key.clone(), time.as_u64()?))).collect())
        };
        Some(History { operations: table("operations")?, kinds: table("kinds")?, recent: BTreeMap::new() })
    }

    /// How long an operation may take: as the last time, or as others of its kind.
    pub fn expected(&self, key: &str, kind: &str) -> Option<Duration> {
        self.operations.get(key).or_else(|| self.kinds.get(kind)).copied().map(Duration::from_millis)
    }

    pub fn note(&mut self, key: &str, kind: &str, took: Duration) {
        let time = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        if took < NOTABLE && !self.operations.contains_key(key) {
            return;
        }
        self.operations.insert(key.to_owned(), time);
        self.recent.insert(key.to_owned(), time);
        let mean = self.kinds.get(kind).map_or(time, |old| old / 2 + time / 2);
        self.kinds.insert(kind.to_owned(), mean);
    }

    /// Keeps it for the next run. What cannot be written costs an estimate, no more.
    pub fn store(mut self, path: &Path) {
        if self.operations.len() > KEPT {
            let room = KEPT.saturating_sub(self.recent.len());
            let old = std::mem::replace(&mut self.operations, self.recent);
            self.operations.extend(old.into_iter().take(room));
        }
        let table = |entries: &BTreeMap<String, u64>| -> Map<String, Value> {
            entries.iter().take(KEPT).map(|(key, time)| (key.clone(), json!(time))).collect()
        };
        let text = json!({ "operations": table(&self.operations), "kinds": table(&self.kinds) }).to_string();
        let directory = path.parent().unwrap_or(Path::new("."));
        let _ = std::fs::create_dir_all(directory).and_then(|()| write_private(path, text.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_and_ignores_what_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = history_path(folder.path(), "default");
        let mut history = History::load(&path);
        history.note("create a.b", "create a", Duration::from_secs(3));
        history.note("create a.short", "create a", Duration::from_millis(3));
        history.store(&path);
        let history = History::load(&path);
        assert_eq!(history.expected("create a.b", "create a"), Some(Duration::from_secs(3)));
        assert_eq!(history.expected("create a.c", "create a"), Some(Duration::from_secs(3)));
        assert_eq!(history.expected("delete a.b", "delete a"), None);
        for damaged in ["", "{", "[]", r#"{"operations":{"x":"y"},"kinds":7}"#] {
            std::fs::write(&path, damaged).unwrap();
            assert!(History::load(&path).operations.is_empty(), "{damaged}");
        }
    }

    #[test]
    fn does_not_grow_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = history_path(folder.path(), "w");
        let operations = (0..KEPT + 10).map(|at| (format!("create a.n{at}"), 1000)).collect();
        let mut history = History { operations, ..History::default() };
        history.note("update z.z", "update z", Duration::from_secs(1));
        history.store(&path);
        let history = History::load(&path);
        assert_eq!(history.operations.len(), KEPT);
        assert!(history.operations.contains_key("update z.z"));
    }
}
