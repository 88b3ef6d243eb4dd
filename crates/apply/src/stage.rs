//! What all operations of a run share.

use crate::ApplyInputs;
use crate::provider_config::ProviderSlots;
use crate::recorder::Recorder;
use formwork_config::ResourceBlock;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_eval::{Evaluator, Expansion, InstanceScope, ModuleId, ReferenceGraph};
use formwork_model::{
    Action, CheckResult, ConfigResource, DeposedKey, Event, ObjectEvent, OperationId, ProviderConfigAddress,
    ResourceChange, ResourceInstance, ResourceMode, Schema,
};
use formwork_value::{Str, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// The run.
pub(crate) struct Stage<'a> {
    pub inputs: &'a ApplyInputs<'a>,
    pub evaluator: Evaluator,
    pub graph: ReferenceGraph,
    pub recorder: Recorder<'a>,
    pub providers: ProviderSlots,
    pub diagnostics: RefCell<Diagnostics>,
    pub checks: RefCell<Vec<CheckResult>>,
    pub counts: RefCell<Counts>,
    /// Root outputs evaluated at the end.
    pub outputs: RefCell<BTreeMap<Str, formwork_model::OutputState>>,
    pub failed_providers: RefCell<BTreeSet<ProviderConfigAddress>>,
    dependencies: RefCell<BTreeMap<ConfigResource, Rc<Vec<ConfigResource>>>>,
    /// Resources of which the plan has instances.
    with_instances: BTreeSet<ConfigResource>,
}

/// What the summary counts.
#[derive(Default)]
pub(crate) struct Counts {
    pub added: usize,
    pub changed: usize,
    pub destroyed: usize,
}

/// An instance that the configuration describes.
pub(crate) struct Configured {
    pub block: ResourceBlock,
    pub module: ModuleId,
    pub expansion: Expansion,
}

impl<'a> Stage<'a> {
    pub fn new(inputs: &'a ApplyInputs<'a>) -> Stage<'a> {
        let plan = &inputs.plan;
        let evaluator = Evaluator::new(inputs.config.clone(), inputs.variables.clone(), inputs.environment.clone());
        for (provider, schema) in &plan.schemas {
            evaluator.add_schema(provider.clone(), schema.clone());
        }
        let stage = Stage {
            inputs,
            evaluator,
            graph: ReferenceGraph::build(&inputs.config),
            recorder: Recorder::new(inputs.journal, plan.prior.state.clone()),
            providers: ProviderSlots::default(),
            diagnostics: RefCell::default(),
            checks: RefCell::new(plan.checks.clone()),
            counts: RefCell::default(),
            outputs: RefCell::default(),
            failed_providers: RefCell::default(),
            dependencies: RefCell::default(),
            with_instances: plan.planned_values.keys().map(|address| address.config()).collect(),
        };
        stage.load_values();
        stage
    }

    /// Gives every instance its planned value, unknown where it is not known yet.
    fn load_values(&self) {
        for (address, value) in &self.inputs.plan.planned_values {
            if let Some(module) = self.module(address) {
                self.evaluator.set_instance(module, &address.resource, address.key.clone(), value.clone());
            }
        }
    }

    /// The module instance of an address, expanding calls on the way.
    pub fn module(&self, address: &ResourceInstance) -> Option<ModuleId> {
        if let Some(known) = self.evaluator.module_id(&address.module) {
            return Some(known);
        }
        let mut module = ModuleId::ROOT;
        for step in &address.module.0 {
            let (_, children, _) = self.evaluator.call_instances(module, &step.name).ok()?;
            module = *children.get(&step.key)?;
        }
        Some(module)
    }

    /// What the configuration says of an instance.
    pub fn configured(&self, address: &ResourceInstance) -> Option<Configured> {
        let block = self.inputs.config.modules.get(&address.module.path())?.resources.get(&address.resource)?.clone();
        let module = self.module(address)?;
        let (expansion, _) = self.evaluator.resource_expansion(module, &address.resource);
        Some(Configured { block, module, expansion })
    }

    pub fn scope(&self, configured: &Configured, address: &ResourceInstance) -> InstanceScope<'_> {
        self.evaluator.module_scope(configured.module).with_repetition(&configured.expansion.repetition(&address.key))
    }

    pub fn schema(&self, provider: &ProviderConfigAddress, address: &ResourceInstance) -> Option<Arc<Schema>> {
        let schemas = self.inputs.plan.schemas.get(&provider.provider)?;
        let table = match address.resource.mode {
            ResourceMode::Managed => &schemas.resources,
            ResourceMode::Data => &schemas.data_sources,
            ResourceMode::Ephemeral => &schemas.ephemeral_resources,
        };
        table.get(&address.resource.kind).cloned()
    }

    pub fn set_value(&self, module: ModuleId, address: &ResourceInstance, value: Value) {
        self.evaluator.set_instance(module, &address.resource, address.key.clone(), value);
    }

    /// Resources that an object depends on directly (past resources without instances, theirs), for the state.
    pub fn dependencies(&self, resource: &ConfigResource) -> Vec<ConfigResource> {
        if let Some(known) = self.dependencies.borrow().get(resource) {
            return known.to_vec();
        }
        let passes = |other: &ConfigResource| !self.with_instances.contains(other);
        let direct: Vec<ConfigResource> = self.graph.resource_dependencies(resource, &passes).into_iter().collect();
        self.dependencies.borrow_mut().insert(resource.clone(), Rc::new(direct.clone()));
        direct
    }

    pub fn report(&self, diagnostics: Diagnostics) {
        for diagnostic in diagnostics {
            self.report_one(diagnostic);
        }
    }

    pub fn report_one(&self, diagnostic: Diagnostic) {
        self.diagnostics.borrow_mut().push(diagnostic);
    }
}

/// The events of one operation.
pub(crate) struct Ticker<'a> {
    inputs: &'a ApplyInputs<'a>,
    operation: OperationId,
    address: ResourceInstance,
    deposed: Option<DeposedKey>,
    action: Action,
    started: Duration,
}

impl<'a> Ticker<'a> {
    pub fn start(
        inputs: &'a ApplyInputs<'a>,
        operation: OperationId,
        change: &ResourceChange,
        deposed: Option<&DeposedKey>,
        action: Action,
        id: Option<(Str, Str)>,
    ) -> Ticker<'a> {
        let ticker = Ticker {
            inputs,
            operation,
            address: change.address.clone(),
            deposed: deposed.cloned(),
            action,
            started: inputs.clock.monotonic(),
        };
        inputs.events.emit(Event::Started { operation: Some(operation), object: ticker.object(id) });
        ticker
    }

    fn object(&self, id: Option<(Str, Str)>) -> ObjectEvent {
        let elapsed = self.inputs.clock.monotonic().saturating_sub(self.started);
        ObjectEvent {
            address: self.address.clone(),
            deposed: self.deposed.clone(),
            action: self.action,
            id,
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        }
    }

    pub fn finish(self, id: Option<(Str, Str)>) {
        self.inputs.events.emit(Event::Finished { operation: Some(self.operation), object: self.object(id) });
    }

    pub fn fail(self) {
        self.inputs.events.emit(Event::Failed { operation: Some(self.operation), object: self.object(None) });
    }
}
