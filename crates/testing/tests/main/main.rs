//! Cases as data: configurations with their test files, and what running them tells.
//!
//! Expected is a line for each event.

// Tests read their cases from files.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods)]

#[path = "../../../config/tests/main/case_files.rs"]
mod case_files;
mod machine;
#[path = "../../../config/tests/main/memory_files.rs"]
mod memory_files;
mod told;

use formwork_config::{ModuleResolution, VariableInputs, load};
use formwork_model::ModuleManifest;
use formwork_testing::{LoadOptions, SuiteInputs, TestReporter, run_suite};
use machine::FakeMachine;
use memory_files::MemoryFiles;
use told::Told;

#[test]
fn suites_tell_what_they_should() {
    case_files::check(env!("CARGO_MANIFEST_DIR"), run);
}

/// Loads and runs a suite; what is told, line by line.
fn run(files: MemoryFiles) -> Vec<String> {
    let manifest = ModuleManifest::default();
    let resolution = ModuleResolution::Direct;
    let (config, mut problems) = load(&files, ".", &manifest, resolution);
    let options = LoadOptions { test_dir: None, manifest: &manifest, resolution, early: None };
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
