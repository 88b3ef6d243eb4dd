//! A process of a provider, which may be stopped while nobody calls it.

use super::lock;
use crate::PluginProvider;
use crate::host::RunningProvider;
use formwork_model::ApplyProvider;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A process that has just been started is about to be called.
const FRESH: Duration = Duration::from_secs(2);

pub(super) struct Plugin {
    pub running: Arc<RunningProvider>,
    pub provider: Arc<dyn ApplyProvider>,
    /// It holds a configuration, and takes no other.
    is_claimed: AtomicBool,
    activity: Mutex<Activity>,
}

struct Activity {
    calls: usize,
    /// Ephemeral objects that live as long as the process.
    held: usize,
    stopped: bool,
    served: bool,
    since: Instant,
}

/// A call in progress: meanwhile the process is not stopped.
pub(super) struct Call(Arc<Plugin>);

impl Plugin {
    /// `served`: it has been of use already.
    pub fn new(provider: PluginProvider, served: bool) -> Plugin {
        let activity = Activity { calls: 0, held: 0, stopped: false, served, since: Instant::now() };
        Plugin {
            running: provider.running().clone(),
            provider: Arc::new(provider),
            is_claimed: AtomicBool::new(false),
            activity: Mutex::new(activity),
        }
    }

    /// True if this caller may configure it.
    pub fn claim(&self) -> bool {
        !self.is_claimed.swap(true, Ordering::Relaxed)
    }

    pub fn is_claimed(&self) -> bool {
        self.is_claimed.load(Ordering::Relaxed)
    }

    pub fn is_stopped(&self) -> bool {
        lock(&self.activity).stopped
    }

    pub fn is_busy(&self) -> bool {
        let activity = lock(&self.activity);
        !activity.stopped && (activity.calls > 0 || !activity.served && activity.since.elapsed() < FRESH)
    }

    /// When it was last called, if it may be stopped: nobody calls it or is just about to.
    pub fn idle_since(&self) -> Option<Instant> {
        let activity = lock(&self.activity);
        let is_idle = activity.calls == 0 && activity.held == 0 && !activity.stopped;
        (is_idle && (activity.served || activity.since.elapsed() >= FRESH)).then_some(activity.since)
    }

    /// Marks it as stopped, unless somebody needs it. Whoever gets `true` is to shut it down.
    pub fn stop_if_idle(&self) -> bool {
        let mut activity = lock(&self.activity);
        let is_idle = activity.calls == 0 && activity.held == 0 && !activity.stopped;
        activity.stopped |= is_idle;
        is_idle
    }

    /// Begins a call, unless the process is stopped.
    pub fn call(self: &Arc<Plugin>) -> Option<Call> {
        let mut activity = lock(&self.activity);
        if activity.stopped {
            return None;
        }
        activity.calls += 1;
        activity.served = true;
        Some(Call(self.clone()))
    }

    /// Something was opened that needs the process (`true`), or was closed.
    pub fn hold(&self, opened: bool) {
        let mut activity = lock(&self.activity);
        activity.held = if opened { activity.held + 1 } else { activity.held.saturating_sub(1) };
    }
}

impl Call {
    pub fn plugin(&self) -> &Arc<Plugin> {
        &self.0
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let mut activity = lock(&self.0.activity);
        activity.calls = activity.calls.saturating_sub(1);
        activity.since = Instant::now();
    }
}
