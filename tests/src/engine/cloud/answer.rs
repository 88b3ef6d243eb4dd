//! What the simulated provider makes of values.

use super::schema::provider_schema;
use formwork_value::{Kind, Path, PathStep, Str, Type, Value};
use std::convert::Infallible;

/// Attributes that the provider fills in when they are not configured.
const FILLED: [&str; 4] = ["size", "level", "price", "weight"];

fn last(path: &Path) -> Option<&str> {
    match path.0.last() {
        Some(PathStep::Attribute(name)) => Some(name),
        _ => None,
    }
}

fn changed(value: &Value, change: &dyn Fn(&Path, Value) -> Value) -> Value {
    let Ok(new) = value.transform::<Infallible>(&mut |path, value| Ok(change(path, value)));
    new
}

/// The planned value of a thing.
pub(super) fn planned_thing(prior: &Value, proposed: &Value) -> Value {
    let proposed = &with(proposed, "token", Value::null(Type::String));
    if !prior.is_null() && prior == proposed {
        return proposed.clone();
    }
    let creates = prior.is_null();
    changed(proposed, &|path, value| match last(path) {
        Some("id" | "arn") if path.0.len() == 1 && creates => Value::unknown_not_null(value.ty()),
        Some("version") if path.0.len() == 1 => Value::unknown_not_null(Type::Number),
        Some(name) if FILLED.contains(&name) && value.is_null() => Value::unknown(Type::Number),
        _ => value,
    })
}

/// The planned value of a shape: what is computed is not known until it has a value, and what is write-only never shows.
pub(super) fn planned_shape(prior: &Value, proposed: &Value) -> Value {
    let creates = prior.is_null();
    changed(proposed, &|path, value| match last(path) {
        Some("key" | "token") => Value::null(Type::String),
        Some("id") if creates => Value::unknown_not_null(Type::String),
        Some("stamp" | "facts" | "filled") if value.is_null() => Value::unknown(value.ty()),
        Some(name) if FILLED.contains(&name) && value.is_null() => Value::unknown(Type::Number),
        _ => value,
    })
}

/// The planned value of a legacy object: an absent note is planned as an empty one, which only the old rules allow.
pub(super) fn planned_legacy(prior: &Value, proposed: &Value) -> Value {
    changed(proposed, &|path, value| match last(path) {
        Some("id") if prior.is_null() => Value::unknown(Type::String),
        Some("note") if value.is_null() => Value::string(""),
        _ => value,
    })
}

pub(super) fn planned_old(prior: &Value, proposed: &Value) -> Value {
    changed(proposed, &|path, value| match last(path) {
        Some("id") if prior.is_null() => Value::unknown(Type::String),
        _ => value,
    })
}

/// The object that comes of a planned value: nothing stays unknown.
pub(super) fn made(prior: &Value, planned: &Value, id: &str) -> Value {
    let version = prior.get("version").and_then(Value::as_number).and_then(|n| n.to_i64()).unwrap_or(0) + 1;
    changed(planned, &|path, value| {
        if value.is_known() {
            return value;
        }
        match last(path) {
            Some("id") => Value::string(id),
            Some("arn") => Value::string(format!("arn:{id}")),
            Some("version") => Value::from(version),
            Some("size") => Value::from(1),
            Some("level") => Value::from(5),
            Some("price") => Value::from(10),
            Some("weight") => Value::from(100),
            Some("stamp") => Value::string(format!("stamp of {id}")),
            Some("facts") => Value::list(facts(id).ty(), vec![facts(id)]),
            Some("filled") => facts(id),
            _ => match value.kind() {
                Kind::Unknown(ty, _) => Value::null(ty.clone()),
                _ => value,
            },
        }
    })
}

fn facts(id: &str) -> Value {
    Value::object([("stamp", Value::string(format!("stamp of {id}"))), ("password", Value::string("computed"))])
}

/// A thing as somebody else made it.
pub(super) fn imported(id: &str, name: &str) -> Value {
    let schema = provider_schema();
    let Some(thing) = schema.resources.get("cloud_thing") else { return Value::dynamic() };
    let empty = formwork_object::empty_block(&thing.block);
    changed(&empty, &|path, value| match (path.0.len(), last(path)) {
        (1, Some("id")) => Value::string(id),
        (1, Some("name")) => Value::string(name),
        (1, Some("arn")) => Value::string(format!("arn:{id}")),
        (1, Some("version" | "size")) => Value::from(1),
        _ => value,
    })
}

/// The value with one attribute replaced.
pub(super) fn with(value: &Value, name: &str, new: Value) -> Value {
    let mut attributes = value.as_mapping().cloned().unwrap_or_default();
    attributes.insert(Str::from(name), new);
    Value::object_map(attributes)
}

pub(super) fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).map(str::to_string)
}
