//! Sensitivity that the schema declares.

use crate::{Attribute, AttributeType, Block, NestedBlock, Nesting};
use formwork_value::{Kind, Marks, Path, PathMarks, Str, Value};
use std::collections::BTreeMap;

/// The places of a value that the schema declares sensitive. If an element of a set has one, it is the set as a whole.
pub fn schema_marks(schema: &Block, value: &Value) -> Vec<PathMarks> {
    let mut out = Vec::new();
    if declares_sensitive(schema) {
        block(schema, value, &Path::root(), &mut out);
    }
    out
}

/// The value with the schema's marks added.
pub fn with_schema_marks(schema: &Block, value: &Value) -> Value {
    let marks = schema_marks(schema, value);
    if marks.is_empty() { value.clone() } else { value.with_path_marks(&marks) }
}

/// True if a value of the schema can have sensitive places.
pub fn declares_sensitive(schema: &Block) -> bool {
    schema.attributes.values().any(attribute_sensitive) || schema.blocks.values().any(|b| declares_sensitive(&b.block))
}

fn attribute_sensitive(attribute: &Attribute) -> bool {
    attribute.sensitive
        || match &attribute.kind {
            AttributeType::Nested(nested) => nested.attributes.values().any(attribute_sensitive),
            AttributeType::Plain(_) => false,
        }
}

fn sensitive(path: Path) -> PathMarks {
    PathMarks { path, marks: Marks::SENSITIVE }
}

fn block(schema: &Block, value: &Value, path: &Path, out: &mut Vec<PathMarks>) {
    if value.is_null() || !value.is_known() {
        return;
    }
    attributes(&schema.attributes, value, path, out);
    for (name, nested) in &schema.blocks {
        if declares_sensitive(&nested.block)
            && let Some(inner) = value.get(name)
        {
            blocks(nested, inner, &path.clone().attribute(name.clone()), out);
        }
    }
}

fn blocks(nested: &NestedBlock, value: &Value, path: &Path, out: &mut Vec<PathMarks>) {
    each(nested.nesting, value, path, out, &|value, path, out| block(&nested.block, value, path, out));
}

fn attributes(schema: &BTreeMap<Str, Attribute>, value: &Value, path: &Path, out: &mut Vec<PathMarks>) {
    if value.is_null() || !value.is_known() {
        return;
    }
    for (name, attribute) in schema {
        let here = path.clone().attribute(name.clone());
        if attribute.sensitive {
            out.push(sensitive(here));
        } else if let AttributeType::Nested(nested) = &attribute.kind
            && attribute_sensitive(attribute)
            && let Some(inner) = value.get(name)
        {
            each(nested.nesting, inner, &here, out, &|value, path, out| {
                attributes(&nested.attributes, value, path, out)
            });
        }
    }
}

type EachFn<'a> = dyn Fn(&Value, &Path, &mut Vec<PathMarks>) + 'a;

fn each(nesting: Nesting, value: &Value, path: &Path, out: &mut Vec<PathMarks>, visit: &EachFn<'_>) {
    match (nesting, value.kind()) {
        (_, Kind::Null(_) | Kind::Unknown(..)) => {}
        (Nesting::Set, _) => {
            let mut inside = Vec::new();
            value.as_sequence().into_iter().flatten().for_each(|inner| visit(inner, path, &mut inside));
            if !inside.is_empty() {
                out.push(sensitive(path.clone()));
            }
        }
        (Nesting::Single | Nesting::Group, _) => visit(value, path, out),
        (_, Kind::Map(_) | Kind::Object(_)) => {
            for (key, inner) in value.as_mapping().into_iter().flatten() {
                visit(inner, &path.clone().index(Value::string(key)), out);
            }
        }
        _ => {
            for (i, inner) in (0i64..).zip(value.as_sequence().unwrap_or_default()) {
                visit(inner, &path.clone().index(Value::from(i)), out);
            }
        }
    }
}
