//! The machine's time.

use async_trait::async_trait;
use formwork_model::Clock;
use std::time::{Duration, Instant, SystemTime};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

pub struct MachineClock {
    started: Instant,
}

impl MachineClock {
    pub fn new() -> MachineClock {
        MachineClock { started: Instant::now() }
    }
}

#[async_trait]
impl Clock for MachineClock {
    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    fn since_epoch(&self) -> Duration {
        SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
    }

    async fn sleep_until(&self, at: Duration) {
        tokio::time::sleep(at.saturating_sub(self.monotonic())).await;
    }
}

/// The time in whole seconds, as the functions of configurations have it: RFC 3339, UTC.
pub fn timestamp() -> String {
    let now = OffsetDateTime::now_utc();
    let whole = now.replace_nanosecond(0).unwrap_or(now);
    whole.format(&Rfc3339).unwrap_or_default()
}

/// The time with all its digits, as lock infos have it.
pub fn precise_timestamp() -> String {
    OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default()
}

/// The time in microseconds, as messages have it.
pub fn message_timestamp() -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");
    OffsetDateTime::now_utc().format(&format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_whole_seconds_in_utc() {
        let text = timestamp();
        assert!(text.ends_with('Z') && text.len() == "2026-01-01T00:00:00Z".len(), "{text}");
        assert!(precise_timestamp().ends_with('Z'));
        assert_eq!(message_timestamp().len(), "2026-01-01T00:00:00.000000Z".len());
    }
}
