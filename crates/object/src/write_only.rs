//! Attributes that are sent to the provider and never come back.

use formwork_model::{Attribute, AttributeType, Block, Nesting};
use formwork_value::{Path, PathStep, Value};
use std::convert::Infallible;

/// True if the path leads to a write-only attribute, or into one.
pub fn is_write_only(schema: &Block, path: &Path) -> bool {
    let mut names = path.0.iter().filter_map(|step| match step {
        PathStep::Attribute(name) => Some(name),
        PathStep::Index(_) => None,
    });
    let mut block = schema;
    while let Some(name) = names.next() {
        if let Some(attribute) = block.attributes.get(name) {
            return attribute_write_only(attribute, &mut names);
        }
        match block.blocks.get(name) {
            Some(nested) => block = &nested.block,
            None => return false,
        }
    }
    false
}

fn attribute_write_only(attribute: &Attribute, names: &mut dyn Iterator<Item = &formwork_value::Str>) -> bool {
    if attribute.write_only {
        return true;
    }
    match (&attribute.kind, names.next()) {
        (AttributeType::Nested(nested), Some(name)) => {
            nested.attributes.get(name).is_some_and(|inner| attribute_write_only(inner, names))
        }
        _ => false,
    }
}

/// Makes write-only attributes null in what a provider answers, and tells where they were not.
pub fn without_write_only(schema: &Block, value: &Value) -> (Value, Vec<Path>) {
    let mut found = Vec::new();
    if !block_has_write_only(schema) {
        return (value.clone(), found);
    }
    let Ok(cleared) = value.transform::<Infallible>(&mut |path, value| {
        let ends_in_name = matches!(path.0.last(), Some(PathStep::Attribute(_)));
        if !ends_in_name || value.is_null() || !is_write_only(schema, path) {
            return Ok(value);
        }
        found.push(path.clone());
        Ok(Value::null(value.ty()))
    });
    (cleared, found)
}

fn block_has_write_only(schema: &Block) -> bool {
    schema.attributes.values().any(has_write_only) || schema.blocks.values().any(|b| block_has_write_only(&b.block))
}

fn has_write_only(attribute: &Attribute) -> bool {
    attribute.write_only
        || match &attribute.kind {
            AttributeType::Nested(nested) if nested.nesting != Nesting::Set => {
                nested.attributes.values().any(has_write_only)
            }
            _ => false,
        }
}
