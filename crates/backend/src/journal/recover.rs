//! What a journal tells after a crash.

use super::entry::{Record, decode};
use super::frame::{End, MAGIC, is_of_other_version, scan};
use super::writer::{is_creation, note};
use crate::{durable, file_lock};
use formwork_model::{DeposedKey, InDoubt, JournalEntry, ObjectState, OperationKind, ResourceInstance, StateSnapshot};
use formwork_value::Str;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a journal cannot be used.
#[derive(Debug)]
pub enum JournalFileError {
    Io {
        path: PathBuf,
        error: io::Error,
    },
    /// Its run is still going on.
    InUse {
        path: PathBuf,
    },
    /// Its form is that of another version.
    OtherVersion {
        path: PathBuf,
    },
    /// A damaged frame stands before good ones, or the file is something else.
    Corrupt {
        path: PathBuf,
        reason: String,
    },
}

impl fmt::Display for JournalFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JournalFileError::Io { path, error } => write!(f, "The journal {} cannot be read: {error}", path.display()),
            JournalFileError::InUse { path } => {
                write!(f, "The journal {} belongs to a run that is still going on. Wait for its end.", path.display())
            }
            JournalFileError::OtherVersion { path } => write!(
                f,
                "The journal {} was written by another version of Formwork, and it may name objects that the state does \
                 not have. It has been left as it is. Run any command that locks the state with the version that wrote \
                 it, then use this one.",
                path.display()
            ),
            JournalFileError::Corrupt { path, reason } => write!(
                f,
                "The journal {} of an interrupted run is damaged: {reason}. It has been left as it is, because it may \
                 name objects that the state does not have. Compare it with the real objects, then move it away.",
                path.display()
            ),
        }
    }
}

impl std::error::Error for JournalFileError {}

/// What an interrupted run left behind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recovered {
    pub run: Str,
    pub lineage: Str,
    /// Serial of the state from which the run started.
    pub base_serial: u64,
    /// [`JournalEntry::Result`]s in order.
    pub results: Vec<JournalEntry>,
    /// Effects without a result, in order of their operations.
    pub in_doubt: Vec<InDoubt>,
    /// The run came to its end: its state has been written.
    pub ended: bool,
    /// Keys under which creating a replacement puts the old object, by operation.
    pub(crate) depositions: BTreeMap<u32, DeposedKey>,
    /// It was about to create objects, so a remote log had the journal up to there.
    pub(crate) creates: bool,
    /// Serials and checksums of the states that the run wrote, or was about to write.
    pub(crate) checkpoints: Vec<(u64, u32)>,
}

/// Reads the journal of an interrupted run; `None` if there is none, or if its run did not get as far as its beginning.
/// Changes nothing.
pub fn recover(path: &Path) -> Result<Option<Recovered>, JournalFileError> {
    let failed = |error| JournalFileError::Io { path: path.to_owned(), error };
    let Some(file) = durable::open(path, true).map_err(failed)? else { return Ok(None) };
    if !file_lock::try_lock(&file).map_err(failed)? {
        return Err(JournalFileError::InUse { path: path.to_owned() });
    }
    let bytes = durable::read(path).map_err(failed)?.unwrap_or_default();
    if is_of_other_version(&bytes, MAGIC) {
        return Err(JournalFileError::OtherVersion { path: path.to_owned() });
    }
    decode_journal(&bytes).map_err(|reason| JournalFileError::Corrupt { path: path.to_owned(), reason })
}

fn decode_journal(bytes: &[u8]) -> Result<Option<Recovered>, String> {
    let Some(frames) = bytes.strip_prefix(MAGIC) else {
        let head = bytes.get(..MAGIC.len()).unwrap_or(bytes);
        // The beginning itself may have been cut off.
        let torn = head.iter().all(|b| *b == 0) || MAGIC.starts_with(head);
        return if torn { Ok(None) } else { Err("it is not a journal".into()) };
    };
    let (payloads, end) = scan(frames);
    if let End::Corrupt { at } = end {
        return Err(format!("bad data at byte {}, and good data behind it", at + MAGIC.len()));
    }
    let mut records = Vec::new();
    for payload in payloads {
        decode(payload, &mut records).map_err(|error| format!("an entry cannot be decoded ({error})"))?;
    }
    summarize(records)
}

/// What the pieces of an uploaded journal tell; nothing if it was being removed, because everything is saved then.
pub(crate) fn recover_pieces(pieces: &[Vec<u8>]) -> Result<Option<Recovered>, String> {
    if pieces.first().is_some_and(Vec::is_empty) {
        return Ok(None);
    }
    let mut records = Vec::new();
    for piece in pieces {
        decode(piece, &mut records).map_err(|error| format!("an entry cannot be decoded ({error})"))?;
    }
    summarize(records)
}

fn summarize(records: Vec<Record>) -> Result<Option<Recovered>, String> {
    let mut records = records.into_iter();
    let beginning = match records.next() {
        None => return Ok(None),
        Some(Record::Entry(entry)) => Some(*entry),
        Some(Record::Checkpoint { .. }) => None,
    };
    let Some(JournalEntry::RunBegin { run, lineage, serial: base_serial }) = beginning else {
        return Err("it does not begin with the beginning of a run".into());
    };
    let mut recovered = Recovered { run, lineage, base_serial, ..Recovered::default() };
    let mut open = BTreeMap::new();
    for record in records {
        match record {
            Record::Checkpoint { serial, checksum } => recovered.checkpoints.push((serial, checksum)),
            Record::Entry(entry) => {
                note(&mut open, &entry);
                recovered.add(*entry);
            }
        }
    }
    recovered.in_doubt = open.into_values().collect();
    Ok(Some(recovered))
}

impl Recovered {
    /// True if a result tells what became of a replacement.
    pub(crate) fn settles(&self, doubt: &InDoubt) -> bool {
        let OperationKind::CreateReplacement { depose_as } = &doubt.kind else { return false };
        let is_its = |entry: &JournalEntry| {
            matches!(entry, JournalEntry::Result { operation, address, deposed: None, .. }
                if *operation == doubt.operation && *address == doubt.address)
        };
        // Keys are random: a run has none of another one.
        self.depositions.get(&doubt.operation) == Some(depose_as) && self.results.iter().any(is_its)
    }

    fn add(&mut self, entry: JournalEntry) {
        self.creates |= is_creation(&entry);
        match entry {
            JournalEntry::Intent { operation, kind: OperationKind::CreateReplacement { depose_as }, .. } => {
                self.depositions.insert(operation, depose_as);
            }
            JournalEntry::Result { .. } => self.results.push(entry),
            JournalEntry::RunEnd => self.ended = true,
            _ => {}
        }
    }
}

/// Puts the results into a snapshot. Doing it again changes nothing.
///
/// When a replacement was created first, the old object becomes deposed under the key that the intent named, unless a
/// result of its own did that; if there is no new object after all, the old one is the current one again.
pub fn replay(snapshot: &mut StateSnapshot, recovered: &Recovered) {
    for entry in &recovered.results {
        let JournalEntry::Result { operation, address, deposed, provider, object } = entry else { continue };
        let key = recovered.depositions.get(operation).filter(|_| deposed.is_none());
        match (key, object) {
            (Some(key), Some(object)) => depose(snapshot, address, key, Some(object)),
            (Some(key), None) => {
                restore(snapshot, address, key);
                continue;
            }
            (None, _) => {}
        }
        snapshot.state.set_object(address, deposed.as_ref(), provider, object.clone());
    }
}

/// The current object becomes deposed, unless it is the new one already.
pub(crate) fn depose(
    snapshot: &mut StateSnapshot,
    address: &ResourceInstance,
    key: &DeposedKey,
    new: Option<&Arc<ObjectState>>,
) {
    let instance = snapshot.state.instance(address).filter(|i| !i.deposed.contains_key(key));
    let old = instance.and_then(|i| i.current.clone()).filter(|old| Some(old) != new);
    let provider = snapshot.state.provider_of(address);
    if let (Some(old), Some(provider)) = (old, provider) {
        snapshot.state.set_object(address, Some(key), &provider, Some(old));
        snapshot.state.set_object(address, None, &provider, None);
    }
}

fn restore(snapshot: &mut StateSnapshot, address: &ResourceInstance, key: &DeposedKey) {
    let old = snapshot.state.instance(address).and_then(|i| i.deposed.get(key).cloned());
    let provider = snapshot.state.provider_of(address);
    if let (Some(old), Some(provider)) = (old, provider) {
        snapshot.state.set_object(address, None, &provider, Some(old));
        snapshot.state.set_object(address, Some(key), &provider, None);
    }
}
