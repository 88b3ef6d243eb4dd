//! Taking and releasing the lock.

use super::file::StateFile;
use super::options::lock_info_path;
use crate::{durable, file_lock, lock_info};
use formwork_model::{LockError, LockInfo};
use fs2::FileExt as _;
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Tries to lock a file that others replace at the same time.
const TRIES: usize = 32;

/// The lock on a state file, as long as it lives.
pub(super) struct Hold {
    pub file: File,
    state: StateFile,
    /// The state file was created for the lock.
    created: bool,
    side: (PathBuf, File),
    info_path: PathBuf,
    pub info: LockInfo,
}

fn failed(path: &Path, error: impl std::fmt::Display) -> LockError {
    LockError::Failed(format!("The state file {} cannot be locked: {error}", path.display()))
}

/// Locks the state at a path, links followed.
pub(super) fn take(nominal: &Path, state: StateFile, mut info: LockInfo) -> Result<Hold, LockError> {
    let info_path = lock_info_path(nominal);
    let directory = durable::directory_of(&state.path);
    durable::create_directory(directory, 0o755).map_err(|error| failed(nominal, error))?;
    let side_path = durable::beside(&state.path, ".", ".formwork-lock");
    let side = lock_side(&side_path).map_err(|error| failed(&side_path, error))?;
    let Some(side) = side else { return Err(held(&info_path, None)) };
    let locked = lock_state(&state.path, &info_path);
    if locked.is_err() {
        // It was made for this; the first error is the one to tell.
        let _ = durable::remove(&side_path);
    }
    let (file, created) = locked?;
    if info.path.is_empty() {
        info.path = nominal.to_string_lossy().into();
    }
    let hold = Hold { file, state, created, side: (side_path, side), info_path, info };
    match hold.write_info() {
        Ok(()) => Ok(hold),
        Err(error) => {
            let error = failed(&hold.info_path, error);
            // The first error is the one to tell.
            let _ = hold.release();
            Err(error)
        }
    }
}

/// Locks the side file; `None` if another process of ours holds it.
fn lock_side(path: &Path) -> io::Result<Option<File>> {
    for _ in 0..TRIES {
        let file = durable::open_or_create(path)?;
        match file.try_lock_exclusive() {
            Ok(()) if durable::is_at(&file, path)? => return Ok(Some(file)),
            // Its last holder has removed it in this moment.
            Ok(()) => {}
            Err(error) if error.raw_os_error() == fs2::lock_contended_error().raw_os_error() => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("others keep replacing it"))
}

/// Locks the state file, creating it empty if need be. Tells whether it was created.
fn lock_state(path: &Path, info_path: &Path) -> Result<(File, bool), LockError> {
    for _ in 0..TRIES {
        let (file, created) = match durable::open(path, true).map_err(|error| failed(path, error))? {
            Some(file) => (file, false),
            None => match durable::create_new(path) {
                Ok(file) => (file, true),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(failed(path, error)),
            },
        };
        if !file_lock::try_lock(&file).map_err(|error| failed(path, error))? {
            return Err(held(info_path, file_lock::holder(&file)));
        }
        if durable::is_at(&file, path).map_err(|error| failed(path, error))? {
            return Ok((file, created));
        }
    }
    Err(failed(path, "others keep replacing it"))
}

/// How often and how long to wait until a holder has said who it is: it locks first, and writes that then.
const INTRODUCTION: (usize, Duration) = (50, Duration::from_millis(10));

/// What the holder says of itself. A process that has been killed may have left its words behind: those are not the
/// holder's.
fn introduced(info_path: &Path) -> Option<(LockInfo, Option<u32>)> {
    let (tries, pause) = INTRODUCTION;
    for _ in 0..tries {
        let known = durable::read(info_path).ok().flatten().and_then(|bytes| lock_info::decode(&bytes));
        match known {
            Some((info, own)) if own.is_none_or(is_alive) => return Some((info, own)),
            _ => std::thread::sleep(pause),
        }
    }
    None
}

/// Whether there may be such a process. It may run on another machine that shares the directory, but then this one
/// cannot tell, and rather names nobody.
fn is_alive(process: u32) -> bool {
    i32::try_from(process).is_ok_and(|process| kill(Pid::from_raw(process), None) != Err(Errno::ESRCH))
}

/// The error that names the holder. `process` is known for Terraform's locks.
fn held(info_path: &Path, process: Option<i32>) -> LockError {
    let known = introduced(info_path);
    let process = process.and_then(|p| u32::try_from(p).ok());
    let message = match &known {
        Some((info, own)) => lock_info::describe(info, own.or(process)),
        None => match process {
            Some(process) => format!("it is held by process {process}"),
            None => "it is held by a process that has not said who it is".to_owned(),
        },
    };
    let message = format!("resource temporarily unavailable: {message}");
    LockError::Held { message, holder: known.map(|(info, _)| info) }
}

impl Hold {
    /// There was no state file before.
    pub fn created_state(&self) -> bool {
        self.created
    }

    fn write_info(&self) -> io::Result<()> {
        let mut file = durable::open_or_create(&self.info_path)?;
        file.set_len(0)?;
        let written = file.write_all(&lock_info::encode(&self.info, Some(std::process::id())));
        if written.is_err() {
            // Half of an information is nobody's; the first error is the one to tell.
            let _ = durable::remove(&self.info_path);
        }
        written
    }

    /// Removes what was made for the lock and lets go of it.
    pub fn release(self) -> Result<(), LockError> {
        let path = &self.state.path;
        let info = durable::read(&self.info_path).ok().flatten().and_then(|bytes| lock_info::decode(&bytes));
        if info.is_some_and(|(info, _)| info.id == self.info.id) {
            durable::remove(&self.info_path).map_err(|error| failed(&self.info_path, error))?;
        }
        let is_empty = self.file.metadata().map_err(|error| failed(path, error))?.len() == 0;
        let in_place = durable::is_at(&self.file, path).map_err(|error| failed(path, error))?;
        if self.created && is_empty && in_place && !self.state.next.exists() {
            durable::remove(path).map_err(|error| failed(path, error))?;
        }
        // While it is locked nobody else can have made a new one.
        durable::remove(&self.side.0).map_err(|error| failed(&self.side.0, error))
    }
}

/// Removes the lock information of a process that ended without doing so.
pub(super) fn force(nominal: &Path, state: &StateFile, id: &str) -> Result<(), LockError> {
    let info_path = lock_info_path(nominal);
    let known = durable::read(&info_path).map_err(|error| failed(&info_path, error))?;
    let Some((info, process)) = known.and_then(|bytes| lock_info::decode(&bytes)) else {
        return Err(lock_info::not_locked(&format!("file {}", nominal.display())));
    };
    if &*info.id != id {
        return Err(lock_info::other_id(id, &info, process));
    }
    let file = durable::open(&state.path, true).map_err(|error| failed(nominal, error))?;
    let free = file.as_ref().map_or(Ok(true), file_lock::try_lock).map_err(|error| failed(nominal, error))?;
    if !free {
        return Err(LockError::Failed(format!(
            "Local state cannot be unlocked by another process: {}. End that process.",
            lock_info::describe(&info, process)
        )));
    }
    durable::remove(&info_path).map_err(|error| failed(&info_path, error))
}
