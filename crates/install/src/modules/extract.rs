//! Unpacking of archives. Whatever would end up outside of the package, and whatever is no file, is refused.

use crate::archive::unpack;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};
use tar::EntryType;

/// A kind of archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ArchiveKind {
    Tar,
    TarBzip2,
    TarGzip,
    TarXz,
    Zip,
}

/// Most bytes when unpacked.
const MAX_SIZE: u64 = 16 << 30;

/// Most entries.
const MAX_ENTRIES: usize = 1_000_000;

impl ArchiveKind {
    pub const NAMES: &str = "there are zip, tar, tar.gz (tgz), tar.bz2 (tbz2) and tar.xz (txz)";

    pub fn of_extension(text: &str) -> Option<ArchiveKind> {
        Some(match text.trim_start_matches('.').to_lowercase().as_str() {
            "zip" => ArchiveKind::Zip,
            "tar" => ArchiveKind::Tar,
            "tar.gz" | "tgz" => ArchiveKind::TarGzip,
            "tar.bz2" | "tbz2" | "tar.tbz2" => ArchiveKind::TarBzip2,
            "tar.xz" | "txz" => ArchiveKind::TarXz,
            _ => return None,
        })
    }

    /// By the end of a file name.
    pub fn of_name(path: &str) -> Option<ArchiveKind> {
        let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
        let ends = ["tar.tbz2", "tar.bz2", "tar.gz", "tar.xz", "tbz2", "tgz", "txz", "tar", "zip"];
        let end = ends.into_iter().find(|end| name.strip_suffix(end).is_some_and(|front| front.ends_with('.')))?;
        ArchiveKind::of_extension(end)
    }
}

/// Unpacks an archive into a directory that does not exist.
pub(super) fn extract(kind: ArchiveKind, archive: &Path, target: &Path) -> io::Result<()> {
    let file = || File::open(archive).map(BufReader::new);
    match kind {
        ArchiveKind::Zip => unpack(archive, target),
        ArchiveKind::Tar => untar(file()?, target),
        ArchiveKind::TarGzip => untar(flate2::read::MultiGzDecoder::new(file()?), target),
        ArchiveKind::TarBzip2 => untar(bzip2::read::MultiBzDecoder::new(file()?), target),
        ArchiveKind::TarXz => untar(lzma_rust2::XzReader::new(file()?, true), target),
    }
}

fn refuse(name: &Path, why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{:?} {why}", name.display().to_string()))
}

fn untar(reader: impl Read, target: &Path) -> io::Result<()> {
    fs::create_dir_all(target)?;
    let mut archive = tar::Archive::new(reader);
    let mut links: Vec<(PathBuf, PathBuf)> = Vec::new();
    let (mut left, mut entries) = (MAX_SIZE, 0);
    for entry in archive.entries()? {
        let mut entry = entry?;
        entries += 1;
        if entries > MAX_ENTRIES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the archive has too many entries"));
        }
        let kind = entry.header().entry_type();
        if matches!(kind, EntryType::XGlobalHeader | EntryType::XHeader) {
            continue;
        }
        let name = entry.path()?.into_owned();
        let relative = inside(&name).ok_or_else(|| refuse(&name, "points outside of the archive"))?;
        let path = target.join(&relative);
        match kind {
            EntryType::Directory => fs::create_dir_all(&path)?,
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                parent_of(&path)?;
                // Later entries win, as with tar.
                let _ = fs::remove_file(&path);
                let mut file = File::options().write(true).create_new(true).open(&path)?;
                let written = io::copy(&mut (&mut entry).take(left + 1), &mut file)?;
                left = left.checked_sub(written).ok_or_else(|| refuse(&name, "makes the package too large"))?;
                set_mode(&path, entry.header().mode().unwrap_or(0o644))?;
            }
            EntryType::Symlink => {
                let to = entry.link_name()?.ok_or_else(|| refuse(&name, "is a link to nothing"))?.into_owned();
                let parent = relative.parent().unwrap_or(Path::new(""));
                inside(&parent.join(&to))
                    .filter(|_| to.is_relative())
                    .ok_or_else(|| refuse(&name, "is a link that leads out of the archive"))?;
                links.push((relative, to));
            }
            EntryType::Link => {
                let to = entry.link_name()?.ok_or_else(|| refuse(&name, "is a link to nothing"))?.into_owned();
                let from = inside(&to).ok_or_else(|| refuse(&name, "is a link that leads out of the archive"))?;
                parent_of(&path)?;
                fs::copy(target.join(from), &path)?;
            }
            _ => return Err(refuse(&name, "is neither a file nor a directory nor a link")),
        }
    }
    make_links(target, &links)
}

/// Links are made last, so that nothing is ever written through one; then it is seen where they lead.
fn make_links(target: &Path, links: &[(PathBuf, PathBuf)]) -> io::Result<()> {
    for (relative, to) in links {
        let path = target.join(relative);
        parent_of(&path)?;
        if path.symlink_metadata().is_err() {
            link(to, &path)?;
        }
    }
    let root = target.canonicalize()?;
    for (relative, _) in links {
        // One that leads nowhere does no harm.
        if target.join(relative).canonicalize().is_ok_and(|path| !path.starts_with(&root)) {
            return Err(refuse(relative, "is a link that leads out of the archive"));
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link(to: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(to, path)
}

#[cfg(not(unix))]
fn link(_: &Path, path: &Path) -> io::Result<()> {
    Err(refuse(path, "is a link, which this system does not have"))
}

fn parent_of(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// A path without needless steps, if it stays inside.
fn inside(path: &Path) -> Option<PathBuf> {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => clean.push(name),
            Component::CurDir => {}
            Component::ParentDir => {
                if !clean.pop() {
                    return None;
                }
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(clean)
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode((mode & 0o777) | 0o600))
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_known_by_their_names() {
        let cases = [
            ("/a/b.zip", Some(ArchiveKind::Zip)),
            ("/a/b.TAR.GZ", Some(ArchiveKind::TarGzip)),
            ("/b.tgz", Some(ArchiveKind::TarGzip)),
            ("/b.tar.bz2", Some(ArchiveKind::TarBzip2)),
            ("/b.txz", Some(ArchiveKind::TarXz)),
            ("/b.tar", Some(ArchiveKind::Tar)),
            ("/zip", None),
            ("/b.zip/c", None),
        ];
        for (path, expected) in cases {
            assert_eq!(ArchiveKind::of_name(path), expected, "{path}");
        }
    }

    #[test]
    fn all_kinds_can_be_read() {
        use base64::Engine;
        // Of a file m/main.tf.
        let archives = [
            (
                ArchiveKind::TarBzip2,
                "QlpoOTFBWSZTWVuRexgAAHdbgMqwUAH/ggCAYyffSggIIAB1DUajRpoAAGQDNQZRAyNBoAAaDR9iwJIICoSCCKOGqFUy5CAQgBD+k4aPsW+1z\
                 ksCGJCA4kAto99L2uJa5SDIXwT2OOvDUqQH6T3mdjUhpJA/F3JFOFCQW5F7GA==",
            ),
            (
                ArchiveKind::TarXz,
                "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4Cf/AHddADaLyaZUEuEv5OJW1NlAeXuh35arWRdikiApq9zolTvFVKu3h34/UxX8Wud9UnU8jajnQ\
                 o0NC0uAOBIzrTS4IrznVTwo+UTkhFprKAyJJCTjeW4OCN+i4WF0d6l+T6keFzg30J8WcUXGvJUteQ24dDp7Tp8xmAAAAADnQmTHS0c37gABkwG\
                 AUAAACwEi5LHEZ/sCAAAAAARZWg==",
            ),
            (
                ArchiveKind::TarGzip,
                "H4sIALzcAWsC/+3NMQqDQBSE4VfnFA8PEHeTjak8zBYKQkxEd0WQ3N3FJmCvBPy/ZoZpps1b37yvoZb9mKRwbs1km8bc7a+v+9M9bqJGDhCH4\
                 Pt0Kef0iaGLQbMp01lH/4qVlmr1exEAAAAAAAAAAAAAAAAAwD9bAGB1uHkAKAAA",
            ),
        ];
        for (kind, text) in archives {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("archive");
            fs::write(&path, base64::engine::general_purpose::STANDARD.decode(text).unwrap()).unwrap();
            extract(kind, &path, &dir.path().join("package")).unwrap();
            let read = fs::read_to_string(dir.path().join("package/m/main.tf")).unwrap();
            assert_eq!(read, "output \"x\" { value = 1 }\n", "{kind:?}");
        }
    }

    #[test]
    fn what_leads_out_is_refused() {
        let file = |name: &str| (EntryType::Regular, name.to_owned(), String::new());
        let link = |name: &str, to: &str| (EntryType::Symlink, name.to_owned(), to.to_owned());
        let good = vec![
            vec![file("a/main.tf"), link("b", "a/main.tf"), link("a/c", "../b"), link("d", "missing")],
            vec![(EntryType::Directory, "./a/".to_owned(), String::new()), file("./a/b/../x")],
            vec![file("x"), (EntryType::Link, "y".to_owned(), "x".to_owned())],
        ];
        let bad = vec![
            vec![file("../x")],
            vec![file("/x")],
            vec![file("a/../../x")],
            vec![link("a", "/etc/passwd")],
            vec![link("a", "../x")],
            vec![link("d", "."), link("a/l", "../d/.."), link("m", "a/l/../..")],
            vec![file("a/b/x"), link("a/b/l", "../.."), link("m", "a/b/l/..")],
            vec![(EntryType::Link, "y".to_owned(), "../x".to_owned())],
            vec![(EntryType::Fifo, "f".to_owned(), String::new())],
            vec![(EntryType::Char, "f".to_owned(), String::new())],
        ];
        for (entries, is_good) in good.into_iter().map(|e| (e, true)).chain(bad.into_iter().map(|e| (e, false))) {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("p.tar");
            let mut builder = tar::Builder::new(File::create(&path).unwrap());
            for (kind, name, to) in &entries {
                let mut header = tar::Header::new_old();
                header.set_entry_type(*kind);
                header.set_size(0);
                header.set_mode(0o644);
                let field = |bytes: &mut [u8], text: &str| bytes[..text.len()].copy_from_slice(text.as_bytes());
                // Not through the builder, which refuses such names itself.
                field(&mut header.as_old_mut().name, name);
                field(&mut header.as_old_mut().linkname, to);
                header.set_cksum();
                builder.append(&header, io::empty()).unwrap();
            }
            builder.finish().unwrap();
            let result = extract(ArchiveKind::Tar, &path, &dir.path().join("out/package"));
            assert_eq!(result.is_ok(), is_good, "{entries:?}: {result:?}");
            assert!(!dir.path().join("out/x").exists() && !dir.path().join("x").exists());
        }
    }
}
