//! The planner and its course.

use crate::create_before_destroy::create_before_destroy;
use crate::import::Imports;
use crate::target::Scope;
use crate::validate::Checked;
use crate::{PlanInputs, before_destroy, check, exec, moves, output, walk};
use formwork_config::{Config, VariableBlock};
use formwork_diag::{Diagnostic, Diagnostics, DistinctDiagnostics};
use formwork_eval::{Evaluator, ItemAddress, ModuleId, ReadSet, ReferenceGraph, SharedAnswers};
use formwork_model::{
    AbsResource, Action, CheckResult, CheckableAddress, ConfigResource, ConfigSummary, InstanceKey, Invocation,
    ObjectState, Plan, PlanMode, ProviderAddress, ProviderConfigAddress, ProviderSchema, ResourceChange,
    ResourceInstance, State, StateSnapshot, resources_that_stay,
};
use formwork_object::{OperationTurns, Upkeep};
use formwork_value::{Marks, Str, Value};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The planner's fixed data, and what has been found out so far.
pub(crate) struct Planner<'a> {
    pub inputs: &'a PlanInputs<'a>,
    pub evaluator: Evaluator,
    /// Conditions that do not hold are warnings.
    pub tolerant: bool,
    /// Configurations that the providers have found valid before anything was planned.
    checked: RefCell<BTreeMap<ConfigResource, Checked>>,
    pub graph: ReferenceGraph,
    pub scope: Scope,
    /// Resources whose replacements are created before the old object is destroyed.
    pub create_before_destroy: BTreeSet<ConfigResource>,
    /// One for each operation that asks a provider.
    pub turns: Arc<OperationTurns>,
    pub providers: crate::provider_config::ProviderSlots,
    pub imports: Imports<'a>,
    pub moves: moves::Moves,
    pub upkeep: Upkeep<'a>,
    pub work: RefCell<Work>,
    pub settled: RefCell<SharedAnswers>,
    /// Grows with every error.
    pub failures: Cell<usize>,
}

/// What has been found out so far.
#[derive(Default)]
pub(crate) struct Work {
    /// State with moves and refreshed objects.
    pub state: State,
    /// Address before moves, where it differs.
    pub moved: BTreeMap<ResourceInstance, ResourceInstance>,
    pub changes: Vec<ResourceChange>,
    /// Positions of changes that do something, by resource and key.
    pub pending: BTreeMap<AbsResource, BTreeMap<InstanceKey, usize>>,
    /// Instances that change or depend on what changes, by resource and key.
    pub unsettled: BTreeMap<AbsResource, BTreeSet<InstanceKey>>,
    pub invocations: Vec<Invocation>,
    pub drift: Vec<ResourceChange>,
    /// What the planning of an instance has read.
    pub reads: BTreeMap<ResourceInstance, ReadSet>,
    /// What the configuration of a provider has read.
    pub provider_reads: BTreeMap<ProviderConfigAddress, ReadSet>,
    pub checks: BTreeMap<CheckableAddress, CheckResult>,
    /// Check blocks whose data source cannot be read, with the reason.
    pub nested_failures: BTreeMap<(ModuleId, Str), String>,
    pub planned_values: BTreeMap<ResourceInstance, Value>,
    pub schemas: BTreeMap<ProviderAddress, Arc<ProviderSchema>>,
    pub diagnostics: DistinctDiagnostics,
    /// Nodes with errors, and those that depend on them.
    pub failed: BTreeSet<ItemAddress>,
}

/// Makes a plan. With errors the plan holds what could be planned and is marked as errored; it is blank if the errors kept
/// the planning from beginning.
pub async fn plan(inputs: &PlanInputs<'_>) -> (Plan, Diagnostics) {
    if before_destroy::is_needed(inputs) {
        return before_destroy::plan_destroy(inputs).await;
    }
    match look_at_all(inputs, Course::Plan).await {
        Ok(planner) => planner.finish(),
        Err(blank) => *blank,
    }
}

/// What a look at everything is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// The plan.
    Plan,
    /// Finding out what there is before it is destroyed.
    BeforeDestroy,
    /// The plan, after that.
    Destroy,
}

/// Looks at everything that the plan is about; the blank plan, with the problems, if that cannot even begin.
pub(crate) async fn look_at_all<'a>(
    inputs: &'a PlanInputs<'a>,
    course: Course,
) -> Result<Planner<'a>, Box<(Plan, Diagnostics)>> {
    let blank = |problems: Diagnostics| Box::new((empty_plan(inputs), problems));
    let evaluator = Evaluator::new(inputs.config.clone(), inputs.variables.clone(), inputs.environment.clone());
    let graph = ReferenceGraph::build(&inputs.config);
    graph.check_cycles(&inputs.config).map_err(blank)?;
    let mut planner = Planner::new(inputs, evaluator, graph, course);
    planner.load_schemas().await;
    if course != Course::Destroy && !planner.work.borrow().diagnostics.has_errors() {
        planner.static_problems().await;
    }
    planner.report_lost_providers();
    if inputs.options.mode != PlanMode::Destroy {
        planner.report(formwork_config::check_statements(&inputs.config));
    }
    let cut = crate::warning::moves_cut_off(inputs, &planner.work.borrow());
    planner.report(cut.into_iter().chain(crate::warning::limited(inputs)).collect());
    if !planner.work.borrow().diagnostics.has_errors() {
        crate::takeover::translate_all(&planner).await;
    }
    if planner.work.borrow().diagnostics.has_errors() {
        return Err(blank(planner.work.take().diagnostics.into_list()));
    }
    if inputs.options.mode == PlanMode::Normal {
        crate::import::check_declared(&planner);
    }
    planner.upkeep.during(walk::run(&planner), |problems| planner.report(problems)).await;
    planner.report(planner.upkeep.close_all().await);
    let mut problems = moves::check::check(&planner);
    if problems.has_errors() {
        // Wrong moves are the likely cause of whatever else has been found.
        problems.extend(crate::warning::limited(inputs));
        return Err(blank(problems));
    }
    Ok(planner)
}

pub(crate) fn empty_plan(inputs: &PlanInputs<'_>) -> Plan {
    Plan {
        options: inputs.options.clone(),
        errored: true,
        prior: inputs.previous.clone(),
        previous: inputs.previous.clone(),
        backend: inputs.backend.clone(),
        timestamp: inputs.environment.plan_timestamp.clone(),
        ..Plan::default()
    }
}

impl<'a> Planner<'a> {
    pub fn new(inputs: &'a PlanInputs<'a>, evaluator: Evaluator, graph: ReferenceGraph, course: Course) -> Planner<'a> {
        // What only finds out what there is must not be kept from it.
        let tolerant = inputs.options.mode == PlanMode::RefreshOnly || course == Course::BeforeDestroy;
        let evaluator = if tolerant { evaluator.tolerant() } else { evaluator };
        let (moves, state, moved) = moves::apply(&inputs.config, &inputs.previous.state);
        let scope = Scope::new(inputs, &graph, &state);
        let create_before_destroy = create_before_destroy(&inputs.config, &graph);
        let turns = OperationTurns::new(inputs.options.parallelism);
        inputs.providers.use_turns(turns.clone());
        Planner {
            inputs,
            evaluator,
            tolerant,
            checked: RefCell::default(),
            scope,
            create_before_destroy,
            graph,
            turns,
            providers: Default::default(),
            imports: Imports::new(&inputs.config),
            upkeep: Upkeep::new(inputs.clock, inputs.events),
            failures: Cell::default(),
            settled: RefCell::default(),
            moves,
            work: RefCell::new(Work { state, moved, ..Work::default() }),
        }
    }
}

impl Planner<'_> {
    pub fn mode(&self) -> PlanMode {
        self.inputs.options.mode
    }

    pub fn report(&self, diagnostics: Diagnostics) {
        if !diagnostics.is_empty() {
            self.failures.update(|n| n + usize::from(diagnostics.has_errors()));
            // The same problem may be met in more than one way.
            self.work.borrow_mut().diagnostics.extend(diagnostics);
        }
    }

    pub fn has_errors(&self) -> bool {
        self.work.borrow().diagnostics.has_errors()
    }

    pub fn report_one(&self, diagnostic: Diagnostic) {
        self.report(diagnostic.into());
    }

    /// The schemas of all providers that the configuration and the state name.
    pub async fn load_schemas(&self) {
        let mut wanted = self.inputs.config.provider_addresses();
        wanted.extend(self.work.borrow().state.resources.values().map(|r| r.provider.provider.clone()));
        for provider in wanted {
            match self.inputs.providers.schema(&provider).await {
                Ok(schema) => {
                    self.evaluator.add_schema(provider.clone(), schema.clone());
                    self.work.borrow_mut().schemas.insert(provider, schema);
                }
                Err(problems) => self.report(problems),
            }
        }
    }

    /// Problems that do not depend on values: found by evaluating every block once with unknown values.
    async fn static_problems(&mut self) {
        let schemas = self.work.borrow().schemas.clone();
        let (checked, problems) = crate::validate::static_problems(self.inputs, &self.graph, &schemas).await;
        *self.checked.get_mut() = checked;
        self.report(problems);
    }

    /// The configuration that the provider has found valid. What nobody else will ask about is forgotten: the
    /// configurations of all resources take much memory.
    pub fn checked(&self, address: &ResourceInstance) -> Option<Checked> {
        let mut checked = self.checked.borrow_mut();
        let module_repeats = address.module.0.iter().any(|step| step.key != InstanceKey::None);
        if address.key == InstanceKey::None && !module_repeats {
            checked.remove(&address.config())
        } else {
            checked.get(&address.config()).cloned()
        }
    }

    /// What there is, with outputs as far as they are known; or the problems that keep it from being known.
    pub fn into_found(self) -> Result<State, Diagnostics> {
        let outputs = output::plan_outputs(&self);
        output::record_known(&self, &outputs);
        self.report(self.evaluator.take_problems());
        let work = self.work.take();
        if work.diagnostics.has_errors() { Err(work.diagnostics.into_list()) } else { Ok(work.state) }
    }

    /// Puts everything together.
    pub fn finish(self) -> (Plan, Diagnostics) {
        let inputs = self.inputs;
        let outputs = output::plan_outputs(&self);
        output::record_known(&self, &outputs);
        let problems = self.evaluator.take_problems();
        if self.mode() != PlanMode::Destroy {
            // What cannot be evaluated any more must not hinder a destroy.
            self.report(problems);
        }
        self.report(crate::warning::replace_in_vain(&self));
        let checks = check::results(&self);
        let mut work = self.work.take();
        work.changes.sort_by(|a, b| order_key(a).cmp(&order_key(b)));
        // Those of one change are in order already.
        work.invocations.sort_by(|a, b| invocation_key(a).cmp(&invocation_key(b)));
        work.drift.sort_by(|a, b| order_key(a).cmp(&order_key(b)));
        work.diagnostics.extend(crate::warning::forgotten(&work));
        let errored = work.diagnostics.has_errors();
        work.diagnostics.extend(self.moves.blocked().filter(|_| !errored));
        let relevant_attributes =
            crate::relevant::relevant_attributes(&inputs.config, &self.evaluator, &work, &outputs, &inputs.options);
        let execution = if errored { Default::default() } else { exec::build(&self.evaluator, &self.graph, &work) };
        // The order of deletes follows the dependencies from before this plan.
        if self.inputs.options.mode == PlanMode::Normal {
            update_dependencies(&self.graph, &mut work);
        }
        // Every value has been asked for: the evaluator and what it knows take as much memory as the plan.
        drop((self, std::mem::take(&mut work.reads)));
        let prior = StateSnapshot { state: std::mem::take(&mut work.state), ..inputs.previous.clone() };
        let schemas = used_schemas(&inputs.config, &work, &prior);
        let mut plan = Plan {
            options: inputs.options.clone(),
            variables: root_variables(inputs),
            apply_time_variables: apply_time_variables(inputs),
            changes: work.changes,
            invocations: work.invocations,
            drift: work.drift,
            outputs,
            execution,
            prior,
            previous: inputs.previous.clone(),
            checks,
            relevant_attributes,
            backend: inputs.backend.clone(),
            timestamp: inputs.environment.plan_timestamp.clone(),
            errored,
            applyable: false,
            complete: inputs.options.targets.is_empty() && inputs.options.excludes.is_empty() && !errored,
            schemas,
            config: ConfigSummary::default(),
            sources: sources(inputs),
            files_read: BTreeMap::new(),
            lock_file: inputs.lock_file.clone(),
            planned_values: work.planned_values,
        };
        if inputs.is_kept {
            plan.config = formwork_config::summarize(&inputs.config, &work.schemas);
        }
        plan.applyable = !errored && is_applyable(&plan, &work.moved);
        if let Err(error) = plan.verify() {
            work.diagnostics.push(
                Diagnostic::error("Inconsistent plan", format!("The plan contradicts itself: {error}. Nothing will be applied. This is a bug in Formwork, please report it."))
                    .blame(formwork_diag::Blame::Engine),
            );
            plan.errored = true;
            plan.applyable = false;
        }
        (plan, work.diagnostics.into_list())
    }
}

/// Order of changes: outer modules first, then module path, data before managed, type, name, key, deposed key.
fn order_key(change: &ResourceChange) -> (usize, &ResourceInstance, Option<&formwork_model::DeposedKey>) {
    (change.address.module.0.len(), &change.address, change.deposed.as_ref())
}

/// Order of invocations: that of the changes that cause them, then those that were asked for.
fn invocation_key(invocation: &Invocation) -> (bool, usize, Option<&ResourceInstance>) {
    let resource = invocation.resource();
    (resource.is_none(), resource.map_or(0, |resource| resource.module.0.len()), resource)
}

fn is_applyable(plan: &Plan, moved: &BTreeMap<ResourceInstance, ResourceInstance>) -> bool {
    match plan.options.mode {
        PlanMode::RefreshOnly if !plan.invocations.is_empty() => true,
        PlanMode::RefreshOnly => moves::differs(&plan.previous.state, moved, &plan.prior.state),
        // Data sources leave the state in silence.
        PlanMode::Destroy if plan.destroys_all() => plan.has_changes() || !plan.prior.state.resources.is_empty(),
        PlanMode::Destroy | PlanMode::Normal => plan.has_changes(),
    }
}

/// Objects that stay as they are may nevertheless depend on other resources than the state says.
fn update_dependencies(graph: &ReferenceGraph, work: &mut Work) {
    let with_instances = resources_that_stay(&work.planned_values, &work.changes);
    let passes = |other: &ConfigResource| !with_instances.contains(other);
    let mut known: BTreeMap<ConfigResource, Vec<ConfigResource>> = BTreeMap::new();
    for change in work.changes.iter().filter(|c| c.action == Action::NoOp && c.deposed.is_none()) {
        let config = change.address.config();
        let dependencies = known
            .entry(config)
            .or_insert_with_key(|config| graph.resource_dependencies(config, &passes).into_iter().collect());
        let Some(object) = work.state.object(&change.address).filter(|o| o.dependencies != *dependencies) else {
            continue;
        };
        let changed = ObjectState { dependencies: dependencies.clone(), ..(**object).clone() };
        work.state.set_object(&change.address, None, &change.provider, Some(Arc::new(changed)));
    }
}

/// Values of root variables, defaults included, ephemeral ones left out.
fn root_variables(inputs: &PlanInputs<'_>) -> BTreeMap<Str, Value> {
    let root = inputs.config.modules.get(&formwork_model::ModulePath::root());
    let blocks = root.into_iter().flat_map(|r| r.variables.values()).filter(|v| !v.ephemeral);
    let value = |v: &formwork_config::VariableBlock| {
        let marks = if v.sensitive { Marks::SENSITIVE } else { Marks::NONE };
        let value = inputs.variables.get(&v.name).or(v.default.as_ref())?;
        Some((v.name.clone(), value.clone().with_marks(marks)))
    };
    blocks.filter_map(value).collect()
}

fn apply_time_variables(inputs: &PlanInputs<'_>) -> Vec<Str> {
    let root = inputs.config.modules.get(&formwork_model::ModulePath::root());
    let Some(root) = root else { return Vec::new() };
    let differs =
        |v: &VariableBlock| inputs.variables.get(&v.name).is_some_and(|given| v.default.as_ref() != Some(given));
    root.variables.values().filter(|v| v.ephemeral && differs(v)).map(|v| v.name.clone()).collect()
}

fn sources(inputs: &PlanInputs<'_>) -> BTreeMap<Str, Str> {
    inputs.config.sources.files().iter().map(|f| (f.name.clone(), f.text.clone())).collect()
}

/// Schemas of the resource types that occur.
fn used_schemas(config: &Config, work: &Work, prior: &StateSnapshot) -> BTreeMap<ProviderAddress, Arc<ProviderSchema>> {
    use formwork_model::ResourceMode;
    let mut used: BTreeMap<&ProviderAddress, BTreeSet<(ResourceMode, &Str)>> = BTreeMap::new();
    for change in work.changes.iter().chain(&work.drift) {
        let kind = (change.address.resource.mode, &change.address.resource.kind);
        used.entry(&change.provider.provider).or_default().insert(kind);
    }
    let blocks = config.modules.values().flat_map(|module| module.resources.values());
    for block in blocks.filter(|block| block.resource.mode == ResourceMode::Ephemeral) {
        used.entry(&block.provider_address).or_default().insert((ResourceMode::Ephemeral, &block.resource.kind));
    }
    for (address, resource) in &prior.state.resources {
        used.entry(&resource.provider.provider).or_default().insert((address.resource.mode, &address.resource.kind));
    }
    let invoked = |provider: &ProviderAddress, schema: &ProviderSchema| {
        let kinds = work.invocations.iter().filter(|i| i.provider.provider == *provider).map(|i| &i.action.action.kind);
        kinds.filter_map(|kind| Some((kind.clone(), schema.actions.get(kind)?.clone()))).collect()
    };
    for invocation in &work.invocations {
        used.entry(&invocation.provider.provider).or_default();
    }
    let subset = |provider: &ProviderAddress, schema: &Arc<ProviderSchema>, kinds: &BTreeSet<(ResourceMode, &Str)>| {
        let keep = |mode: ResourceMode, from: &BTreeMap<Str, Arc<formwork_model::Schema>>| {
            from.iter().filter(|(k, _)| kinds.contains(&(mode, *k))).map(|(k, s)| (k.clone(), s.clone())).collect()
        };
        Arc::new(ProviderSchema {
            provider: schema.provider.clone(),
            resources: keep(ResourceMode::Managed, &schema.resources),
            data_sources: keep(ResourceMode::Data, &schema.data_sources),
            ephemeral_resources: keep(ResourceMode::Ephemeral, &schema.ephemeral_resources),
            actions: invoked(provider, schema),
            identities: schema.identities.clone(),
            provider_meta: schema.provider_meta.clone(),
            plan_destroy: schema.plan_destroy,
            schema_optional: schema.schema_optional,
            ..ProviderSchema::default()
        })
    };
    used.iter().filter_map(|(p, kinds)| Some(((*p).clone(), subset(p, work.schemas.get(*p)?, kinds)))).collect()
}
