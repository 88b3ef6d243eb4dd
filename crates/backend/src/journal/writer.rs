//! Appending, with one sync for all that wait.

use super::entry::{Record, encode, join};
use super::frame::{MAGIC, frame};
use super::remote::RemoteLog;
use crate::{durable, file_lock};
use async_trait::async_trait;
use formwork_model::{InDoubt, Journal, JournalEntry, JournalError, OperationKind};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// Bytes that a journal takes in advance.
pub const DEFAULT_RESERVE: u64 = 1 << 20;

/// The journal of a run in progress.
pub struct JournalFile {
    path: PathBuf,
    /// `None` after the end.
    jobs: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Effects that have begun and not ended, by operation.
    open: Mutex<BTreeMap<u32, InDoubt>>,
    remote: Option<Remote>,
}

struct Remote {
    log: Arc<dyn RemoteLog>,
    queue: Mutex<Queue>,
    /// Whoever uploads has it; the others wait, and mostly find their entries uploaded then.
    turn: tokio::sync::Mutex<Turn>,
}

/// What has not been uploaded yet.
#[derive(Default)]
struct Queue {
    batches: Vec<Vec<u8>>,
    /// Number of batches that have been uploaded.
    uploaded: u64,
}

#[derive(Default)]
struct Turn {
    pieces: u64,
    failed: Option<JournalError>,
}

impl Remote {
    /// Takes a batch that is durable locally. Returns its position.
    fn enqueue(&self, batch: Vec<u8>) -> u64 {
        let mut queue = locked(&self.queue);
        queue.batches.push(batch);
        queue.uploaded + queue.batches.len() as u64
    }

    fn has_uploaded(&self) -> bool {
        locked(&self.queue).uploaded > 0
    }

    /// Returns when everything up to a position is durable: one piece has all that is waiting.
    async fn upload(&self, position: u64) -> Result<(), JournalError> {
        let mut turn = self.turn.lock().await;
        let (count, piece) = {
            let queue = locked(&self.queue);
            if queue.uploaded >= position {
                return Ok(());
            }
            (queue.batches.len(), join(&queue.batches))
        };
        if let Some(error) = &turn.failed {
            return Err(error.clone());
        }
        if let Err(error) = self.log.put(turn.pieces + 1, piece).await {
            turn.failed = Some(error.clone());
            return Err(error);
        }
        turn.pieces += 1;
        let mut queue = locked(&self.queue);
        queue.batches.drain(..count);
        queue.uploaded += count as u64;
        Ok(())
    }
}

struct Job {
    batch: Vec<u8>,
    done: oneshot::Sender<Result<(), JournalError>>,
}

impl JournalFile {
    /// Creates the journal of a new run. Errors: one is there already (recover it first), no space for `reserve` bytes.
    pub fn create(path: &Path, reserve: u64) -> Result<JournalFile, JournalError> {
        let failed =
            |error: io::Error| JournalError(format!("The journal {} cannot be created: {error}", path.display()));
        durable::create_directory(durable::directory_of(path), 0o755).map_err(failed)?;
        let file = durable::create_new(path).map_err(failed)?;
        let prepared = prepare(&file, path, reserve).and_then(|()| durable::sync_directory_of(path));
        if let Err(error) = prepared {
            // Nothing is in it yet.
            let _ = durable::remove(path);
            return Err(failed(error));
        }
        let log = Log { medium: Box::new(file), at: MAGIC.len() as u64, reserved: reserve, sequence: 1, failed: None };
        let (jobs, waiting) = channel();
        let thread = std::thread::Builder::new().name("journal".into()).spawn(move || log.run(&waiting));
        Ok(JournalFile {
            path: path.to_owned(),
            jobs: Mutex::new(Some(jobs)),
            thread: Mutex::new(Some(thread.map_err(failed)?)),
            open: Mutex::default(),
            remote: None,
        })
    }

    /// Also uploads: everything up to and including an intent to create, before that intent counts as durable.
    pub fn with_remote(mut self, log: Arc<dyn RemoteLog>) -> JournalFile {
        self.remote = Some(Remote { log, queue: Mutex::default(), turn: Default::default() });
        self
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Effects that have begun and of which no result is known.
    pub fn in_doubt(&self) -> Vec<InDoubt> {
        locked(&self.open).values().cloned().collect()
    }

    /// Notes that a state is about to be written that has everything up to here. If something has been uploaded, this is as
    /// well: another machine must know the state as one of this run.
    pub async fn checkpoint(&self, serial: u64, checksum: u32) -> Result<(), JournalError> {
        let position = self.append_records(&[Record::Checkpoint { serial, checksum }]).await?;
        match &self.remote {
            Some(remote) if remote.has_uploaded() => remote.upload(position).await,
            _ => Ok(()),
        }
    }

    /// Ends the run and removes the journal: the state has all results. (That the end cannot be noted does not matter if
    /// the file goes away.)
    pub async fn finish(&self) -> Result<(), JournalError> {
        let _ = self.append_records(&[Record::Entry(Box::new(JournalEntry::RunEnd))]).await;
        self.stop();
        if let Some(remote) = &self.remote {
            remote.log.clear().await?;
        }
        durable::remove(&self.path)
            .and_then(|()| durable::sync_directory_of(&self.path))
            .map_err(|error| JournalError(format!("The journal {} cannot be removed: {error}", self.path.display())))
    }

    fn stop(&self) {
        locked(&self.jobs).take();
        if let Some(thread) = locked(&self.thread).take() {
            // A panic there has failed all appends already.
            let _ = thread.join();
        }
    }

    /// Gives the position in what is to be uploaded.
    async fn append_records(&self, records: &[Record]) -> Result<u64, JournalError> {
        let batch = encode(records);
        let Some(remote) = &self.remote else { return self.append_batch(batch).await.map(|()| 0) };
        self.append_batch(batch.clone()).await?;
        // Who depends on these entries begins after this, so its entries come later in the remote log as well.
        let position = remote.enqueue(batch);
        if will_create(records) {
            remote.upload(position).await?;
        }
        Ok(position)
    }

    async fn append_batch(&self, batch: Vec<u8>) -> Result<(), JournalError> {
        let gone = || JournalError("The journal has been closed: no new operation can begin.".into());
        let (done, waiting) = oneshot::channel();
        let jobs = locked(&self.jobs).clone().ok_or_else(gone)?;
        jobs.send(Job { batch, done }).map_err(|_| gone())?;
        drop(jobs);
        waiting.await.map_err(|_| gone())?
    }

    fn track<'e>(&self, entries: impl IntoIterator<Item = &'e JournalEntry>) {
        let mut open = locked(&self.open);
        entries.into_iter().for_each(|entry| note(&mut open, entry));
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Follows which effects are open.
pub(super) fn note(open: &mut BTreeMap<u32, InDoubt>, entry: &JournalEntry) {
    match entry {
        JournalEntry::Intent { operation, address, provider, kind, planned } => {
            let doubt = InDoubt {
                operation: *operation,
                address: address.clone(),
                provider: provider.clone(),
                kind: kind.clone(),
                planned: planned.clone(),
            };
            open.insert(*operation, doubt);
        }
        JournalEntry::Result { operation, .. } | JournalEntry::Settled { operation, .. } => {
            open.remove(operation);
        }
        JournalEntry::RunBegin { .. } | JournalEntry::RunEnd => {}
    }
}

/// True if an object may come to be from now on.
pub(super) fn is_creation(entry: &JournalEntry) -> bool {
    let JournalEntry::Intent { kind, .. } = entry else { return false };
    matches!(kind, OperationKind::Create | OperationKind::CreateReplacement { .. })
}

/// True if one of these creates an object and none of these tells what became of it.
fn will_create(records: &[Record]) -> bool {
    let mut open = BTreeMap::new();
    let entries = records.iter().filter_map(|record| match record {
        Record::Entry(entry) => Some(&**entry),
        Record::Checkpoint { .. } => None,
    });
    let entries: Vec<_> = entries.collect();
    entries.iter().for_each(|entry| note(&mut open, entry));
    entries.into_iter().any(|entry| match entry {
        JournalEntry::Intent { operation, .. } => is_creation(entry) && open.contains_key(operation),
        _ => false,
    })
}

#[async_trait]
impl Journal for JournalFile {
    async fn append(&self, entries: Vec<JournalEntry>) -> Result<(), JournalError> {
        // What has happened is known here even if the journal fails; what the journal refuses does not begin.
        let is_intent = |entry: &JournalEntry| matches!(entry, JournalEntry::Intent { .. });
        self.track(entries.iter().filter(|entry| !is_intent(entry)));
        let records: Vec<Record> = entries.iter().cloned().map(|entry| Record::Entry(Box::new(entry))).collect();
        self.append_records(&records).await?;
        self.track(&entries);
        Ok(())
    }
}

impl Drop for JournalFile {
    fn drop(&mut self) {
        self.stop();
    }
}

fn prepare(file: &File, path: &Path, reserve: u64) -> io::Result<()> {
    if !file_lock::try_lock(file)? || !durable::is_at(file, path)? {
        return Err(io::Error::other("another process uses it"));
    }
    Medium::reserve(file, 0, reserve)?;
    file.write_all_at(MAGIC, 0)?;
    file.sync_all()
}

/// Where frames go; a file, except in tests.
trait Medium: Send {
    fn reserve(&self, from: u64, length: u64) -> io::Result<()>;

    fn write(&self, bytes: &[u8], at: u64) -> io::Result<()>;

    fn sync(&self) -> io::Result<()>;
}

impl Medium for File {
    #[cfg(target_os = "linux")]
    fn reserve(&self, from: u64, length: u64) -> io::Result<()> {
        use nix::errno::Errno;
        use nix::fcntl::{FallocateFlags, fallocate};
        let too_large = |_| io::Error::other("too large");
        let (from, length) = (i64::try_from(from).map_err(too_large)?, i64::try_from(length).map_err(too_large)?);
        match fallocate(self, FallocateFlags::empty(), from, length) {
            // Some file systems cannot; then a full disk shows later.
            Ok(()) | Err(Errno::EOPNOTSUPP | Errno::ENOSYS | Errno::EINVAL) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn reserve(&self, _: u64, _: u64) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.write_all_at(bytes, at)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}

/// The end of the journal, in the hands of its thread.
struct Log {
    medium: Box<dyn Medium>,
    at: u64,
    reserved: u64,
    sequence: u64,
    failed: Option<JournalError>,
}

impl Log {
    fn run(mut self, waiting: &Receiver<Job>) {
        while let Ok(first) = waiting.recv() {
            let jobs: Vec<Job> = std::iter::once(first).chain(waiting.try_iter()).collect();
            let (batches, done): (Vec<_>, Vec<_>) = jobs.into_iter().map(|job| (job.batch, job.done)).unzip();
            let result = self.append(&batches);
            for done in done {
                // The caller may have gone away.
                let _ = done.send(result.clone());
            }
        }
    }

    fn append(&mut self, batches: &[Vec<u8>]) -> Result<(), JournalError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.try_append(batches).map_err(|error| {
            let error = JournalError(format!("The journal cannot be written, so no new operation can begin: {error}"));
            self.failed = Some(error.clone());
            error
        })
    }

    fn try_append(&mut self, batches: &[Vec<u8>]) -> io::Result<()> {
        let frame = frame(self.sequence, &join(batches)).ok_or_else(|| io::Error::other("an entry is too large"))?;
        let end = self.at + frame.len() as u64;
        if end > self.reserved {
            let length = frame.len() as u64 + DEFAULT_RESERVE;
            // If there is no room to spare, there may be enough for this frame.
            if self.medium.reserve(self.reserved, length).is_ok() {
                self.reserved += length;
            }
        }
        self.medium.write(&frame, self.at)?;
        self.medium.sync()?;
        self.at = end;
        self.sequence += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Fails the n-th write or sync.
    struct Failing {
        left: AtomicU32,
    }

    impl Failing {
        fn step(&self) -> io::Result<()> {
            let left = self.left.load(Ordering::SeqCst);
            self.left.store(left.saturating_sub(1), Ordering::SeqCst);
            if left == 1 { Err(io::Error::from(io::ErrorKind::StorageFull)) } else { Ok(()) }
        }
    }

    impl Medium for Failing {
        fn reserve(&self, _: u64, _: u64) -> io::Result<()> {
            Err(io::Error::from(io::ErrorKind::StorageFull))
        }

        fn write(&self, _: &[u8], _: u64) -> io::Result<()> {
            self.step()
        }

        fn sync(&self) -> io::Result<()> {
            self.step()
        }
    }

    #[test]
    fn after_the_first_failure_nothing_is_appended() {
        for nth in 1..=4 {
            let medium = Box::new(Failing { left: AtomicU32::new(nth) });
            let mut log = Log { medium, at: 0, reserved: 0, sequence: 1, failed: None };
            let results: Vec<bool> = (0..4).map(|_| log.append(&[vec![1]]).is_ok()).collect();
            let good = (nth as usize - 1) / 2;
            assert_eq!(results, [vec![true; good], vec![false; 4 - good]].concat(), "failure of step {nth}");
        }
    }
}
