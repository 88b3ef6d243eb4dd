//! The store.

use super::file::{StateFile, failed};
use super::hold::{self, Hold};
use super::options::{LocalOptions, StatePaths};
use super::swap::{self, Fingerprint};
use super::{StateAhead, backup, workspace};
use crate::journal::JournalPaths;
use crate::{durable, file_lock, lock_info, state_file};
use async_trait::async_trait;
use formwork_model::{Lock, LockError, LockInfo, StateSnapshot, StateStore, StoreError};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Tries to write without the lock while somebody else holds it.
const BRIEF_TRIES: usize = 40;

/// The state of one workspace in a local file.
#[derive(Clone)]
pub struct LocalStore {
    inner: Arc<Inner>,
}

struct Inner {
    paths: StatePaths,
    ahead: StateAhead,
    progress: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    hold: Option<Hold>,
    /// What the file to write had when it was last read or written here.
    seen: Option<Fingerprint>,
    written: bool,
    /// The state before the first write, until it has been backed up or found not to need that.
    original: Option<Vec<u8>>,
    backed_up: bool,
}

impl LocalStore {
    /// The store of a workspace. Errors: the name is not one for workspaces.
    pub fn new(options: &LocalOptions, workspace: &str) -> Result<LocalStore, StoreError> {
        workspace::check_name(workspace)?;
        let (paths, ahead) = (options.paths(workspace), options.ahead.clone());
        Ok(LocalStore { inner: Arc::new(Inner { paths, ahead, progress: Mutex::default() }) })
    }

    /// The file that is written.
    pub fn path(&self) -> &Path {
        &self.inner.paths.write
    }

    /// Leaves no state behind, but for the backup. For who holds the lock and has copied the state to another place.
    pub fn put_aside(&self) -> Result<(), StoreError> {
        let path = StateFile::at(&self.inner.paths.write)?.path;
        let state = match std::fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            state => state.map_err(|error| failed("read", &path, error))?,
        };
        if let Some(kept) = &self.inner.paths.backup {
            backup::keep(kept, &state, b"")?;
        }
        durable::remove(&path)
            .and_then(|()| durable::sync_directory_of(&path))
            .map_err(|error| failed("removed", &path, error))
    }

    /// Where runs keep their journal: beside the state file, links followed.
    pub fn journal_paths(&self) -> Result<JournalPaths, StoreError> {
        Ok(JournalPaths::beside(&StateFile::at(&self.inner.paths.write)?.path))
    }

    /// Runs a step that waits for disks.
    async fn blocking<T: Send + 'static, E: From<Stopped> + Send + 'static>(
        &self,
        step: impl FnOnce(&Inner) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let inner = self.inner.clone();
        tokio::task::spawn_blocking(move || step(&inner)).await.unwrap_or_else(|_| Err(Stopped.into()))
    }
}

/// The runtime ended before the step did.
struct Stopped;

impl From<Stopped> for StoreError {
    fn from(_: Stopped) -> StoreError {
        StoreError::new("The state could not be accessed because the program is ending.")
    }
}

impl From<Stopped> for LockError {
    fn from(_: Stopped) -> LockError {
        LockError::Failed("The state could not be locked because the program is ending.".into())
    }
}

impl Inner {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self, info: LockInfo) -> Result<LockInfo, LockError> {
        let mut progress = self.progress();
        let path = &self.paths.write;
        if let Some(hold) = &progress.hold {
            let own = Some(std::process::id());
            let message = format!("this run holds the lock already: {}", lock_info::describe(&hold.info, own));
            return Err(LockError::Held { message, holder: Some(hold.info.clone()) });
        }
        if let Some(backup) = self.paths.backup.as_ref().filter(|backup| durable::is_link(backup)) {
            let message = format!("The backup file {} is a symbolic link; remove it.", backup.display());
            return Err(LockError::Failed(message));
        }
        let state = StateFile::at(path).map_err(|error| LockError::Failed(error.message))?;
        let hold = hold::take(path, state, info)?;
        let info = hold.info.clone();
        progress.hold = Some(hold);
        Ok(info)
    }

    fn unlock(&self) -> Result<(), LockError> {
        self.progress().hold.take().map_or(Ok(()), Hold::release)
    }

    fn read(&self) -> Result<Option<StateSnapshot>, StoreError> {
        let mut progress = self.progress();
        let from_input = self.paths.read != self.paths.write && !progress.written;
        let path = if from_input { &self.paths.read } else { &self.paths.write };
        let state = StateFile::at(path)?;
        let bytes = match progress.hold.as_ref().filter(|_| !from_input) {
            Some(hold) => state.read_locked(&hold.file)?,
            None => state.read_unlocked()?,
        };
        if !from_input {
            progress.seen = Some(Fingerprint::of(&bytes));
        }
        if bytes.is_empty() && !progress.hold.as_ref().is_some_and(Hold::created_state) {
            self.check_emptied(path)?;
        }
        match self.ahead.take(&bytes) {
            Some(snapshot) => Ok(Some(snapshot)),
            None => decode(path, &bytes),
        }
    }

    /// An empty state file counts as no state; but if its backup has objects, then a program was killed while it wrote,
    /// and to go on would be to create everything again.
    fn check_emptied(&self, path: &Path) -> Result<(), StoreError> {
        let Some(backup) = self.paths.backup.as_ref().filter(|_| path.exists()) else { return Ok(()) };
        let before = durable::read(backup).ok().flatten().and_then(|bytes| state_file::decode(&bytes).ok());
        if before.is_none_or(|snapshot| snapshot.state.is_empty()) {
            return Ok(());
        }
        let (path, backup) = (path.display(), backup.display());
        Err(StoreError::new(format!(
            "The state file {path} is empty, but its backup {backup} has objects. A program was probably killed while it \
             wrote. Restore the state, for example with: cp {backup} {path}; or, if it shall begin anew, delete {path}."
        )))
    }

    fn write(&self, content: &[u8]) -> Result<(), StoreError> {
        let mut progress = self.progress();
        let state = StateFile::at(&self.paths.write)?;
        // Who writes without the lock of the run still excludes others for as long as it takes.
        let brief = if progress.hold.is_some() { None } else { lock_briefly(&state.path)? };
        let file = progress.hold.as_ref().map(|hold| &hold.file).or(brief.as_ref());
        let old = match file {
            // What is written to a file that is no longer there would be lost.
            Some(file) if !durable::is_at(file, &state.path).map_err(|e| failed("found", &state.path, e))? => {
                return Err(conflict(&state.path));
            }
            Some(file) => state.read_locked(file)?,
            None => Vec::new(),
        };
        if progress.seen.is_some_and(|seen| seen != Fingerprint::of(&old)) {
            return Err(conflict(&state.path));
        }
        let (original, backed_up) = self.back_up(&progress, &old, content)?;
        match file {
            Some(_) if old == content => {}
            Some(file) => {
                swap::write(file, &state.next, &old, content).map_err(|e| failed("written", &state.path, e))?;
            }
            None => create(&state.path, content)?,
        }
        progress.original = original;
        progress.backed_up = backed_up;
        progress.seen = Some(Fingerprint::of(content));
        progress.written = true;
        Ok(())
    }

    /// Keeps the state from which the run started if the new one differs. Returns it as long as that has not happened.
    fn back_up(&self, progress: &Progress, old: &[u8], new: &[u8]) -> Result<(Option<Vec<u8>>, bool), StoreError> {
        let Some(path) = self.paths.backup.as_ref().filter(|_| !progress.backed_up) else {
            return Ok((None, progress.backed_up));
        };
        let original = match &progress.original {
            Some(original) => original.clone(),
            None if self.paths.read == self.paths.write => old.to_vec(),
            None => StateFile::at(&self.paths.read)?.read_unlocked()?,
        };
        let backed_up = backup::keep(path, &original, new)?;
        Ok((Some(original).filter(|_| !backed_up), backed_up))
    }
}

fn decode(path: &Path, bytes: &[u8]) -> Result<Option<StateSnapshot>, StoreError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    state_file::decode(bytes).map(Some).map_err(|error| failed("read", path, error))
}

fn conflict(path: &Path) -> StoreError {
    let message = format!(
        "The state file {} was changed by another program since it was read. Nothing was written to it.",
        path.display()
    );
    StoreError { message, conflict: true }
}

/// Opens the state file, locked; `None` if there is none. Another holder is waited for a moment.
fn lock_briefly(path: &Path) -> Result<Option<File>, StoreError> {
    let Some(file) = durable::open(path, true).map_err(|error| failed("opened", path, error))? else {
        return Ok(None);
    };
    for _ in 0..BRIEF_TRIES {
        if file_lock::try_lock(&file).map_err(|error| failed("locked", path, error))? {
            return Ok(Some(file));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let message = format!(
        "The state file {} is locked by another run, which may be writing it. Nothing was written to it.",
        path.display()
    );
    Err(StoreError { message, conflict: true })
}

/// Creates the file of a state without holding a lock: written aside, then linked into its place, so that nobody sees a
/// part of it and nothing is overwritten.
fn create(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    let wrong = |error: std::io::Error| failed("created", path, error);
    let aside = durable::beside(path, ".", &format!(".{}.new", std::process::id()));
    durable::create_directory(durable::directory_of(path), 0o755).map_err(wrong)?;
    durable::remove(&aside).map_err(wrong)?;
    let mut file = durable::create_new(&aside).map_err(wrong)?;
    let linked = file.write_all(content).and_then(|()| file.sync_all()).and_then(|()| std::fs::hard_link(&aside, path));
    durable::remove(&aside).map_err(wrong)?;
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(conflict(path)),
        linked => linked.and_then(|()| durable::sync_directory_of(path)).map_err(wrong),
    }
}

struct LocalLock {
    store: LocalStore,
    info: LockInfo,
}

#[async_trait]
impl Lock for LocalLock {
    fn info(&self) -> &LockInfo {
        &self.info
    }

    async fn unlock(self: Box<Self>) -> Result<(), LockError> {
        self.store.blocking(Inner::unlock).await
    }
}

#[async_trait]
impl StateStore for LocalStore {
    async fn lock(&self, info: LockInfo) -> Result<Box<dyn Lock>, LockError> {
        let info = self.blocking(|inner| inner.lock(info)).await?;
        Ok(Box::new(LocalLock { store: self.clone(), info }))
    }

    /// Only the remains of a process that has ended can be removed.
    async fn force_unlock(&self, id: &str) -> Result<(), LockError> {
        let id = id.to_owned();
        self.blocking(move |inner| {
            let path = &inner.paths.write;
            let state = StateFile::at(path).map_err(|error| LockError::Failed(error.message))?;
            hold::force(path, &state, &id)
        })
        .await
    }

    async fn read(&self) -> Result<Option<StateSnapshot>, StoreError> {
        self.blocking(Inner::read).await
    }

    fn writes_elsewhere(&self) -> bool {
        self.inner.paths.read != self.inner.paths.write
    }

    async fn write(&self, snapshot: &StateSnapshot) -> Result<(), StoreError> {
        self.write_encoded(snapshot, state_file::encode(snapshot)).await
    }

    async fn write_encoded(&self, _: &StateSnapshot, encoded: Vec<u8>) -> Result<(), StoreError> {
        self.blocking(move |inner| inner.write(&encoded)).await
    }
}
