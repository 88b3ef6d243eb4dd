//! Nested blocks.

use super::dynamic::{ExpandedBlocks, unknown_of};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{Body, Scope};
use formwork_model::{NestedBlock, Nesting};
use formwork_value::{Str, Type, Value, unify};
use std::collections::BTreeMap;

/// The value of all blocks of one type.
pub(super) fn decode_blocks(
    name: &str,
    schema: &NestedBlock,
    blocks: &ExpandedBlocks<'_>,
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
) -> Value {
    if blocks.unknown {
        let value = match (&blocks.unknown_content, schema.nesting) {
            (Some(body), Nesting::Single | Nesting::Group) => unknown_block(body, &schema.block, scope, diagnostics),
            _ => unknown_of(&schema.ty()),
        };
        return value.with_marks(blocks.marks);
    }
    check_count(name, schema, blocks, diagnostics);
    match schema.nesting {
        Nesting::Single | Nesting::Group => single(name, schema, blocks, scope, diagnostics),
        Nesting::List => list(schema, decode_all(schema, blocks, diagnostics)),
        Nesting::Set => Value::set(schema.block.implied_type(), decode_all(schema, blocks, diagnostics)),
        Nesting::Map => map(name, schema, blocks, diagnostics),
    }
}

/// The one block that there may be: what is written in it is unknown, the rest is not there.
fn unknown_block(
    body: &Body,
    schema: &formwork_model::Block,
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
) -> Value {
    let (content, problems) = body.content(&super::body_schema(schema));
    diagnostics.extend(problems);
    let mut out = empty_block(schema, scope).as_mapping().cloned().unwrap_or_default();
    for (name, attribute) in &schema.attributes {
        if content.attribute(name).is_some() {
            out.insert(name.clone(), Value::unknown(attribute.ty()));
        }
    }
    for block in &content.blocks {
        let dynamic = block.labels.first().filter(|_| &*block.kind.name == "dynamic");
        let name = dynamic.map_or(&block.kind.name, |label| &label.text);
        if let Some(nested) = schema.blocks.get(name) {
            out.insert(name.clone(), unknown_of(&nested.ty()));
        }
    }
    Value::object_map(out)
}

fn check_count(name: &str, schema: &NestedBlock, blocks: &ExpandedBlocks<'_>, diagnostics: &mut Diagnostics) {
    if matches!(schema.nesting, Nesting::Group | Nesting::Map) {
        return;
    }
    let count = blocks.items.len() as u64;
    if count < schema.min_items {
        diagnostics.error(
            format!("Insufficient {name} blocks"),
            format!("At least {} \"{name}\" blocks are required.", schema.min_items),
        );
    }
    if schema.max_items > 0 && count > schema.max_items && schema.nesting != Nesting::Single {
        let extra = blocks.items.get(schema.max_items as usize).map(|b| b.span);
        diagnostics.push(
            Diagnostic::error(
                format!("Too many {name} blocks"),
                format!("No more than {} \"{name}\" blocks are allowed", schema.max_items),
            )
            .at_opt(extra),
        );
    }
}

fn decode_all(schema: &NestedBlock, blocks: &ExpandedBlocks<'_>, diagnostics: &mut Diagnostics) -> Vec<Value> {
    let decode = |block: &super::dynamic::ExpandedBlock<'_>| {
        let (value, problems) = block.decode(&schema.block);
        diagnostics.extend(problems);
        value
    };
    blocks.items.iter().map(decode).collect()
}

fn single(
    name: &str,
    schema: &NestedBlock,
    blocks: &ExpandedBlocks<'_>,
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
) -> Value {
    if let Some(extra) = blocks.items.get(1) {
        diagnostics.push(
            Diagnostic::error(
                format!("Duplicate {name} block"),
                format!("Only one block of type \"{name}\" is allowed. Previous definition was in the same body."),
            )
            .at(extra.span),
        );
    }
    match blocks.items.first() {
        Some(block) => {
            let (value, problems) = block.decode(&schema.block);
            diagnostics.extend(problems);
            value
        }
        None if schema.nesting == Nesting::Group => empty_block(&schema.block, scope),
        None => Value::null(schema.block.implied_type()),
    }
}

/// A block in which nothing is written.
pub(super) fn empty_block(schema: &formwork_model::Block, scope: &dyn Scope) -> Value {
    let mut out: BTreeMap<Str, Value> = BTreeMap::new();
    for (name, attribute) in &schema.attributes {
        out.insert(name.clone(), Value::null(attribute.ty()));
    }
    let mut ignored = Diagnostics::new();
    for (name, nested) in &schema.blocks {
        out.insert(name.clone(), decode_blocks(name, nested, ExpandedBlocks::NONE, scope, &mut ignored));
    }
    Value::object_map(out)
}

/// A list of blocks; a tuple if dynamic attributes make the elements' types differ.
fn list(schema: &NestedBlock, items: Vec<Value>) -> Value {
    let element = schema.block.implied_type();
    if !element.has_dynamic() {
        return Value::list(element, items);
    }
    let types: Vec<Type> = items.iter().map(Value::ty).collect();
    match unify(&types) {
        Some(ty) if !ty.has_dynamic() && types.iter().all(|t| *t == ty) => Value::list(ty, items),
        _ => Value::tuple(items),
    }
}

fn map(name: &str, schema: &NestedBlock, blocks: &ExpandedBlocks<'_>, diagnostics: &mut Diagnostics) -> Value {
    let element = schema.block.implied_type();
    let mut out: BTreeMap<Str, Value> = BTreeMap::new();
    for block in &blocks.items {
        let (value, problems) = block.decode(&schema.block);
        diagnostics.extend(problems);
        let key = block.labels.first().cloned().unwrap_or_else(|| Str::from(""));
        if out.insert(key.clone(), value).is_some() {
            diagnostics.push(
                Diagnostic::error(
                    format!("Duplicate {name} block"),
                    format!("A block of type \"{name}\" with the key {key:?} was already written in this body."),
                )
                .at(block.span),
            );
        }
    }
    if element.has_dynamic() { Value::object_map(out) } else { Value::map(element, out) }
}
