//! The engine without the machine around it: planner and applier over files, journal and clock in memory, with the
//! built-in provider.

mod ports;

use formwork_apply::{ApplyInputs, ApplyOutcome};
use formwork_config::{Config, ModuleResolution};
use formwork_diag::Diagnostics;
use formwork_eval::{Environment, Phase};
use formwork_model::{ModuleManifest, Plan, PlanOptions, StateSnapshot};
use formwork_plan::PlanInputs;
use formwork_value::{Str, Value};
pub use ports::{CountingEntropy, FrozenClock, MemoryFiles, MemoryJournal, NoEvents, NoProvisioner, OneProvider};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An engine with its state.
pub struct Engine {
    pub files: Arc<MemoryFiles>,
    pub variables: BTreeMap<Str, Value>,
    pub state: StateSnapshot,
    pub journal: MemoryJournal,
    entropy: Arc<CountingEntropy>,
    providers: OneProvider,
}

impl Engine {
    /// An engine over a root module with one file, and no state.
    pub fn new(main: &str) -> Engine {
        let entropy = Arc::new(CountingEntropy::default());
        Engine {
            files: Arc::new(MemoryFiles::new([("main.tf", main)])),
            variables: BTreeMap::new(),
            state: StateSnapshot::default(),
            journal: MemoryJournal::default(),
            providers: OneProvider::new(entropy.clone()),
            entropy,
        }
    }

    /// Replaces the root module's file.
    pub fn configure(&mut self, main: &str) {
        self.files = Arc::new(MemoryFiles::new([("main.tf", main)]));
    }

    fn environment(&self, phase: Phase) -> Environment {
        Environment {
            phase,
            workspace: "default".into(),
            plan_timestamp: "2026-01-01T00:00:00Z".into(),
            timestamp: "2026-01-01T00:00:00Z".into(),
            files: self.files.clone(),
            entropy: self.entropy.clone(),
            original_dir: "/work".into(),
        }
    }

    /// Loads the configuration; errors are the test's failure.
    pub fn load(&self) -> Arc<Config> {
        let (config, problems) = formwork_config::load(&*self.files, ".", &ModuleManifest::default(), ModuleResolution::Direct);
        assert!(!problems.has_errors(), "{problems:#?}");
        Arc::new(config)
    }

    pub fn validate(&self) -> Diagnostics {
        block_on(formwork_plan::validate(self.load(), self.environment(Phase::Validate), &self.providers))
    }

    pub fn plan(&self, options: PlanOptions) -> (Plan, Diagnostics) {
        let config = self.load();
        let inputs = PlanInputs {
            config,
            variables: self.variables.clone(),
            previous: self.state.clone(),
            providers: &self.providers,
            environment: self.environment(Phase::Plan),
            events: &NoEvents,
            options,
            backend: Default::default(),
            lock_file: Default::default(),
            cancelled: &|| false,
        };
        block_on(formwork_plan::plan(&inputs))
    }

    /// Applies a plan and keeps the new state.
    pub fn apply(&mut self, plan: Plan) -> ApplyOutcome {
        let inputs = ApplyInputs {
            variables: plan.variables.clone(),
            plan: Arc::new(plan),
            config: self.load(),
            providers: &self.providers,
            environment: self.environment(Phase::Apply),
            journal: &self.journal,
            provisioner: &NoProvisioner,
            clock: &FrozenClock,
            events: &NoEvents,
            parallelism: 10,
            cancelled: &|| false,
        };
        let outcome = block_on(formwork_apply::apply(&inputs));
        self.state = outcome.snapshot.clone();
        outcome
    }
}

/// Runs a future to its end on this thread.
fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(future)
}

/// The planned actions, one a line: `create terraform_data.a`.
pub fn actions(plan: &Plan) -> String {
    plan.changes.iter().map(|c| format!("{:?} {}\n", c.action, c.address)).collect()
}
