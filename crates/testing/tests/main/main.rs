//! Cases as data: configurations with their test files, and what running them tells.
//!
//! Each file of `tests/cases` holds cases: `### NAME`, then `--- PATH` with a file's text, and `--- expect` with a line
//! for each event. With `BLESS=1` the expectations are rewritten.

// Tests read their cases from files.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod machine;
mod memory_files;
mod told;

use formwork_config::{ModuleResolution, VariableInputs, load};
use formwork_model::ModuleManifest;
use formwork_testing::{LoadOptions, SuiteInputs, TestReporter, run_suite};
use machine::FakeMachine;
use memory_files::MemoryFiles;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use told::Told;

struct Case {
    name: String,
    files: MemoryFiles,
    expected: Vec<String>,
    text: String,
}

#[test]
fn suites_tell_what_they_should() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let bless = std::env::var_os("BLESS").is_some();
    let mut failures = String::new();
    for path in paths {
        let mut blessed = String::new();
        for case in cases(&std::fs::read_to_string(&path).unwrap()) {
            let told = run(case.files);
            if told != case.expected {
                let name = path.file_stem().unwrap().to_string_lossy();
                writeln!(failures, "{name}/{}\n  expected {:#?}\n  told {told:#?}", case.name, case.expected).unwrap();
            }
            writeln!(blessed, "{}--- expect", case.text).unwrap();
            told.iter().for_each(|line| writeln!(blessed, "{line}").unwrap());
            blessed.push('\n');
        }
        if bless {
            std::fs::write(&path, format!("{}\n", blessed.trim_end())).unwrap();
        }
    }
    assert!(failures.is_empty() || bless, "{failures}");
}

fn cases(text: &str) -> Vec<Case> {
    text.split("### ").skip(1).map(case).collect()
}

fn case(part: &str) -> Case {
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
            case.expected = body.lines().filter(|line| !line.is_empty()).map(str::to_string).collect();
        } else {
            case.files.add(path, body);
            write!(case.text, "--- {section}").unwrap();
        }
    }
    case
}

/// Loads and runs a suite; what is told, line by line.
fn run(files: MemoryFiles) -> Vec<String> {
    let manifest = ModuleManifest::default();
    let resolution = ModuleResolution::Direct;
    let (config, mut problems) = load(&files, ".", &manifest, resolution);
    let options = LoadOptions { test_dir: None, manifest: &manifest, resolution };
    let (suite, more) = formwork_testing::load(&files, config, options);
    problems.extend(more);
    let told = Told::new(suite.sources.clone());
    told.problems(&problems);
    if !problems.has_errors() {
        let machine = FakeMachine::new(files);
        let inputs = SuiteInputs {
            filter: &[],
            variables: VariableInputs::default(),
            test_dir_variables: VariableInputs::default(),
            parallelism: 10,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run_suite(&suite, inputs, &machine, &told as &dyn TestReporter));
        told.lines(machine.commands().into_iter().map(|command| format!("ran {command}")));
    }
    told.into_lines()
}
