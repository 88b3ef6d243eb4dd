//! Telling that something still goes on.

use formwork_model::Clock;
use futures_util::future::{Either, select};
use std::pin::pin;
use std::time::Duration;

/// Time between two such messages.
const INTERVAL: Duration = Duration::from_secs(2);

/// Works, and meanwhile tells from time to time for how long.
pub(crate) async fn with_ticks<T>(clock: &dyn Clock, work: impl Future<Output = T>, tell: impl Fn(Duration)) -> T {
    let begin = clock.monotonic();
    let mut work = pin!(work);
    let mut next = begin + INTERVAL;
    loop {
        match select(work, clock.sleep_until(next)).await {
            Either::Left((done, _)) => return done,
            Either::Right(((), rest)) => {
                tell(clock.monotonic().saturating_sub(begin));
                next += INTERVAL;
                work = rest;
            }
        }
    }
}
