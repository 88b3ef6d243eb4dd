//! What the calls to providers have taken.

use crate::json::writer::JsonWriter;
use crate::progress::elapsed_text;
use std::collections::BTreeMap;

/// The calls to one provider that read, plan and change objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderTimes {
    pub provider: String,
    pub calls: u64,
    /// Milliseconds, summed over all calls: those that run at the same time count each.
    pub busy_ms: u64,
    /// Milliseconds that operations have waited until they could call, summed.
    pub waited_ms: u64,
    /// Answers that asked for fewer calls.
    pub throttled: u64,
    /// How many calls at once the provider was found to bear, by type.
    pub limits: BTreeMap<String, usize>,
}

impl ProviderTimes {
    pub(crate) fn write(&self, w: &mut JsonWriter) {
        w.object(|w| {
            w.key("provider").string(&self.provider);
            w.key("calls").unsigned(self.calls);
            w.key("busy_ms").unsigned(self.busy_ms);
            w.key("waited_ms").unsigned(self.waited_ms);
            w.key("throttled").unsigned(self.throttled);
            w.key("limits").object(|w| {
                for (kind, limit) in &self.limits {
                    w.key(kind).unsigned(*limit as u64);
                }
            });
        });
    }
}

/// Those that took the most time first.
pub fn provider_times_text(times: &[ProviderTimes]) -> String {
    let mut sorted: Vec<&ProviderTimes> = times.iter().collect();
    sorted.sort_by_key(|of| (std::cmp::Reverse(of.busy_ms), &of.provider));
    let mut text = String::from("Time in providers, summed over all calls:\n");
    for of in sorted {
        let calls = if of.calls == 1 { "call" } else { "calls" };
        text.push_str(&format!("  {:>8}  {}  ({} {calls}", short(of.busy_ms), of.provider, of.calls));
        if of.waited_ms >= 1000 {
            text.push_str(&format!(", waited {} for its turn", short(of.waited_ms)));
        }
        text.push_str(")\n");
        if of.throttled > 0 {
            let times = if of.throttled == 1 { "time" } else { "times" };
            let limits: Vec<String> =
                of.limits.iter().map(|(kind, limit)| format!("{limit} of {kind} at once")).collect();
            text.push_str(&format!("            asked {} {times} for fewer calls", of.throttled));
            text.push_str(&format!("{}{}\n", if limits.is_empty() { "" } else { "; in the end: " }, limits.join(", ")));
        }
    }
    text
}

fn short(milliseconds: u64) -> String {
    if milliseconds < 1000 { format!("{milliseconds}ms") } else { elapsed_text(milliseconds) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_slowest_first() {
        let of = |provider: &str, calls, busy_ms, throttled| ProviderTimes {
            provider: provider.to_owned(),
            calls,
            busy_ms,
            waited_ms: busy_ms / 2,
            throttled,
            limits: (throttled > 0).then(|| ("a_b".to_owned(), 5)).into_iter().collect(),
        };
        assert_eq!(
            provider_times_text(&[of("a/fast", 1, 12, 0), of("a/slow", 30, 65_000, 3)]),
            "Time in providers, summed over all calls:\n      1m5s  a/slow  (30 calls, waited 33s for its turn)\n            \
             asked 3 times for fewer calls; in the end: 5 of a_b at once\n      12ms  a/fast  (1 call)\n"
        );
    }
}
