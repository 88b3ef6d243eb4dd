//! Stored objects: to the current schema, and back.

use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{
    ConfigResource, ObjectState, ObjectStatus, PlanProvider, RawState, ResourceInstance, ResourceMode, Schema,
};
use formwork_value::{Marks, PathMarks, Type, Value, conforms, json};

/// A stored object by the current schema.
#[derive(Clone, Debug)]
pub struct Stored {
    /// With marks.
    pub value: Value,
    pub private: Vec<u8>,
    pub identity: Option<Value>,
    pub status: ObjectStatus,
    pub dependencies: Vec<ConfigResource>,
    pub create_before_destroy: bool,
}

/// Brings a stored object to the current schema version, asking the provider (fact sheet 8.8).
pub async fn read_state(
    provider: &dyn PlanProvider,
    schema: &Schema,
    address: &ResourceInstance,
    object: &ObjectState,
) -> (Option<Stored>, Diagnostics) {
    let kind = &address.resource.kind;
    let ty = schema.block.implied_type();
    if object.schema_version > schema.version {
        return (None, newer(address, object, schema).into());
    }
    let managed = address.resource.mode == ResourceMode::Managed;
    let (value, mut diagnostics) = if managed {
        let mut response =
            provider.upgrade_resource_state(kind, object.schema_version, object.attributes.clone()).await;
        if response.diagnostics.has_errors()
            && let Some(known) = without_unknown_attributes(object, schema, &ty)
        {
            response = provider.upgrade_resource_state(kind, object.schema_version, known).await;
        }
        (response.state, response.diagnostics)
    } else {
        match decode_data(object, &ty) {
            Some(value) => (value, Diagnostics::new()),
            None => return (None, Diagnostics::new()),
        }
    };
    for problem in diagnostics.iter_mut() {
        problem.address.get_or_insert_with(|| address.to_string());
    }
    if diagnostics.has_errors() {
        return (None, diagnostics);
    }
    if !conforms(&value, &ty) || !value.is_wholly_known() {
        diagnostics.push(
            Diagnostic::error(
                "Invalid resource state upgrade",
                format!("The provider upgraded the state of {address} to a value that does not fit its own schema. This is a bug in the provider, which should be reported in the provider's own issue tracker."),
            )
            .blame(Blame::Provider)
            .address(address),
        );
        return (None, diagnostics);
    }
    let value = marked(schema, object, value);
    let identity = stored_identity(provider, address, object, &mut diagnostics).await;
    let stored = Stored {
        value,
        private: object.private.clone(),
        identity,
        status: object.status,
        dependencies: object.dependencies.clone(),
        create_before_destroy: object.create_before_destroy,
    };
    (Some(stored), diagnostics)
}

/// The object without attributes that its schema does not have: of the same version they can only have been removed. Not
/// every provider copes with them. `None` if that changes nothing.
fn without_unknown_attributes(object: &ObjectState, schema: &Schema, ty: &Type) -> Option<RawState> {
    let RawState::Json(text) = &object.attributes else { return None };
    if object.schema_version != schema.version || json::decode(text, ty).is_ok() {
        return None;
    }
    let known = json::decode_state(text, ty).ok()?;
    Some(RawState::Json(json::encode(&known, ty).ok()?.into()))
}

/// The value of a stored object, with marks, without asking a provider. `None`: it is of another version of the schema, or
/// does not fit it.
pub fn decode_object(schema: &Schema, object: &ObjectState) -> Option<Value> {
    if object.schema_version != schema.version {
        return None;
    }
    decode_data(object, &schema.block.implied_type()).map(|value| marked(schema, object, value))
}

fn marked(schema: &Schema, object: &ObjectState, value: Value) -> Value {
    let marks: Vec<PathMarks> =
        object.sensitive.iter().map(|path| PathMarks { path: path.clone(), marks: Marks::SENSITIVE }).collect();
    let value = if marks.is_empty() { value } else { value.with_path_marks(&marks) };
    crate::with_schema_marks(&schema.block, &value)
}

fn newer(address: &ResourceInstance, object: &ObjectState, schema: &Schema) -> Diagnostic {
    Diagnostic::error(
        "Resource instance managed by newer provider version",
        format!(
            "The current state of {address} was created by a newer provider version than is currently selected: its schema version is {}, the provider's is {}. Upgrade the provider to work with this state.",
            object.schema_version, schema.version
        ),
    )
    .blame(Blame::Environment)
    .address(address)
}

fn decode_data(object: &ObjectState, ty: &Type) -> Option<Value> {
    match &object.attributes {
        RawState::Json(text) => json::decode_state(text, ty).ok(),
        RawState::Flatmap(_) => None,
    }
}

async fn stored_identity(
    provider: &dyn PlanProvider,
    address: &ResourceInstance,
    object: &ObjectState,
    diagnostics: &mut Diagnostics,
) -> Option<Value> {
    let text = object.identity.as_ref()?;
    let schema = provider.schema();
    let identity = schema.identities.get(&address.resource.kind)?;
    let ty = Type::object(identity.attributes.iter().map(|(n, a)| (n.clone(), a.ty.clone())));
    if object.identity_schema_version != identity.version {
        let response =
            provider.upgrade_identity(&address.resource.kind, object.identity_schema_version, text.clone()).await;
        diagnostics.extend(response.diagnostics);
        return Some(response.state);
    }
    json::decode_state(text, &ty).ok()
}

/// An object as it is stored. Marks become paths; unknown values, which must not occur, become null.
pub fn encode_object(schema: &Schema, stored: &Stored, identity_version: u64) -> Result<ObjectState, String> {
    let (value, marks) = stored.value.unmark_deep();
    let value = if value.is_wholly_known() { value } else { value.unknown_as_null() };
    let ty = schema.block.implied_type();
    let text = json::encode(&value, &ty).map_err(|e| e.to_string())?;
    let sensitive = marks.into_iter().filter(|m| m.marks.is_sensitive()).map(|m| m.path).collect();
    let identity = match &stored.identity {
        Some(identity) if !identity.is_null() => {
            Some(json::encode(identity, &identity.ty()).map_err(|e| e.to_string())?.into())
        }
        _ => None,
    };
    Ok(ObjectState {
        schema_version: schema.version,
        attributes: RawState::Json(text.into()),
        sensitive,
        private: stored.private.clone(),
        identity_schema_version: identity_version,
        identity,
        status: stored.status,
        dependencies: stored.dependencies.clone(),
        create_before_destroy: stored.create_before_destroy,
    })
}
