//! What the calls to a provider have cost.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Counts the calls that plan, read and change objects.
#[derive(Debug, Default)]
pub(super) struct Usage {
    calls: AtomicU64,
    throttled: AtomicU64,
    busy_us: AtomicU64,
    waited_us: AtomicU64,
}

/// Measures until it is dropped.
pub(super) struct Measured<'a> {
    total: &'a AtomicU64,
    began: Instant,
}

impl Drop for Measured<'_> {
    fn drop(&mut self) {
        let took = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.total.fetch_add(took, Ordering::Relaxed);
    }
}

impl Usage {
    pub fn call(&self) -> Measured<'_> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        Measured { total: &self.busy_us, began: Instant::now() }
    }

    pub fn wait(&self) -> Measured<'_> {
        Measured { total: &self.waited_us, began: Instant::now() }
    }

    pub fn note_throttled(&self) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
    }

    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    pub fn throttled(&self) -> u64 {
        self.throttled.load(Ordering::Relaxed)
    }

    pub fn busy(&self) -> Duration {
        Duration::from_micros(self.busy_us.load(Ordering::Relaxed))
    }

    pub fn waited(&self) -> Duration {
        Duration::from_micros(self.waited_us.load(Ordering::Relaxed))
    }
}
