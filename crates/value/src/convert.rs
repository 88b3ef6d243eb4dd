//! Conversion of values to types.

use crate::{Path, Type, Value};
use std::fmt;

/// Why a value cannot be converted.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvertError {
    /// Where in the value.
    pub path: Path,
    /// For users, e.g. `a number is required`.
    pub message: String,
}

/// Converts a value to a type constraint. Marks, nulls and unknowns are kept; attributes that are optional in the
/// constraint and absent become null (defaults are applied by the caller beforehand).
pub fn convert(value: &Value, ty: &Type) -> Result<Value, ConvertError> {
    todo!()
}

impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_root() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.path, self.message) }
    }
}

impl std::error::Error for ConvertError {}
