//! Archives of directories, `.tar.gz`. The same files give the same bytes: names are sorted, and times and owners are not
//! kept.

use crate::IgnoreRules;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use tar::{Builder, EntryType, Header};

/// Deepest nesting of directories.
const MAX_DEPTH: usize = 128;

/// A directory to pack.
pub struct BundledDir<'a> {
    pub dir: &'a Path,
    /// Where its files are in the archive; empty for the top.
    pub name: String,
    pub rules: &'a IgnoreRules,
    /// Packs what links lead to. Otherwise links stay links, and must not lead out of the directory.
    pub follow_links: bool,
}

/// Why a bundle cannot be made.
#[derive(Debug)]
pub enum BundleError {
    Io(PathBuf, io::Error),
    /// A link that leads out of the directory, or that is absolute.
    LeadsOut(PathBuf, PathBuf),
    TooDeep(PathBuf),
    /// A file name that is not UTF-8.
    Name(PathBuf),
}

impl fmt::Display for BundleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BundleError::Io(path, error) => write!(f, "{}: {error}", path.display()),
            BundleError::LeadsOut(path, target) => write!(
                f,
                "the link {} leads to {}, which will not be there after unpacking; replace it by what it leads to, or \
                 leave it out with a line in .terraformignore",
                path.display(),
                target.display()
            ),
            BundleError::TooDeep(path) => {
                write!(f, "{}: directories are nested more than {MAX_DEPTH} levels deep", path.display())
            }
            BundleError::Name(path) => write!(f, "{}: the name is not UTF-8", path.display()),
        }
    }
}

impl std::error::Error for BundleError {}

/// Packs directories into a file, which is replaced in one step. Returns how many files it holds.
pub fn write_bundle(target: &Path, dirs: &[BundledDir<'_>]) -> Result<usize, BundleError> {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let aside = target.with_file_name(name);
    let failed = |error| BundleError::Io(target.to_path_buf(), error);
    let written = File::create(&aside).map_err(failed).and_then(|file| {
        let own = file.metadata().map_err(failed)?;
        let old = fs::metadata(target).ok().map(|old| (old.dev(), old.ino()));
        let own = [Some((own.dev(), own.ino())), old];
        let mut packer = Packer { archive: Builder::new(GzEncoder::new(file, Compression::default())), own, files: 0 };
        for dir in dirs {
            packer.pack(dir, dir.dir, "", 0)?;
        }
        let Packer { archive, files, .. } = packer;
        let file = archive.into_inner().and_then(GzEncoder::finish).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        fs::rename(&aside, target).map_err(failed)?;
        Ok(files)
    });
    if written.is_err() {
        // The error that matters is why it could not be written.
        let _ = fs::remove_file(&aside);
    }
    written
}

struct Packer {
    archive: Builder<GzEncoder<File>>,
    /// The bundle itself, which may lie in a directory that is packed.
    own: [Option<(u64, u64)>; 2],
    files: usize,
}

impl Packer {
    /// Packs a directory at `below` in the bundled one.
    fn pack(&mut self, whole: &BundledDir<'_>, dir: &Path, below: &str, depth: usize) -> Result<(), BundleError> {
        if depth > MAX_DEPTH {
            return Err(BundleError::TooDeep(dir.to_path_buf()));
        }
        let failed = |error| BundleError::Io(dir.to_path_buf(), error);
        let mut entries = fs::read_dir(dir).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let file_name = entry.file_name();
            let name = file_name.to_str().ok_or_else(|| BundleError::Name(path.clone()))?;
            let relative = if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") };
            let failed = |error| BundleError::Io(path.clone(), error);
            let found = if whole.follow_links { fs::metadata(&path) } else { fs::symlink_metadata(&path) };
            let found = found.map_err(failed)?;
            if found.is_dir() {
                if !whole.rules.leaves_out_whole(&relative) {
                    self.pack(whole, &path, &relative, depth + 1)?;
                }
            } else if !whole.rules.leaves_out(&relative) && !self.own.contains(&Some((found.dev(), found.ino()))) {
                self.add(whole, &path, &relative, &found)?;
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        whole: &BundledDir<'_>,
        path: &Path,
        relative: &str,
        found: &fs::Metadata,
    ) -> Result<(), BundleError> {
        let failed = |error| BundleError::Io(path.to_path_buf(), error);
        let name = if whole.name.is_empty() { relative.to_owned() } else { format!("{}/{relative}", whole.name) };
        let mut header = Header::new_gnu();
        if found.is_symlink() {
            let target = fs::read_link(path).map_err(failed)?;
            if leads_out(relative, &target) {
                return Err(BundleError::LeadsOut(path.to_path_buf(), target));
            }
            header.set_entry_type(EntryType::Symlink);
            header.set_mode(0o777);
            header.set_size(0);
            self.archive.append_link(&mut header, &name, &target).map_err(failed)?;
        } else if found.is_file() {
            header.set_entry_type(EntryType::Regular);
            header.set_mode(if found.permissions().mode() & 0o111 == 0 { 0o644 } else { 0o755 });
            header.set_size(found.len());
            let content = io::Read::take(File::open(path).map_err(failed)?, found.len());
            self.archive.append_data(&mut header, &name, content).map_err(failed)?;
        } else {
            // Pipes and sockets have nothing to keep.
            return Ok(());
        }
        self.files += 1;
        Ok(())
    }
}

/// True if a link at a relative path leads out of the top directory.
fn leads_out(at: &str, target: &Path) -> bool {
    let mut depth = at.split('/').count() - 1;
    for component in target.components() {
        match component {
            Component::ParentDir if depth == 0 => return true,
            Component::ParentDir => depth -= 1,
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return true,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read;

    fn write(dir: &Path, name: &str, text: &str) {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn contents(archive: &Path) -> Vec<(String, String)> {
        let mut archive = tar::Archive::new(GzDecoder::new(File::open(archive).unwrap()));
        let read = |entry: io::Result<tar::Entry<'_, GzDecoder<File>>>| {
            let mut entry = entry.unwrap();
            let name = entry.path().unwrap().display().to_string();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            if let Some(link) = entry.link_name().unwrap() {
                text = format!("-> {}", link.display());
            }
            (name, text)
        };
        archive.entries().unwrap().map(read).collect()
    }

    #[test]
    fn packs_what_the_rules_leave_the_same_each_time() {
        let dir = tempfile::tempdir().unwrap();
        let long = format!("{}/{}.tf", "d".repeat(90), "f".repeat(90));
        write(dir.path(), "main.tf", "a");
        write(dir.path(), "secret.txt", "b");
        write(dir.path(), "sub/x.tf", "c");
        write(dir.path(), &long, "long");
        write(dir.path(), "terraform.tfstate", "{}");
        std::os::unix::fs::symlink("sub/x.tf", dir.path().join("link.tf")).unwrap();
        let rules = IgnoreRules::parse("secret.txt").unwrap();
        let target = dir.path().join("out.tar.gz");
        let dirs = [BundledDir { dir: dir.path(), name: "top".into(), rules: &rules, follow_links: false }];
        assert_eq!(write_bundle(&target, &dirs).unwrap(), 4);
        let first = fs::read(&target).unwrap();
        let expected = [
            (format!("top/{long}"), "long"),
            ("top/link.tf".to_owned(), "-> sub/x.tf"),
            ("top/main.tf".to_owned(), "a"),
            ("top/sub/x.tf".to_owned(), "c"),
        ];
        let expected: Vec<(String, String)> = expected.into_iter().map(|(n, t)| (n, t.to_owned())).collect();
        assert_eq!(contents(&target), expected);
        // The bundle lies in the directory itself, and does not pack itself.
        assert_eq!(write_bundle(&target, &dirs).unwrap(), 4);
        assert!(fs::read(&target).unwrap() == first);
    }

    #[test]
    fn links_that_lead_out_are_refused() {
        for target in ["/etc/passwd", "../x", "sub/../../x"] {
            let dir = tempfile::tempdir().unwrap();
            std::os::unix::fs::symlink(target, dir.path().join("link")).unwrap();
            let out = tempfile::tempdir().unwrap();
            let rules = IgnoreRules::standard();
            let dirs = [BundledDir { dir: dir.path(), name: String::new(), rules: &rules, follow_links: false }];
            let bundle = out.path().join("b.tar.gz");
            assert!(matches!(write_bundle(&bundle, &dirs), Err(BundleError::LeadsOut(..))), "{target}");
            assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
        }
    }
}
