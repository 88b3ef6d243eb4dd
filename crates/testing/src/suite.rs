//! All files of a suite.

use crate::file_run::FileRun;
use crate::load::Suite;
use crate::port::{Halt, TestMachine, TestReporter};
use formwork_config::VariableInputs;
use formwork_model::{TestEvent, TestStatus, TestSummary};
use formwork_value::Str;

/// What a suite is run with.
pub struct SuiteInputs<'a> {
    /// Names of the files to run; all if empty.
    pub filter: &'a [String],
    /// Values of variables from outside of the files.
    pub variables: VariableInputs,
    /// The same for files in the test directory.
    pub test_dir_variables: VariableInputs,
    /// Number of provider calls at once.
    pub parallelism: usize,
}

/// Runs the files of a suite one after the other.
pub async fn run_suite(
    suite: &Suite,
    inputs: SuiteInputs<'_>,
    machine: &dyn TestMachine,
    reporter: &dyn TestReporter,
) -> TestSummary {
    let wanted = |name: &str| inputs.filter.is_empty() || inputs.filter.iter().any(|filter| clean(filter) == name);
    let files: Vec<_> = suite.files.iter().filter(|file| wanted(&file.name)).collect();
    let found = files.iter().map(|file| {
        let runs: Vec<Str> = file.runs.iter().map(|run| run.name.clone()).collect();
        (file.name.clone(), runs)
    });
    reporter.tell(TestEvent::Found(found.collect()));
    let mut summary = TestSummary::default();
    for file in files {
        let variables = if file.in_test_dir { &inputs.test_dir_variables } else { &inputs.variables };
        let run = FileRun {
            suite,
            file,
            inputs: variables,
            machine,
            reporter,
            parallelism: inputs.parallelism,
            states: Default::default(),
            outputs: Default::default(),
            status: Default::default(),
            known_globals: Default::default(),
        };
        let (status, runs) = run.run().await;
        summary.status = summary.status.max(status);
        for status in runs {
            summary.count(status);
        }
        if machine.halt() == Halt::Now {
            break;
        }
    }
    if summary.status == TestStatus::Pending {
        summary.status = TestStatus::Pass;
    }
    reporter.tell(TestEvent::Finished(summary));
    summary
}

/// A path as file names are written.
fn clean(path: &str) -> String {
    formwork_config::join_clean(".", &path.replace('\\', "/"))
}
