//! JSON lines.

use super::{counts, left_text};
use crate::diagnostic::write_diagnostic;
use crate::json::provider_schema::write_provider_schemas;
use crate::json::writer::JsonWriter;
use crate::json::{write_plan_changes, write_state_values};
use formwork_diag::{Diagnostic, Diagnostics, Sources};
use formwork_model::{LeftObject, RunProduct, RunReport, TestEvent, TestStatus, TestSummary};
use formwork_value::Str;
use std::time::Duration;

/// The lines for an event. `at` is RFC 3339 with microseconds; `verbose` shows what runs have made.
pub fn test_event_json(event: &TestEvent, verbose: bool, sources: &Sources, at: &str) -> String {
    let of = |file: &'_ Str| Place { file: Some(file.to_string()), run: None, at: at.to_string() };
    match event {
        TestEvent::Found(files) => found(files, at),
        TestEvent::FileStarted(file) => file_line(&of(file), "in progress", "starting", None),
        TestEvent::FileTearingDown(file) => file_line(&of(file), "tearing down", "teardown", None),
        TestEvent::RunStarted { file, run } => {
            run_line(&of(file).run(run), "in progress", "starting", Ok(Duration::ZERO))
        }
        TestEvent::RunTearingDown { file, run } => {
            run_line(&of(file).run(run), "tearing down", "teardown", Ok(Duration::ZERO))
        }
        TestEvent::RunStillRunning { file, run, elapsed } => {
            run_line(&of(file).run(run), "in progress", "running", Ok(*elapsed))
        }
        TestEvent::RunStillTearingDown { file, run, elapsed } => {
            run_line(&of(file).run(run), "tearing down", "teardown", Ok(*elapsed))
        }
        TestEvent::RunFinished(report) => run_finished(report, verbose, sources, &of(&report.file).run(&report.run)),
        TestEvent::TornDown { file, run, diagnostics, left } => {
            torn_down(&of(file).run(run), diagnostics, left, sources)
        }
        TestEvent::FileFinished { file, status, diagnostics } => {
            let place = of(file);
            let mut out = file_line(&place, status.word(), "complete", Some(*status));
            out.push_str(&problems(diagnostics, sources, &place));
            out
        }
        TestEvent::Abandoned { file, left } => abandoned(&of(file), left),
        TestEvent::Finished(summary) => finished(summary, at),
    }
}

/// Where a message belongs to.
struct Place {
    file: Option<String>,
    run: Option<String>,
    at: String,
}

impl Place {
    fn run(self, run: &str) -> Place {
        Place { run: Some(run.to_string()), ..self }
    }

    /// A message; `payload` writes the members behind the common ones.
    fn line(&self, level: &str, message: &str, payload: impl FnOnce(&mut JsonWriter)) -> String {
        let mut w = JsonWriter::new();
        w.object(|w| {
            w.key("@level").string(level);
            w.key("@message").string(message);
            w.key("@module").string("terraform.ui");
            if let Some(file) = &self.file {
                w.key("@testfile").string(file);
            }
            if let Some(run) = &self.run {
                w.key("@testrun").string(run);
            }
            w.key("@timestamp").string(&self.at);
            payload(w);
        });
        let mut text = w.finish();
        text.push('\n');
        text
    }

    fn file(&self) -> &str {
        self.file.as_deref().unwrap_or_default()
    }

    fn run_name(&self) -> &str {
        self.run.as_deref().unwrap_or_default()
    }
}

fn plural(count: usize, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

fn found(files: &[(Str, Vec<Str>)], at: &str) -> String {
    let runs = files.iter().map(|(_, runs)| runs.len()).sum();
    let message = format!("Found {} and {}", plural(files.len(), "file"), plural(runs, "run block"));
    let place = Place { file: None, run: None, at: at.to_string() };
    place.line("info", &message, |w| {
        w.key("test_abstract").object(|w| {
            for (file, runs) in files {
                match runs.is_empty() {
                    true => w.key(file).null(),
                    false => w.key(file).strings(runs.iter().map(|run| &**run)),
                }
            }
        });
        w.key("type").string("test_abstract");
    })
}

fn file_line(place: &Place, word: &str, progress: &str, status: Option<TestStatus>) -> String {
    place.line("info", &format!("{}... {word}", place.file()), |w| {
        w.key("test_file").object(|w| {
            w.key("path").string(place.file());
            w.key("progress").string(progress);
            if let Some(status) = status {
                w.key("status").string(status.name());
            }
        });
        w.key("type").string("test_file");
    })
}

/// A message about a run: how long it has taken so far, or what came of it.
fn run_line(place: &Place, word: &str, progress: &str, status: Result<Duration, TestStatus>) -> String {
    place.line("info", &format!("  {:?}... {word}", place.run_name()), |w| {
        w.key("test_run").object(|w| {
            w.key("path").string(place.file());
            w.key("run").string(place.run_name());
            w.key("progress").string(progress);
            match status {
                Ok(elapsed) => w.key("elapsed").unsigned(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)),
                Err(status) => w.key("status").string(status.name()),
            }
        });
        w.key("type").string("test_run");
    })
}

fn run_finished(report: &RunReport, verbose: bool, sources: &Sources, place: &Place) -> String {
    let mut out = run_line(place, report.status.word(), "complete", Err(report.status));
    if verbose && let Some(product) = &report.product {
        out.push_str(&product_line(product, place));
    }
    out.push_str(&problems(&report.diagnostics, sources, place));
    out
}

fn product_line(product: &RunProduct, place: &Place) -> String {
    match product {
        RunProduct::Plan(plan) => place.line("info", "-verbose flag enabled, printing plan", |w| {
            w.key("test_plan").object(|w| {
                w.key("plan_format_version").string("1.2");
                write_plan_changes(w, plan);
                w.key("provider_format_version").string("1.0");
                write_provider_schemas(w.key("provider_schemas"), &plan.schemas);
            });
            w.key("type").string("test_plan");
        }),
        RunProduct::State(state, schemas) => place.line("info", "-verbose flag enabled, printing state", |w| {
            w.key("test_state").object(|w| {
                w.key("state_format_version").string("1.0");
                // An object that cannot be shown was told as a problem of the run.
                let _ = write_state_values(w, state, &|provider| schemas.get(provider).cloned());
                w.key("provider_format_version").string("1.0");
                write_provider_schemas(w.key("provider_schemas"), schemas);
            });
            w.key("type").string("test_state");
        }),
    }
}

fn problems(diagnostics: &Diagnostics, sources: &Sources, place: &Place) -> String {
    diagnostics.iter().map(|diagnostic| problem(diagnostic, sources, place)).collect()
}

fn problem(diagnostic: &Diagnostic, sources: &Sources, place: &Place) -> String {
    let (level, label) = if diagnostic.is_error() { ("error", "Error") } else { ("warn", "Warning") };
    place.line(level, &format!("{label}: {}", diagnostic.summary), |w| {
        write_diagnostic(w.key("diagnostic"), diagnostic, sources);
        w.key("type").string("diagnostic");
    })
}

fn write_left(w: &mut JsonWriter, left: &[LeftObject]) {
    w.array(|w| {
        for (address, deposed) in left {
            w.object(|w| {
                w.key("instance").string(&address.to_string());
                if let Some(key) = deposed {
                    w.key("deposed_key").string(&key.0);
                }
            });
        }
    });
}

fn torn_down(place: &Place, diagnostics: &Diagnostics, left: &[LeftObject], sources: &Sources) -> String {
    let mut out = String::new();
    if !left.is_empty() {
        let message = format!(
            "Terraform left some resources in state after executing {}/{}, they need to be cleaned up manually.",
            place.file(),
            place.run_name()
        );
        out = place.line("error", &message, |w| {
            w.key("test_cleanup").object(|w| write_left(w.key("failed_resources"), left));
            w.key("type").string("test_cleanup");
        });
    }
    out.push_str(&problems(diagnostics, sources, place));
    out
}

fn abandoned(place: &Place, left: &[(Str, Vec<LeftObject>)]) -> String {
    let names: Vec<String> = left.iter().flat_map(|(_, objects)| objects).map(left_text).collect();
    let message = format!(
        "The tests were stopped at once while {} was running. These objects still exist: {}",
        place.file(),
        names.join(", ")
    );
    place.line("error", &message, |w| {
        w.key("test_interrupt").object(|w| {
            w.key("states").object(|w| {
                for (run, objects) in left {
                    write_left(w.key(run), objects);
                }
            });
        });
        w.key("type").string("test_interrupt");
    })
}

fn finished(summary: &TestSummary, at: &str) -> String {
    let good = summary.status <= TestStatus::Pass;
    let message = format!("{} {}", if good { "Success!" } else { "Failure!" }, counts(summary));
    let place = Place { file: None, run: None, at: at.to_string() };
    place.line("info", &message, |w| {
        w.key("test_summary").object(|w| {
            w.key("status").string(summary.status.name());
            w.key("passed").unsigned(summary.passed as u64);
            w.key("failed").unsigned(summary.failed as u64);
            w.key("errored").unsigned(summary.errored as u64);
            w.key("skipped").unsigned(summary.skipped as u64);
        });
        w.key("type").string("test_summary");
    })
}
