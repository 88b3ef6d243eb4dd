//! Types as JSON: `"string"`, `["list","string"]`, `["object",{"a":"number"}]`.

use crate::Type;

/// Compact JSON of a type, object attributes sorted.
pub fn type_to_json(ty: &Type) -> String {
    todo!()
}

/// Parses what [`type_to_json`] writes, in any JSON formatting.
pub fn type_from_json(text: &str) -> Result<Type, String> {
    todo!()
}
