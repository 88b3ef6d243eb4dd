//! Keeping the memory of this process and its plugins below a bound.

use super::{Shared, lock};
use formwork_diag::{Blame, Diagnostic};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex as AsyncMutex, MutexGuard, Notify};
use tokio::time::timeout;

/// What a provider is expected to need that was not seen before.
const EXPECTED: u64 = 48 << 20;

/// How old a measurement may be.
const FRESH: Duration = Duration::from_millis(200);

/// Memory grows without anybody telling.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// How often one looks again at a process that has just been started and does not come to anything.
const PATIENCE: usize = 50;

pub(super) struct Memory {
    limit: u64,
    /// The most that a process of each provider was seen to need.
    seen: Mutex<BTreeMap<String, u64>>,
    measured: Mutex<Option<(Instant, u64)>>,
    told: AtomicBool,
    /// One call at a time, while there is too little.
    alone: AsyncMutex<()>,
    /// One process at a time, so that the next one sees what it takes.
    starting: AsyncMutex<()>,
    /// A call has ended, or a process.
    changed: Notify,
}

impl Memory {
    pub fn new(limit: u64) -> Memory {
        Memory {
            limit,
            seen: Mutex::default(),
            measured: Mutex::default(),
            told: AtomicBool::new(false),
            alone: AsyncMutex::new(()),
            starting: AsyncMutex::new(()),
            changed: Notify::new(),
        }
    }

    pub fn note_change(&self) {
        self.changed.notify_waiters();
    }

    /// What is in use now, by this process and all plugins.
    fn used(&self, shared: &Shared) -> u64 {
        let mut used = resident(std::process::id());
        let mut seen = lock(&self.seen);
        for running in shared.running() {
            let own = running.pid().map_or(0, resident);
            used += own;
            let most = seen.entry(running.provider().to_owned()).or_default();
            *most = own.max(*most);
        }
        *lock(&self.measured) = Some((Instant::now(), used));
        used
    }

    /// Waits until there is room for a process of a provider; others wait until the value is dropped. Processes that nobody
    /// calls are stopped for it, and are started again when they are needed.
    pub async fn make_room(&self, shared: &Shared, provider: &str) -> MutexGuard<'_, ()> {
        let turn = self.starting.lock().await;
        let mut patience = PATIENCE;
        loop {
            let used = self.used(shared);
            let expected = lock(&self.seen).get(provider).copied().unwrap_or(EXPECTED);
            if used + expected <= self.limit {
                return turn;
            }
            let changed = self.changed.notified();
            if let Some(plugin) = shared.idle_plugin() {
                if plugin.stop_if_idle() {
                    shared.end(&plugin).await;
                }
            } else if shared.plugins().iter().any(|plugin| plugin.is_busy()) {
                let _ = timeout(LOOK_AGAIN, changed).await;
            } else if shared.is_one_beginning() && patience > 0 {
                // It may be of no more use in a moment.
                patience -= 1;
                let _ = timeout(LOOK_AGAIN, changed).await;
            } else {
                self.tell(shared, provider, used, expected);
                return turn;
            }
        }
    }

    fn tell(&self, shared: &Shared, provider: &str, used: u64, expected: u64) {
        if self.told.swap(true, Ordering::Relaxed) {
            return;
        }
        let megabytes = |bytes: u64| bytes.div_ceil(1 << 20);
        let detail = format!(
            "The bound is {} MB (-max-memory or FORMWORK_MAX_MEMORY). {} MB are in use, and about {} MB more are expected \
             for provider {provider}, without which nothing goes on. It was started all the same. Raise the bound, or \
             plan less at once with -target.",
            megabytes(self.limit),
            megabytes(used),
            megabytes(expected),
        );
        let warning = Diagnostic::warning("More memory is needed than allowed", detail).blame(Blame::Environment);
        lock(&shared.warnings).push(warning);
    }

    /// While more is in use than allowed, calls are made one at a time.
    pub async fn alone(&self, shared: &Shared) -> Option<MutexGuard<'_, ()>> {
        let measured = lock(&self.measured).filter(|(when, _)| when.elapsed() < FRESH);
        let used = measured.map_or_else(|| self.used(shared), |(_, used)| used);
        match used > self.limit {
            true => Some(self.alone.lock().await),
            false => None,
        }
    }
}

/// Bytes of a process that are in memory; 0 where that cannot be known.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn measures_processes() {
        assert!(resident(std::process::id()) > 1 << 20);
        assert_eq!(resident(u32::MAX), 0);
    }
}
