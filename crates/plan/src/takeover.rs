//! Objects that moved to another resource type or provider.

use crate::planner::Planner;
use formwork_diag::{Blame, Diagnostic};
use formwork_model::{
    DeposedKey, MoveRequest, ObjectState, PlanProvider, ProviderConfigAddress, ResourceInstance, Schema,
};
use formwork_object::{Stored, encode_object, with_schema_marks};
use formwork_value::conforms;
use std::sync::Arc;

/// The stored object as one of its new type, if it has moved to another type or provider: the new provider translates it.
/// The result enters the state of the plan. `Err`: that failed and was reported.
pub(crate) async fn translated(
    planner: &Planner<'_>,
    address: &ResourceInstance,
    deposed: Option<&DeposedKey>,
    provider_address: &ProviderConfigAddress,
    provider: &dyn PlanProvider,
    schema: &Schema,
    object: Arc<ObjectState>,
) -> Result<Arc<ObjectState>, ()> {
    let Some((from, source)) = origin(planner, address, provider_address) else { return Ok(object) };
    if !provider.schema().move_resource_state {
        planner.report_one(unsupported(&from, address, provider_address));
        return Err(());
    }
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
        Ok(new) if fits => {
            let new = Arc::new(new);
            let mut work = planner.work.borrow_mut();
            work.state.set_object(address, deposed, provider_address, Some(new.clone()));
            Ok(new)
        }
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

/// Where an object comes from, if that is another type or provider.
fn origin(
    planner: &Planner<'_>,
    address: &ResourceInstance,
    provider: &ProviderConfigAddress,
) -> Option<(ResourceInstance, ProviderConfigAddress)> {
    let from = planner.work.borrow().moved.get(address)?.clone();
    let source = planner.inputs.previous.state.resource(&from.resource())?.provider.clone();
    let is_same = from.resource.kind == address.resource.kind && source.provider == provider.provider;
    (!is_same && from.resource != address.resource).then_some((from, source))
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
