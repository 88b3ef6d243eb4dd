//! The runs of one file.

use crate::execute::Executed;
use crate::file::{RunBlock, TestFile};
use crate::load::Suite;
use crate::mock::Overrides;
use crate::port::{Halt, TestMachine, TestReporter};
use crate::states::States;
use crate::tick::with_ticks;
use crate::variables::{Globals, globals, own_variables};
use formwork_config::{Config, VariableInputs};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_graph::Scheduler;
use formwork_hcl::references;
use formwork_model::{ModulePath, RunReport, TargetAddress, TestEvent, TestStatus};
use formwork_value::{Str, Value};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// A file whose runs are executed.
pub(crate) struct FileRun<'a> {
    pub suite: &'a Suite,
    pub file: &'a TestFile,
    pub inputs: &'a VariableInputs,
    pub machine: &'a dyn TestMachine,
    pub reporter: &'a dyn TestReporter,
    pub parallelism: usize,
    pub states: RefCell<States>,
    /// Outputs of the runs that have ended.
    pub outputs: RefCell<BTreeMap<Str, Value>>,
    pub status: Cell<TestStatus>,
    pub known_globals: RefCell<BTreeMap<Str, Arc<Globals>>>,
}

impl FileRun<'_> {
    /// Executes all runs, and then destroys what they have made. Returns the status of the file and its runs.
    pub(crate) async fn run(&self) -> (TestStatus, Vec<TestStatus>) {
        let name = &self.file.name;
        self.reporter.tell(TestEvent::FileStarted(name.clone()));
        let mut statuses = vec![TestStatus::Pending; self.file.runs.len()];
        let mut scheduler = Scheduler::new(dependencies(&self.file.runs));
        let mut running = FuturesUnordered::new();
        loop {
            while let Some(index) = scheduler.take_ready() {
                if let Some(run) = self.file.runs.get(index) {
                    running.push(async move { (index, self.one(index, run).await) });
                }
            }
            let Some((index, status)) = running.next().await else { break };
            if let Some(slot) = statuses.get_mut(index) {
                *slot = status;
            }
            scheduler.finish(index);
        }
        drop(running);
        self.status.set(self.status.get().max(self.clean_up().await));
        let diagnostics = self.absent_targets();
        let status = if self.file.runs.is_empty() { TestStatus::Pass } else { self.status.get() };
        self.reporter.tell(TestEvent::FileFinished { file: name.clone(), status, diagnostics });
        (status, statuses)
    }

    /// Executes a run, or skips it after an error.
    async fn one(&self, index: usize, run: &RunBlock) -> TestStatus {
        let (file, name) = (self.file.name.clone(), run.name.clone());
        let mut report = RunReport {
            file: file.clone(),
            run: name.clone(),
            status: TestStatus::Skip,
            diagnostics: Diagnostics::new(),
            assertions: (run.asserts.len(), 0),
            started: None,
            elapsed: Duration::ZERO,
            product: None,
        };
        if self.status.get() == TestStatus::Error || self.machine.halt() > Halt::No {
            self.status.set(self.status.get().max(TestStatus::Skip));
            self.reporter.tell(TestEvent::RunFinished(Arc::new(report)));
            return TestStatus::Skip;
        }
        self.reporter.tell(TestEvent::RunStarted { file, run: name.clone() });
        let clock = self.machine.clock();
        let (begin, started) = (clock.monotonic(), self.machine.timestamp());
        let still = |elapsed| {
            let (file, run) = (self.file.name.clone(), run.name.clone());
            self.reporter.tell(TestEvent::RunStillRunning { file, run, elapsed });
        };
        let executed = with_ticks(clock, self.execute(index, run), still).await;
        let Executed { status, diagnostics, failed, product, outputs } = executed;
        report.status = status;
        report.diagnostics = diagnostics;
        report.assertions.1 = failed;
        report.started = Some(started.into());
        report.elapsed = clock.monotonic().saturating_sub(begin);
        report.product = product;
        if let Some(outputs) = outputs {
            self.outputs.borrow_mut().insert(name, outputs);
        }
        self.status.set(self.status.get().max(status));
        self.reporter.tell(TestEvent::RunFinished(Arc::new(report)));
        status
    }

    /// Values from outside of the test files, for a run.
    pub(crate) fn globals(&self, config: &Config, run: &RunBlock) -> Arc<Globals> {
        let root = config.root();
        let make = |own| Arc::new(globals(root, own, self.inputs.clone(), &mut self.suite.sources.clone()));
        let own = own_variables(run, root);
        if !own.is_empty() {
            return make(&own);
        }
        if let Some(known) = self.known_globals.borrow().get(&root.dir) {
            return known.clone();
        }
        let found = make(&own);
        self.known_globals.borrow_mut().insert(root.dir.clone(), found.clone());
        found
    }

    /// Warns of overrides whose targets are in no configuration that the file has tested.
    fn absent_targets(&self) -> Diagnostics {
        let mut warnings = Diagnostics::new();
        let overrides = Overrides::new(&[], &self.file.overrides);
        let all: Vec<&Config> =
            self.file.runs.iter().map(|run| &**run.config.as_ref().unwrap_or(&self.suite.config)).collect();
        for found in overrides.all() {
            if all.iter().any(|config| has_target(config, &found.target)) {
                continue;
            }
            let detail = format!(
                "{} is not part of the configuration under test, so nothing is overridden. Is the address written \
                 correctly?",
                found.target
            );
            warnings.push(Diagnostic::warning("Invalid override target", detail).at(found.target_span));
        }
        warnings
    }
}

fn has_target(config: &Config, target: &TargetAddress) -> bool {
    let has = |module: &ModulePath, resource| {
        config.module(module).is_some_and(|module| module.resources.contains_key(resource))
    };
    match target {
        TargetAddress::Module(module) => config.module(&module.path()).is_some(),
        TargetAddress::Resource(resource) => has(&resource.module.path(), &resource.resource),
        TargetAddress::Instance(instance) => has(&instance.module.path(), &instance.resource),
    }
}

/// Which runs each run waits for: all before it, unless both may run at the same time, work on different states, and the
/// later one does not refer to the earlier one.
fn dependencies(runs: &[RunBlock]) -> Vec<Vec<usize>> {
    let waits = |run: &RunBlock, earlier: &RunBlock, named: &BTreeSet<Str>| {
        !run.parallel || !earlier.parallel || run.state() == earlier.state() || named.contains(&earlier.name)
    };
    let of = |(index, run): (usize, &RunBlock)| {
        let named = named_runs(run);
        let earlier = runs.iter().enumerate().take(index).filter(|(_, earlier)| waits(run, earlier, &named));
        earlier.map(|(index, _)| index).collect()
    };
    runs.iter().enumerate().map(of).collect()
}

/// Names of the runs that a run refers to.
fn named_runs(run: &RunBlock) -> BTreeSet<Str> {
    let variables = run.variables.values().map(|attribute| &attribute.expr);
    let asserts = run.asserts.iter().flat_map(|rule| [&rule.condition, &rule.error_message]);
    let given = run.overrides.iter().filter_map(|found| found.later.as_ref()).map(|attribute| &attribute.expr);
    let traversals =
        variables.chain(asserts).chain(given).flat_map(references).filter(|traversal| &*traversal.root == "run");
    let name = |traversal: &formwork_hcl::Traversal| match traversal.steps.first() {
        Some(formwork_hcl::TraversalStep::Attribute { name, .. }) => Some(name.clone()),
        _ => None,
    };
    traversals.filter_map(name).collect()
}
