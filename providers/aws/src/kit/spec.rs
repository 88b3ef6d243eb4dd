//! The description of a resource type or data source, from which schema, validation and planning follow.

use crate::kit::field::{Field, text, text_map};
use formwork_model::{Block, NestedBlock, Nesting, Schema};
use formwork_value::Type;
use std::collections::BTreeMap;
use std::time::Duration;

/// Attributes and nested blocks.
#[derive(Clone, Default)]
pub struct Body {
    pub fields: BTreeMap<&'static str, Field>,
    pub blocks: BTreeMap<&'static str, BlockField>,
}

/// A nested block type.
#[derive(Clone)]
pub struct BlockField {
    pub nesting: Nesting,
    pub body: Body,
    pub max_items: u64,
    /// A block that is added or removed needs a new object.
    pub forces_new: bool,
    /// EC2 reports such blocks where none is configured.
    pub computed: bool,
    /// Attributes by which configured blocks of a set find their stored selves.
    pub key: &'static [&'static str],
}

/// A condition on attributes of one object.
#[derive(Clone, Copy)]
pub enum Rule {
    AtMostOne(&'static [&'static str]),
    ExactlyOne(&'static [&'static str]),
    AtLeastOne(&'static [&'static str]),
    /// The first makes no sense without the second.
    Needs(&'static str, &'static str),
}

/// How long operations may take, where the `timeouts` block does not say.
#[derive(Clone, Copy, Default)]
pub struct Timeouts {
    pub create: Option<Duration>,
    pub read: Option<Duration>,
    pub update: Option<Duration>,
    pub delete: Option<Duration>,
}

/// A resource type or data source.
#[derive(Clone)]
pub struct Spec {
    pub kind: &'static str,
    /// What users call it: `VPC`, `route table`.
    pub title: &'static str,
    pub version: u64,
    pub body: Body,
    pub rules: Vec<Rule>,
    pub tagged: bool,
    pub timeouts: Timeouts,
    /// Planned values may differ from configured ones (normalised rules, reported blocks), as in hashicorp/aws.
    pub legacy: bool,
}

pub const fn minutes(n: u64) -> Option<Duration> {
    Some(Duration::from_secs(n * 60))
}

impl Body {
    pub fn attribute(mut self, name: &'static str, field: Field) -> Body {
        self.fields.insert(name, field);
        self
    }

    pub fn block(mut self, name: &'static str, block: BlockField) -> Body {
        self.blocks.insert(name, block);
        self
    }

    fn schema(&self) -> Block {
        Block::new(
            self.fields.iter().map(|(name, field)| (*name, field.attribute.clone())),
            self.blocks.iter().map(|(name, block)| (*name, block.schema())),
        )
    }

    pub fn ty(&self) -> Type {
        self.schema().implied_type()
    }
}

impl BlockField {
    pub fn new(nesting: Nesting, body: Body) -> BlockField {
        BlockField { nesting, body, max_items: 0, forces_new: false, computed: false, key: &[] }
    }

    /// At most one block, as a list.
    pub fn one(body: Body) -> BlockField {
        BlockField { max_items: 1, ..BlockField::new(Nesting::List, body) }
    }

    pub fn set(key: &'static [&'static str], body: Body) -> BlockField {
        BlockField { key, ..BlockField::new(Nesting::Set, body) }
    }

    pub fn computed(self) -> BlockField {
        BlockField { computed: true, ..self }
    }

    pub fn forces_new(self) -> BlockField {
        BlockField { forces_new: true, ..self }
    }

    fn schema(&self) -> NestedBlock {
        NestedBlock { nesting: self.nesting, block: self.body.schema(), min_items: 0, max_items: self.max_items }
    }

    /// Type of all blocks together.
    pub fn ty(&self) -> Type {
        self.schema().ty()
    }
}

impl Spec {
    /// With a computed `id`.
    pub fn new(kind: &'static str, title: &'static str) -> Spec {
        Spec::bare(kind, title).attribute("id", text().computed())
    }

    /// Without any attribute.
    pub fn bare(kind: &'static str, title: &'static str) -> Spec {
        Spec {
            kind,
            title,
            version: 0,
            body: Body::default(),
            rules: Vec::new(),
            tagged: false,
            timeouts: Timeouts::default(),
            legacy: false,
        }
    }

    pub fn version(self, version: u64) -> Spec {
        Spec { version, ..self }
    }

    pub fn legacy(self) -> Spec {
        Spec { legacy: true, ..self }
    }

    pub fn attribute(self, name: &'static str, field: Field) -> Spec {
        Spec { body: self.body.attribute(name, field), ..self }
    }

    /// Attributes that are computed texts.
    pub fn computed_texts(self, names: &[&'static str]) -> Spec {
        names.iter().fold(self, |spec, name| spec.attribute(name, text().computed()))
    }

    pub fn block(self, name: &'static str, block: BlockField) -> Spec {
        Spec { body: self.body.block(name, block), ..self }
    }

    pub fn rule(mut self, rule: Rule) -> Spec {
        self.rules.push(rule);
        self
    }

    /// Adds `tags` and `tags_all`.
    pub fn tagged(self) -> Spec {
        let spec = self.attribute("tags", text_map().optional().check(super::checks::tags));
        Spec { tagged: true, ..spec.attribute("tags_all", text_map().computed()) }
    }

    /// Adds the `timeouts` block for the operations that have a time.
    pub fn timeouts(self, timeouts: Timeouts) -> Spec {
        let times = [
            ("create", timeouts.create),
            ("read", timeouts.read),
            ("update", timeouts.update),
            ("delete", timeouts.delete),
        ];
        let duration = || text().optional().check(super::checks::duration);
        let body = times.iter().filter(|(_, time)| time.is_some());
        let body = body.fold(Body::default(), |body, (name, _)| body.attribute(name, duration()));
        Spec { timeouts, ..self.block("timeouts", BlockField::new(Nesting::Single, body)) }
    }

    pub fn schema(&self) -> Schema {
        Schema { version: self.version, block: self.body.schema() }
    }
}
