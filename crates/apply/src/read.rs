//! Reading data sources.

use crate::check;
use crate::operation::{Done, Task};
use crate::recorder::Outcome;
use crate::stage::{Configured, Stage};
use formwork_diag::{Blame, Diagnostic, Diagnostics, Severity};
use formwork_eval::decode_block;
use formwork_model::{Action, ObjectStatus, PlanProvider, Schema};
use formwork_object::{Stored, deferral_problem, encode_object, object_id, planned_data, with_schema_marks};
use formwork_value::{Str, Value, conforms};
use std::sync::Arc;

/// Reads a data source whose configuration was not known, or not settled, when planning.
pub(crate) async fn read(stage: &Stage<'_>, task: &Task<'_>) -> Done {
    let address = &task.operation.address;
    let Some(configured) = stage.configured(address) else { return Done::Failed };
    let Some(provider) = stage.provider(&task.change.provider).await else { return Done::Failed };
    let provider = provider.apply_stand_in(address).unwrap_or(provider);
    let Some(schema) = stage.schema(&task.change.provider, address) else { return Done::Failed };
    let scope = stage.scope(&configured, address);
    if !check::before(stage, &configured, &scope, address) {
        return Done::Failed;
    }
    let (config, problems) = decode_block(&configured.block.body, &schema.block, &scope);
    let failed = problems.has_errors();
    stage.report(configured.block.located(problems, address));
    stage.report(stage.evaluator.take_problems());
    if failed {
        return Done::Failed;
    }
    let ticker = stage.upkeep.begin(Some(task.id), address, None, Action::Read, None);
    let (plain, marks) = config.unmark_deep();
    let marked = |value: Value| {
        with_schema_marks(&schema.block, &if marks.is_empty() { value } else { value.with_path_marks(&marks) })
    };
    let value = match ask(stage, task, &configured, &*provider, &schema, &plain).await.map(marked) {
        Some(value) => {
            ticker.finish(object_id(&value));
            value
        }
        None => {
            ticker.fail();
            if configured.block.check.is_none() {
                return Done::Failed;
            }
            // The check has failed, nothing else; what is known of the data source is its configuration. The state has
            // it already if the plan found that out.
            stage.set_value(configured.module, address, marked(planned_data(&schema.block, &plain).unknown_as_null()));
            return Done::of(true);
        }
    };
    Done::of(remember(stage, task, &configured, &schema, &value).await)
}

async fn ask(
    stage: &Stage<'_>,
    task: &Task<'_>,
    configured: &Configured,
    provider: &dyn PlanProvider,
    schema: &Schema,
    config: &Value,
) -> Option<Value> {
    let address = &task.operation.address;
    let kind = &address.resource.kind;
    let mut problems = provider.validate_data(kind, config).await;
    let mut state = None;
    if !problems.has_errors() {
        let meta = stage.evaluator.provider_meta(Some(configured.module), &task.change.provider.provider);
        let response = provider.read_data(kind, config, meta.as_ref()).await;
        problems.extend(response.diagnostics);
        problems.extend(deferral_problem(response.deferred, address));
        state = Some(response.state);
    }
    let fits =
        |state: &Value| !state.is_null() && conforms(state, &schema.block.implied_type()) && state.is_wholly_known();
    let state = state.filter(|_| !problems.has_errors());
    if state.as_ref().is_some_and(|state| !fits(state)) {
        problems.push(
            Diagnostic::error(
                "Provider produced invalid object",
                format!("The provider produced an invalid value for {address}: it is null, unknown, or does not fit the provider's own schema.\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker."),
            )
            .blame(Blame::Provider)
            .address(address),
        );
    }
    if let Some(check) = &configured.block.check {
        nested(stage, configured, check, &mut problems);
    }
    stage.report(configured.block.located(problems, address));
    state.filter(fits)
}

/// A data source inside of a check block that cannot be read makes the check fail, and nothing else.
fn nested(stage: &Stage<'_>, configured: &Configured, check: &Str, problems: &mut Diagnostics) {
    if let Some(problem) = problems.iter().find(|p| p.is_error()) {
        let message = format!("{}: {}", problem.summary, problem.detail);
        stage.nested_failures.borrow_mut().insert((configured.module, check.clone()), message);
    }
    for problem in problems.iter_mut() {
        problem.severity = Severity::Warning;
    }
}

async fn remember(stage: &Stage<'_>, task: &Task<'_>, configured: &Configured, schema: &Schema, value: &Value) -> bool {
    let address = &task.operation.address;
    let stored = Stored {
        value: value.clone(),
        private: Vec::new(),
        identity: None,
        status: ObjectStatus::Ready,
        dependencies: Vec::new(),
        create_before_destroy: false,
    };
    let object = match encode_object(schema, &stored, 0) {
        Ok(object) => Some(Arc::new(object)),
        Err(message) => {
            stage.report_one(
                Diagnostic::error("Provider produced invalid object", format!("{address}: {message}."))
                    .address(address),
            );
            return false;
        }
    };
    stage.set_value(configured.module, address, value.clone());
    let outcome = Outcome { operation: task.id, address, deposed: None, provider: &task.change.provider, object };
    if let Err(problem) = stage.recorder.record(outcome).await {
        stage.report_one(*problem);
        return false;
    }
    let scope = stage.scope(configured, address).with_self(value.clone());
    check::after(stage, configured, &scope, address)
}
