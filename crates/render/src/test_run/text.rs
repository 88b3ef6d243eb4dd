//! The form for people.

use super::{counts, left_text};
use crate::diagnostic::diagnostics_text;
use crate::escape::escape_line;
use crate::plan_text::plan_text;
use crate::state_text::state_text;
use crate::style::{Style, TextOptions};
use formwork_diag::{Diagnostics, Sources};
use formwork_model::{LeftObject, RunProduct, RunReport, TestEvent, TestStatus};
use formwork_value::Str;

/// What goes where: problems are told after the sentence they belong to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestText {
    /// For standard output.
    pub out: String,
    /// For standard error, behind it.
    pub problems: String,
    /// For standard output, behind that.
    pub after: String,
}

impl TestText {
    fn out(out: String) -> TestText {
        TestText { out, ..TestText::default() }
    }
}

/// What an event is in words. `verbose` shows what runs have made.
pub fn test_event_text(
    event: &TestEvent,
    verbose: bool,
    sources: &Sources,
    options: TextOptions,
    problems: TextOptions,
) -> TestText {
    match event {
        TestEvent::Found(_)
        | TestEvent::RunStarted { .. }
        | TestEvent::RunTearingDown { .. }
        | TestEvent::RunStillRunning { .. }
        | TestEvent::RunStillTearingDown { .. } => TestText::default(),
        TestEvent::FileStarted(file) => TestText::out(step(file, "in progress", options)),
        TestEvent::FileTearingDown(file) => TestText::out(step(file, "tearing down", options)),
        TestEvent::RunFinished(report) => run_finished(report, verbose, sources, options, problems),
        TestEvent::FileFinished { file, status, diagnostics } => TestText {
            out: format!("{}... {}\n", escape_line(file), status_text(*status, options)),
            problems: diagnostics_text(diagnostics, sources, problems),
            after: String::new(),
        },
        TestEvent::TornDown { file, run, diagnostics, left } => {
            torn_down(file, run, diagnostics, left, sources, problems)
        }
        TestEvent::Abandoned { file, left } => abandoned(file, left),
        TestEvent::Finished(summary) => {
            let (word, style) = match summary.status {
                TestStatus::Pass | TestStatus::Skip | TestStatus::Pending => ("Success!", Style::Green),
                TestStatus::Fail | TestStatus::Error => ("Failure!", Style::Red),
            };
            TestText::out(format!("\n{} {}\n", options.paint(style, word), counts(summary)))
        }
    }
}

fn step(file: &str, what: &str, options: TextOptions) -> String {
    format!("{}... {}\n", escape_line(file), options.paint(Style::DarkGray, what))
}

fn status_text(status: TestStatus, options: TextOptions) -> String {
    let style = match status {
        TestStatus::Pass => Style::Green,
        TestStatus::Fail | TestStatus::Error => Style::Red,
        TestStatus::Skip | TestStatus::Pending => Style::DarkGray,
    };
    options.paint(style, status.word())
}

fn run_finished(
    report: &RunReport,
    verbose: bool,
    sources: &Sources,
    options: TextOptions,
    problems: TextOptions,
) -> TestText {
    let mut after = String::new();
    if verbose && let Some(product) = &report.product {
        after = format!("\n{}\n", product_text(product, options).trim_matches('\n'));
        after.push('\n');
    }
    TestText {
        out: format!("  run {:?}... {}\n", &*report.run, status_text(report.status, options)),
        problems: diagnostics_text(&report.diagnostics, sources, problems),
        after,
    }
}

fn product_text(product: &RunProduct, options: TextOptions) -> String {
    match product {
        RunProduct::Plan(plan) => plan_text(plan, options),
        RunProduct::State(state, schemas) => state_text(state, &|provider| schemas.get(provider).cloned(), options)
            .unwrap_or_else(|error| error.to_string()),
    }
}

fn torn_down(
    file: &str,
    run: &str,
    diagnostics: &Diagnostics,
    left: &[LeftObject],
    sources: &Sources,
    options: TextOptions,
) -> TestText {
    let place = format!("{}/{}", escape_line(file), escape_line(run));
    let mut problems = String::new();
    if diagnostics.has_errors() {
        problems.push_str(&format!("Problems while destroying what {place} has made:\n"));
    }
    problems.push_str(&diagnostics_text(diagnostics, sources, options));
    if !left.is_empty() {
        problems.push_str(&format!("\nThese objects of {place} still exist and have to be destroyed by hand:\n"));
        problems.push_str(&list(left));
    }
    TestText { problems, ..TestText::default() }
}

fn list(left: &[LeftObject]) -> String {
    left.iter().map(|object| format!("  - {}\n", escape_line(&left_text(object)))).collect()
}

fn abandoned(file: &str, left: &[(Str, Vec<LeftObject>)]) -> TestText {
    let file = escape_line(file);
    let mut problems =
        format!("\nThe tests were stopped at once while {file} was running, so not everything was destroyed.\n");
    for (run, objects) in left {
        problems.push_str(&format!("\nObjects of {file}/{} that still exist:\n", escape_line(run)));
        problems.push_str(&list(objects));
    }
    TestText { problems, ..TestText::default() }
}
