//! Ctrl-C and SIGTERM: once to stop gracefully, twice to stop now.

use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// How urgently the user wants the work to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    #[default]
    None,
    /// Begin nothing new, let finish what runs.
    Graceful,
    /// Stop now.
    Now,
}

/// Listens for interrupts until dropped.
pub struct Interrupts {
    urgency: watch::Receiver<Urgency>,
    task: tokio::task::JoinHandle<()>,
}

impl Interrupts {
    /// `notice` is called at each step.
    pub fn listen(notice: Arc<dyn Fn(Urgency) + Send + Sync>) -> std::io::Result<Interrupts> {
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        let (sender, urgency) = watch::channel(Urgency::None);
        let task = tokio::spawn(watch_signals(interrupt, terminate, sender, notice));
        Ok(Interrupts { urgency, task })
    }

    pub fn urgency(&self) -> Urgency {
        *self.urgency.borrow()
    }

    /// A receiver that sees every change.
    pub fn watch(&self) -> watch::Receiver<Urgency> {
        self.urgency.clone()
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn watch_signals(
    mut interrupt: Signal,
    mut terminate: Signal,
    sender: watch::Sender<Urgency>,
    notice: Arc<dyn Fn(Urgency) + Send + Sync>,
) {
    for urgency in [Urgency::Graceful, Urgency::Now] {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        sender.send_replace(urgency);
        notice(urgency);
    }
}
