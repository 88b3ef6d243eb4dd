//! When a request is tried again.

use super::WebAnswer;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// How often, and how long to wait before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retries {
    pub most: u32,
    pub shortest: Duration,
    pub longest: Duration,
}

impl Default for Retries {
    fn default() -> Retries {
        Retries { most: 2, shortest: Duration::from_secs(1), longest: Duration::from_secs(30) }
    }
}

/// Too many requests, or a server in trouble. Source: fact sheet `backends.md` 3.2.
pub(super) fn is_passing(status: u16) -> bool {
    status == 429 || (status >= 500 && status != 501)
}

impl Retries {
    /// Doubles each time; a server that says when to come back is heard.
    pub(super) fn wait(&self, attempt: u32, answer: Option<&WebAnswer>) -> Duration {
        let asked = answer.filter(|answer| matches!(answer.status, 429 | 503));
        if let Some(wait) = asked.and_then(|answer| retry_after(answer.header("retry-after")?)) {
            return wait.min(Duration::from_secs(300));
        }
        self.shortest.saturating_mul(1u32.checked_shl(attempt).unwrap_or(u32::MAX)).min(self.longest)
    }
}

/// Seconds or a date.
fn retry_after(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = OffsetDateTime::parse(&text.trim().replace("GMT", "+0000"), &Rfc2822).ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    Some(Duration::from_secs(u64::try_from(date.unix_timestamp()).unwrap_or(0).saturating_sub(now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit() {
        let retries = Retries { most: 9, shortest: Duration::from_secs(1), longest: Duration::from_secs(5) };
        let waits: Vec<u64> = [0, 1, 2, 3, 40].map(|attempt| retries.wait(attempt, None).as_secs()).to_vec();
        assert_eq!(waits, [1, 2, 4, 5, 5]);
    }

    #[test]
    fn a_server_says_when_to_come_back() {
        assert_eq!(retry_after("7"), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert!(retry_after("Wed, 21 Oct 2099 07:28:00 GMT").unwrap() > Duration::from_secs(1_000_000));
        assert_eq!(retry_after("soon"), None);
    }

    #[test]
    fn what_passes() {
        let passing: Vec<u16> =
            [200, 404, 409, 423, 429, 500, 501, 502, 503, 504].into_iter().filter(|s| is_passing(*s)).collect();
        assert_eq!(passing, [429, 500, 502, 503, 504]);
    }
}
