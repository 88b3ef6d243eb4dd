//! Provider schemas on disk, so that a provider need not be started to know its schema.

use crate::whole_file::write_private;
use formwork_protocol::SchemaCache;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Below `$XDG_CACHE_HOME/formwork` or `~/.cache/formwork`, for the owner only. Whatever fails is as if nothing were cached.
pub struct DiskSchemaCache {
    dir: PathBuf,
}

impl DiskSchemaCache {
    /// `None` without a place for caches.
    pub fn new(cache_home: Option<&str>, home: Option<&str>) -> Option<DiskSchemaCache> {
        let base = match (cache_home, home) {
            (Some(cache), _) if cache.starts_with('/') => PathBuf::from(cache),
            (_, Some(home)) => Path::new(home).join(".cache"),
            _ => return None,
        };
        Some(DiskSchemaCache { dir: base.join("formwork").join("schemas") })
    }

    /// Hashes are base64, whose slash cannot stand in a file name.
    fn path(&self, key: &str) -> PathBuf {
        let safe = |c: char| match c {
            '/' => '_',
            c if c.is_ascii_alphanumeric() || "+=-.:".contains(c) => c,
            _ => '-',
        };
        self.dir.join(key.chars().map(safe).collect::<String>())
    }

    fn store(&self, key: &str, schema: &[u8]) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.dir)?;
        write_private(&self.path(key), schema)
    }
}

impl SchemaCache for DiskSchemaCache {
    fn get(&self, key: &str) -> Option<Vec<u8>> {
        fs::read(self.path(key)).ok()
    }

    fn put(&self, key: &str, schema: &[u8]) {
        // The provider is asked again next time.
        let _ = self.store(key, schema);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn keeps_what_it_is_given_for_the_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let cache = DiskSchemaCache::new(dir.path().to_str(), None).unwrap();
        assert_eq!(cache.get("h1:a/b="), None);
        cache.put("h1:a/b=", b"schema");
        assert_eq!(cache.get("h1:a/b=").unwrap(), b"schema");
        let mode = fs::metadata(&cache.dir).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert_eq!(fs::read_dir(&cache.dir).unwrap().count(), 1);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_no_error() {
        let cache = DiskSchemaCache::new(None, Some("/proc/none")).unwrap();
        cache.put("k", b"x");
        assert_eq!(cache.get("k"), None);
        assert!(DiskSchemaCache::new(None, None).is_none());
    }
}
