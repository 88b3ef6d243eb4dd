//! The order in which sets iterate.

use crate::Value;
use std::cmp::Ordering;

/// Order of set elements (fact sheet `language.md` 6.3).
pub fn compare(a: &Value, b: &Value) -> Ordering {
    todo!()
}
