//! A JUnit file, as build servers read it.

use crate::diagnostic::diagnostics_text;
use crate::style::TextOptions;
use formwork_diag::{Diagnostic, Diagnostics, Sources};
use formwork_model::{RunReport, TestStatus};
use std::fmt::Write;
use std::sync::Arc;

/// The whole file: a suite for each test file, a case for each run.
pub fn junit_xml(files: &[(String, Vec<Arc<RunReport>>)], sources: &Sources) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?><testsuites>\n");
    for (file, reports) in files {
        write_suite(&mut out, file, reports, sources);
    }
    out.push_str("</testsuites>");
    out
}

fn write_suite(out: &mut String, file: &str, reports: &[Arc<RunReport>], sources: &Sources) {
    let count = |status: TestStatus| reports.iter().filter(|report| report.status == status).count();
    let _ = writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{}\" skipped=\"{}\" failures=\"{}\" errors=\"{}\">",
        escape(file),
        reports.len(),
        count(TestStatus::Skip),
        count(TestStatus::Fail),
        count(TestStatus::Error)
    );
    let mut culprit = None;
    for report in reports {
        write_case(out, report, culprit, sources);
        if report.status == TestStatus::Error {
            culprit = Some(&*report.run);
        }
    }
    out.push_str("  </testsuite>\n");
}

fn write_case(out: &mut String, report: &RunReport, culprit: Option<&str>, sources: &Sources) {
    let (name, file) = (escape(&report.run), escape(&report.file));
    let _ = write!(out, "    <testcase name=\"{name}\" classname=\"{file}\"");
    if let Some(started) = &report.started {
        let _ = write!(out, " time=\"{}\" timestamp=\"{}\"", report.elapsed.as_secs_f64(), escape(started));
    }
    out.push('>');
    let mut parts = String::new();
    match report.status {
        TestStatus::Skip => parts.push_str(&skipped(culprit)),
        TestStatus::Fail => parts.push_str(&failure(report, sources)),
        TestStatus::Error => {
            let text = texts(&report.diagnostics, true, sources);
            let _ = writeln!(parts, "      <error message=\"Encountered an error\">{}</error>", data(&text));
        }
        TestStatus::Pass | TestStatus::Pending => {}
    }
    let warnings = texts(&report.diagnostics, false, sources);
    if !warnings.is_empty() {
        let _ = writeln!(parts, "      <system-err>{}</system-err>", data(&warnings));
    }
    if !parts.is_empty() {
        let _ = write!(out, "\n{parts}    ");
    }
    out.push_str("</testcase>\n");
}

fn skipped(culprit: Option<&str>) -> String {
    match culprit {
        Some(run) => {
            let text =
                format!("The run {run:?} before it ended with an error, so the rest of the file was not executed.");
            let message = "Skipped because an earlier run of the file ended with an error";
            format!("      <skipped message=\"{message}\">{}</skipped>\n", data(&text))
        }
        None => "      <skipped message=\"Skipped because the tests were interrupted\"></skipped>\n".to_string(),
    }
}

fn failure(report: &RunReport, sources: &Sources) -> String {
    let (all, failed) = report.assertions;
    let first = report.diagnostics.iter().find(|diagnostic| diagnostic.is_error());
    let detail = match (failed, first) {
        (1, Some(first)) => format!(": {}", first.detail),
        _ => String::new(),
    };
    let message = escape(&format!("{failed} of {all} assertions failed{detail}"));
    format!("      <failure message=\"{message}\">{}</failure>\n", data(&texts(&report.diagnostics, true, sources)))
}

/// The errors, or the warnings.
fn texts(diagnostics: &Diagnostics, errors: bool, sources: &Sources) -> String {
    let chosen = diagnostics.iter().filter(|diagnostic| diagnostic.is_error() == errors).cloned();
    let chosen: Diagnostics = chosen.collect::<Vec<Diagnostic>>().into_iter().collect();
    diagnostics_text(&chosen, sources, TextOptions::default())
}

/// Text as it is.
fn data(text: &str) -> String {
    format!("<![CDATA[{}]]>", allowed(text).replace("]]>", "]]]]><![CDATA[>"))
}

/// Text in an attribute.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in allowed(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\n' => out.push_str("&#xA;"),
            '\t' => out.push_str("&#x9;"),
            c => out.push(c),
        }
    }
    out
}

/// Without characters that XML cannot hold.
fn allowed(text: &str) -> String {
    let fits = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    text.chars().filter(fits).filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}')).collect()
}
