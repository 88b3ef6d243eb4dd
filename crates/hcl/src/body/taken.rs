//! What earlier readings of a body have taken.

use super::BodySchema;
use formwork_value::Str;
use std::collections::BTreeSet;

/// Names of attributes and types of blocks that are no longer part of a body.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Taken {
    attributes: BTreeSet<Str>,
    blocks: BTreeSet<Str>,
}

impl Taken {
    /// Adds everything that a schema names.
    pub fn add(&mut self, schema: &BodySchema) {
        self.attributes.extend(schema.attributes.iter().map(|a| a.name.clone()));
        self.blocks.extend(schema.blocks.iter().map(|b| b.kind.clone()));
    }

    pub fn has_attribute(&self, name: &str) -> bool {
        self.attributes.contains(name)
    }

    pub fn has_block(&self, kind: &str) -> bool {
        self.blocks.contains(kind)
    }

    /// For the JSON syntax, where a property is what the schema says.
    pub fn has(&self, name: &str) -> bool {
        self.has_attribute(name) || self.has_block(name)
    }
}
