//! Values as JSON, guided by a type (state files, plans, outputs) or without one (`jsonencode`, `jsondecode`).

use crate::{Path, Type, Value};

/// Why a value or document cannot be coded.
#[derive(Clone, Debug, PartialEq)]
pub struct CodecError {
    pub path: Path,
    pub message: String,
}

impl std::fmt::Display for CodecError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path.is_root() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.path, self.message) }
    }
}

impl std::error::Error for CodecError {}

/// Compact JSON of a value by a type: parts that are `Dynamic` in the type are wrapped as `{"value":V,"type":T}`.
/// Marks are ignored. Unknown values and infinities are errors. `<`, `>`, `&`, U+2028 and U+2029 are escaped.
pub fn encode(value: &Value, ty: &Type) -> Result<String, CodecError> {
    todo!()
}

/// Compact JSON of a value without any wrapper (as `jsonencode` has it). Same errors.
pub fn encode_plain(value: &Value) -> Result<String, CodecError> {
    todo!()
}

/// Decodes JSON by a type: the inverse of [`encode`]. Numbers keep their digits. Missing and extra attributes are
/// errors. Depth is bounded.
pub fn decode(text: &str, ty: &Type) -> Result<Value, CodecError> {
    todo!()
}

/// Decodes JSON without a type: arrays become tuples, objects become objects.
pub fn decode_plain(text: &str) -> Result<Value, CodecError> {
    todo!()
}
