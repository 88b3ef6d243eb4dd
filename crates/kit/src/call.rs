//! What an operation is given beside its object.

use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::Deferred;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::time::Instant;

/// One operation in progress.
pub struct Call<C> {
    client: Arc<C>,
    deadline: Option<Instant>,
    stop: watch::Receiver<bool>,
    exists: AtomicBool,
    warnings: Mutex<Diagnostics>,
    private: Mutex<Vec<u8>>,
    may_defer: bool,
    deferred: Mutex<Option<Deferred>>,
    progress: Option<UnboundedSender<String>>,
}

/// The provider's part of an operation.
pub(crate) struct Setting<C> {
    pub client: Arc<C>,
    pub stop: watch::Receiver<bool>,
    pub private: Vec<u8>,
    pub may_defer: bool,
    pub progress: Option<UnboundedSender<String>>,
}

impl<C> Setting<C> {
    pub(crate) fn call(self, time: Option<Duration>) -> Call<C> {
        Call {
            client: self.client,
            deadline: time.map(|time| Instant::now() + time),
            stop: self.stop,
            exists: AtomicBool::new(false),
            warnings: Mutex::default(),
            private: Mutex::new(self.private),
            may_defer: self.may_defer,
            deferred: Mutex::default(),
            progress: self.progress,
        }
    }
}

impl<C> Call<C> {
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

    /// Bytes that are kept with the object for the provider alone. Empty: there are none.
    pub fn private(&self) -> Vec<u8> {
        self.private.lock().map(|private| private.clone()).unwrap_or_default()
    }

    /// Keeps other bytes with the object from now on.
    pub fn set_private(&self, bytes: impl Into<Vec<u8>>) {
        if let Ok(mut private) = self.private.lock() {
            *private = bytes.into();
        }
    }

    /// Puts a read, an import or the opening of something off to a later run, if the engine allows that; false if it
    /// does not, which is a failure then.
    pub fn defer(&self, reason: Deferred) -> bool {
        if let (true, Ok(mut deferred)) = (self.may_defer, self.deferred.lock()) {
            *deferred = Some(reason);
        }
        self.may_defer
    }

    /// Tells users how far an action is.
    pub fn progress(&self, message: impl Into<String>) {
        if let Some(progress) = &self.progress {
            // Nobody may be listening any more.
            let _ = progress.send(message.into());
        }
    }

    pub(crate) fn deferred(&self) -> Option<Deferred> {
        self.deferred.lock().ok().and_then(|deferred| *deferred)
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
