//! Words for what happens to objects.

use formwork_model::{Action, ObjectEvent};
use formwork_value::Str;

/// Forms of a verb: `Creating...`, `Still creating...`, `Creation complete`.
pub(crate) struct Phrase {
    pub(crate) doing: &'static str,
    pub(crate) still: &'static str,
    pub(crate) done: &'static str,
}

const fn phrase(doing: &'static str, still: &'static str, done: &'static str) -> Option<Phrase> {
    Some(Phrase { doing, still, done })
}

/// The words for an operation; `None` for what is not told. `read` is what reading a data source is called.
pub(crate) fn phrase_of(action: Action, read: Reading) -> Option<Phrase> {
    match (action, read) {
        (Action::Create, _) => phrase("Creating", "creating", "Creation"),
        (Action::Update, _) => phrase("Modifying", "modifying", "Modifications"),
        (Action::Delete, _) => phrase("Destroying", "destroying", "Destruction"),
        (Action::Read, Reading::Read) => phrase("Reading", "reading", "Read"),
        (Action::Read, Reading::Refresh) => phrase("Refreshing", "refreshing", "Refresh"),
        _ => None,
    }
}

/// What reading a data source is called: people see it read, the JSON stream calls it a refresh.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    Read,
    Refresh,
}

/// Whole seconds, rounded.
pub(crate) fn seconds(object: &ObjectEvent) -> u64 {
    object.elapsed_ms.saturating_add(500) / 1000
}

/// `4s`, `1m4s`, `2h0m0s`.
pub(crate) fn duration(seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, m) => format!("{m}m{rest}s"),
        (h, m) => format!("{h}h{m}m{rest}s"),
    }
}

/// Characters of an identifier that progress lines show.
const MAX_ID_LENGTH: usize = 80;

/// `id=vpc-123`, cut in the middle if it is very long.
pub(crate) fn id_text(id: &(Str, Str)) -> String {
    let (key, value) = id;
    let length = value.chars().count();
    if length <= MAX_ID_LENGTH {
        return format!("{key}={value}");
    }
    let keep = MAX_ID_LENGTH - 3;
    let (front, back) = (keep / 2, keep - keep / 2);
    let start: String = value.chars().take(front).collect();
    let end: String = value.chars().skip(length - back).collect();
    format!("{key}={start}...{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_ids() {
        for (n, text) in [(0, "0s"), (59, "59s"), (64, "1m4s"), (3600, "1h0m0s"), (7384, "2h3m4s")] {
            assert_eq!(duration(n), text);
        }
        let long = "x".repeat(90) + "é";
        let text = id_text(&("id".into(), long.as_str().into()));
        assert_eq!(text.chars().count(), 3 + 80);
        assert!(text.contains("...") && text.ends_with('é'));
        assert_eq!(id_text(&("name".into(), "a".into())), "name=a");
    }
}
