//! Overwriting the state file in place so that every crash leaves the old or the new content. The protocol is described
//! at the module above.

use crate::durable;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Begins a state file that is being overwritten. No JSON begins with it.
pub(super) const INVALID: u8 = b'!';

const HEADER: &str = "formwork-state-next 1";

/// Content by its length and checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint {
    length: u64,
    checksum: u32,
}

impl Fingerprint {
    pub fn of(bytes: &[u8]) -> Fingerprint {
        Fingerprint { length: bytes.len() as u64, checksum: crc32c::crc32c(bytes) }
    }
}

/// What `NAME.next` has.
struct Next<'a> {
    base: Fingerprint,
    content: &'a [u8],
}

/// What the two files tell together.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// The state file is whole; `NAME.next` is a remainder, if there at all.
    Whole,
    /// The write to this content was begun and must be finished.
    Redo(Vec<u8>),
}

/// Judges what a crash may have left. `state` is `None` if there is no such file. The error is for users.
pub(super) fn judge(state: Option<&[u8]>, next: Option<&[u8]>, path: &Path) -> Result<Stored, String> {
    let state = state.unwrap_or_default();
    let is_invalid = state.first() == Some(&INVALID);
    let Some(next) = next.and_then(parse) else {
        if is_invalid {
            return Err(format!(
                "The state file {} was being written when the run ended, and the file with the new content is not \
                 there. Restore the state from its backup.",
                path.display()
            ));
        }
        return Ok(Stored::Whole);
    };
    let found = Fingerprint::of(state);
    if found == Fingerprint::of(next.content) {
        Ok(Stored::Whole)
    } else if is_invalid || state.is_empty() || found == next.base {
        Ok(Stored::Redo(next.content.to_vec()))
    } else {
        Err(format!(
            "The state file {0} was changed by another program after a run of Formwork was interrupted while writing it. \
             The state of that run is in {0}.next, behind its first line. Compare the two, then remove that file.",
            path.display()
        ))
    }
}

/// The header and the content, if whole.
fn parse(bytes: &[u8]) -> Option<Next<'_>> {
    let end = bytes.iter().position(|b| *b == b'\n')?;
    let (header, content) = bytes.split_at_checked(end + 1)?;
    let header = std::str::from_utf8(header).ok()?;
    let mut fields = header.trim_end().strip_prefix(HEADER)?.split_ascii_whitespace();
    let base = fingerprint(&mut fields)?;
    let own = fingerprint(&mut fields)?;
    (own == Fingerprint::of(content)).then_some(Next { base, content })
}

fn fingerprint<'a>(fields: &mut impl Iterator<Item = &'a str>) -> Option<Fingerprint> {
    let length = fields.next()?.parse().ok()?;
    let checksum = u32::from_str_radix(fields.next()?, 16).ok()?;
    Some(Fingerprint { length, checksum })
}

/// Replaces the content of the state file, which is `old`, by `new`. If it fails before the state file is touched,
/// nothing has happened; afterwards the next read finishes it.
pub(super) fn write(file: &File, next_path: &Path, old: &[u8], new: &[u8]) -> io::Result<()> {
    let (base, own) = (Fingerprint::of(old), Fingerprint::of(new));
    let header = format!("{HEADER} {} {:08x} {} {:08x}\n", base.length, base.checksum, own.length, own.checksum);
    durable::remove(next_path)?;
    let aside = durable::create_new(next_path)?;
    let prepared = aside
        .write_all_at(header.as_bytes(), 0)
        .and_then(|()| aside.write_all_at(new, header.len() as u64))
        .and_then(|()| reserve(file, new.len()))
        .and_then(|()| aside.sync_all())
        .and_then(|()| durable::sync_directory_of(next_path));
    if let Err(error) = prepared {
        durable::remove(next_path)?;
        return Err(error);
    }
    finish(file, next_path, new)
}

/// Overwrites the state file by the content of `NAME.next`, which is whole and synced.
pub(super) fn finish(file: &File, next_path: &Path, new: &[u8]) -> io::Result<()> {
    if let Some((first, rest)) = new.split_first() {
        file.write_all_at(&[INVALID], 0)?;
        file.sync_data()?;
        file.write_all_at(rest, 1)?;
        file.set_len(new.len() as u64)?;
        file.sync_all()?;
        file.write_all_at(&[*first], 0)?;
        file.sync_data()?;
    }
    durable::remove(next_path)?;
    durable::sync_directory_of(next_path)
}

/// Takes the space that the state file will need, so that a full disk shows before it is touched.
#[cfg(target_os = "linux")]
fn reserve(file: &File, length: usize) -> io::Result<()> {
    use nix::errno::Errno;
    use nix::fcntl::{FallocateFlags, fallocate};
    let length = i64::try_from(length).map_err(|_| io::Error::other("too large"))?;
    match fallocate(file, FallocateFlags::FALLOC_FL_KEEP_SIZE, 0, length.max(1)) {
        // Some file systems cannot.
        Ok(()) | Err(Errno::EOPNOTSUPP | Errno::ENOSYS | Errno::EINVAL) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn reserve(_: &File, _: usize) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files after each prefix of the steps of a write, as bytes of state and next.
    fn crashes(old: &[u8], new: &[u8]) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        let (base, own) = (Fingerprint::of(old), Fingerprint::of(new));
        let mut next = format!("{HEADER} {} {:08x} {} {:08x}\n", base.length, base.checksum, own.length, own.checksum)
            .into_bytes();
        next.extend_from_slice(new);
        let mut all = vec![(old.to_vec(), None)];
        all.extend((0..next.len()).map(|cut| (old.to_vec(), Some(next[..cut].to_vec()))));
        for written in 0..=new.len() {
            let mut state = old.to_vec();
            state.resize(state.len().max(written).max(1), 0);
            state[..written].copy_from_slice(&new[..written]);
            state[0] = INVALID;
            all.push((state, Some(next.clone())));
        }
        all.push((old.to_vec(), Some(next.clone())));
        all.push((new.to_vec(), Some(next)));
        all.push((new.to_vec(), None));
        all
    }

    #[test]
    fn after_every_crash_the_old_or_the_new_content_is_found() {
        let contents: [&[u8]; 4] = [b"", b"{\"a\":1}", b"{\"a\":22222}\n", b"{}"];
        for old in contents {
            for new in &contents[1..] {
                for (state, next) in crashes(old, new) {
                    let found = match judge(Some(&state), next.as_deref(), Path::new("s")).unwrap() {
                        Stored::Whole => state.clone(),
                        Stored::Redo(content) => content,
                    };
                    assert!(found == old || found == *new, "{state:?} {next:?}");
                }
            }
        }
    }

    #[test]
    fn foreign_writes_and_lost_files_are_refused() {
        let (old, new) = (b"{\"serial\":1}", b"{\"serial\":2}");
        let next = crashes(old, new).pop().and_then(|_| crashes(old, new).into_iter().rev().nth(1)).unwrap().1.unwrap();
        let error = judge(Some(b"{\"serial\":3}"), Some(&next), Path::new("s.tfstate")).unwrap_err();
        assert!(error.contains("another program") && error.contains("s.tfstate.next"), "{error}");
        let error = judge(Some(b"!{"), None, Path::new("s.tfstate")).unwrap_err();
        assert!(error.contains("backup"), "{error}");
        assert_eq!(judge(None, Some(&next), Path::new("s")).unwrap(), Stored::Redo(new.to_vec()));
    }
}
