//! Time as a simulation: it stands still while anything can go on, and then leaps to what is waited for.

use async_trait::async_trait;
use formwork_model::Clock;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// The first instant of 2026, UTC.
const BEGINNING: Duration = Duration::from_secs(1_767_225_600);

/// A clock that only [`SimulatedClock::run`] moves on.
#[derive(Default)]
pub struct SimulatedClock(Mutex<Time>);

#[derive(Default)]
struct Time {
    now: Duration,
    /// Who sleeps until when, in the order of lying down.
    sleepers: BTreeMap<(Duration, u64), Waker>,
    slept: u64,
}

impl SimulatedClock {
    fn time(&self) -> MutexGuard<'_, Time> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Runs a future to its end on this thread. Panics if it waits for nothing that will ever come.
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let woken = Arc::new(Woken(AtomicBool::new(false)));
        let waker = Waker::from(woken.clone());
        loop {
            if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                self.time().sleepers.clear();
                return result;
            }
            while !woken.0.swap(false, Ordering::Relaxed) {
                assert!(self.leap(), "everything waits, and for nothing");
            }
        }
    }

    /// Moves on to the first sleeper's time and wakes it; false if nobody sleeps.
    fn leap(&self) -> bool {
        let mut time = self.time();
        let Some(((at, _), waker)) = time.sleepers.pop_first() else { return false };
        time.now = time.now.max(at);
        waker.wake();
        true
    }

    pub async fn sleep(&self, length: Duration) {
        let until = self.monotonic() + length;
        self.sleep_until(until).await;
    }
}

#[async_trait]
impl Clock for SimulatedClock {
    fn monotonic(&self) -> Duration {
        self.time().now
    }

    fn since_epoch(&self) -> Duration {
        BEGINNING + self.monotonic()
    }

    async fn sleep_until(&self, at: Duration) {
        let number = {
            let mut time = self.time();
            time.slept += 1;
            time.slept
        };
        poll_fn(|context| {
            let mut time = self.time();
            if time.now >= at {
                return Poll::Ready(());
            }
            time.sleepers.insert((at, number), context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}
