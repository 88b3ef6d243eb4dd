//! Recognising that a remote system asks for fewer calls.

use formwork_diag::{Diagnostic, Diagnostics};

/// Error codes of clouds, without blanks, dashes and underscores. What is said of fixed quotas ("LimitExceeded") is not
/// among them: waiting does not help there.
const CODES: &[&str] = &[
    "throttlingexception",
    "throttledexception",
    "requestthrottled",
    "requeststhrottled",
    "throttlingerror",
    "throttled:",
    "throttling:",
    "toomanyrequests",
    "requestlimitexceeded",
    "ratelimitexceeded",
    "ratelimited",
    "ratelimiterror",
    "ratelimitreached",
    "ratelimithit",
    "secondaryratelimit",
    "rateexceeded",
    "bandwidthlimitexceeded",
    "provisionedthroughputexceeded",
    "priorrequestnotcomplete",
    "reduceyourrequestrate",
    "exceededtheratelimit",
    "ratequotaexceeded",
];

/// Units in which quotas that refill are counted.
const REFILLING: &[&str] =
    &["perminute", "persecond", "per100seconds", "perminuteperuser", "requestsper", "queriesper"];

/// True if an error says so: by the code that clouds have for it, the status 429 of HTTP, or a quota for a short time.
pub(super) fn is_throttling(problems: &Diagnostics) -> bool {
    problems.iter().any(|problem| problem.is_error() && says_so(problem))
}

fn says_so(problem: &Diagnostic) -> bool {
    let text = format!("{}: {}", problem.summary, problem.detail).to_ascii_lowercase();
    let dense: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '_' | '\n')).collect();
    CODES.iter().any(|code| dense.contains(code))
        || words(&text).any(|word| matches!(word, "throttling" | "throttled" | "slowdown"))
        || dense.contains("quota") && REFILLING.iter().any(|unit| dense.contains(unit))
        || has_status_429(&text)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
}

/// The number alone may be anything: something must call it a status.
fn has_status_429(text: &str) -> bool {
    let is_digit = |c: char| c.is_ascii_digit();
    text.match_indices("429").any(|(at, number)| {
        let (before, after) = (text.get(..at).unwrap_or(""), text.get(at + number.len()..).unwrap_or(""));
        if before.ends_with(is_digit) || after.starts_with(is_digit) {
            return false;
        }
        let near = before.trim_end_matches([' ', ':', '=', '(', '[', '"', '\'']);
        ["status", "code", "http", "error", "http/1.1", "http/2", "http/2.0"].iter().any(|word| near.ends_with(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> bool {
        is_throttling(&Diagnostic::error("creating the thing", text).into())
    }

    #[test]
    fn clouds_say_it_in_many_ways() {
        for text in [
            "ThrottlingException: Rate exceeded",
            "Throttling: Rate exceeded\n\tstatus code: 400, request id: 1",
            "api error RequestLimitExceeded: Request limit exceeded.",
            "operation error S3: PutBucketTagging, https response error StatusCode: 503, SlowDown: Please reduce your request rate.",
            "googleapi: Error 429: Quota exceeded for quota metric 'Queries' and limit 'Queries per minute', rateLimitExceeded",
            "unexpected status 429 (429 Too Many Requests) with error: SubscriptionRequestsThrottled",
            "StatusCode=429 -- Original Error: Code=\"TooManyRequests\"",
            "403 You have exceeded a secondary rate limit. Please wait a few minutes.",
            "The request was throttled.",
            "Error 503: RATE_LIMIT_EXCEEDED",
        ] {
            assert!(of(text), "{text}");
        }
    }

    #[test]
    fn nothing_else_is_taken_for_it() {
        for text in [
            "VpcLimitExceeded: The maximum number of VPCs has been reached.",
            "Quota 'CPUS' exceeded. Limit: 8.0 in region europe-west1.",
            "resource 429 not found",
            "status code: 4290",
            "The name is taken.",
            "invalid value for throttling_burst_limit",
            "expected rate_limit to be at least 100",
        ] {
            assert!(!of(text), "{text}");
        }
        let warning = Diagnostic::warning("ThrottlingException", "Rate exceeded");
        assert!(!is_throttling(&warning.into()));
    }
}
