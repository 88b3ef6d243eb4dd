//! Objects that are taken over instead of created.

use crate::planner::Planner;
use crate::refresh;
use crate::resource::Wanted;
use formwork_config::ImportBlock;
use formwork_diag::{Blame, Diagnostic};
use formwork_eval::{InstanceScope, ModuleId};
use formwork_hcl::Expr;
use formwork_model::{
    ClientCapabilities, Event, ImportRequest, Importing, InstanceKey, ObjectStatus, PlanProvider,
    ProviderConfigAddress, Schema,
};
use formwork_object::{Stored, encode_object};
use formwork_value::{Str, Type, Value, convert};
use std::sync::Arc;

/// Imports the object of an instance if an `import` block asks for it. The imported object enters the state of the plan.
pub(crate) async fn import(
    planner: &Planner<'_>,
    wanted: &Wanted<'_>,
    provider: &dyn PlanProvider,
    schema: &Schema,
    provider_address: &ProviderConfigAddress,
) -> Option<(Stored, Option<Importing>)> {
    let (id, block) = requested(planner, wanted)?;
    let _permit = planner.permits.acquire().await;
    let mut response = provider
        .import_resource(ImportRequest {
            kind: &wanted.address.resource.kind,
            id: &id,
            identity: None,
            capabilities: ClientCapabilities { deferral_allowed: false, write_only_attributes_allowed: true },
        })
        .await;
    let problems = std::mem::take(&mut response.diagnostics);
    let failed = problems.has_errors();
    planner.report(crate::managed::located(problems, wanted));
    if failed {
        return None;
    }
    let mut objects = response.objects.into_iter();
    let (Some(object), None) = (objects.next(), objects.next()) else {
        planner.report_one(
            Diagnostic::error(
                "Import returned an unexpected number of objects",
                format!("While importing {} with the id {id:?}, the provider returned none or several objects where exactly one was expected.", wanted.address),
            )
            .blame(Blame::Provider)
            .at(block.span),
        );
        return None;
    };
    let imported = Stored {
        value: formwork_object::with_schema_marks(&schema.block, &object.state),
        private: object.private,
        identity: object.identity,
        status: ObjectStatus::Ready,
        dependencies: Vec::new(),
        create_before_destroy: false,
    };
    let id_of = formwork_object::object_id(&imported.value);
    let event = || (wanted.address.clone(), id_of.clone());
    let (address, id_shown) = event();
    planner.inputs.events.emit(Event::RefreshStarted { address, deposed: None, id: id_shown });
    let read = refresh::read(planner, &wanted.address, provider_address, provider, schema, &imported).await.ok()?;
    let (address, id_shown) = event();
    planner.inputs.events.emit(Event::RefreshFinished { address, deposed: None, id: id_shown });
    let Some(stored) = read else {
        planner.report_one(
            Diagnostic::error(
                "Cannot import non-existent remote object",
                format!("While attempting to import an existing object to {:?}, the provider detected that no object exists with the given id. Only pre-existing objects can be imported; check that the id is correct and that it is associated with the provider's configured region or endpoint, or use \"formwork apply\" to create a new remote object for this resource.", wanted.address.to_string()),
            )
            .at(block.span),
        );
        return None;
    };
    let encoded = encode_object(schema, &stored, 0).ok()?;
    planner.work.borrow_mut().state.set_object(&wanted.address, None, provider_address, Some(Arc::new(encoded)));
    Some((stored, Some(Importing { id: Some(id), identity: None })))
}

/// The id under which an import block wants the instance.
fn requested<'a>(planner: &'a Planner<'_>, wanted: &Wanted<'_>) -> Option<(Str, &'a ImportBlock)> {
    for module in planner.inputs.config.modules.values() {
        for block in &module.imports {
            let matches = block.to.resource == wanted.address.resource
                && module.path.is_root()
                && block.to.module.iter().map(|(name, _)| name).eq(wanted.address.module.0.iter().map(|s| &s.name));
            if matches && let Some(id) = id_for(planner, wanted, block) {
                return Some((id, block));
            }
        }
    }
    None
}

fn id_for(planner: &Planner<'_>, wanted: &Wanted<'_>, block: &ImportBlock) -> Option<Str> {
    let expr = block.id.as_ref()?;
    let repetitions = match &block.for_each {
        None => vec![formwork_eval::Repetition::default()],
        Some(for_each) => planner.evaluator.repetitions(ModuleId::ROOT, for_each),
    };
    for repetition in repetitions {
        let scope = planner.evaluator.module_scope(ModuleId::ROOT).with_repetition(&repetition);
        let steps = block.to.module.iter().map(|(_, key)| key).chain([&block.to.key]);
        let wanted_keys = wanted.address.module.0.iter().map(|s| &s.key).chain([&wanted.address.key]);
        if !steps.zip(wanted_keys).all(|(key, wanted)| key_of(planner, key.as_ref(), &scope).as_ref() == Some(wanted)) {
            continue;
        }
        let evaluation = planner.evaluator.evaluate(expr, &scope);
        planner.report(evaluation.diagnostics);
        let id = convert(&evaluation.value, &Type::String).ok();
        match id.as_ref().and_then(Value::as_str) {
            Some(text) if !text.is_empty() => return Some(text.into()),
            _ => {
                planner.report_one(
                    Diagnostic::error(
                        "Invalid import id argument",
                        "The import ID must be a non-empty string that is known when planning.",
                    )
                    .at(expr.span),
                );
                return None;
            }
        }
    }
    None
}

/// The instance key that an expression in the target address stands for.
fn key_of(planner: &Planner<'_>, key: Option<&Expr>, scope: &InstanceScope<'_>) -> Option<InstanceKey> {
    let Some(key) = key else { return Some(InstanceKey::None) };
    let evaluation = planner.evaluator.evaluate(key, scope);
    planner.report(evaluation.diagnostics);
    formwork_eval::instance_key(&evaluation.value)
}
