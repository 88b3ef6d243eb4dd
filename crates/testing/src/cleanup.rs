//! Destroying what the runs of a file have made.

use crate::expected::Expected;
use crate::file_run::FileRun;
use crate::mock::Overrides;
use crate::port::Halt;
use crate::states::{RunState, left_objects};
use crate::tick::with_ticks;
use formwork_config::Config;
use formwork_diag::Diagnostics;
use formwork_eval::Phase;
use formwork_model::{LeftObject, PlanMode, PlanOptions, TestEvent, TestStatus};
use std::sync::Arc;

impl FileRun<'_> {
    /// Destroys all states, the last written first; each with the configuration of its last run. Returns the status that
    /// follows for the file.
    pub(crate) async fn clean_up(&self) -> TestStatus {
        let file = &self.file.name;
        self.reporter.tell(TestEvent::FileTearingDown(file.clone()));
        if self.machine.halt() == Halt::CleanUp {
            // Those that were asked to stop would do nothing more.
            self.machine.renew_providers();
        }
        let mut status = TestStatus::Pending;
        let mut abandoned = Vec::new();
        for state in self.states.take().into_last_first() {
            let run = state.last.1.name.clone();
            if self.machine.halt() == Halt::Now {
                abandoned.push((run, left_objects(&state.snapshot.state)));
                continue;
            }
            self.reporter.tell(TestEvent::RunTearingDown { file: file.clone(), run: run.clone() });
            let still = |elapsed| {
                self.reporter.tell(TestEvent::RunStillTearingDown { file: file.clone(), run: run.clone(), elapsed });
            };
            let (diagnostics, left) = with_ticks(self.machine.clock(), self.destroy(&state), still).await;
            if diagnostics.has_errors() || !left.is_empty() {
                status = TestStatus::Error;
            }
            if self.machine.halt() == Halt::Now && !left.is_empty() {
                abandoned.push((run, left));
            } else {
                self.reporter.tell(TestEvent::TornDown { file: file.clone(), run, diagnostics, left });
            }
        }
        if !abandoned.is_empty() {
            self.reporter.tell(TestEvent::Abandoned { file: file.clone(), left: abandoned });
            status = TestStatus::Error;
        }
        status
    }

    /// Destroys a state. Returns problems and what is left.
    async fn destroy(&self, state: &RunState) -> (Diagnostics, Vec<LeftObject>) {
        let all = || left_objects(&state.snapshot.state);
        let run = &state.last.1;
        let config = &state.equipment.under_test.config;
        let environment = match self.machine.environment(Phase::Plan, config).await {
            Ok(environment) => environment,
            Err(problems) => return (problems, all()),
        };
        let overrides = Arc::new(Overrides::new(&run.overrides, &self.file.overrides));
        let providers = self.providers(&state.equipment.under_test, &overrides, &environment);
        let options = PlanOptions { mode: PlanMode::Destroy, parallelism: self.parallelism, ..PlanOptions::default() };
        let snapshot = state.snapshot.clone();
        let (plan, mut diagnostics) = self.plan(&state.equipment, &providers, options, snapshot, &environment).await;
        if diagnostics.has_errors() {
            return (diagnostics, all());
        }
        let plan = Arc::new(plan);
        let (snapshot, problems) = self.apply(&state.equipment, &providers, plan, &environment, Halt::Now).await;
        diagnostics.extend(problems);
        (without_checks(config, diagnostics), left_objects(&snapshot.state))
    }
}

/// What check blocks say does not matter any more.
fn without_checks(config: &Config, diagnostics: Diagnostics) -> Diagnostics {
    match Expected::read(config, &[]) {
        Ok(expected) => diagnostics.into_iter().filter(|problem| !expected.is_check(problem)).collect(),
        Err(_) => diagnostics,
    }
}
