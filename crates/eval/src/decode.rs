//! Bodies to values, guided by a provider's schema.

mod attribute;
mod dynamic;
mod nested;

use attribute::decode_attributes;
use dynamic::{ExpandedBlocks, expand};
use formwork_diag::Diagnostics;
use formwork_hcl::{AttributeSchema, BlockSchema, Body, BodySchema, Scope};
use formwork_model::{Block, Nesting};
use formwork_value::{Str, Value};
use nested::decode_blocks;
use std::collections::BTreeMap;

/// Evaluates a body by a schema into an object of the schema's implied type. What fails is unknown in the result.
pub fn decode_block(body: &Body, schema: &Block, scope: &dyn Scope) -> (Value, Diagnostics) {
    let body_schema = body_schema(schema);
    let (content, mut diagnostics) = body.content(&body_schema);
    let value = decode_content(content, schema, scope, &mut diagnostics);
    (value, diagnostics)
}

fn decode_content(
    content: formwork_hcl::Content,
    schema: &Block,
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
) -> Value {
    let mut out: BTreeMap<Str, Value> = BTreeMap::new();
    let expanded = expand(content.blocks, schema, scope, diagnostics);
    decode_attributes(&content.attributes, &expanded, schema, scope, &mut out, diagnostics);
    for (name, nested) in &schema.blocks {
        let blocks = expanded.get(name).map_or(ExpandedBlocks::NONE, |b| b);
        out.insert(name.clone(), decode_blocks(name, nested, blocks, scope, diagnostics));
    }
    Value::object_map(out)
}

/// What a body of the schema may hold in its syntax.
fn body_schema(schema: &Block) -> BodySchema {
    let attributes = schema
        .attributes
        .iter()
        .map(|(name, a)| AttributeSchema { name: name.clone(), required: a.required && !attribute::may_be_blocks(a) });
    let mut blocks: Vec<BlockSchema> = Vec::with_capacity(schema.blocks.len() + 1);
    for (name, nested) in &schema.blocks {
        let labels = if nested.nesting == Nesting::Map { vec![Str::from("key")] } else { Vec::new() };
        blocks.push(BlockSchema { kind: name.clone(), labels });
    }
    let as_blocks = schema.attributes.iter().filter(|(_, a)| attribute::may_be_blocks(a));
    blocks.extend(as_blocks.map(|(name, _)| BlockSchema { kind: name.clone(), labels: Vec::new() }));
    if !blocks.is_empty() {
        blocks.push(BlockSchema { kind: "dynamic".into(), labels: vec!["type".into()] });
    }
    BodySchema { attributes: attributes.collect(), blocks }
}
