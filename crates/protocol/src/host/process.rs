//! The process of a plugin: its group, its end, its leftovers.

use super::output::LastLines;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::process::Child;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long after its end a process's last lines are waited for.
const LAST_LINES: Duration = Duration::from_millis(200);

/// A process that ends with this value at the latest.
pub(super) struct Process {
    pid: Pid,
    /// How it ended, in words.
    ended: watch::Receiver<Option<String>>,
    pub lines: Arc<LastLines>,
    socket: OnceLock<PathBuf>,
    killed: AtomicBool,
}

impl Process {
    /// Takes over a child that leads its own process group, and the task that reads its standard error.
    pub(super) fn watch(mut child: Child, lines: Arc<LastLines>, log: JoinHandle<()>) -> Option<Process> {
        let pid = Pid::from_raw(i32::try_from(child.id()?).ok()?);
        let (sender, ended) = watch::channel(None);
        tokio::spawn(async move {
            let text = match child.wait().await {
                Ok(status) => status.to_string(),
                Err(error) => format!("its end could not be observed: {error}"),
            };
            // What it wrote last says why it ended. Its children may hold the pipe open for longer.
            let _ = timeout(LAST_LINES, log).await;
            sender.send_replace(Some(text));
        });
        Some(Process { pid, ended, lines, socket: OnceLock::new(), killed: AtomicBool::new(false) })
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid.as_raw().unsigned_abs()
    }

    /// Remembers the socket, to remove it if the process cannot do so itself.
    pub(super) fn owns_socket(&self, path: &Path) {
        let _ = self.socket.set(path.to_owned());
    }

    /// How the process ended, if it does so in time.
    pub(super) async fn ended_within(&self, time: Duration) -> Option<String> {
        let mut ended = self.ended.clone();
        let result = timeout(time, ended.wait_for(Option::is_some)).await;
        result.ok()?.ok()?.clone()
    }

    pub(super) fn was_killed(&self) -> bool {
        self.killed.load(Ordering::Relaxed)
    }

    /// Ends the whole process group at once.
    pub(super) fn kill(&self) {
        // Once the process is reaped its number may belong to someone else.
        if self.ended.borrow().is_none() {
            self.killed.store(true, Ordering::Relaxed);
            let _ = killpg(self.pid, Signal::SIGKILL);
        }
        self.remove_socket();
    }

    /// The path came from the plugin: only a socket with the name of a plugin's is removed.
    fn remove_socket(&self) {
        let Some(path) = self.socket.get() else { return };
        let named = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("plugin"));
        let is_socket = path.symlink_metadata().is_ok_and(|meta| meta.file_type().is_socket());
        if named && is_socket {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// True if a process of this number exists.
pub(super) fn exists(pid: u32) -> bool {
    i32::try_from(pid).is_ok_and(|pid| kill(Pid::from_raw(pid), None).is_ok())
}

/// Ends a process that this program did not start.
pub(super) fn kill_foreign(pid: u32) {
    if let Ok(pid) = i32::try_from(pid)
        && pid > 1
    {
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
}
