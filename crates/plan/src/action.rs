//! Which actions are invoked: those that a change triggers, and those that are asked for.

use crate::planner::Planner;
use crate::resource::Wanted;
use formwork_config::{ActionBlock, ActionTrigger, TriggeredAction};
use formwork_diag::{Blame, Diagnostic, Span};
use formwork_eval::{Expansion, ModuleId, Repetition, decode_block, instance_key};
use formwork_model::{
    Action, ActionEvent, ActionInstance, ActionRequest, ClientCapabilities, InstanceKey, Invocation, InvocationCause,
    ProviderConfigAddress, Schema,
};
use formwork_value::{Marks, PathMarks, Type, Value, convert};
use std::sync::Arc;

/// What an action does to its triggers: a replacement counts as the creation of the new object.
fn events_of(action: Action) -> &'static [ActionEvent] {
    match action {
        Action::Create | Action::DeleteThenCreate | Action::CreateThenDelete | Action::ForgetThenCreate => {
            &[ActionEvent::BeforeCreate, ActionEvent::AfterCreate]
        }
        Action::Update => &[ActionEvent::BeforeUpdate, ActionEvent::AfterUpdate],
        Action::NoOp | Action::Read | Action::Delete | Action::Forget => &[],
    }
}

/// The bodies of the actions that a resource triggers, with their repetitions' expressions: what they refer to must be
/// there before the resource changes.
pub(crate) fn triggered_blocks<'a>(planner: &'a Planner<'_>, wanted: &'a Wanted<'_>) -> Vec<&'a ActionBlock> {
    let Some(module) = planner.inputs.config.module(&wanted.address.module.path()) else { return Vec::new() };
    let triggered = wanted.block.lifecycle.action_triggers.iter().flat_map(|trigger| &trigger.actions);
    triggered.filter_map(|triggered| module.actions.get(&triggered.action)).collect()
}

/// Plans the actions that a change triggers.
pub(crate) async fn plan_triggers(planner: &Planner<'_>, wanted: &Wanted<'_>, action: Action) {
    let events = events_of(action);
    let mut planned = Vec::new();
    for (block, trigger) in wanted.block.lifecycle.action_triggers.iter().enumerate() {
        let events: Vec<ActionEvent> = trigger.events.iter().copied().filter(|event| events.contains(event)).collect();
        if events.is_empty() || !may_hold(planner, wanted, trigger) {
            continue;
        }
        for event in events {
            for (index, triggered) in trigger.actions.iter().enumerate() {
                let Some(address) = instance(planner, wanted, triggered) else { continue };
                let cause = InvocationCause::Trigger { resource: wanted.address.clone(), event, block, index };
                planned.extend(plan_invocation(planner, wanted.module, address, triggered.span, cause).await);
            }
        }
    }
    planner.work.borrow_mut().invocations.extend(planned);
}

/// False if the condition is known not to hold.
fn may_hold(planner: &Planner<'_>, wanted: &Wanted<'_>, trigger: &ActionTrigger) -> bool {
    let Some(condition) = &trigger.condition else { return true };
    let evaluation = planner.evaluator.evaluate(condition, &planner.instance_scope(wanted));
    let failed = evaluation.diagnostics.has_errors();
    planner.report(wanted.block.located(evaluation.diagnostics, &wanted.address));
    if failed {
        return false;
    }
    match convert(&evaluation.value.unmark().0, &Type::Bool) {
        Ok(value) if !value.is_null() => value.as_bool() != Some(false),
        _ => {
            let detail = "The condition of an action_trigger must be true or false.";
            planner.report_one(Diagnostic::error("Invalid condition", detail).at(condition.span));
            false
        }
    }
}

/// The instance of an action that an entry of a trigger names.
fn instance(planner: &Planner<'_>, wanted: &Wanted<'_>, triggered: &TriggeredAction) -> Option<ActionInstance> {
    let key = match &triggered.key {
        None => InstanceKey::None,
        Some(expr) => {
            let evaluation = planner.evaluator.evaluate(expr, &planner.instance_scope(wanted));
            let failed = evaluation.diagnostics.has_errors();
            planner.report(wanted.block.located(evaluation.diagnostics, &wanted.address));
            let key = instance_key(&evaluation.value.unmark().0);
            if key.is_none() && !failed {
                let detail = "The key of an action must be a string or a whole number that is known when planning.";
                planner.report_one(Diagnostic::error("Invalid action reference", detail).at(expr.span));
            }
            key?
        }
    };
    Some(ActionInstance { module: wanted.address.module.clone(), action: triggered.action.clone(), key })
}

/// Plans the actions that `-invoke` names, with the objects as they are now.
pub(crate) async fn plan_requested(planner: &Planner<'_>) {
    for wanted in &planner.inputs.options.invoke {
        let path = wanted.module.path();
        let modules: Vec<ModuleId> = planner.evaluator.instances_of(&path);
        let mut found = false;
        for module in modules {
            let address = planner.evaluator.module_address(module);
            let suits = address.0.iter().zip(&wanted.module.0).all(|(a, b)| b.key.is_none() || a.key == b.key);
            let config = planner.evaluator.module_config(module);
            let Some(block) = config.actions.get(&wanted.action).filter(|_| suits) else { continue };
            let (expansion, problems) = planner.evaluator.action_expansion(module, block);
            planner.report(problems);
            let keys = expansion.keys().into_iter().filter(|key| wanted.key.is_none() || *key == wanted.key);
            for key in keys {
                found = true;
                let instance = ActionInstance { module: address.clone(), action: wanted.action.clone(), key };
                let span = block.header_span;
                let planned = plan_invocation(planner, module, instance, span, InvocationCause::Request).await;
                planner.work.borrow_mut().invocations.extend(planned);
            }
        }
        if !found && !planner.work.borrow().diagnostics.has_errors() {
            let detail = format!("There is no {wanted} in the configuration, so it cannot be invoked.");
            planner.report_one(Diagnostic::error("Invalid action to invoke", detail));
        }
    }
}

async fn plan_invocation(
    planner: &Planner<'_>,
    module: ModuleId,
    address: ActionInstance,
    span: Span,
    cause: InvocationCause,
) -> Option<Invocation> {
    let evaluator = &planner.evaluator;
    let config = evaluator.module_config(module);
    let block = config.actions.get(&address.action)?;
    let (expansion, problems) = evaluator.action_expansion(module, block);
    let failed = problems.has_errors();
    planner.report(block.located(problems, &address));
    if failed {
        return None;
    }
    if !expansion.contains(&address.key) {
        planner.report_one(no_instance(&address, &expansion).at(span));
        return None;
    }
    let repetition = expansion.repetition(&address.key);
    let (provider, schema) = provider_of(planner, module, block, &address, &repetition)?;
    let config = evaluate(planner, module, block, &schema, &address, &repetition)?;
    if cause == InvocationCause::Request && !config.is_wholly_known() {
        let detail = format!(
            "{address} refers to what does not exist yet. Apply the configuration first, then invoke the action."
        );
        planner.report_one(Diagnostic::error("Partially applied configuration", detail).at(block.header_span));
        return None;
    }
    let asked = planner.provider(&provider).await?;
    let (plain, _) = config.unmark_deep();
    let capabilities = ClientCapabilities { deferral_allowed: false, write_only_attributes_allowed: true };
    let response = {
        let _turn = planner.turns.begin().await;
        asked.plan_action(ActionRequest { kind: &address.action.kind, config: &plain, capabilities }).await
    };
    let mut problems = response.diagnostics;
    if response.deferred.is_some() {
        let detail =
            format!("The provider put {address} off, although that was not offered to it. This is a bug in it.");
        problems.push(Diagnostic::error("Provider deferred an action", detail).blame(Blame::Provider));
    }
    let failed = problems.has_errors();
    planner.report(block.located(problems, &address));
    (!failed).then(|| Invocation { action: address, provider, cause, config: without_ephemeral(&config) })
}

fn provider_of(
    planner: &Planner<'_>,
    module: ModuleId,
    block: &ActionBlock,
    address: &ActionInstance,
    repetition: &Repetition,
) -> Option<(ProviderConfigAddress, Arc<Schema>)> {
    let provider = match planner.evaluator.provider_instance(module, &block.provider, repetition) {
        Ok(provider) => provider,
        Err(problems) => {
            planner.report(block.located(problems, address));
            return None;
        }
    };
    let schema = {
        let work = planner.work.borrow();
        work.schemas.get(&provider.provider).and_then(|schemas| schemas.actions.get(&address.action.kind).cloned())
    };
    if schema.is_none() {
        planner.report_one(unknown_type(block, []));
    }
    Some((provider, schema?))
}

fn evaluate(
    planner: &Planner<'_>,
    module: ModuleId,
    block: &ActionBlock,
    schema: &Schema,
    address: &ActionInstance,
    repetition: &Repetition,
) -> Option<Value> {
    let scope = planner.evaluator.module_scope(module).with_repetition(repetition);
    let (config, problems) = decode_block(&block.body, &schema.block, &scope);
    let failed = problems.has_errors();
    planner.report(block.located(problems, address));
    planner.report(planner.evaluator.take_problems());
    (!failed).then_some(config)
}

/// The provider does not have the action.
pub(crate) fn unknown_type<'k>(block: &ActionBlock, known: impl IntoIterator<Item = &'k str>) -> Diagnostic {
    let kind = &*block.action.kind;
    let hint = formwork_diag::nearest(kind, known).map(|name| format!(" Did you mean {name:?}?")).unwrap_or_default();
    let provider = block.provider_address.for_display();
    let detail = format!("The provider {provider} does not support action {kind:?}.{hint}");
    Diagnostic::error("Invalid action", detail).at(block.header_span)
}

fn no_instance(address: &ActionInstance, expansion: &Expansion) -> Diagnostic {
    let detail = match expansion {
        Expansion::Single => format!("{} has one instance, without a key.", address.action),
        _ => format!("There is no {address}: the repetition of the action does not have this key."),
    };
    Diagnostic::error("Reference to non-existent action instance", detail)
}

/// The value as plans may keep it.
fn without_ephemeral(value: &Value) -> Value {
    if !value.marks_deep().is_ephemeral() {
        return value.clone();
    }
    let (plain, marks) = value.unmark_deep();
    let secret = |path: &formwork_value::Path| marks.iter().any(|m| m.marks.is_ephemeral() && m.path == *path);
    let Ok(plain) = plain.transform(&mut |path, value| -> Result<Value, std::convert::Infallible> {
        Ok(if secret(path) { Value::null(value.ty()) } else { value })
    });
    let kept = marks.into_iter().map(|m| PathMarks { marks: m.marks.without(Marks::EPHEMERAL), ..m });
    let kept: Vec<PathMarks> = kept.filter(|m| !m.marks.is_none()).collect();
    plain.with_path_marks(&kept)
}
