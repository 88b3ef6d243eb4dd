//! Objects that moved to another resource type or provider.

use crate::planner::Planner;
use formwork_diag::{Blame, Diagnostic};
use formwork_model::{
    DeposedKey, MoveRequest, ObjectState, PlanProvider, ProviderConfigAddress, ResourceInstance, Schema,
};
use formwork_object::{Stored, encode_object, with_schema_marks};
use formwork_value::conforms;
use std::sync::Arc;

/// Has the new providers translate every object that moved to another type or provider, before anything is read. The
/// results enter the state of the plan.
pub(crate) async fn translate_all(planner: &Planner<'_>) {
    let moved: Vec<(ResourceInstance, ResourceInstance)> = {
        let work = planner.work.borrow();
        work.moved.iter().map(|(to, from)| (to.clone(), from.clone())).collect()
    };
    for (to, from) in moved {
        let Some(source) = planner.inputs.previous.state.provider_of(&from) else {
            continue;
        };
        // What the configuration does not have is destroyed as what it was.
        let Some((path, block)) = planner.block(&to.resource()) else { continue };
        let target = planner.inputs.config.provider_config(&path, &block.provider.name);
        if from.resource.kind == to.resource.kind
            && (source.provider == target.provider || from.resource == to.resource)
        {
            continue;
        }
        let translation = Translation { from: &from, to: &to, source: &source, target: &target };
        if translate(planner, &translation).await.is_err() {
            return;
        }
    }
}

/// An object's way to another type or provider.
struct Translation<'a> {
    from: &'a ResourceInstance,
    to: &'a ResourceInstance,
    source: &'a ProviderConfigAddress,
    target: &'a ProviderConfigAddress,
}

/// Translates the objects of one instance. `Err`: that failed and was reported.
async fn translate(planner: &Planner<'_>, translation: &Translation<'_>) -> Result<(), ()> {
    let Translation { from, to, target, .. } = *translation;
    // An unknown type is reported with its block.
    let Some(schema) = planner.schema(target, to) else { return Ok(()) };
    let provider = match planner.inputs.providers.unconfigured(&target.provider).await {
        Ok(provider) => provider,
        Err(problems) => {
            planner.report(problems);
            return Err(());
        }
    };
    if !provider.schema().move_resource_state {
        let problem = unsupported(from, to, target);
        planner.report_one(match planner.moves.span_of(to) {
            Some(span) => problem.at(span),
            None => problem,
        });
        return Err(());
    }
    let objects: Vec<(Option<DeposedKey>, Arc<ObjectState>)> = {
        let work = planner.work.borrow();
        let Some(instance) = work.state.instance(to) else { return Ok(()) };
        let deposed = instance.deposed.iter().map(|(key, object)| (Some(key.clone()), object.clone()));
        instance.current.iter().map(|object| (None, object.clone())).chain(deposed).collect()
    };
    for (deposed, object) in objects {
        let new = translated(planner, translation, &*provider, &schema, &object).await?;
        planner.work.borrow_mut().state.set_object(to, deposed.as_ref(), target, Some(Arc::new(new)));
    }
    Ok(())
}

async fn translated(
    planner: &Planner<'_>,
    translation: &Translation<'_>,
    provider: &dyn PlanProvider,
    schema: &Schema,
    object: &ObjectState,
) -> Result<ObjectState, ()> {
    let Translation { from, to: address, source, .. } = *translation;
    let source_provider = source.provider.to_string();
    let response = provider
        .move_resource(MoveRequest {
            source_provider: &source_provider,
            source_kind: &from.resource.kind,
            source_schema_version: object.schema_version,
            source_state: object.attributes.clone(),
            source_private: &object.private,
            source_identity_json: object.identity.clone(),
            target_kind: &address.resource.kind,
        })
        .await;
    let failed = response.diagnostics.has_errors();
    planner.report(response.diagnostics.into_iter().map(|problem| problem.address(address)).collect());
    if failed {
        return Err(());
    }
    let value = response.state;
    let fits = !value.is_null() && conforms(&value, &schema.block.implied_type()) && value.is_wholly_known();
    let stored = Stored {
        value: with_schema_marks(&schema.block, &value),
        private: response.private,
        identity: response.identity,
        status: object.status,
        dependencies: object.dependencies.clone(),
        create_before_destroy: object.create_before_destroy,
    };
    let identity_version = provider.schema().identities.get(&address.resource.kind).map_or(0, |i| i.version);
    match encode_object(schema, &stored, identity_version) {
        Ok(new) if fits => Ok(new),
        _ => {
            planner.report_one(
                Diagnostic::error(
                    "Provider produced invalid object",
                    format!("The provider took {from} over as {address} with a value that does not fit its own schema, or is not wholly known.\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker."),
                )
                .blame(Blame::Provider)
                .address(address),
            );
            Err(())
        }
    }
}

fn unsupported(from: &ResourceInstance, to: &ResourceInstance, provider: &ProviderConfigAddress) -> Diagnostic {
    Diagnostic::error(
        "Unsupported `moved` across resource types",
        format!(
            "The provider {:?} does not support moved operations across resource types and providers, so that {from} cannot become {to}. Remove the moved block, and import the object or let a new one be made.",
            provider.provider.to_string()
        ),
    )
    .address(to)
}
