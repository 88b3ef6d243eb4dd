//! Tests: what is told while they run, for people, as JSON lines, and as a JUnit file.

mod junit;
mod stream;
mod text;

pub use junit::junit_xml;
pub use stream::test_event_json;
pub use text::{TestText, test_event_text};

use formwork_model::{LeftObject, TestSummary};

/// `Success! 2 passed, 0 failed.` without the first word.
fn counts(summary: &TestSummary) -> String {
    let skipped = if summary.skipped > 0 { format!(", {} skipped", summary.skipped) } else { String::new() };
    format!("{} passed, {} failed{skipped}.", summary.passed, summary.failed + summary.errored)
}

/// An object with its deposed key.
fn left_text((address, deposed): &LeftObject) -> String {
    match deposed {
        None => address.to_string(),
        Some(key) => format!("{address} ({key})"),
    }
}
