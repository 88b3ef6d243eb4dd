//! A schema prepared for looking up names.

use super::{BlockSchema, BodySchema, Content};
use formwork_diag::{Diagnostic, Diagnostics, Span, nearest};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) struct SchemaLookup<'s> {
    schema: &'s BodySchema,
    attributes: BTreeSet<&'s str>,
    blocks: BTreeMap<&'s str, &'s BlockSchema>,
}

impl<'s> SchemaLookup<'s> {
    pub fn new(schema: &'s BodySchema) -> SchemaLookup<'s> {
        SchemaLookup {
            schema,
            attributes: schema.attributes.iter().map(|a| &*a.name).collect(),
            blocks: schema.blocks.iter().map(|b| (&*b.kind, b)).collect(),
        }
    }

    pub fn is_attribute(&self, name: &str) -> bool {
        self.attributes.contains(name)
    }

    pub fn block(&self, kind: &str) -> Option<&'s BlockSchema> {
        self.blocks.get(kind).copied()
    }

    fn attribute_names(&self) -> impl Iterator<Item = &'s str> {
        self.schema.attributes.iter().map(|a| &*a.name)
    }

    fn block_names(&self) -> impl Iterator<Item = &'s str> {
        self.schema.blocks.iter().map(|b| &*b.kind)
    }

    pub fn unsupported_argument(&self, name: &str, span: Span) -> Diagnostic {
        let hint = if self.blocks.contains_key(name) {
            format!(" To define a block \"{name}\", leave out the equals sign.")
        } else {
            did_you_mean(name, self.attribute_names())
        };
        Diagnostic::error("Unsupported argument", format!("An argument \"{name}\" is not expected here.{hint}"))
            .at(span)
    }

    pub fn unsupported_block(&self, kind: &str, span: Span) -> Diagnostic {
        let hint = if self.attributes.contains(kind) {
            format!(" To set the argument \"{kind}\", put an equals sign behind the name.")
        } else {
            did_you_mean(kind, self.block_names())
        };
        Diagnostic::error("Unsupported block type", format!("Blocks of type \"{kind}\" are not expected here.{hint}"))
            .at(span)
    }

    pub fn extraneous_property(&self, name: &str, span: Span) -> Diagnostic {
        let hint = did_you_mean(name, self.attribute_names().chain(self.block_names()));
        let detail = format!("There is no argument and no block type \"{name}\" here.{hint}");
        Diagnostic::error("Extraneous JSON object property", detail).at(span)
    }

    pub fn report_missing(&self, content: &Content, span: Span, diagnostics: &mut Diagnostics) {
        if !self.schema.attributes.iter().any(|a| a.required) {
            return;
        }
        let present: BTreeSet<&str> = content.attributes.iter().map(|a| &*a.name.name).collect();
        for attribute in self.schema.attributes.iter().filter(|a| a.required && !present.contains(&*a.name)) {
            let detail = format!("The argument \"{}\" is required, but it is not set here.", attribute.name);
            diagnostics.push(Diagnostic::error("Missing required argument", detail).at(span));
        }
    }
}

/// A sentence that suggests a near miss, with a blank before it; or nothing.
fn did_you_mean<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> String {
    nearest(name, candidates).map_or_else(String::new, |found| format!(" Did you mean \"{found}\"?"))
}
