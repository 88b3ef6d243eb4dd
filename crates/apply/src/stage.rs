//! What all operations of a run share.

use crate::ApplyInputs;
use crate::check::Checks;
use crate::ephemeral::Ephemerals;
use crate::provider_config::ProviderSlots;
use crate::recorder::Recorder;
use crate::variable_rules::VariableRules;
use formwork_config::ResourceBlock;
use formwork_diag::{Diagnostic, Diagnostics, DistinctDiagnostics};
use formwork_eval::{Evaluator, Expansion, InstanceScope, ModuleId, ReadSet, ReferenceGraph, SharedAnswers};
use formwork_model::{
    AbsResource, ConfigResource, InstanceKey, Invocation, Operation, OperationKind, ProviderConfigAddress,
    ResourceInstance, Schema, resources_that_stay,
};
use formwork_object::Upkeep;
use formwork_value::{Str, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// The run.
pub(crate) struct Stage<'a> {
    pub inputs: &'a ApplyInputs<'a>,
    pub evaluator: Evaluator,
    pub graph: ReferenceGraph,
    pub recorder: Recorder<'a>,
    pub providers: ProviderSlots,
    pub diagnostics: RefCell<DistinctDiagnostics>,
    pub checks: RefCell<Checks>,
    pub variable_rules: VariableRules,
    pub ephemerals: Ephemerals,
    pub upkeep: Upkeep<'a>,
    /// Check blocks whose data source cannot be read, with the reason.
    pub nested_failures: RefCell<BTreeMap<(ModuleId, Str), String>>,
    /// Instances whose operation has failed or was not begun.
    pub unfinished: RefCell<BTreeMap<AbsResource, BTreeSet<InstanceKey>>>,
    /// Resources of which a provider was asked to make an object, and made none.
    pub emptied: RefCell<BTreeSet<AbsResource>>,
    unfinished_reads: RefCell<SharedAnswers>,
    pub counts: RefCell<Counts>,
    /// Root outputs evaluated at the end; `None` for those that are null.
    pub outputs: RefCell<BTreeMap<Str, Option<formwork_model::OutputState>>>,
    pub failed_providers: RefCell<BTreeSet<ProviderConfigAddress>>,
    dependencies: RefCell<BTreeMap<ConfigResource, Rc<Vec<ConfigResource>>>>,
    /// Positions of the invocations that the change of an object triggers.
    triggered: BTreeMap<ResourceInstance, Vec<usize>>,
    /// Resources that will have instances.
    with_instances: BTreeSet<ConfigResource>,
}

/// What the summary counts.
#[derive(Default)]
pub(crate) struct Counts {
    pub added: usize,
    pub changed: usize,
    pub destroyed: usize,
    /// Actions.
    pub invoked: usize,
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
        let evaluator = new_evaluator(inputs);
        let graph = ReferenceGraph::build(&inputs.config);
        evaluator.set_instances(&graph, plan.planned_values.iter().map(|(a, v)| (a.clone(), v.clone())));
        Stage {
            inputs,
            evaluator,
            graph,
            recorder: Recorder::new(inputs.journal, plan.prior.state.clone()),
            providers: ProviderSlots::default(),
            diagnostics: RefCell::default(),
            checks: RefCell::new(Checks::new(plan.checks.clone())),
            variable_rules: VariableRules::new(&plan.checks),
            ephemerals: Ephemerals::new(&inputs.config),
            upkeep: Upkeep::new(inputs.clock, inputs.events),
            nested_failures: RefCell::default(),
            unfinished: RefCell::default(),
            emptied: RefCell::default(),
            unfinished_reads: RefCell::default(),
            counts: RefCell::default(),
            outputs: RefCell::default(),
            failed_providers: RefCell::default(),
            dependencies: RefCell::default(),
            triggered: triggered(&plan.invocations),
            with_instances: resources_that_stay(&plan.planned_values, &plan.changes),
        }
    }

    /// What the change of an object triggers, in order.
    pub fn triggered_by(&self, address: &ResourceInstance) -> impl Iterator<Item = &Invocation> {
        let positions = self.triggered.get(address).into_iter().flatten();
        positions.filter_map(|position| self.inputs.plan.invocations.get(*position))
    }

    /// An evaluator with the values from before the run.
    pub fn prior_evaluator(&self) -> Evaluator {
        let evaluator = new_evaluator(self.inputs);
        let before: BTreeMap<&ResourceInstance, &Value> = self
            .inputs
            .plan
            .changes
            .iter()
            .filter(|c| c.deposed.is_none() && !c.before.is_null())
            .map(|c| (&c.address, &c.before))
            .collect();
        let values = self.inputs.plan.planned_values.iter();
        let values = values.map(|(a, planned)| (a.clone(), (*before.get(a).unwrap_or(&planned)).clone()));
        evaluator.set_instances(&self.graph, values);
        evaluator
    }

    /// Notes that the operation's instance is not what it was planned to be.
    pub fn leave_unfinished(&self, operation: Option<&Operation>) {
        if let Some(operation) = operation.filter(|o| o.kind != OperationKind::Barrier) {
            let mut unfinished = self.unfinished.borrow_mut();
            unfinished.entry(operation.address.resource()).or_default().insert(operation.address.key.clone());
        }
    }

    /// True if anything is not what it was planned to be.
    pub fn is_any_unfinished(&self) -> bool {
        !self.unfinished.borrow().is_empty()
    }

    /// True if something that was read is not what it was planned to be. For after the walk: answers are remembered.
    pub fn has_unfinished(&self, reads: &ReadSet) -> bool {
        let unfinished = self.unfinished.borrow();
        if unfinished.is_empty() {
            return false;
        }
        self.unfinished_reads.borrow_mut().any(reads, &mut |read| {
            let resource = read.resource.in_module(self.evaluator.module_address(read.module));
            unfinished.get(&resource).is_some_and(|keys| read.key.as_ref().is_none_or(|key| keys.contains(key)))
        })
    }

    /// The block of an instance's resource.
    pub fn block(&self, address: &ResourceInstance) -> Option<&ResourceBlock> {
        self.inputs.config.modules.get(&address.module.path())?.resources.get(&address.resource).map(Box::as_ref)
    }

    /// The module instance of an address, expanding calls on the way.
    pub fn module(&self, address: &ResourceInstance) -> Option<ModuleId> {
        self.evaluator.expanded_module(&address.module)
    }

    /// What the configuration says of an instance.
    pub fn configured(&self, address: &ResourceInstance) -> Option<Configured> {
        let block = self.block(address)?.clone();
        let module = self.module(address)?;
        let (expansion, _) = self.evaluator.resource_expansion(module, &address.resource);
        Some(Configured { block, module, expansion })
    }

    pub fn scope(&self, configured: &Configured, address: &ResourceInstance) -> InstanceScope<'_> {
        self.evaluator.module_scope(configured.module).with_repetition(&configured.expansion.repetition(&address.key))
    }

    pub fn schema(&self, provider: &ProviderConfigAddress, address: &ResourceInstance) -> Option<Arc<Schema>> {
        let schemas = self.inputs.plan.schemas.get(&provider.provider)?;
        schemas.resource(address.resource.mode, &address.resource.kind).cloned()
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

    /// True if an error was reported.
    pub fn has_failed(&self) -> bool {
        self.diagnostics.borrow().has_errors()
    }

    pub fn report(&self, diagnostics: Diagnostics) {
        self.diagnostics.borrow_mut().extend(diagnostics);
    }

    /// Reports a problem once, however often its cause is evaluated.
    pub fn report_one(&self, diagnostic: Diagnostic) {
        self.diagnostics.borrow_mut().push(diagnostic);
    }
}

fn triggered(invocations: &[Invocation]) -> BTreeMap<ResourceInstance, Vec<usize>> {
    let mut triggered: BTreeMap<ResourceInstance, Vec<usize>> = BTreeMap::new();
    for (position, invocation) in invocations.iter().enumerate() {
        if let Some(resource) = invocation.resource() {
            triggered.entry(resource.clone()).or_default().push(position);
        }
    }
    triggered
}

fn new_evaluator(inputs: &ApplyInputs<'_>) -> Evaluator {
    let evaluator = Evaluator::new(inputs.config.clone(), inputs.variables.clone(), inputs.environment.clone());
    for (provider, schema) in &inputs.plan.schemas {
        evaluator.add_schema(provider.clone(), schema.clone());
    }
    evaluator
}
