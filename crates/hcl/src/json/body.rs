//! Reading a JSON value as a body, by a schema.

use super::value::{JsonKind, JsonProperty, JsonValue};
use crate::body::{BodyRepr, SchemaLookup, Taken};
use crate::{Attribute, Block, BlockSchema, Body, Content, Ident, Label};
use formwork_diag::{Diagnostic, Diagnostics};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The property that holds a comment.
const COMMENT: &str = "//";

impl Body {
    pub(crate) fn json(value: JsonValue) -> Body {
        let span = value.span;
        Body { repr: BodyRepr::Json(value), taken: Arc::default(), span }
    }
}

pub(crate) fn read(
    value: &JsonValue,
    schema: &SchemaLookup,
    taken: &Taken,
    complete: bool,
    diagnostics: &mut Diagnostics,
) -> Content {
    let mut content = Content::default();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for property in properties(value, diagnostics) {
        let name = &*property.name.name;
        if taken.has(name) {
            continue;
        }
        if let Some(block) = schema.block(name) {
            read_blocks(property, block, &mut content.blocks, diagnostics);
        } else if schema.is_attribute(name) {
            if seen.insert(name) {
                content.attributes.push(attribute(property));
            } else {
                diagnostics.push(duplicate("Duplicate argument", property));
            }
        } else if complete && name != COMMENT {
            diagnostics.push(schema.extraneous_property(name, property.name.span));
        }
    }
    content
}

fn attribute(property: &JsonProperty) -> Attribute {
    Attribute {
        name: property.name.clone(),
        expr: property.value.to_expr(),
        span: property.name.span.to(property.value.span),
    }
}

fn duplicate(summary: &str, property: &JsonProperty) -> Diagnostic {
    let detail = format!("The argument \"{}\" is set a second time; it may be set once.", property.name.name);
    Diagnostic::error(summary, detail).at(property.name.span)
}

/// The properties of an object, or of all objects in an array.
fn properties<'v>(value: &'v JsonValue, diagnostics: &mut Diagnostics) -> Vec<&'v JsonProperty> {
    let detail = "A JSON object is required here, whose properties are the arguments and blocks.";
    collect(value, detail, diagnostics)
}

fn collect<'v>(value: &'v JsonValue, detail: &str, diagnostics: &mut Diagnostics) -> Vec<&'v JsonProperty> {
    match &value.kind {
        JsonKind::Null => Vec::new(),
        JsonKind::Object(properties) => properties.iter().collect(),
        JsonKind::Array(items) => {
            let mut all = Vec::new();
            for item in items.iter() {
                match &item.kind {
                    JsonKind::Object(properties) => all.extend(properties.iter()),
                    _ => diagnostics.push(wrong_type(item, detail)),
                }
            }
            all
        }
        _ => {
            diagnostics.push(wrong_type(value, detail));
            Vec::new()
        }
    }
}

fn wrong_type(value: &JsonValue, detail: &str) -> Diagnostic {
    let span = match value.kind {
        JsonKind::Array(_) | JsonKind::Object(_) | JsonKind::Invalid => value.open_span(),
        _ => value.span,
    };
    Diagnostic::error("Incorrect JSON value type", detail).at(span)
}

fn read_blocks(property: &JsonProperty, schema: &BlockSchema, blocks: &mut Vec<Block>, diagnostics: &mut Diagnostics) {
    let mut labels = Vec::new();
    read_level(&property.value, &property.name, schema, &mut labels, blocks, diagnostics);
}

/// Reads one level of labels, or below them the bodies.
fn read_level(
    value: &JsonValue,
    kind: &Ident,
    schema: &BlockSchema,
    labels: &mut Vec<Label>,
    blocks: &mut Vec<Block>,
    diagnostics: &mut Diagnostics,
) {
    let Some(label_name) = schema.labels.get(labels.len()) else {
        return read_bodies(value, kind, labels, blocks, diagnostics);
    };
    let detail = format!("A JSON object is required here, whose properties name the {label_name} of each block.");
    let properties = collect(value, &detail, diagnostics);
    if properties.is_empty() {
        let detail = format!("A \"{kind}\" block needs its {label_name}: the name of a property.", kind = kind.name);
        let problem = Diagnostic::error("Missing block label", detail).at(value.missing_item_span());
        diagnostics.push(problem);
    }
    for property in properties {
        labels.push(Label { text: property.name.name.clone(), span: property.name.span });
        read_level(&property.value, kind, schema, labels, blocks, diagnostics);
        labels.pop();
    }
}

fn read_bodies(
    value: &JsonValue,
    kind: &Ident,
    labels: &[Label],
    blocks: &mut Vec<Block>,
    diagnostics: &mut Diagnostics,
) {
    // Blocks in an array begin where the array does, as in the reference.
    let header_span = value.open_span();
    let block = |value: &JsonValue| Block {
        kind: kind.clone(),
        labels: labels.to_vec(),
        body: Body::json(value.clone()),
        header_span,
        span: value.span,
    };
    match &value.kind {
        JsonKind::Null => {}
        JsonKind::Object(_) => blocks.push(block(value)),
        JsonKind::Array(items) => blocks.extend(items.iter().map(block)),
        _ => {
            let detail =
                format!("A JSON object is required here, or an array of them: the content of \"{}\".", kind.name);
            diagnostics.push(wrong_type(value, &detail));
        }
    }
}

pub(crate) fn just_attributes(value: &JsonValue, taken: &Taken, diagnostics: &mut Diagnostics) -> Vec<Attribute> {
    let mut attributes = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    if matches!(value.kind, JsonKind::Array(_)) {
        let detail =
            "A JSON object is required here, whose properties are the arguments; an array of objects holds blocks.";
        diagnostics.push(wrong_type(value, detail));
        return attributes;
    }
    for property in properties(value, diagnostics) {
        let name = &*property.name.name;
        if name == COMMENT || taken.has(name) {
            continue;
        }
        if !seen.insert(name) {
            diagnostics.push(duplicate("Duplicate attribute definition", property));
        } else {
            attributes.push(attribute(property));
        }
    }
    attributes
}

pub(crate) fn names<'v>(value: &'v JsonValue, taken: &Taken) -> Vec<&'v Ident> {
    properties(value, &mut Diagnostics::new())
        .into_iter()
        .map(|property| &property.name)
        .filter(|name| &*name.name != COMMENT && !taken.has(&name.name))
        .collect()
}
