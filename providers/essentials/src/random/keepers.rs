//! `keepers`: values whose change draws a new value.

use formwork_kit::{Rules, optional};
use formwork_value::{Str, Value};
use std::collections::{BTreeMap, BTreeSet};

pub(super) type Keepers = Option<BTreeMap<String, Option<String>>>;

pub(super) fn keepers() -> Rules {
    optional().replaces_when(differ)
}

/// True if they differ in more than keys whose value is null: older versions of the published provider did not store
/// these.
fn differ(stored: &Value, planned: &Value) -> bool {
    if !planned.is_known() {
        return true;
    }
    let empty = BTreeMap::new();
    let (stored, planned) = (stored.as_mapping().unwrap_or(&empty), planned.as_mapping().unwrap_or(&empty));
    let keys: BTreeSet<&Str> = stored.keys().chain(planned.keys()).collect();
    let given = |map: &BTreeMap<Str, Value>, key: &Str| map.get(key).filter(|value| !value.is_null()).cloned();
    keys.into_iter().any(|key| given(stored, key) != given(planned, key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use formwork_value::Type;

    fn map(entries: &[(&str, Option<&str>)]) -> Value {
        let entries = entries.iter().map(|(key, value)| {
            let value = value.map_or_else(|| Value::null(Type::String), Value::from);
            (Str::from(*key), value)
        });
        Value::map(Type::String, entries.collect())
    }

    #[test]
    fn nulls_make_no_difference() {
        let null = Value::null(Type::map(Type::String));
        let cases = [
            (null.clone(), map(&[("a", None)]), false),
            (null.clone(), map(&[("a", Some("x"))]), true),
            (map(&[("a", Some("x"))]), map(&[("a", Some("x")), ("b", None)]), false),
            (map(&[("a", Some("x"))]), map(&[("a", Some("y"))]), true),
            (map(&[("a", Some("x"))]), null, true),
            (map(&[]), Value::unknown(Type::map(Type::String)), true),
        ];
        for (stored, planned, expected) in cases {
            assert_eq!(differ(&stored, &planned), expected, "{stored:?} {planned:?}");
        }
    }
}
