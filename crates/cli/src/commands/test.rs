//! `test`.

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::configuration::{UNREADABLE, VARIABLE_FLAGS, inputs, load_suite, test_inputs};
use crate::exit::Exit;
use crate::json_file::STREAM_FLAGS;
use crate::session::{Session, Threads};
use crate::test_run::{Machine, Reporter};
use formwork_config::{VariableArgument, VariableInputs, collect_variables, parse_file};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::TestStatus;
use formwork_testing::{Suite, SuiteInputs, run_suite};
use std::sync::Arc;

pub static COMMAND: Command = Command {
    name: "test",
    arguments: "",
    summary: "Run the tests of this module.",
    description: "Looks for files named *.tftest.hcl here and in the test directory, and executes their runs in order: each \
                  plans or applies the module (or another one), and checks assertions. What was made is destroyed at the \
                  end of each file. Objects are real unless a test replaces their provider, so look at the end of the \
                  output whether everything could be destroyed.",
    flags: &[
        GENERAL,
        VARIABLE_FLAGS,
        STREAM_FLAGS,
        &[
            Flag::value("cloud-run", "SOURCE", ""),
            Flag::value("filter", "FILE", "Execute this test file only. Can be repeated."),
            Flag::value("junit-xml", "FILE", "Write the results to a file in JUnit's format as well."),
            Flag::value("parallelism", "N", "Number of operations at the same time (default 10)."),
            Flag::value("test-directory", "DIR", "Where test files lie besides this directory (default tests)."),
            Flag::switch("verbose", "Show the plan or state of each run."),
        ],
    ],
    positional: (0, super::MANY),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let invalid = |detail: String| Diagnostics::from(Diagnostic::error("Invalid command line", detail));
    if arguments.is_given("cloud-run") {
        let detail = "-cloud-run executes tests in HCP Terraform, which Formwork does not use. Leave it out to execute the \
             tests here.";
        return Err(invalid(detail.to_owned()));
    }
    let parallelism = arguments.number_or("parallelism", 10, 1).map_err(|problem| invalid(format!("{problem}.")))?;
    let verbose = arguments.switch("verbose");
    let suite = load_suite(session, arguments.value("test-directory"))?;
    let filter: Vec<String> = arguments.values("filter").map(str::to_owned).collect();
    let variables = inputs(session, arguments)?;
    let test_dir_variables = test_inputs(session, arguments, &suite.test_dir)?;
    check_form(session, &suite, &test_dir_variables)?;
    check_form(session, &suite, &variables)?;
    if test_dir_variables.files.len() != variables.files.len() {
        // Places in files of values are then not the same for all runs.
        session.set_sources(Arc::new(suite.sources.clone()));
    }
    let suite_inputs = SuiteInputs { filter: &filter, variables, test_dir_variables, parallelism };
    let reporter = Reporter::new(session, verbose);
    let summary = session.block_on_with_interrupts(Threads::Several, async {
        let machine = Machine::prepare(session, &suite)?;
        let summary = run_suite(&suite, suite_inputs, &machine, &reporter).await;
        machine.shut_down().await;
        Ok(summary)
    })?;
    if let Some(path) = arguments.value("junit-xml") {
        std::fs::write(path, reporter.junit()).map_err(|error| {
            let detail = format!("The results cannot be written to {path:?}: {error}.");
            Diagnostics::from(Diagnostic::error("Cannot write the JUnit file", detail).blame(Blame::Environment))
        })?;
    }
    Ok(if summary.status > TestStatus::Pass { Exit::Error } else { Exit::Success })
}

/// Mistakes in how values are written, which are the same for every run, so they are told once. Whether a value suits
/// its variable is told by the runs.
fn check_form(session: &Session, suite: &Suite, inputs: &VariableInputs) -> Result<(), Diagnostics> {
    let mut sources = suite.sources.clone();
    let mut wrong = Diagnostics::new();
    let named = inputs.arguments.iter().filter_map(|argument| match argument {
        VariableArgument::File(file) => Some(file),
        VariableArgument::Value(_) => None,
    });
    for file in inputs.files.iter().chain(named).cloned() {
        let json = file.name.ends_with(".json");
        let body = parse_file(file.name, file.bytes, json, &mut sources, &mut wrong);
        wrong.extend(body.just_attributes().1);
    }
    if !wrong.has_errors() {
        // Later problems are in the files as the runs read them.
        sources = suite.sources.clone();
        let (_, problems) = collect_variables(suite.config.root(), inputs.clone(), &mut sources);
        wrong.extend(problems.into_iter().filter(|problem| problem.summary == UNREADABLE));
    }
    session.set_sources(Arc::new(sources));
    if wrong.has_errors() { Err(wrong) } else { Ok(()) }
}
