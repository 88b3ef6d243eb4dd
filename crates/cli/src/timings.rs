//! What providers have taken, at the end of a run.

use crate::machine::message_timestamp;
use crate::session::Session;
use formwork_protocol::{ProviderPool, ProviderUse};
use formwork_render::{ProviderTimes, provider_times_text};
use std::time::Duration;

/// Shorter runs are not worth a word, unless the user asks.
const LONG: Duration = Duration::from_secs(10);

/// Tells the time in providers, if the run was long or the user wants to know.
pub fn tell(session: &Session, pool: &ProviderPool) {
    let times: Vec<ProviderTimes> = pool.usage().into_iter().map(times).collect();
    let is_long = session.elapsed() >= LONG && times.iter().any(|of| of.busy_ms >= 1000);
    if times.is_empty() || !(is_long || session.wants_timings()) {
        return;
    }
    if !session.tell_json(|stream| stream.provider_times(&times, &message_timestamp())) {
        session.hint(&format!("\n{}", provider_times_text(&times).trim_end()));
    }
}

fn times(used: ProviderUse) -> ProviderTimes {
    let milliseconds = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    ProviderTimes {
        provider: used.provider.for_display(),
        calls: used.calls,
        busy_ms: milliseconds(used.busy),
        waited_ms: milliseconds(used.waited),
        throttled: used.throttled,
        limits: used.limits,
    }
}
