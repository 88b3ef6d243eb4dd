//! Answers of providers with the legacy type system, brought into shape.

use formwork_model::{Block, NestedBlock, Nesting};
use formwork_value::{Str, Type, Value};
use std::collections::BTreeMap;

/// A block in which nothing is set: attributes null, nested blocks absent.
pub fn empty_block(schema: &Block) -> Value {
    let mut out: BTreeMap<Str, Value> = BTreeMap::new();
    for (name, attribute) in &schema.attributes {
        out.insert(name.clone(), Value::null(attribute.ty()));
    }
    for (name, nested) in &schema.blocks {
        out.insert(name.clone(), absent(nested));
    }
    Value::object_map(out)
}

/// The value of a block type that does not occur.
fn absent(nested: &NestedBlock) -> Value {
    let element = || nested.block.implied_type();
    match nested.nesting {
        Nesting::Single => Value::null(element()),
        Nesting::Group => empty_block(&nested.block),
        Nesting::List if element().has_dynamic() => Value::tuple([]),
        Nesting::List => Value::list(element(), Vec::new()),
        Nesting::Set => Value::set(element(), Vec::new()),
        Nesting::Map if element().has_dynamic() => Value::empty_object(),
        Nesting::Map => Value::map(element(), BTreeMap::new()),
    }
}

/// Replaces null and unknown blocks by what the language has for them: empty collections, or blocks of unknown leaves.
pub fn normalize(schema: &Block, value: &Value) -> Value {
    if value.is_null() || !value.is_known() {
        return value.clone();
    }
    let Some(object) = value.as_mapping() else { return value.clone() };
    if schema.blocks.is_empty() {
        return value.clone();
    }
    let mut out = object.clone();
    for (name, nested) in &schema.blocks {
        if let Some(inner) = out.get_mut(name) {
            let changed = normalize_nested(nested, inner);
            *inner = changed;
        }
    }
    Value::object_map(out)
}

fn normalize_nested(nested: &NestedBlock, value: &Value) -> Value {
    let element = nested.block.implied_type();
    if value.is_null() {
        return if nested.nesting == Nesting::Single { value.clone() } else { absent(nested) };
    }
    if !value.is_known() {
        let stub = || unknown_leaves(&nested.block);
        return match nested.nesting {
            Nesting::Single | Nesting::Group => stub(),
            Nesting::List if !element.has_dynamic() => Value::list(element, vec![stub()]),
            Nesting::Set => Value::set(element, vec![stub()]),
            _ => value.clone(),
        };
    }
    match nested.nesting {
        Nesting::Single | Nesting::Group => normalize(&nested.block, value),
        Nesting::List if !element.has_dynamic() => Value::list(element, items(nested, value)),
        Nesting::Set => Value::set(element, items(nested, value)),
        Nesting::Map if !element.has_dynamic() => {
            let items = value.as_mapping().into_iter().flatten();
            Value::map(element, items.map(|(k, v)| (k.clone(), normalize(&nested.block, v))).collect())
        }
        _ => value.clone(),
    }
}

fn items(nested: &NestedBlock, value: &Value) -> Vec<Value> {
    value.as_sequence().unwrap_or_default().iter().map(|v| normalize(&nested.block, v)).collect()
}

/// A block all of whose attributes are unknown.
fn unknown_leaves(schema: &Block) -> Value {
    let mut out: BTreeMap<Str, Value> = BTreeMap::new();
    for (name, attribute) in &schema.attributes {
        let ty: Type = attribute.ty();
        out.insert(name.clone(), Value::unknown(ty));
    }
    for (name, nested) in &schema.blocks {
        let value = normalize_nested(nested, &Value::unknown(nested.ty()));
        out.insert(name.clone(), value);
    }
    Value::object_map(out)
}
