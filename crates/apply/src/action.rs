//! Actions: invoked before and after the changes that trigger them, or on request.

use crate::stage::{Configured, Stage};
use formwork_config::{ActionBlock, ActionFailure, ActionTrigger};
use formwork_diag::{Diagnostic, Diagnostics, Severity};
use formwork_eval::{ModuleId, decode_block};
use formwork_model::{
    ActionProgress, ActionRequest, ApplyProvider, ClientCapabilities, Event, Invocation, InvocationCause,
    ResourceInstance,
};
use formwork_value::{Type, Value, convert};
use std::sync::Arc;

/// Invokes what the change of an object triggers, before or after it, in order. The failure of one ends this, unless its
/// trigger says that everything goes on.
pub(crate) async fn run_triggered(
    stage: &Stage<'_>,
    configured: &Configured,
    address: &ResourceInstance,
    before: bool,
) -> Result<(), ActionFailure> {
    for invocation in stage.triggered_by(address).filter(|invocation| invocation.is_before() == before) {
        let InvocationCause::Trigger { block, .. } = &invocation.cause else { continue };
        let Some(trigger) = configured.block.lifecycle.action_triggers.get(*block) else { continue };
        if !holds(stage, configured, address, trigger).map_err(|()| trigger.on_failure)? {
            continue;
        }
        let problems = invoke(stage, configured.module, invocation).await;
        let failed = problems.has_errors();
        match trigger.on_failure {
            ActionFailure::Continue => stage.report(problems.into_iter().map(as_warning).collect()),
            ActionFailure::Halt | ActionFailure::Taint => {
                stage.report(problems);
                if failed {
                    return Err(trigger.on_failure);
                }
            }
        }
    }
    Ok(())
}

/// Invokes what was asked for; the failure of one ends this.
pub(crate) async fn run_requested(stage: &Stage<'_>) {
    let invocations = &stage.inputs.plan.invocations;
    for invocation in invocations.iter().filter(|invocation| invocation.cause == InvocationCause::Request) {
        if stage.has_failed() || (stage.inputs.cancelled)() {
            return;
        }
        let Some(module) = stage.evaluator.expanded_module(&invocation.action.module) else { continue };
        let problems = invoke(stage, module, invocation).await;
        stage.report(problems);
    }
}

/// Whether the condition of a trigger holds by now. An error was reported.
fn holds(
    stage: &Stage<'_>,
    configured: &Configured,
    address: &ResourceInstance,
    trigger: &ActionTrigger,
) -> Result<bool, ()> {
    let Some(condition) = &trigger.condition else { return Ok(true) };
    let evaluation = stage.evaluator.evaluate(condition, &stage.scope(configured, address));
    let failed = evaluation.diagnostics.has_errors();
    stage.report(configured.block.located(evaluation.diagnostics, address));
    let value = convert(&evaluation.value.unmark().0, &Type::Bool).ok();
    match value.as_ref().and_then(Value::as_bool) {
        Some(holds) if !failed => Ok(holds),
        _ => {
            if !failed {
                let detail = "The condition of an action_trigger must be known when the action is to be invoked. \
                              Before a change it cannot depend on what the change brings.";
                let problem = Diagnostic::error("Condition is not known", detail).at(condition.span);
                stage.report_one(problem.address(address));
            }
            Err(())
        }
    }
}

/// An action with all that is needed to invoke it.
struct Ready {
    block: ActionBlock,
    provider: Arc<dyn ApplyProvider>,
    config: Value,
}

/// Evaluates the configuration with the values that are known by now, and invokes the action.
async fn invoke(stage: &Stage<'_>, module: ModuleId, invocation: &Invocation) -> Diagnostics {
    let (ready, mut problems) = prepare(stage, module, invocation).await;
    let Some(ready) = ready else { return problems };
    let (events, action, cause) = (stage.inputs.events, &invocation.action, &invocation.cause);
    let emit = |progress: ActionProgress| {
        events.emit(Event::Action { action: action.clone(), cause: cause.clone(), progress });
    };
    emit(ActionProgress::Started);
    let capabilities = ClientCapabilities { deferral_allowed: false, write_only_attributes_allowed: true };
    let request = ActionRequest { kind: &action.action.kind, config: &ready.config, capabilities };
    let mut tell = |message: String| emit(ActionProgress::Told(message.into()));
    let answer = ready.provider.invoke_action(request, &mut tell).await;
    match answer.iter().find(|problem| problem.is_error()) {
        None => {
            stage.counts.borrow_mut().invoked += 1;
            emit(ActionProgress::Finished);
        }
        Some(problem) => emit(ActionProgress::Failed(problem.summary.as_str().into())),
    }
    problems.extend(ready.block.located(answer, action));
    problems
}

async fn prepare(stage: &Stage<'_>, module: ModuleId, invocation: &Invocation) -> (Option<Ready>, Diagnostics) {
    let action = &invocation.action;
    let config = stage.evaluator.module_config(module);
    let Some(block) = config.actions.get(&action.action).cloned() else {
        let detail = format!("{action} is planned to be invoked, but the configuration does not have it.");
        return (None, Diagnostic::error("Inconsistent plan", detail).into());
    };
    let schemas = stage.inputs.plan.schemas.get(&invocation.provider.provider);
    let Some(schema) = schemas.and_then(|schemas| schemas.actions.get(&action.action.kind)) else {
        let detail = format!("The plan does not have the schema of {action}. Make a new plan.");
        return (None, Diagnostic::error("Inconsistent plan", detail).into());
    };
    let (expansion, mut problems) = stage.evaluator.action_expansion(module, &block);
    let scope = stage.evaluator.module_scope(module).with_repetition(&expansion.repetition(&action.key));
    let (config, more) = decode_block(&block.body, &schema.block, &scope);
    problems.extend(more);
    problems.extend(stage.evaluator.take_problems());
    let mut problems = block.located(problems, action);
    if problems.has_errors() {
        return (None, problems);
    }
    let (config, _) = config.unmark_deep();
    if !config.is_wholly_known() {
        let detail = format!(
            "The configuration of {action} is not known in full at the time of its invocation. An action that comes \
             before a change cannot refer to what the change brings."
        );
        let problem = Diagnostic::error("Action configuration unknown during apply", detail);
        problems.push(problem.at(block.header_span).address(action));
        return (None, problems);
    }
    match stage.provider(&invocation.provider).await {
        Some(provider) => (Some(Ready { block, provider, config }), problems),
        None => {
            let detail = format!("The provider of {action} could not be configured, so it was not invoked.");
            problems.push(Diagnostic::error("Action was not invoked", detail).at(block.header_span));
            (None, problems)
        }
    }
}

fn as_warning(mut problem: Diagnostic) -> Diagnostic {
    problem.severity = Severity::Warning;
    problem
}
