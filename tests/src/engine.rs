//! The engine without the machine around it: planner and applier over files, journal and clock in memory, with the
//! built-in provider and a simulated cloud.

pub mod case;
mod clock;
mod cloud;
mod ports;
pub mod text;

use formwork_apply::{ApplyInputs, ApplyOutcome, Resumed};
use formwork_config::{Config, ModuleResolution};
use formwork_diag::Diagnostics;
use formwork_eval::{Environment, Phase};
use formwork_model::{Event, ModuleManifest, OperationId, Plan, PlanOptions, ResourceInstance, StateSnapshot};
use formwork_object::Deviation;
use formwork_plan::PlanInputs;
use formwork_value::{Str, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use clock::SimulatedClock;
pub use cloud::{Cloud, CloudObject, CloudProvider, Fault};
pub use ports::{CountingEntropy, MemoryFiles, MemoryJournal, NotedEvents, NotedProvisioner, Providers};

/// An engine with its state and its cloud.
pub struct Engine {
    files: BTreeMap<String, String>,
    pub variables: BTreeMap<Str, Value>,
    pub state: StateSnapshot,
    pub journal: MemoryJournal,
    pub cloud: Arc<Cloud>,
    pub clock: Arc<SimulatedClock>,
    pub provisioner: NotedProvisioner,
    providers: Providers,
    pub parallelism: usize,
}

impl Engine {
    /// An engine over a root module with one file, and no state.
    pub fn new(main: &str) -> Engine {
        let entropy = Arc::new(CountingEntropy::default());
        let clock = Arc::new(SimulatedClock::default());
        let cloud = Arc::new(Cloud::new(clock.clone()));
        Engine {
            files: [("main.tf".to_string(), main.to_string())].into(),
            variables: BTreeMap::new(),
            state: StateSnapshot::default(),
            journal: MemoryJournal::default(),
            providers: Providers::new(entropy, cloud.clone()),
            provisioner: NotedProvisioner::default(),
            cloud,
            clock,
            parallelism: 10,
        }
    }

    /// Replaces the root module's file.
    pub fn configure(&mut self, main: &str) {
        self.write("main.tf", main);
    }

    pub fn write(&mut self, path: &str, text: &str) {
        self.files.insert(path.to_string(), text.to_string());
    }

    fn files(&self) -> Arc<MemoryFiles> {
        Arc::new(MemoryFiles::new(self.files.iter().map(|(name, text)| (&**name, &**text))))
    }

    fn environment(&self, phase: Phase) -> Environment {
        Environment {
            phase,
            workspace: "default".into(),
            plan_timestamp: "2026-01-01T00:00:00Z".into(),
            timestamp: "2026-01-01T00:00:00Z".into(),
            files: self.files(),
            // Each plan draws the same keys.
            entropy: Arc::new(CountingEntropy::default()),
            original_dir: "/work".into(),
            provider_functions: None,
        }
    }

    /// The configuration, and the problems found in loading it.
    pub fn try_load(&self) -> (Arc<Config>, Diagnostics) {
        let manifest = ModuleManifest::default();
        let (config, problems) = formwork_config::load(&*self.files(), ".", &manifest, ModuleResolution::Direct);
        (Arc::new(config), problems)
    }

    /// Loads the configuration; errors are the test's failure.
    #[track_caller]
    pub fn load(&self) -> Arc<Config> {
        let (config, problems) = self.try_load();
        assert!(!problems.has_errors(), "{problems:#?}");
        config
    }

    pub fn validate(&self) -> Diagnostics {
        self.clock.run(formwork_plan::validate(self.load(), self.environment(Phase::Validate), &self.providers))
    }

    #[track_caller]
    pub fn plan(&self, options: PlanOptions) -> (Plan, Diagnostics) {
        self.plan_until(options, &|| false)
    }

    /// Plans until `cancelled` says so.
    #[track_caller]
    pub fn plan_until(&self, options: PlanOptions, cancelled: &(dyn Fn() -> bool + Sync)) -> (Plan, Diagnostics) {
        self.plan_told(options, cancelled, &NotedEvents::default())
    }

    /// Plans until `cancelled` says so, and tells what happens.
    #[track_caller]
    pub fn plan_told(
        &self,
        options: PlanOptions,
        cancelled: &(dyn Fn() -> bool + Sync),
        events: &NotedEvents,
    ) -> (Plan, Diagnostics) {
        let inputs = PlanInputs {
            config: self.load(),
            variables: self.variables.clone(),
            previous: self.state.clone(),
            providers: &self.providers,
            environment: self.environment(Phase::Plan),
            events,
            clock: &*self.clock,
            options,
            backend: Default::default(),
            lock_file: Default::default(),
            is_kept: true,
            validates: true,
            cancelled,
        };
        self.clock.run(formwork_plan::plan(&inputs))
    }

    /// Applies a plan and keeps the new state.
    #[track_caller]
    pub fn apply(&mut self, plan: Plan) -> ApplyOutcome {
        self.apply_until(plan, |_| false).0
    }

    /// Applies until `cancelled`, which is told the number of operations that have begun, says so. Gives the events as
    /// well.
    #[track_caller]
    pub fn apply_until(&mut self, plan: Plan, cancelled: impl Fn(usize) -> bool + Sync) -> (ApplyOutcome, Vec<Event>) {
        self.apply_rest(plan, Vec::new(), cancelled)
    }

    /// What is left of a plan, by the state alone or by what is known of its operations; objects that are not as they
    /// should be otherwise.
    pub fn resume(&self, plan: &Plan, known: Option<&BTreeSet<OperationId>>) -> Result<Resumed, Vec<Deviation>> {
        formwork_apply::resume(plan, &self.load(), &self.state, known)
    }

    /// As [`Engine::apply_until`], for what is left of a plan.
    #[track_caller]
    pub fn apply_resumed(
        &mut self,
        rest: Resumed,
        cancelled: impl Fn(usize) -> bool + Sync,
    ) -> (ApplyOutcome, Vec<Event>) {
        self.apply_rest(rest.plan, rest.done, cancelled)
    }

    #[track_caller]
    fn apply_rest(
        &mut self,
        plan: Plan,
        done: Vec<ResourceInstance>,
        cancelled: impl Fn(usize) -> bool + Sync,
    ) -> (ApplyOutcome, Vec<Event>) {
        let events = NotedEvents::default();
        let started = || {
            let events = events.0.lock().expect("no panic while it was held");
            events.iter().filter(|e| matches!(e, Event::Started { .. })).count()
        };
        let inputs = ApplyInputs {
            variables: self.variables.clone(),
            plan: Arc::new(plan),
            config: self.load(),
            providers: &self.providers,
            environment: self.environment(Phase::Apply),
            journal: &self.journal,
            provisioner: &self.provisioner,
            clock: &*self.clock,
            events: &events,
            parallelism: self.parallelism,
            done,
            cancelled: &|| cancelled(started()),
        };
        let outcome = self.clock.run(formwork_apply::apply(&inputs));
        self.state = outcome.snapshot.clone();
        (outcome, events.0.into_inner().expect("no panic while it was held"))
    }
}
