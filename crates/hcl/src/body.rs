//! Bodies: attributes and blocks, in either syntax.

mod native;
mod pair;
mod schema_lookup;
mod taken;

use crate::json::value::JsonValue;
use crate::{Expr, json};
use formwork_diag::{Diagnostics, Span};
use formwork_value::Str;
use std::sync::Arc;

pub(crate) use pair::BodyPair;
pub(crate) use schema_lookup::SchemaLookup;
pub(crate) use taken::Taken;

/// A name and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Ident {
    pub name: Str,
    pub span: Span,
}

/// A block label: identifier or quoted literal.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    pub text: Str,
    pub span: Span,
}

/// `name = expr`.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    pub name: Ident,
    pub expr: Expr,
    pub span: Span,
}

/// A block with its labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    pub kind: Ident,
    pub labels: Vec<Label>,
    pub body: Body,
    /// From the block type to the last label.
    pub header_span: Span,
    pub span: Span,
}

/// What a body holds. In JSON syntax it depends on the schema what is an attribute and what a block, so bodies are
/// only read through [`Body::content`], [`Body::partial_content`] and [`Body::just_attributes`]. Cloning is cheap.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    pub(crate) repr: BodyRepr,
    /// What a partial reading has taken already.
    pub(crate) taken: Arc<Taken>,
    /// The whole body; for messages about something missing use [`Body::missing_item_span`].
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum BodyRepr {
    Native(Arc<NativeBody>),
    Json(JsonValue),
    Pair(Arc<BodyPair>),
}

/// A body in native syntax.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct NativeBody {
    pub attributes: Vec<Attribute>,
    pub blocks: Vec<Block>,
}

/// What a body may hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BodySchema {
    pub attributes: Vec<AttributeSchema>,
    pub blocks: Vec<BlockSchema>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AttributeSchema {
    pub name: Str,
    pub required: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct BlockSchema {
    pub kind: Str,
    /// Names of the labels, for messages; their number is what is required.
    pub labels: Vec<Str>,
}

/// A body's content, sorted by a schema: attributes in schema-independent source order, blocks in source order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    pub attributes: Vec<Attribute>,
    pub blocks: Vec<Block>,
}

impl Content {
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| &*a.name.name == name)
    }

    pub fn blocks_of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().filter(move |b| &*b.kind.name == kind)
    }
}

impl BodySchema {
    /// A schema of optional and required attributes, and of blocks with their label names.
    pub fn new(attributes: &[(&str, bool)], blocks: &[(&str, &[&str])]) -> BodySchema {
        BodySchema {
            attributes: attributes.iter().map(|(n, r)| AttributeSchema { name: (*n).into(), required: *r }).collect(),
            blocks: blocks
                .iter()
                .map(|(k, l)| BlockSchema { kind: (*k).into(), labels: l.iter().map(|s| (*s).into()).collect() })
                .collect(),
        }
    }
}

impl Body {
    pub(crate) fn native(body: NativeBody, span: Span) -> Body {
        Body { repr: BodyRepr::Native(Arc::new(body)), taken: Arc::default(), span }
    }

    /// A body without any content.
    pub fn empty(span: Span) -> Body {
        Body::native(NativeBody::default(), span)
    }

    /// True if nothing is in the body (or left of it after a partial reading).
    pub fn is_empty(&self) -> bool {
        let (first, second) = self.names();
        first.is_empty() && second.is_empty()
    }

    /// Reads a body by a schema; anything else in it is a problem (unsupported argument or block, with a suggestion
    /// for near misses; missing required argument; wrong number of labels).
    pub fn content(&self, schema: &BodySchema) -> (Content, Diagnostics) {
        let lookup = SchemaLookup::new(schema);
        let mut diagnostics = Diagnostics::new();
        let content = self.read(&lookup, true, &mut diagnostics);
        (content, diagnostics)
    }

    /// Reads what a schema names, and leaves the rest as a body of its own.
    pub fn partial_content(&self, schema: &BodySchema) -> (Content, Body, Diagnostics) {
        let lookup = SchemaLookup::new(schema);
        let mut diagnostics = Diagnostics::new();
        let content = self.read(&lookup, false, &mut diagnostics);
        (content, self.without(schema), diagnostics)
    }

    /// The body with everything taken out that a schema names.
    fn without(&self, schema: &BodySchema) -> Body {
        if let BodyRepr::Pair(pair) = &self.repr {
            return Body { repr: BodyRepr::Pair(Arc::new(pair.without(schema))), ..self.clone() };
        }
        let mut taken = Taken::clone(&self.taken);
        taken.add(schema);
        Body { taken: Arc::new(taken), ..self.clone() }
    }

    /// The body with another one that changes it, as override files do: attributes are replaced one by one, blocks
    /// by type.
    pub fn overridden_by(&self, over: &Body) -> Body {
        self.paired(over, true)
    }

    /// The body with the content of another one added.
    pub fn joined_with(&self, other: &Body) -> Body {
        self.paired(other, false)
    }

    fn paired(&self, second: &Body, overrides: bool) -> Body {
        let pair = BodyPair::new(self.clone(), second.clone(), overrides);
        Body { repr: BodyRepr::Pair(Arc::new(pair)), taken: Arc::default(), span: self.span }
    }

    fn read(&self, schema: &SchemaLookup, complete: bool, diagnostics: &mut Diagnostics) -> Content {
        let content = self.collect(schema, complete, diagnostics);
        schema.report_missing(&content, self.missing_item_span(), diagnostics);
        content
    }

    fn collect(&self, schema: &SchemaLookup, complete: bool, diagnostics: &mut Diagnostics) -> Content {
        match &self.repr {
            BodyRepr::Native(body) => native::read(body, schema, &self.taken, complete, diagnostics),
            BodyRepr::Json(value) => json::body::read(value, schema, &self.taken, complete, diagnostics),
            BodyRepr::Pair(pair) => pair.read(schema, complete, diagnostics),
        }
    }

    /// Reads a body that may hold attributes only (of any name).
    pub fn just_attributes(&self) -> (Vec<Attribute>, Diagnostics) {
        let mut diagnostics = Diagnostics::new();
        let attributes = match &self.repr {
            BodyRepr::Native(body) => native::just_attributes(body, &self.taken, &mut diagnostics),
            BodyRepr::Json(value) => json::body::just_attributes(value, &self.taken, &mut diagnostics),
            BodyRepr::Pair(pair) => pair.just_attributes(&mut diagnostics),
        };
        (attributes, diagnostics)
    }

    /// Where a message about a missing item points to.
    pub fn missing_item_span(&self) -> Span {
        match &self.repr {
            BodyRepr::Native(_) => self.span.at_start(),
            BodyRepr::Json(value) => value.missing_item_span(),
            BodyRepr::Pair(pair) => pair.first().missing_item_span(),
        }
    }

    /// Names of what is in the body, with their places; the second list is of blocks (in JSON syntax all names are in
    /// the first one).
    pub fn names(&self) -> (Vec<&Ident>, Vec<&Ident>) {
        match &self.repr {
            BodyRepr::Native(body) => (
                body.attributes.iter().map(|a| &a.name).filter(|n| !self.taken.has_attribute(&n.name)).collect(),
                body.blocks.iter().map(|b| &b.kind).filter(|n| !self.taken.has_block(&n.name)).collect(),
            ),
            BodyRepr::Json(value) => (json::body::names(value, &self.taken), Vec::new()),
            BodyRepr::Pair(pair) => {
                let [first, second] = pair.bodies().map(Body::names);
                ([first.0, second.0].concat(), [first.1, second.1].concat())
            }
        }
    }

    /// True for the JSON syntax (of any part).
    pub fn is_json(&self) -> bool {
        match &self.repr {
            BodyRepr::Native(_) => false,
            BodyRepr::Json(_) => true,
            BodyRepr::Pair(pair) => pair.bodies().into_iter().any(Body::is_json),
        }
    }
}
