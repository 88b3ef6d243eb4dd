//! Decoding of stored objects.

use crate::json::StateViewError;
use crate::sensitive::SchemaMarks;
use formwork_model::{ObjectState, ProviderAddress, RawState, ResourceInstance, Schema};
use formwork_value::{Marks, PathMarks, Value, json};
use std::sync::Arc;

/// The schema of an object's type.
pub(crate) fn stored_schema(
    marks: &mut SchemaMarks<'_>,
    address: &ResourceInstance,
    provider: &ProviderAddress,
) -> Result<Arc<Schema>, StateViewError> {
    marks.schema(provider, &address.resource).ok_or_else(|| StateViewError {
        address: address.to_string(),
        message: format!(
            "the schema of {} is not available from provider {}; run init to install the provider",
            address.resource.kind,
            provider.for_display()
        ),
    })
}

/// The object's value with the marks that are stored with it.
pub(crate) fn decode_object(
    address: &ResourceInstance,
    object: &ObjectState,
    schema: &Schema,
) -> Result<Value, StateViewError> {
    let error = |message: String| StateViewError { address: address.to_string(), message };
    if object.schema_version != schema.version {
        return Err(error(format!(
            "the object is stored with schema version {}, but the provider has version {}; run refresh or apply to \
             upgrade it",
            object.schema_version, schema.version
        )));
    }
    let RawState::Json(text) = &object.attributes else {
        return Err(error("the object is stored in an old format; run refresh or apply to upgrade it".into()));
    };
    let value = json::decode_state(text, &schema.block.implied_type())
        .map_err(|e| error(format!("the stored object does not fit its schema: {e}")))?;
    if object.sensitive.is_empty() {
        return Ok(value);
    }
    let marks: Vec<PathMarks> =
        object.sensitive.iter().map(|path| PathMarks { path: path.clone(), marks: Marks::SENSITIVE }).collect();
    Ok(value.with_path_marks(&marks))
}
