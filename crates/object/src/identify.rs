//! How messages name an object.

use formwork_value::{Str, Value};

/// The attribute by which people know the object, and its value: `id`, else `name` (only if known and not sensitive).
pub fn object_id(value: &Value) -> Option<(Str, Str)> {
    if value.is_sensitive() {
        return None;
    }
    let text = |name: &str| {
        let attribute = value.get(name)?;
        if attribute.is_sensitive() { None } else { attribute.as_str().filter(|t| !t.is_empty()) }
    };
    ["id", "name"].into_iter().find_map(|name| Some((name.into(), text(name)?.into())))
}
