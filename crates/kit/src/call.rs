//! What an operation is given beside its object.

use formwork_diag::{Diagnostic, Diagnostics};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// One operation in progress.
pub struct Call<C> {
    client: Arc<C>,
    deadline: Option<Instant>,
    stop: watch::Receiver<bool>,
    exists: AtomicBool,
    warnings: Mutex<Diagnostics>,
}

impl<C> Call<C> {
    pub(crate) fn new(client: Arc<C>, time: Option<Duration>, stop: watch::Receiver<bool>) -> Call<C> {
        Call {
            client,
            deadline: time.map(|time| Instant::now() + time),
            stop,
            exists: AtomicBool::new(false),
            warnings: Mutex::default(),
        }
    }

    /// What the provider's configuration was made into.
    pub fn client(&self) -> &C {
        &self.client
    }

    /// When the operation is given up, if its type has timeouts.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Says that the object exists from now on: if creating it fails later, it is kept as tainted.
    pub fn exists(&self) {
        self.exists.store(true, Ordering::Relaxed);
    }

    /// Tells users of something that is no failure.
    pub fn warn(&self, summary: &str, detail: impl Into<String>) {
        if let Ok(mut warnings) = self.warnings.lock() {
            warnings.push(Diagnostic::warning(summary, detail));
        }
    }

    pub(crate) fn warnings(&self) -> Diagnostics {
        self.warnings.lock().map(|mut warnings| std::mem::take(&mut *warnings)).unwrap_or_default()
    }

    pub(crate) fn is_there(&self) -> bool {
        self.exists.load(Ordering::Relaxed)
    }

    /// Waits until the user has asked to stop.
    pub async fn stopped(&self) {
        let mut stop = self.stop.clone();
        if stop.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits for a time; false if the user asked to stop before its end.
    pub async fn pause(&self, time: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(time) => true,
            () = self.stopped() => false,
        }
    }
}
