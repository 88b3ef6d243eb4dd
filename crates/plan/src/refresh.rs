//! Reading objects anew.

use crate::planner::Planner;
use crate::resource::Wanted;
use formwork_diag::{Blame, Diagnostic};
use formwork_model::{
    Action, ActionReason, ClientCapabilities, DeposedKey, Event, ObjectState, PlanMode, PlanProvider,
    ProviderConfigAddress, ReadRequest, ResourceChange, ResourceInstance, Schema,
};
use formwork_object::{
    Stored, deferral_problem, encode_object, identity_problem, normalize, object_id, read_state, with_schema_marks,
    without_write_only,
};
use formwork_value::{Marks, PathMarks, Value, conforms, json};
use std::sync::Arc;

/// The current (or a deposed) object of an instance: from the state, brought to the current schema, and (if `fresh`, and
/// unless that is switched off) read anew. `Ok(None)`: there is no object. `Err`: that failed and was reported.
pub(crate) async fn current(
    planner: &Planner<'_>,
    address: &ResourceInstance,
    deposed: Option<&DeposedKey>,
    provider_address: &ProviderConfigAddress,
    provider: &dyn PlanProvider,
    schema: &Schema,
    fresh: bool,
) -> Result<Option<Stored>, ()> {
    let Some(object) = stored_object(planner, address, deposed) else { return Ok(None) };
    planner.work.borrow_mut().state.set_provider(address, provider_address);
    let _turn = planner.turns.begin().await;
    let (stored, mut problems) = read_state(provider, schema, address, &object).await;
    let failed = problems.has_errors();
    if !problems.is_empty()
        && let Some((_, block)) = planner.block(&address.resource())
    {
        let of_provider = problems.iter_mut().filter(|problem| problem.blame != Blame::Environment);
        of_provider.for_each(|problem| problem.span = problem.span.or(Some(block.header_span)));
    }
    planner.report(problems);
    let Some(mut stored) = stored.filter(|_| !failed) else { return Err(()) };
    if stored.value.is_null() {
        // There is none in the form that the provider knows now.
        update_state(planner, address, deposed, schema, None, &object);
        return Ok(None);
    }
    let config = address.config();
    if deposed.is_none() && planner.graph.resource_position(&config).is_some() {
        // The order of a later replacement or removal is that of the newest configuration.
        stored.create_before_destroy = planner.create_before_destroy.contains(&config);
    }
    if !fresh || !planner.inputs.options.refresh {
        update_state(planner, address, deposed, schema, Some(&stored), &object);
        return Ok(Some(stored));
    }
    let id = object_id(&stored.value);
    let event = |finished: bool| {
        let (address, deposed, id) = (address.clone(), deposed.cloned(), id.clone());
        planner.inputs.events.emit(match finished {
            false => Event::RefreshStarted { address, deposed, id },
            true => Event::RefreshFinished { address, deposed, id },
        });
    };
    event(false);
    let fresh = read(planner, address, provider_address, provider, schema, &stored).await?;
    event(true);
    if deposed.is_none() {
        drift(planner, address, &stored, fresh.as_ref());
    }
    update_state(planner, address, deposed, schema, fresh.as_ref(), &object);
    Ok(fresh)
}

pub(crate) fn stored_object(
    planner: &Planner<'_>,
    address: &ResourceInstance,
    deposed: Option<&DeposedKey>,
) -> Option<Arc<ObjectState>> {
    let work = planner.work.borrow();
    let instance = work.state.instance(address)?;
    match deposed {
        None => instance.current.clone(),
        Some(key) => instance.deposed.get(key).cloned(),
    }
}

/// Asks the provider for the object, and checks the answer.
pub(crate) async fn read(
    planner: &Planner<'_>,
    address: &ResourceInstance,
    provider_address: &ProviderConfigAddress,
    provider: &dyn PlanProvider,
    schema: &Schema,
    stored: &Stored,
) -> Result<Option<Stored>, ()> {
    let (plain, marks) = stored.value.unmark_deep();
    let meta = planner.provider_meta(&address.module, &provider_address.provider);
    let mut response = provider
        .read_resource(ReadRequest {
            kind: &address.resource.kind,
            current: &plain,
            private: &stored.private,
            provider_meta: meta.as_ref(),
            identity: stored.identity.as_ref(),
            capabilities: ClientCapabilities { deferral_allowed: false, write_only_attributes_allowed: true },
        })
        .await;
    let mut problems = std::mem::take(&mut response.diagnostics);
    problems.extend(deferral_problem(response.deferred, address));
    let failed = problems.has_errors();
    match planner.block(&address.resource()) {
        Some((_, block)) => planner.report(block.located(problems, address)),
        None => {
            for problem in problems.iter_mut() {
                problem.address.get_or_insert_with(|| address.to_string());
            }
            planner.report(problems);
        }
    }
    if failed {
        return Err(());
    }
    if response.state.is_null() {
        return Ok(None);
    }
    let value = normalize(&schema.block, &response.state);
    let fits = conforms(&value, &schema.block.implied_type()) && value.is_wholly_known();
    if !fits || !without_write_only(&schema.block, &value).1.is_empty() {
        planner.report_one(
            Diagnostic::error(
                "Provider produced invalid object",
                format!("The provider answered the reading of {address} with a value that does not fit its own schema, is not wholly known, or has write-only attributes set.\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker."),
            )
            .blame(Blame::Provider)
            .address(address),
        );
        return Err(());
    }
    let name = provider_address.provider.to_string();
    if let Some(problem) = identity_problem(response.identity.as_ref(), false, &name, address) {
        planner.report_one(problem);
        return Err(());
    }
    let value = if marks.is_empty() { value } else { value.with_path_marks(&marks) };
    Ok(Some(Stored {
        value: with_schema_marks(&schema.block, &value),
        private: response.private,
        identity: response.identity.or_else(|| stored.identity.clone()),
        status: stored.status,
        dependencies: stored.dependencies.clone(),
        create_before_destroy: stored.create_before_destroy,
    }))
}

/// Notes what has changed outside, except of deposed objects, which go anyway. A plan that only refreshes tells of moves as well.
fn drift(planner: &Planner<'_>, address: &ResourceInstance, before: &Stored, after: Option<&Stored>) {
    if planner.mode() == PlanMode::Destroy {
        // What is destroyed anyway may have changed.
        return;
    }
    let null = || Value::null(before.value.ty());
    let previous_address = planner.previous_address(address);
    let is_move = planner.mode() == PlanMode::RefreshOnly && previous_address != *address;
    let action = match after {
        Some(after) if after.value == before.value && is_move => Action::NoOp,
        Some(after) if after.value == before.value => return,
        Some(_) => Action::Update,
        None => Action::Delete,
    };
    let provider = {
        let work = planner.work.borrow();
        work.state.provider_of(address)
    };
    let Some(provider) = provider else { return };
    let change = ResourceChange {
        address: address.clone(),
        previous_address,
        deposed: None,
        provider,
        action,
        reason: ActionReason::None,
        before: before.value.clone(),
        after: after.map_or_else(null, |a| a.value.clone()),
        replace_paths: Vec::new(),
        private: Vec::new(),
        before_identity: before.identity.clone(),
        after_identity: after.and_then(|a| a.identity.clone()),
        importing: None,
        generated_config: None,
        create_before_destroy: false,
    };
    planner.work.borrow_mut().drift.push(change);
}

/// Writes the refreshed object into the state, if it differs from what is there.
pub(crate) fn update_state(
    planner: &Planner<'_>,
    address: &ResourceInstance,
    deposed: Option<&DeposedKey>,
    schema: &Schema,
    fresh: Option<&Stored>,
    object: &Arc<ObjectState>,
) {
    let version = planner.identity_version(address).unwrap_or(object.identity_schema_version);
    let encoded = match fresh.map(|f| encode_object(schema, f, version)) {
        None => None,
        Some(Ok(encoded)) if same_object(&encoded, object, schema) => return,
        Some(Ok(encoded)) => Some(Arc::new(encoded)),
        Some(Err(message)) => {
            planner.report_one(
                Diagnostic::error(
                    "Provider produced invalid object",
                    format!("The object {address} cannot be stored: {message}."),
                )
                .blame(Blame::Provider)
                .address(address),
            );
            return;
        }
    };
    let mut work = planner.work.borrow_mut();
    let provider = work.state.provider_of(address);
    if let Some(provider) = provider {
        work.state.set_object(address, deposed, &provider, encoded);
    }
}

impl Planner<'_> {
    /// The version of the identities of an object's type, if it has any.
    fn identity_version(&self, address: &ResourceInstance) -> Option<u64> {
        let work = self.work.borrow();
        let provider = work.state.provider_of(address)?;
        let schemas = work.schemas.get(&provider.provider)?;
        Some(schemas.identities.get(&address.resource.kind)?.version)
    }
}

/// True if the newly encoded object says the same as the stored one, whatever the formatting of its JSON.
fn same_object(new: &ObjectState, old: &ObjectState, schema: &Schema) -> bool {
    let attributes = match (&new.attributes, &old.attributes) {
        (formwork_model::RawState::Json(a), formwork_model::RawState::Json(b)) => {
            a == b || {
                let ty = schema.block.implied_type();
                matches!((json::decode(a, &ty), json::decode(b, &ty)), (Ok(x), Ok(y)) if x == y)
            }
        }
        _ => false,
    };
    let sorted = |paths: &[formwork_value::Path]| {
        let mut texts: Vec<String> = paths.iter().map(ToString::to_string).collect();
        texts.sort();
        texts
    };
    attributes
        && new.schema_version == old.schema_version
        && new.private == old.private
        && new.identity == old.identity
        && (new.identity.is_none() || new.identity_schema_version == old.identity_schema_version)
        && new.status == old.status
        && new.create_before_destroy == old.create_before_destroy
        && sorted(&new.sensitive) == sorted(&old.sensitive)
}

/// An instance that takes no part in this plan keeps the value that the state has.
pub(crate) fn keep(planner: &Planner<'_>, wanted: &Wanted<'_>, schema: &Schema) {
    if !keep_known(planner, wanted, schema) {
        planner.set_value(wanted, Value::unknown(schema.block.implied_type()));
    }
}

/// Gives an instance the value that the state has; false if there is none.
pub(crate) fn keep_known(planner: &Planner<'_>, wanted: &Wanted<'_>, schema: &Schema) -> bool {
    let Some(object) = stored_object(planner, &wanted.address, None) else { return false };
    let formwork_model::RawState::Json(text) = &object.attributes else { return false };
    let Ok(value) = json::decode_state(text, &schema.block.implied_type()) else { return false };
    let sensitive = |path: &formwork_value::Path| PathMarks { path: path.clone(), marks: Marks::SENSITIVE };
    let marks: Vec<PathMarks> = object.sensitive.iter().map(sensitive).collect();
    let value = if marks.is_empty() { value } else { value.with_path_marks(&marks) };
    planner.set_value(wanted, with_schema_marks(&schema.block, &value));
    true
}
