//! Events as short lines.

use formwork_diag::{Diagnostics, Sources};
use formwork_model::{LeftObject, RunProduct, TestEvent};
use formwork_testing::TestReporter;
use std::sync::Mutex;

pub struct Told {
    sources: Sources,
    lines: Mutex<Vec<String>>,
}

impl Told {
    pub fn new(sources: Sources) -> Told {
        Told { sources, lines: Mutex::default() }
    }

    pub fn lines(&self, lines: impl IntoIterator<Item = String>) {
        self.lines.lock().unwrap().extend(lines);
    }

    pub fn into_lines(self) -> Vec<String> {
        self.lines.into_inner().unwrap()
    }

    pub fn problems(&self, diagnostics: &Diagnostics) {
        self.lines(diagnostics.iter().map(|problem| {
            let place = problem.span.and_then(|span| {
                let file = self.sources.get(span.file)?;
                Some(format!("{}:{}", file.name, file.line(span.start)))
            });
            let level = if problem.is_error() { "error" } else { "warning" };
            let message = if problem.summary == "Test assertion failed" { &problem.detail } else { "" };
            let line = format!("  {level} {} {} {message}", place.unwrap_or_default(), problem.summary);
            line.trim_end().to_string()
        }));
    }
}

fn left_text(left: &[LeftObject]) -> String {
    left.iter().map(|(address, _)| address.to_string()).collect::<Vec<_>>().join(" ")
}

impl TestReporter for Told {
    fn tell(&self, event: TestEvent) {
        match event {
            TestEvent::Found(_)
            | TestEvent::RunStarted { .. }
            | TestEvent::RunStillRunning { .. }
            | TestEvent::RunStillTearingDown { .. }
            | TestEvent::FileTearingDown(_)
            | TestEvent::FileStarted(_) => {}
            TestEvent::RunFinished(report) => {
                let made = match &report.product {
                    Some(RunProduct::Plan(plan)) => format!(" plans {}", plan.execution.operations.len()),
                    Some(RunProduct::State(state, _)) => format!(" has {}", state.resources.len()),
                    None => String::new(),
                };
                self.lines([format!("{}/{} {}{made}", report.file, report.run, report.status.name())]);
                self.problems(&report.diagnostics);
            }
            TestEvent::RunTearingDown { run, .. } => self.lines([format!("destroy {run}")]),
            TestEvent::TornDown { diagnostics, left, .. } => {
                self.problems(&diagnostics);
                if !left.is_empty() {
                    self.lines([format!("  left {}", left_text(&left))]);
                }
            }
            TestEvent::FileFinished { file, status, diagnostics } => {
                self.lines([format!("{file} {}", status.name())]);
                self.problems(&diagnostics);
            }
            TestEvent::Abandoned { left, .. } => {
                self.lines(left.iter().map(|(run, left)| format!("abandoned {run}: {}", left_text(left))));
            }
            TestEvent::Finished(s) => self.lines([format!(
                "{}: {} passed, {} failed, {} errored, {} skipped",
                s.status.name(),
                s.passed,
                s.failed,
                s.errored,
                s.skipped
            )]),
        }
    }
}
