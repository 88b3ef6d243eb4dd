//! Destroying objects.

use crate::operation::{Done, Task};
use crate::provision;
use crate::recorder::{Intent, Outcome};
use crate::stage::Stage;
use formwork_diag::{Blame, Diagnostic};
use formwork_model::{
    Action, ApplyProvider, ApplyRequest, ApplyResponse, DeposedKey, ObjectState, ObjectStatus, Schema,
};
use formwork_object::{Stored, encode_object, object_id, read_state};
use formwork_value::{Value, conforms};
use std::sync::Arc;

/// Destroys the current object of an instance, or a deposed one.
pub(crate) async fn delete(stage: &Stage<'_>, task: &Task<'_>, deposed: Option<&DeposedKey>) -> Done {
    let address = &task.operation.address;
    let object = stage.recorder.read(|state| {
        let instance = state.instance(address)?;
        match deposed {
            None => instance.current.clone(),
            Some(key) => instance.deposed.get(key).cloned(),
        }
    });
    // Already gone: an earlier run got that far.
    let Some(object) = object else { return Done::Succeeded };
    let Some(provider) = stage.provider_for_delete(&task.change.provider).await else { return Done::Failed };
    let provider = provider.apply_stand_in(address).unwrap_or(provider);
    let Some(schema) = stage.schema(&task.change.provider, address) else {
        stage.report_one(
            Diagnostic::error(
                "Unsupported resource type in state",
                format!("The provider does not know the type of {address}."),
            )
            .address(address),
        );
        return Done::Failed;
    };
    let (stored, problems) = read_state(&*provider, &schema, address, &object).await;
    let failed = problems.has_errors();
    stage.report(problems);
    let Some(stored) = stored.filter(|_| !failed) else { return Done::Failed };
    let ticker = stage.upkeep.begin(Some(task.id), address, deposed, Action::Delete, object_id(&stored.value));
    // A tainted object was never finished: its destroy-time provisioners may rely on what is not there.
    let provisions = deposed.is_none() && stored.status == ObjectStatus::Ready;
    if provisions && !provision::run_destroy_time(stage, address, &stored.value).await {
        ticker.fail();
        return Done::Failed;
    }
    let good = carry_out(stage, task, deposed, &*provider, &schema, &object, stored).await;
    if good {
        ticker.finish(None);
    } else {
        ticker.fail();
    }
    Done::of(good)
}

async fn carry_out(
    stage: &Stage<'_>,
    task: &Task<'_>,
    deposed: Option<&DeposedKey>,
    provider: &dyn ApplyProvider,
    schema: &Schema,
    object: &Arc<ObjectState>,
    stored: Stored,
) -> bool {
    let address = &task.operation.address;
    if !provider.is_pure(&address.resource.kind) {
        let intent = Intent {
            operation: task.id,
            address,
            provider: &task.change.provider,
            kind: &task.operation.kind,
            planned: None,
        };
        if let Err(problem) = stage.recorder.intend(intent).await {
            stage.report_one(*problem);
            return false;
        }
    }
    let null = Value::null(schema.block.implied_type());
    let (prior, _) = stored.value.unmark_deep();
    let module = stage.evaluator.module_id(&address.module);
    let meta = stage.evaluator.provider_meta(module, &task.change.provider.provider);
    // A tainted object's replacement was planned without knowing of it.
    let is_known = deposed.is_none() && stored.status == ObjectStatus::Ready;
    let is_planned = is_known || task.change.action == Action::Delete;
    let response = provider
        .apply_resource(ApplyRequest {
            kind: &address.resource.kind,
            prior: &prior,
            planned: &null,
            config: &null,
            // What the provider has planned for the object or, of a replacement, for the one that takes its place.
            planned_private: if is_planned { &task.change.private } else { &stored.private },
            provider_meta: meta.as_ref(),
            planned_identity: None,
        })
        .await;
    let (left, failed) = settle(stage, task, schema, object, &stored, response);
    let gone = left.is_none();
    let outcome = Outcome { operation: task.id, address, deposed, provider: &task.change.provider, object: left };
    if let Err(problem) = stage.recorder.record(outcome).await {
        stage.report_one(*problem);
        return false;
    }
    let good = gone && !failed;
    if good {
        stage.counts.borrow_mut().destroyed += 1;
    }
    good
}

/// What is left of the object, and whether the operation has failed.
fn settle(
    stage: &Stage<'_>,
    task: &Task<'_>,
    schema: &Schema,
    object: &Arc<ObjectState>,
    stored: &Stored,
    response: ApplyResponse,
) -> (Option<Arc<ObjectState>>, bool) {
    let address = &task.operation.address;
    let failed = response.diagnostics.has_errors();
    let mut problems = response.diagnostics;
    for problem in problems.iter_mut() {
        problem.address.get_or_insert_with(|| address.to_string());
    }
    stage.report(problems);
    match response.new_state {
        Some(value) if value.is_null() && !failed => (None, false),
        // Whoever fails does not get to say that the object is gone: it may be there.
        Some(value) if value.is_null() => (Some(object.clone()), true),
        Some(value) if failed && conforms(&value, &schema.block.implied_type()) && value.is_wholly_known() => {
            let marks = stored.value.unmark_deep().1;
            let stored = Stored { value: value.with_path_marks(&marks), private: response.private, ..stored.clone() };
            let left = encode_object(schema, &stored, object.identity_schema_version).map_or(object.clone(), Arc::new);
            (Some(left), true)
        }
        Some(_) | None => {
            if !failed {
                stage.report_one(
                    Diagnostic::error(
                        "Provider returned invalid result object after apply",
                        format!("After applying a destroy plan, the provider returned a non-null object for {address}, or nothing. Destroying should always produce a null value, so this is a bug in the provider, which should be reported in the provider's own issue tracker. The object stays in the state."),
                    )
                    .blame(Blame::Provider)
                    .address(address),
                );
            }
            (Some(object.clone()), true)
        }
    }
}
