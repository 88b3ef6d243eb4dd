//! Stored objects.

use super::body::{Mode, write_diff};
use crate::diff::{Pair, block_diff, is_legacy};
use crate::json::StateViewError;
use crate::labelled::Labelled;
use crate::sensitive::SchemaMarks;
use crate::stored::{decode_object, stored_schema};
use formwork_model::{DeposedKey, ObjectState, ObjectStatus, ProviderAddress, ResourceInstance, ResourceMode};
use formwork_value::quote;

/// Values as they are, rather than changes.
pub(crate) fn value_mode() -> Mode {
    Mode { show_unchanged: true, hide_symbols: true, ..Mode::default() }
}

/// What is special about an object.
pub(crate) fn object_note(deposed: Option<&DeposedKey>, status: ObjectStatus) -> String {
    match (deposed, status) {
        (Some(key), _) => format!(" (deposed object {key})"),
        (None, ObjectStatus::Tainted) => " (tainted)".into(),
        (None, ObjectStatus::Ready) => String::new(),
    }
}

/// The object's block.
///
/// Errors: the object does not fit its schema, or that is not known.
pub(crate) fn object_body(
    address: &ResourceInstance,
    provider: &ProviderAddress,
    object: &ObjectState,
    marks: &mut SchemaMarks<'_>,
) -> Result<Labelled, StateViewError> {
    let schema = stored_schema(marks, address, provider)?;
    let value = marks.apply(&decode_object(address, object, &schema)?, provider, &address.resource);
    let mut pair = Pair::new(&value, &value);
    pair.legacy = is_legacy(&schema.block);
    let block = if address.resource.mode == ResourceMode::Data { "data" } else { "resource" };
    let mut out = Labelled::new();
    out.push_str(&format!("{block} {} {} ", quote(&address.resource.kind), quote(&address.resource.name)));
    write_diff(&mut out, &block_diff(&pair, &schema.block), 0, value_mode());
    Ok(out)
}
