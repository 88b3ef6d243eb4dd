//! Two bodies read as one.

use super::{Attribute, AttributeSchema, BlockSchema, Body, BodySchema, Content, SchemaLookup};
use formwork_diag::Diagnostics;
use formwork_value::Str;
use std::collections::BTreeSet;

/// A body with another one that overrides it or is added to it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BodyPair {
    first: Body,
    second: Body,
    /// Attributes of the second body replace those of the same name, its blocks all those of the same type.
    overrides: bool,
}

impl BodyPair {
    pub fn new(first: Body, second: Body, overrides: bool) -> BodyPair {
        BodyPair { first, second, overrides }
    }

    pub fn first(&self) -> &Body {
        &self.first
    }

    pub fn bodies(&self) -> [&Body; 2] {
        [&self.first, &self.second]
    }

    /// The bodies, the first one without what the second one overrides.
    pub fn visible(&self) -> [Body; 2] {
        let mut first = self.first.clone();
        if self.overrides {
            // A name of the JSON syntax may stand for either.
            let (attributes, blocks) = self.second.names();
            let names: Vec<Str> = attributes.into_iter().chain(blocks).map(|n| n.name.clone()).collect();
            let attributes = names.iter().map(|name| AttributeSchema { name: name.clone(), required: false });
            let blocks = names.iter().map(|kind| BlockSchema { kind: kind.clone(), labels: Vec::new() });
            let hidden = BodySchema { attributes: attributes.collect(), blocks: blocks.collect() };
            first = first.without(&hidden);
        }
        [first, self.second.clone()]
    }

    /// The pair with everything taken out of both that a schema names.
    pub fn without(&self, schema: &BodySchema) -> BodyPair {
        BodyPair { first: self.first.without(schema), second: self.second.without(schema), overrides: self.overrides }
    }

    pub fn read(&self, schema: &SchemaLookup, complete: bool, diagnostics: &mut Diagnostics) -> Content {
        let first = self.first.collect(schema, complete, diagnostics);
        let second = self.second.collect(schema, complete, diagnostics);
        let kinds: BTreeSet<Str> = match self.overrides {
            true => second.blocks.iter().map(replaced_kind).collect(),
            false => BTreeSet::new(),
        };
        let mut blocks = first.blocks;
        blocks.retain(|b| !kinds.contains(&replaced_kind(b)));
        blocks.extend(second.blocks);
        Content { attributes: merge(first.attributes, second.attributes), blocks }
    }

    pub fn just_attributes(&self, diagnostics: &mut Diagnostics) -> Vec<Attribute> {
        let mut read = |body: &Body| {
            let (attributes, problems) = body.just_attributes();
            diagnostics.extend(problems);
            attributes
        };
        let first = read(&self.first);
        merge(first, read(&self.second))
    }
}

/// The type of the blocks that a block replaces: a `dynamic` one counts as what it generates.
fn replaced_kind(block: &super::Block) -> Str {
    match block.labels.first() {
        Some(label) if &*block.kind.name == "dynamic" => label.text.clone(),
        _ => block.kind.name.clone(),
    }
}

fn merge(mut first: Vec<Attribute>, second: Vec<Attribute>) -> Vec<Attribute> {
    first.retain(|a| second.iter().all(|b| b.name.name != a.name.name));
    first.extend(second);
    first
}
