//! Where in a body a path leads to.

use crate::Body;
use formwork_diag::Span;
use formwork_value::{Path, PathStep};

/// The place of the attribute or block that a path begins with, as deep as blocks are written out. `None` if the body
/// does not write it.
pub fn span_at(body: &Body, path: &Path) -> Option<Span> {
    let mut body = body.clone();
    let mut found = None;
    let mut steps = path.0.iter().peekable();
    while let Some(PathStep::Attribute(name)) = steps.next() {
        if let Some(attribute) = native_attribute(&body, name) {
            return Some(attribute);
        }
        let index = match steps.peek() {
            Some(PathStep::Index(key)) => {
                let at = key.as_number().and_then(formwork_value::Number::to_usize).unwrap_or(0);
                steps.next();
                at
            }
            _ => 0,
        };
        let Some((span, inner)) = native_block(&body, name, index) else { return found };
        found = Some(span);
        body = inner;
    }
    found
}

fn native_attribute(body: &Body, name: &str) -> Option<Span> {
    match &body.repr {
        crate::BodyRepr::Native(native) => {
            native.attributes.iter().find(|a| &*a.name.name == name).map(|a| a.expr.span)
        }
        crate::BodyRepr::Json(_) | crate::BodyRepr::Pair(_) => None,
    }
}

fn native_block(body: &Body, kind: &str, index: usize) -> Option<(Span, Body)> {
    match &body.repr {
        crate::BodyRepr::Native(native) => {
            let mut blocks = native.blocks.iter().filter(|b| &*b.kind.name == kind);
            blocks.nth(index).map(|b| (b.header_span, b.body.clone()))
        }
        crate::BodyRepr::Json(_) | crate::BodyRepr::Pair(_) => None,
    }
}
