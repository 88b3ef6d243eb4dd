//! Planning an instance of a managed resource.

use crate::planner::{Planner, Work};
use crate::resource::Wanted;
use crate::{action, check, lifecycle, refresh, trigger};
use formwork_config::ResourceBlock;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_eval::{ReadSet, decode_block, ignored_changes};
use formwork_hcl::{Body, Expr};
use formwork_model::{
    Action, ActionReason, ObjectStatus, PlanMode, PlanProvider, ProviderConfigAddress, ResourceChange,
    ResourceInstance, Schema,
};
use formwork_object::{ObjectPlan, PlanInput, Stored, is_write_only, plan_object};
use formwork_value::{Path, Value};
use std::sync::Arc;

/// Refreshes, evaluates and plans one instance, and records the change.
pub(crate) async fn plan_instance(planner: &Planner<'_>, wanted: Wanted<'_>) {
    let address = wanted.address.clone();
    let Some(provider_address) = planner.provider_address(&wanted) else {
        planner.set_value(&wanted, Value::dynamic());
        return;
    };
    let Some(schema) = planner.schema(&provider_address, &address) else { return };
    if !planner.scope.wants(&planner.graph, &address) {
        refresh::keep(planner, &wanted, &schema);
        return;
    }
    let Some(provider) = planner.provider_of(&provider_address, &address).await else {
        planner.set_value(&wanted, Value::unknown(schema.block.implied_type()));
        return;
    };
    let prior = match refresh::current(planner, &address, None, &provider_address, &*provider, &schema, true).await {
        Ok(prior) => prior,
        Err(()) => {
            planner.set_value(&wanted, Value::unknown(schema.block.implied_type()));
            return;
        }
    };
    let prior = match prior {
        None if planner.mode() == PlanMode::Normal => {
            let imported = crate::import::import(planner, &wanted, &*provider, &schema, &provider_address).await;
            if imported.is_none() && crate::import::is_wished(planner, &wanted.address) {
                // It was not found out what there is, so nothing is planned for it.
                planner.set_value(&wanted, Value::unknown(schema.block.implied_type()));
                return;
            }
            imported
        }
        prior => prior.map(|p| (p, None)),
    };
    let (prior, importing) = match prior {
        Some((stored, importing)) => (Some(stored), importing),
        None => (None, None),
    };
    if planner.mode() == PlanMode::RefreshOnly {
        refresh_only(planner, &wanted, &schema, prior);
        return;
    }
    plan_change(planner, wanted, &*provider, &schema, provider_address, prior, importing).await;
}

/// The refreshed object is all there is; conditions are checked against it.
fn refresh_only(planner: &Planner<'_>, wanted: &Wanted<'_>, schema: &Schema, prior: Option<Stored>) {
    let value = prior.map_or_else(|| Value::unknown(schema.block.implied_type()), |p| p.value);
    planner.set_value(wanted, value.clone());
    check::resource_before(planner, wanted);
    check::resource_after(planner, wanted, &value);
}

async fn plan_change(
    planner: &Planner<'_>,
    wanted: Wanted<'_>,
    provider: &dyn PlanProvider,
    schema: &Schema,
    provider_address: ProviderConfigAddress,
    prior: Option<Stored>,
    importing: Option<formwork_model::Importing>,
) {
    let ty = schema.block.implied_type();
    let address = &wanted.address;
    let checked = planner.checked(address);
    let constant = checked.as_ref().filter(|checked| checked.is_constant).map(|checked| &checked.config);
    let ((config, good), reads) = planner.evaluator.record(|| {
        planner.evaluator.read_expansion(&wanted.expansion_reads);
        planner.evaluator.read_repetitions(wanted.module);
        planner.evaluator.read_depends_on(wanted.module, &wanted.block.depends_on);
        planner.read_provider_key(&provider_address, &wanted);
        read_later(planner, &wanted);
        let good = check::resource_before(planner, &wanted);
        let config = constant.cloned().or_else(|| evaluate_config(planner, &wanted, schema));
        (config, good)
    });
    planner.report(planner.evaluator.take_problems());
    // Actions may refer to the object whose change triggers them.
    let reads = match wanted.block.lifecycle.action_triggers.is_empty() {
        true => reads,
        false => reads.without(wanted.module, &address.resource),
    };
    planner.work.borrow_mut().reads.insert(address.clone(), reads);
    let Some(config) = config.filter(|_| good) else {
        planner.set_value(&wanted, Value::unknown(ty));
        return;
    };
    let null = Value::null(ty.clone());
    let triggered = trigger::is_triggered(planner, &wanted);
    let force_replace = match (&prior, planner.inputs.options.replace.contains(address)) {
        (None, _) => None,
        (Some(_), true) => Some(ActionReason::ReplaceByRequest),
        (Some(_), false) => triggered.then_some(ActionReason::ReplaceByTriggers),
    };
    let meta = planner.provider_meta(&address.module, &provider_address.provider);
    let input = PlanInput {
        address,
        provider_name: &provider_address.provider.to_string(),
        schema,
        prior: prior.as_ref().map_or(&null, |p| &p.value),
        prior_status: prior.as_ref().map_or(ObjectStatus::Ready, |p| p.status),
        prior_private: prior.as_ref().map_or(&[], |p| &p.private),
        prior_identity: prior.as_ref().and_then(|p| p.identity.as_ref()),
        config: &config,
        is_valid: constant.is_some() || checked.is_some_and(|checked| checked.config == config.unmark_deep().0),
        ignore: &ignored_changes(&wanted.block.lifecycle),
        provider_meta: meta.as_ref(),
        force_replace,
        create_before_destroy: planner.create_before_destroy.contains(&address.config()),
    };
    let (planned, problems) = {
        let _turn = planner.turns.begin().await;
        plan_object(provider, input).await
    };
    planner.report(wanted.block.located(problems, &wanted.address));
    let Some(planned) = planned else {
        planner.set_value(&wanted, Value::unknown(ty));
        return;
    };
    let action = planned.action;
    record(planner, &wanted, provider_address, prior, planned, importing, &null);
    action::plan_triggers(planner, &wanted, action).await;
}

/// Records what is read only when the plan is applied, or counts for the order alone: triggers, postconditions,
/// provisioners and their connections.
fn read_later(planner: &Planner<'_>, wanted: &Wanted<'_>) {
    let block = wanted.block;
    let conditions = block.lifecycle.postconditions.iter().flat_map(|rule| [&rule.condition, &rule.error_message]);
    let exprs: Vec<&Expr> = block.lifecycle.replace_triggered_by.iter().chain(conditions).collect();
    let provisioners = block.provisioners.iter().flat_map(|p| std::iter::once(&p.body).chain(&p.connection));
    let mut bodies: Vec<&Body> = block.connection.iter().chain(provisioners).collect();
    let mut exprs = exprs;
    let actions = action::triggered_blocks(planner, wanted);
    bodies.extend(actions.iter().map(|action| &action.body));
    exprs.extend(actions.iter().flat_map(|action| action.count.iter().chain(&action.for_each)));
    exprs.extend(block.lifecycle.action_triggers.iter().flat_map(|trigger| &trigger.condition));
    if !exprs.is_empty() || !bodies.is_empty() {
        planner.evaluator.read_references(&planner.instance_scope(wanted), exprs, bodies);
    }
}

/// The configuration of an instance as a value; `None` if it has errors.
fn evaluate_config(planner: &Planner<'_>, wanted: &Wanted<'_>, schema: &Schema) -> Option<Value> {
    let scope = planner.instance_scope(wanted);
    let (value, mut diagnostics) = decode_block(&wanted.block.body, &schema.block, &scope);
    diagnostics.extend(ephemeral_problems(&value, schema, wanted.block));
    let failed = diagnostics.has_errors();
    planner.report(wanted.block.located(diagnostics, &wanted.address));
    if failed { None } else { Some(value) }
}

/// Ephemeral values where they would be stored: anywhere but in write-only arguments.
pub(crate) fn ephemeral_problems(value: &Value, schema: &Schema, block: &ResourceBlock) -> Diagnostics {
    if !value.marks_deep().is_ephemeral() {
        return Diagnostics::new();
    }
    let stored = |path: &Path| !is_write_only(&schema.block, path);
    let marks = value.unmark_deep().1.into_iter().filter(|m| m.marks.is_ephemeral() && stored(&m.path));
    marks
        .map(|m| {
            let place = formwork_hcl::span_at(&block.body, &m.path).unwrap_or(block.header_span);
            Diagnostic::error(
                "Invalid use of ephemeral value",
                "Ephemeral values are not valid for this argument, because resource instances must persist between the phases of a run. Only write-only arguments accept them.",
            )
            .at(place)
        })
        .collect()
}

fn record(
    planner: &Planner<'_>,
    wanted: &Wanted<'_>,
    provider: ProviderConfigAddress,
    prior: Option<Stored>,
    planned: ObjectPlan,
    importing: Option<formwork_model::Importing>,
    null: &Value,
) {
    let address = wanted.address.clone();
    let action = match planned.action {
        action if action.is_replace() && lifecycle::forgets(wanted.block) => Action::ForgetThenCreate,
        action => action,
    };
    if planned.action.is_replace() {
        lifecycle::check_destroy(planner, &wanted.address, wanted.block);
    }
    planner.set_value(wanted, planned.planned.clone());
    check::resource_after(planner, wanted, &planned.planned);
    let config = address.config();
    planner.add_change(ResourceChange {
        previous_address: planner.previous_address(&address),
        deposed: None,
        provider,
        action,
        reason: planned.reason,
        before: prior.as_ref().map_or_else(|| null.clone(), |p| p.value.clone()),
        after: planned.planned,
        replace_paths: planned.replace_paths,
        private: planned.private,
        before_identity: prior.and_then(|p| p.identity),
        after_identity: planned.identity,
        importing,
        generated_config: None,
        create_before_destroy: planner.create_before_destroy.contains(&config),
        address,
    });
}

impl Planner<'_> {
    /// The schema of an instance's type.
    pub fn schema(&self, provider: &ProviderConfigAddress, address: &ResourceInstance) -> Option<Arc<Schema>> {
        let work = self.work.borrow();
        let schemas = work.schemas.get(&provider.provider)?;
        schemas.resource(address.resource.mode, &address.resource.kind).cloned()
    }

    /// Gives an instance its value for all that refers to it.
    pub fn set_value(&self, wanted: &Wanted<'_>, value: Value) {
        let resource = &wanted.address.resource;
        self.work.borrow_mut().planned_values.insert(wanted.address.clone(), value.clone());
        self.evaluator.set_instance(wanted.module, resource, wanted.address.key.clone(), value);
    }

    /// The scope of expressions inside the block of an instance.
    pub fn instance_scope(&self, wanted: &Wanted<'_>) -> formwork_eval::InstanceScope<'_> {
        self.evaluator.module_scope(wanted.module).with_repetition(&wanted.expansion.repetition(&wanted.address.key))
    }

    pub fn previous_address(&self, address: &ResourceInstance) -> ResourceInstance {
        if self.mode() == PlanMode::Destroy {
            return address.clone();
        }
        self.work.borrow().moved.get(address).unwrap_or(address).clone()
    }

    pub fn add_change(&self, change: ResourceChange) {
        let mut work = self.work.borrow_mut();
        let position = work.changes.len();
        if change.action != Action::NoOp {
            let keys = work.pending.entry(change.address.resource()).or_default();
            if change.deposed.is_none() {
                keys.insert(change.address.key.clone(), position);
            } else {
                keys.entry(change.address.key.clone()).or_insert(position);
            }
        }
        work.changes.push(change);
    }

    /// Notes that an instance is not settled before the plan is applied, if it will change or depends on what will.
    pub fn note_unsettled(&self, address: &ResourceInstance) {
        let unsettled = {
            let work = self.work.borrow();
            let changes = work.pending.get(&address.resource()).is_some_and(|keys| keys.contains_key(&address.key));
            changes || work.reads.get(address).is_some_and(|reads| self.is_unsettled(&work, reads))
        };
        if unsettled {
            let mut work = self.work.borrow_mut();
            work.unsettled.entry(address.resource()).or_default().insert(address.key.clone());
        }
    }

    /// True if something that was read, or what that depends on, will change when the plan is applied.
    pub fn is_pending(&self, reads: &ReadSet) -> bool {
        self.is_unsettled(&self.work.borrow(), reads)
    }

    fn is_unsettled(&self, work: &Work, reads: &ReadSet) -> bool {
        if work.pending.is_empty() {
            return false;
        }
        self.settled.borrow_mut().any(reads, &mut |read| {
            let resource = read.resource.in_module(self.evaluator.module_address(read.module));
            let pending = work.pending.get(&resource).is_some_and(|keys| match &read.key {
                None => !keys.is_empty(),
                Some(key) => keys.contains_key(key),
            });
            pending
                || work.unsettled.get(&resource).is_some_and(|keys| match &read.key {
                    None => !keys.is_empty(),
                    Some(key) => keys.contains(key),
                })
        })
    }
}
