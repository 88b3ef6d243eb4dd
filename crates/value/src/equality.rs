//! The language's `==`.

use crate::Value;

/// `a == b` as the language has it: a known bool, or unknown. No conversion; null equals null of any type; unknowns
/// are decided by their refinements where possible. Marks of both sides are on the result.
pub fn equals(a: &Value, b: &Value) -> Value {
    todo!()
}
