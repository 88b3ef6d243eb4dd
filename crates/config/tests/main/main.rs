//! Cases as data: configuration files and the problems that are found in them.
//!
//! Each file of `tests/cases` holds cases: `### NAME`, then `--- PATH` with a file's text, and `--- expect` with lines
//! `SEVERITY FILE:LINE SUMMARY`. With `BLESS=1` the expectations are rewritten.

// Tests read their cases from files.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod memory_files;
mod robust;
mod tree;
mod variables;

use formwork_config::{ModuleResolution, check_references, check_statements, load};
use formwork_diag::{Diagnostic, Severity, Sources};
use formwork_model::ModuleManifest;
use memory_files::MemoryFiles;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

struct Case {
    name: String,
    files: MemoryFiles,
    expected: Vec<String>,
    text: String,
}

#[test]
fn problems_are_found_where_they_are() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let mut failures = String::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut blessed = String::new();
        for case in cases(&text) {
            let found = problems(&case.files);
            if found != case.expected {
                let name = path.file_stem().unwrap().to_string_lossy();
                writeln!(failures, "{name}/{}\n  expected {:#?}\n  found {found:#?}", case.name, case.expected)
                    .unwrap();
            }
            writeln!(blessed, "{}--- expect", case.text).unwrap();
            found.iter().for_each(|line| writeln!(blessed, "{line}").unwrap());
            blessed.push('\n');
        }
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, format!("{}\n", blessed.trim_end())).unwrap();
        }
    }
    assert!(failures.is_empty() || std::env::var_os("BLESS").is_some(), "{failures}");
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    for part in text.split("### ").skip(1) {
        let (name, rest) = part.split_once('\n').unwrap();
        let mut case = Case {
            name: name.to_string(),
            files: MemoryFiles::default(),
            expected: Vec::new(),
            text: format!("### {name}\n"),
        };
        for section in rest.split("--- ").skip(1) {
            let (path, body) = section.split_once('\n').unwrap();
            if path == "expect" {
                case.expected = body.lines().filter(|l| !l.is_empty()).map(str::to_string).collect();
            } else {
                case.files.add(path, body);
                write!(case.text, "--- {path}\n{body}").unwrap();
            }
        }
        cases.push(case);
    }
    cases
}

/// Problems of loading; if there is no error, those of references and of statements for plans as well.
fn problems(files: &MemoryFiles) -> Vec<String> {
    let (config, mut diagnostics) = load(files, ".", &ModuleManifest::default(), ModuleResolution::Direct);
    if !diagnostics.has_errors() {
        diagnostics.extend(check_references(&config));
        diagnostics.extend(check_statements(&config));
    }
    let mut lines: Vec<String> = diagnostics.iter().map(|d| line(d, &config.sources)).collect();
    lines.sort();
    lines
}

fn line(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let place = diagnostic.span.and_then(|span| {
        let file = sources.get(span.file)?;
        Some(format!("{}:{}", file.name, file.line(span.start)))
    });
    format!("{severity} {} {}", place.as_deref().unwrap_or("-"), diagnostic.summary)
}
