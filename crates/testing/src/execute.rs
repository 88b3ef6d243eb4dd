//! One run: its plan, its apply, its assertions.

use crate::assertion::{judge, senseless_references};
use crate::expected::Expected;
use crate::file::{Command, RunBlock};
use crate::file_run::FileRun;
use crate::mock::{Overrides, settle_mock, settle_overrides};
use crate::port::Halt;
use crate::providers::{TestProviders, UnderTest, under_test};
use crate::scope::{AssertionScope, FileScope, Runs};
use crate::states::{Equipment, RunState, planned_evaluator, stored_evaluator};
use crate::target::plan_options;
use crate::variables::{RunVariables, run_variables};
use async_trait::async_trait;
use formwork_apply::ApplyInputs;
use formwork_config::{Config, check_references};
use formwork_diag::Diagnostics;
use formwork_eval::{Environment, Evaluator, ModuleId, Phase};
use formwork_hcl::Bindings;
use formwork_model::{
    BackendRecord, Event, EventSink, Journal, JournalEntry, JournalError, LockFile, Plan, PlanOptions, PlanProviders,
    ProviderAddress, ProviderSchema, RunProduct, StateSnapshot, TestStatus,
};
use formwork_plan::PlanInputs;
use formwork_value::{Marks, Str, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What came of a run.
#[derive(Default)]
pub(crate) struct Executed {
    pub status: TestStatus,
    pub diagnostics: Diagnostics,
    /// Assertions that do not hold.
    pub failed: usize,
    pub product: Option<RunProduct>,
    /// What later runs see of it.
    pub outputs: Option<Value>,
}

impl Executed {
    fn error(diagnostics: Diagnostics) -> Executed {
        Executed { status: TestStatus::Error, diagnostics, ..Executed::default() }
    }
}

/// States of tests live in memory only.
struct Unjournaled;

#[async_trait]
impl Journal for Unjournaled {
    async fn append(&self, _: Vec<JournalEntry>) -> Result<(), JournalError> {
        Ok(())
    }
}

/// Tests tell of runs, not of single objects.
pub(crate) struct Silent;

impl EventSink for Silent {
    fn emit(&self, _: Event) {}
}

impl FileRun<'_> {
    /// Executes a run of the file.
    pub(crate) async fn execute(&self, index: usize, run: &RunBlock) -> Executed {
        let config = run.config.as_ref().unwrap_or(&self.suite.config);
        let prepared = match self.prepare(config, run).await {
            Ok(prepared) => prepared,
            Err(diagnostics) => return Executed::error(diagnostics),
        };
        let mut stage = Stage { file_run: self, run, index, prepared, executed: Executed::default() };
        stage.run().await;
        let mut executed = stage.executed;
        if executed.diagnostics.has_errors() && executed.status < TestStatus::Fail {
            executed.status = TestStatus::Error;
        }
        executed
    }

    /// Puts together what the run works with.
    async fn prepare(&self, config: &Arc<Config>, run: &RunBlock) -> Result<Prepared, Diagnostics> {
        if config.refused.has_errors() {
            return Err(config.refused.clone());
        }
        let globals = self.globals(config, run);
        let environment = self.machine.environment(Phase::Plan, config).await?;
        let names: Vec<Str> = self.file.runs.iter().map(|run| run.name.clone()).collect();
        let outputs = self.outputs.borrow().clone();
        let runs = Runs { outputs: &outputs, names: &names, in_assertion: false };
        let plain = Evaluator::new(config.clone(), BTreeMap::new(), environment.clone());
        let (variables, problems) = run_variables(config, self.file, run, &globals, &plain, runs);
        let bindings = Bindings(vec![
            ("var".into(), Value::object_map(variables.visible.clone())),
            ("run".into(), Value::object_map(outputs.clone())),
        ]);
        let mut under_test = under_test(config, self.file, run, &bindings)?;
        let broken = check_references(&under_test.config);
        if broken.has_errors() {
            return Err(broken);
        }
        if problems.has_errors() {
            return Err(problems);
        }
        let scope = FileScope { evaluator: &plain, variables: &variables.visible, runs: Some(runs) };
        let mut wrong = Diagnostics::new();
        let own = settle_overrides(&run.overrides, &scope, &mut wrong);
        let overrides = Overrides::new(&own, &settle_overrides(&self.file.overrides, &scope, &mut wrong));
        for mock in under_test.mocks.values_mut() {
            *mock = Arc::new(settle_mock(mock, &scope, &mut wrong));
        }
        if wrong.has_errors() {
            return Err(wrong);
        }
        for (module, found) in overrides.modules() {
            under_test.config.overridden.entry(module.clone()).or_insert_with(|| found.values.clone());
        }
        Ok(Prepared {
            equipment: Equipment { under_test: Arc::new(under_test), variables },
            environment,
            warnings: problems,
            overrides: Arc::new(overrides),
        })
    }
}

/// What a run works with.
struct Prepared {
    equipment: Equipment,
    environment: Environment,
    warnings: Diagnostics,
    overrides: Arc<Overrides>,
}

/// A run on its way.
struct Stage<'a> {
    file_run: &'a FileRun<'a>,
    run: &'a RunBlock,
    index: usize,
    prepared: Prepared,
    executed: Executed,
}

impl Stage<'_> {
    fn under_test(&self) -> &Arc<UnderTest> {
        &self.prepared.equipment.under_test
    }

    fn variables(&self) -> &RunVariables {
        &self.prepared.equipment.variables
    }

    async fn run(&mut self) {
        self.executed.diagnostics = std::mem::take(&mut self.prepared.warnings);
        let under_test = self.under_test().clone();
        let expected = match Expected::read(&under_test.config, &self.run.expect_failures) {
            Ok(expected) => expected,
            Err(problems) => return self.stop(problems),
        };
        let senseless = senseless_references(self.run);
        if senseless.has_errors() {
            return self.stop(senseless);
        }
        let options = match plan_options(self.run, self.file_run.parallelism) {
            Ok(options) => options,
            Err(problems) => return self.stop(problems),
        };
        let providers = self.file_run.providers(&under_test, &self.prepared.overrides, &self.prepared.environment);
        let prior = self.file_run.states.borrow().snapshot(&self.run.state());
        let (plan, problems) =
            self.file_run.plan(&self.prepared.equipment, &providers, options, prior, &self.prepared.environment).await;
        let schemas = match schemas(&under_test.config, &providers).await {
            Ok(schemas) => schemas,
            Err(problems) => return self.stop(problems),
        };
        match self.run.command {
            Command::Plan => self.conclude_plan(&expected, plan, problems, &schemas),
            Command::Apply => self.apply(&expected, plan, problems, &providers, &schemas).await,
        }
    }

    fn stop(&mut self, problems: Diagnostics) {
        self.executed.status = TestStatus::Error;
        self.executed.diagnostics.extend(problems);
    }

    /// Moves problems of variables to where their values were given.
    fn at_values(&self, diagnostics: Diagnostics) -> Diagnostics {
        let variables = &self.under_test().config.root().variables;
        let move_one = |mut problem: formwork_diag::Diagnostic| {
            if problem.summary == "Invalid value for variable"
                && let Some(block) = variables.values().find(|block| Some(block.header_span) == problem.span)
                && let Some(place) = self.variables().places.get(&block.name)
            {
                problem.span = Some(*place);
            }
            problem
        };
        diagnostics.into_iter().map(move_one).collect()
    }

    fn conclude_plan(&mut self, expected: &Expected<'_>, plan: Plan, problems: Diagnostics, schemas: &Schemas) {
        let problems = self.at_values(expected.settle(problems));
        let failed = problems.has_errors();
        self.executed.diagnostics.extend(problems);
        let environment = self.prepared.environment.clone();
        let evaluator = planned_evaluator(self.under_test(), self.variables(), environment, schemas, &plan);
        self.executed.product = Some(RunProduct::Plan(Arc::new(plan)));
        if failed {
            self.executed.status = TestStatus::Error;
            return;
        }
        self.judge(&evaluator);
    }

    async fn apply(
        &mut self,
        expected: &Expected<'_>,
        plan: Plan,
        problems: Diagnostics,
        providers: &TestProviders,
        schemas: &Schemas,
    ) {
        let problems = expected.explain(problems);
        if problems.has_errors() {
            let problems = self.at_values(problems);
            return self.stop(problems);
        }
        // The apply checks what check blocks say again.
        self.executed.diagnostics.extend(problems.into_iter().filter(|problem| !expected.is_check(problem)));
        let plan = Arc::new(plan);
        let equipment = self.prepared.equipment.clone();
        let (snapshot, problems) =
            self.file_run.apply(&equipment, providers, plan, &self.prepared.environment, Halt::CleanUp).await;
        let problems = self.at_values(expected.settle(problems));
        let failed = problems.has_errors();
        self.executed.diagnostics.extend(problems);
        let environment = Environment { phase: Phase::Apply, ..self.prepared.environment.clone() };
        let state = snapshot.state.clone();
        let evaluator = stored_evaluator(self.under_test(), self.variables(), environment, schemas, &state);
        self.executed.product = Some(RunProduct::State(Arc::new(state), schemas.clone()));
        let last = (self.index, self.run.clone());
        self.file_run.states.borrow_mut().put(self.run.state(), RunState { snapshot, last, equipment });
        if failed {
            self.executed.status = TestStatus::Error;
            return;
        }
        self.judge(&evaluator);
    }

    /// Judges the assertions, and notes the outputs for later runs.
    fn judge(&mut self, evaluator: &Evaluator) {
        let names: Vec<Str> = self.file_run.file.runs.iter().map(|run| run.name.clone()).collect();
        let outputs = self.file_run.outputs.borrow().clone();
        let runs = Runs { outputs: &outputs, names: &names, in_assertion: true };
        let given = &self.prepared.equipment.variables.visible;
        let scope = AssertionScope { evaluator, root: evaluator.module_scope(ModuleId::ROOT), runs, given };
        let judgement = judge(self.run, &scope);
        drop(evaluator.take_problems());
        self.executed.status = self.executed.status.max(judgement.status);
        self.executed.failed = judgement.failed;
        self.executed.diagnostics.extend(judgement.diagnostics);
        self.executed.outputs = Some(outputs_of(evaluator));
    }
}

/// The root outputs as an object.
fn outputs_of(evaluator: &Evaluator) -> Value {
    let module = evaluator.module_config(ModuleId::ROOT);
    let value = |name: &Str| {
        let sensitive = module.outputs.get(name).is_some_and(|block| block.sensitive);
        let value = evaluator.output(ModuleId::ROOT, name).unwrap_or_else(|_| Value::dynamic());
        if sensitive { value.with_marks(Marks::SENSITIVE) } else { value }
    };
    Value::object_map(module.outputs.keys().map(|name| (name.clone(), value(name))).collect())
}

type Schemas = BTreeMap<ProviderAddress, Arc<ProviderSchema>>;

/// The schemas of all providers that a configuration names.
async fn schemas(config: &Config, providers: &TestProviders) -> Result<Schemas, Diagnostics> {
    let mut wanted: BTreeSet<&ProviderAddress> = BTreeSet::new();
    for module in config.modules.values() {
        wanted.extend(module.resources.values().map(|resource| &resource.provider_address));
    }
    let mut schemas = Schemas::new();
    for provider in wanted {
        schemas.insert(provider.clone(), providers.schema(provider).await?);
    }
    Ok(schemas)
}

impl FileRun<'_> {
    /// The providers for a configuration under test.
    pub(crate) fn providers(
        &self,
        under_test: &UnderTest,
        overrides: &Arc<Overrides>,
        environment: &Environment,
    ) -> TestProviders {
        TestProviders {
            real: self.machine.providers(),
            mocks: under_test.mocks.clone(),
            overrides: overrides.clone(),
            entropy: environment.entropy.clone(),
        }
    }

    /// Plans with what a run works with.
    pub(crate) async fn plan(
        &self,
        equipment: &Equipment,
        providers: &TestProviders,
        options: PlanOptions,
        previous: StateSnapshot,
        environment: &Environment,
    ) -> (Plan, Diagnostics) {
        let least = if options.mode == formwork_model::PlanMode::Destroy { Halt::Now } else { Halt::CleanUp };
        let cancelled = || self.machine.halt() >= least;
        let inputs = PlanInputs {
            config: Arc::new(equipment.under_test.config.clone()),
            variables: equipment.variables.values.clone(),
            previous,
            providers,
            environment: Environment { phase: Phase::Plan, ..environment.clone() },
            events: &Silent,
            options,
            backend: BackendRecord::default(),
            lock_file: LockFile::default(),
            is_kept: true,
            validates: true,
            clock: self.machine.clock(),
            cancelled: &cancelled,
        };
        formwork_plan::plan(&inputs).await
    }

    /// Applies a plan; from `least` on an interrupt keeps operations from beginning.
    pub(crate) async fn apply(
        &self,
        equipment: &Equipment,
        providers: &TestProviders,
        plan: Arc<Plan>,
        environment: &Environment,
        least: Halt,
    ) -> (StateSnapshot, Diagnostics) {
        let cancelled = || self.machine.halt() >= least;
        let parallelism = plan.options.parallelism;
        let inputs = ApplyInputs {
            plan,
            config: Arc::new(equipment.under_test.config.clone()),
            variables: equipment.variables.values.clone(),
            providers,
            environment: Environment { phase: Phase::Apply, ..environment.clone() },
            journal: &Unjournaled,
            provisioner: self.machine.provisioner(),
            clock: self.machine.clock(),
            events: &Silent,
            parallelism,
            done: Vec::new(),
            cancelled: &cancelled,
        };
        let outcome = formwork_apply::apply(&inputs).await;
        (outcome.snapshot, outcome.diagnostics)
    }
}
