//! Data sources.

use crate::managed::ephemeral_problems;
use crate::planner::Planner;
use crate::resource::Wanted;
use crate::{check, refresh};
use formwork_config::ResourceBlock;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_eval::{Expansion, ModuleId, ReadSet, Reference, Subject, decode_block};
use formwork_hcl::{body_references, references};
use formwork_model::{
    AbsResource, Action, ActionReason, ObjectStatus, PlanMode, PlanProvider, ProviderConfigAddress, Resource,
    ResourceChange, ResourceMode, Schema,
};
use formwork_object::{Stored, deferral_problem, encode_object, object_id, planned_data, with_schema_marks};
use formwork_value::{Value, conforms};
use std::sync::Arc;

/// Reads a data source now if everything that it needs is known and settled, else plans to read it in apply.
pub(crate) async fn plan_instance(planner: &Planner<'_>, wanted: Wanted<'_>) {
    let address = &wanted.address;
    let Some(provider_address) = planner.provider_address(&wanted) else {
        planner.set_value(&wanted, Value::dynamic());
        return;
    };
    let Some(schema) = planner.schema(&provider_address, address) else { return };
    if !planner.scope.reads(&planner.graph, address) {
        refresh::keep(planner, &wanted, &schema);
        return;
    }
    let unknown = || Value::unknown(schema.block.implied_type());
    let Some(provider) = planner.provider_of(&provider_address, address).await else {
        planner.set_value(&wanted, unknown());
        return;
    };
    let (config, pending) = evaluate(planner, &wanted, &provider_address, &schema);
    let Some(config) = config else {
        planner.set_value(&wanted, unknown());
        return;
    };
    let reason = if !config.is_wholly_known() {
        Some(ActionReason::ReadBecauseConfigUnknown)
    } else if pending {
        Some(ActionReason::ReadBecauseDependencyPending)
    } else {
        None
    };
    match reason {
        Some(reason) => plan_later(planner, &wanted, &schema, provider_address, &config, reason),
        None => read_now(planner, &wanted, &*provider, &schema, provider_address, &config).await,
    }
}

/// The configuration (`None`: it has errors), and whether something that it explicitly depends on is still to change.
fn evaluate(
    planner: &Planner<'_>,
    wanted: &Wanted<'_>,
    provider: &ProviderConfigAddress,
    schema: &Schema,
) -> (Option<Value>, bool) {
    let evaluator = &planner.evaluator;
    let lifecycle = &wanted.block.lifecycle;
    let mut depends = ReadSet::default();
    let ((config, good), reads) = evaluator.record(|| {
        evaluator.read_expansion(&wanted.expansion_reads);
        evaluator.read_repetitions(wanted.module);
        planner.read_provider_key(provider, wanted);
        let ((), explicit) = evaluator.record(|| evaluator.read_depends_on(wanted.module, &wanted.block.depends_on));
        depends = explicit;
        let conditions = lifecycle.postconditions.iter().flat_map(|rule| [&rule.condition, &rule.error_message]);
        evaluator.read_references(&planner.instance_scope(wanted), conditions, []);
        let good = check::resource_before(planner, wanted);
        let (value, mut problems) = decode_block(&wanted.block.body, &schema.block, &planner.instance_scope(wanted));
        problems.extend(ephemeral_problems(&value, schema, wanted.block));
        let failed = problems.has_errors();
        planner.report(wanted.block.located(problems, &wanted.address));
        (Some(value).filter(|_| !failed), good)
    });
    planner.report(evaluator.take_problems());
    let has_conditions = !lifecycle.preconditions.is_empty() || !lifecycle.postconditions.is_empty();
    let pending = planner.is_pending(&depends)
        || (has_conditions && planner.is_pending(&reads))
        || changes_directly(planner, wanted);
    planner.work.borrow_mut().reads.insert(wanted.address.clone(), reads);
    (config.filter(|_| good), pending)
}

/// True if a managed resource that the block itself names is to change: as if `depends_on` named it, even where the value
/// that is read is known. Source: Terraform 1.11.4, `terraform_data` and `null_data_source`.
fn changes_directly(planner: &Planner<'_>, wanted: &Wanted<'_>) -> bool {
    let work = planner.work.borrow();
    if work.pending.is_empty() {
        return false;
    }
    named_managed(wanted.block).into_iter().any(|resource| {
        let resource = resource.in_module(wanted.address.module.clone());
        work.pending.get(&resource).is_some_and(|keys| !keys.is_empty())
    })
}

/// Managed resources that a block itself names, beside its `depends_on`.
fn named_managed(block: &ResourceBlock) -> Vec<Resource> {
    let rules = block.lifecycle.preconditions.iter().chain(&block.lifecycle.postconditions);
    let exprs = block.count.iter().chain(&block.for_each);
    let exprs = exprs.chain(rules.flat_map(|rule| [&rule.condition, &rule.error_message]));
    let named = exprs.flat_map(references).cloned();
    let named = named.chain(body_references(&block.body).into_iter().map(|traversal| (*traversal).clone()));
    let resources = named.filter_map(|traversal| Reference::parse(&traversal).ok()).filter_map(|reference| {
        match reference.subject {
            Subject::Resource(resource, _) if resource.mode == ResourceMode::Managed => Some(resource),
            _ => None,
        }
    });
    resources.collect()
}

fn plan_later(
    planner: &Planner<'_>,
    wanted: &Wanted<'_>,
    schema: &Schema,
    provider: ProviderConfigAddress,
    config: &Value,
    reason: ActionReason,
) {
    if planner.mode() == PlanMode::RefreshOnly && refresh::keep_known(planner, wanted, schema) {
        return;
    }
    let planned = placeholder(schema, config);
    if planner.mode() == PlanMode::Normal {
        // What was read before is no longer what counts.
        planner.drop_object(&wanted.address);
    }
    planner.set_value(wanted, planned.clone());
    check::resource_after(planner, wanted, &planned);
    add_read(planner, wanted, schema, provider, planned, reason);
}

/// What is known of a data source before it is read.
fn placeholder(schema: &Schema, config: &Value) -> Value {
    let (plain, marks) = config.unmark_deep();
    let planned = planned_data(&schema.block, &plain);
    let planned = if marks.is_empty() { planned } else { planned.with_path_marks(&marks) };
    with_schema_marks(&schema.block, &planned)
}

fn add_read(
    planner: &Planner<'_>,
    wanted: &Wanted<'_>,
    schema: &Schema,
    provider: ProviderConfigAddress,
    after: Value,
    reason: ActionReason,
) {
    if planner.mode() != PlanMode::Normal {
        return;
    }
    planner.add_change(ResourceChange {
        address: wanted.address.clone(),
        previous_address: wanted.address.clone(),
        deposed: None,
        provider,
        action: Action::Read,
        reason,
        before: Value::null(schema.block.implied_type()),
        after,
        replace_paths: Vec::new(),
        private: Vec::new(),
        before_identity: None,
        after_identity: None,
        importing: None,
        generated_config: None,
        create_before_destroy: false,
    });
}

async fn read_now(
    planner: &Planner<'_>,
    wanted: &Wanted<'_>,
    provider: &dyn PlanProvider,
    schema: &Schema,
    provider_address: ProviderConfigAddress,
    config: &Value,
) {
    let kind = &wanted.address.resource.kind;
    let (plain, marks) = config.unmark_deep();
    let _turn = planner.turns.begin().await;
    let ticker = planner.upkeep.begin(None, &wanted.address, None, Action::Read, None);
    let mut problems = provider.validate_data(kind, &plain).await;
    let state = if problems.has_errors() {
        None
    } else {
        let meta = planner.provider_meta(&wanted.address.module, &provider_address.provider);
        let response = provider.read_data(kind, &plain, meta.as_ref()).await;
        problems.extend(response.diagnostics);
        problems.extend(deferral_problem(response.deferred, &wanted.address));
        Some(response.state)
    };
    let value =
        state.filter(|_| !problems.has_errors()).and_then(|state| checked(wanted, schema, state, &mut problems));
    if wanted.block.check.is_some() {
        check::nested_read(planner, wanted, &mut problems);
    }
    planner.report(wanted.block.located(problems, &wanted.address));
    let nested = wanted.block.check.is_some();
    let Some(value) = value else {
        ticker.fail();
        let value = if nested { placeholder(schema, config) } else { Value::unknown(schema.block.implied_type()) };
        planner.set_value(wanted, value.clone());
        if nested {
            keep(planner, wanted, schema, &provider_address, &value);
            add_read(planner, wanted, schema, provider_address, value, ActionReason::ReadBecauseCheckNested);
        }
        return;
    };
    let value = if marks.is_empty() { value } else { value.with_path_marks(&marks) };
    let value = with_schema_marks(&schema.block, &value);
    ticker.finish(object_id(&value));
    keep(planner, wanted, schema, &provider_address, &value);
    planner.set_value(wanted, value.clone());
    check::resource_after(planner, wanted, &value);
    if nested {
        // What a check looks at is read once more when everything else is done.
        add_read(planner, wanted, schema, provider_address, value, ActionReason::ReadBecauseCheckNested);
    }
}

/// Puts what was read into the state, as far as it is known.
fn keep(planner: &Planner<'_>, wanted: &Wanted<'_>, schema: &Schema, provider: &ProviderConfigAddress, value: &Value) {
    let stored = Stored {
        value: value.clone(),
        private: Vec::new(),
        identity: None,
        status: ObjectStatus::Ready,
        dependencies: Vec::new(),
        create_before_destroy: false,
    };
    match encode_object(schema, &stored, 0) {
        Ok(object) => {
            planner.work.borrow_mut().state.set_object(&wanted.address, None, provider, Some(Arc::new(object)));
        }
        Err(message) => planner.report_one(invalid(wanted, &message)),
    }
}

fn checked(wanted: &Wanted<'_>, schema: &Schema, state: Value, problems: &mut Diagnostics) -> Option<Value> {
    if state.is_null() {
        problems.push(invalid(wanted, "the provider returned null"));
        return None;
    }
    if !conforms(&state, &schema.block.implied_type()) || !state.is_wholly_known() {
        problems.push(invalid(wanted, "the value does not fit the provider's own schema, or is not wholly known"));
        return None;
    }
    Some(state)
}

fn invalid(wanted: &Wanted<'_>, what: &str) -> Diagnostic {
    Diagnostic::error(
        "Provider produced invalid object",
        format!("Provider produced an invalid value for {}: {what}.\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker.", wanted.address),
    )
    .blame(Blame::Provider)
    .address(&wanted.address)
    .at(wanted.block.header_span)
}

/// In destroy mode data sources have the values that were found before; apply takes them out of the state.
pub(crate) fn destroy(planner: &Planner<'_>, block: &ResourceBlock, module: ModuleId, address: &AbsResource) {
    let (expansion, expansion_reads) = planner.evaluator.resource_expansion(module, &address.resource);
    // What cannot be evaluated any more must not hinder the destroy.
    drop(planner.evaluator.take_problems());
    if matches!(expansion, Expansion::Unknown { .. }) {
        return;
    }
    for key in expansion.keys() {
        let address = address.instance(key);
        let provider = planner.work.borrow().state.provider_of(&address);
        let Some(schema) = provider.and_then(|provider| planner.schema(&provider, &address)) else { continue };
        let (expansion, expansion_reads) = (expansion.clone(), expansion_reads.clone());
        refresh::keep_known(planner, &Wanted { block, module, address, expansion, expansion_reads }, &schema);
    }
}
