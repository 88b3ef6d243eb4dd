//! `ignore_changes`.

use formwork_model::Block;
use formwork_value::{Kind, Path, PathStep, Value};
use std::collections::BTreeMap;

/// What to ignore.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Ignore {
    #[default]
    Nothing,
    Everything,
    Paths(Vec<Path>),
}

/// The configuration with ignored parts taken from the prior object (fact sheet 8.3). Marks are kept with the values they
/// come with.
pub fn ignore_changes(schema: &Block, ignore: &Ignore, prior: &Value, config: &Value) -> Value {
    if prior.is_null() || config.is_null() {
        return config.clone();
    }
    match ignore {
        Ignore::Nothing => config.clone(),
        Ignore::Everything => without_computed(schema, prior),
        Ignore::Paths(paths) => paths.iter().fold(config.clone(), |config, path| replace(&config, prior, &path.0)),
    }
}

/// The prior object as if it were written: what only the provider sets becomes null.
fn without_computed(schema: &Block, prior: &Value) -> Value {
    let Some(object) = prior.as_mapping() else { return prior.clone() };
    let mut out = object.clone();
    for (name, attribute) in &schema.attributes {
        if attribute.computed && !attribute.optional {
            out.insert(name.clone(), Value::null(attribute.ty()));
        }
    }
    for (name, nested) in &schema.blocks {
        if let Some(value) = out.get_mut(name) {
            let changed = match value.kind() {
                Kind::List(list) => {
                    let items = list.items.iter().map(|v| without_computed(&nested.block, v)).collect();
                    Value::list(list.element.clone(), items)
                }
                Kind::Set(set) => Value::set(
                    set.element.clone(),
                    set.items.iter().map(|v| without_computed(&nested.block, v)).collect(),
                ),
                Kind::Map(map) => {
                    let items =
                        map.items.iter().map(|(k, v)| (k.clone(), without_computed(&nested.block, v))).collect();
                    Value::map(map.element.clone(), items)
                }
                Kind::Object(_) => without_computed(&nested.block, value),
                _ => continue,
            };
            *value = changed.with_marks(value.marks());
        }
    }
    Value::object_map(out)
}

/// Puts the prior value at a path; a path that does not exist on either side changes nothing.
fn replace(config: &Value, prior: &Value, steps: &[PathStep]) -> Value {
    let Some((step, rest)) = steps.split_first() else { return prior.clone() };
    if !config.is_known() || config.is_null() || prior.is_null() || !prior.is_known() {
        return config.clone();
    }
    match (step, config.kind()) {
        (PathStep::Attribute(name), Kind::Object(object)) => {
            let (Some(inner), Some(prior)) = (object.get(name), prior.get(name)) else { return config.clone() };
            let mut out = (***object).clone();
            out.insert(name.clone(), replace(inner, prior, rest));
            Value::object_map(out).with_marks(config.marks())
        }
        (PathStep::Attribute(name), Kind::Map(_)) => replace_key(config, prior, name, rest),
        (PathStep::Index(key), Kind::Map(_)) => match key.as_str() {
            Some(name) => replace_key(config, prior, name, rest),
            None => config.clone(),
        },
        // A key in brackets selects one element of a map; of an object it means the whole (as the reference has it).
        (PathStep::Index(key), Kind::Object(_)) if key.as_str().is_some() => prior.clone(),
        (PathStep::Index(key), Kind::List(_) | Kind::Tuple(_)) => {
            let at = key.as_number().and_then(formwork_value::Number::to_i64).and_then(|n| usize::try_from(n).ok());
            let (Some(at), Some(items)) = (at, config.as_sequence()) else { return config.clone() };
            let (Some(inner), Some(before)) = (items.get(at), prior.as_sequence().and_then(|p| p.get(at))) else {
                return config.clone();
            };
            let mut out = items.to_vec();
            if let Some(slot) = out.get_mut(at) {
                *slot = replace(inner, before, rest);
            }
            match config.kind() {
                Kind::List(list) => Value::list(list.element.clone(), out).with_marks(config.marks()),
                _ => Value::tuple(out).with_marks(config.marks()),
            }
        }
        _ => config.clone(),
    }
}

/// One key of a map: it takes the prior value, or goes if there was none.
fn replace_key(config: &Value, prior: &Value, key: &str, rest: &[PathStep]) -> Value {
    let Kind::Map(map) = config.kind() else { return config.clone() };
    let mut out: BTreeMap<_, _> = (*map.items).clone();
    match (out.get(key), prior.get(key)) {
        (Some(inner), Some(before)) => {
            let value = replace(inner, before, rest);
            out.insert(key.into(), value);
        }
        (None, Some(before)) if rest.is_empty() => {
            out.insert(key.into(), before.clone());
        }
        (Some(_), None) if rest.is_empty() => {
            out.remove(key);
        }
        _ => return config.clone(),
    }
    Value::map(map.element.clone(), out).with_marks(config.marks())
}
