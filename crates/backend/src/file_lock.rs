//! Locks of the operating system on open files.

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use std::fs::File;
use std::io;

/// Takes a write lock on the whole file that belongs to this open file, not to the process (`F_OFD_SETLK`). It excludes
/// POSIX locks as Terraform takes them. `false` if somebody holds one.
#[cfg(target_os = "linux")]
pub(crate) fn try_lock(file: &File) -> io::Result<bool> {
    outcome(fcntl(file, FcntlArg::F_OFD_SETLK(&whole_file(libc::F_WRLCK))))
}

/// Without locks of open files: a POSIX lock of the process.
#[cfg(not(target_os = "linux"))]
pub(crate) fn try_lock(file: &File) -> io::Result<bool> {
    outcome(fcntl(file, FcntlArg::F_SETLK(&whole_file(libc::F_WRLCK))))
}

/// The process that holds a POSIX lock on the file; `None` if it is free or held through an open file.
pub(crate) fn holder(file: &File) -> Option<i32> {
    let mut lock = whole_file(libc::F_WRLCK);
    fcntl(file, FcntlArg::F_GETLK(&mut lock)).ok()?;
    (i32::from(lock.l_type) != i32::from(libc::F_UNLCK as i16) && lock.l_pid > 0).then_some(lock.l_pid)
}

fn whole_file(kind: libc::c_int) -> libc::flock {
    libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

fn outcome(result: Result<libc::c_int, Errno>) -> io::Result<bool> {
    match result {
        Ok(_) => Ok(true),
        Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
