//! The form of references.

use crate::reference::attribute_step;
use formwork_diag::{Diagnostic, Span};
use formwork_hcl::Traversal;
use formwork_model::{Resource, ResourceMode};
use formwork_value::Str;

/// What a reference names.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Subject {
    Variable(Str),
    Local(Str),
    Module(Str),
    Resource(Resource),
    Count,
    /// `each.key`, or `each.value` if true.
    Each(bool),
    /// `self`.
    Own,
    /// `path` and `terraform`.
    Constant,
}

type Found = Result<(Subject, usize), Box<Diagnostic>>;

fn invalid(summary: &str, detail: String, span: Span) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(summary, detail).at(span))
}

/// The subject of a reference, and the number of steps that name it.
pub(super) fn subject(reference: &Traversal) -> Found {
    match &*reference.root {
        "var" => named(reference, Subject::Variable),
        "local" => named(reference, Subject::Local),
        "module" => named(reference, Subject::Module),
        "data" => resource(reference, ResourceMode::Data),
        "ephemeral" => resource(reference, ResourceMode::Ephemeral),
        "resource" => resource(reference, ResourceMode::Managed),
        "count" => attribute_of(reference, &["index"]).map(|_| (Subject::Count, 1)),
        "each" => attribute_of(reference, &["key", "value"]).map(|name| (Subject::Each(name == "value"), 1)),
        "path" => attribute_of(reference, &["module", "root", "cwd"]).map(|_| (Subject::Constant, 1)),
        "terraform" | "tofu" => attribute_of(reference, &["workspace", "applying"]).map(|_| (Subject::Constant, 1)),
        "self" => Ok((Subject::Own, 0)),
        root @ ("template" | "lazy" | "arg") => {
            let detail =
                format!("The name {root:?} is reserved. For a resource type of this name write resource.{root}.");
            Err(invalid("Reserved symbol name", detail, reference.root_span))
        }
        _ => managed(reference),
    }
}

fn named(reference: &Traversal, make: fn(Str) -> Subject) -> Found {
    match attribute_step(reference, 0) {
        Some(name) => Ok((make(name.clone()), 1)),
        None => {
            let root = &reference.root;
            let detail =
                format!("{root:?} is not a value by itself: follow it with a dot and a name, as in {root}.NAME.");
            Err(invalid("Invalid reference", detail, reference.span))
        }
    }
}

fn attribute_of<'a>(reference: &'a Traversal, allowed: &[&str]) -> Result<&'a str, Box<Diagnostic>> {
    let root = &reference.root;
    let list = allowed.iter().map(|name| format!("{root}.{name}")).collect::<Vec<_>>().join(", ");
    let Some(name) = attribute_step(reference, 0) else {
        let detail = format!("{root:?} is not a value by itself. What there is: {list}.");
        return Err(invalid("Invalid reference", detail, reference.span));
    };
    if allowed.contains(&&**name) {
        return Ok(name);
    }
    let detail = format!("There is no {root}.{name}. What there is: {list}.");
    Err(invalid(&format!("Invalid {root:?} attribute"), detail, reference.span))
}

fn resource(reference: &Traversal, mode: ResourceMode) -> Found {
    match (attribute_step(reference, 0), attribute_step(reference, 1)) {
        (Some(kind), Some(name)) => Ok((Subject::Resource(Resource::new(mode, kind.clone(), name.clone())), 2)),
        _ => {
            let root = &reference.root;
            let detail = format!("{root:?} must be followed by two names, the type and the name of the object.");
            Err(invalid("Invalid reference", detail, reference.span))
        }
    }
}

fn managed(reference: &Traversal) -> Found {
    let root = &reference.root;
    match attribute_step(reference, 0) {
        Some(name) => Ok((Subject::Resource(Resource::new(ResourceMode::Managed, root.clone(), name.clone())), 1)),
        None => {
            let detail = format!(
                "{root:?} alone means nothing here. A resource is referred to by type and name, a variable as \
                 var.{root}, a local value as local.{root}; text needs quotes."
            );
            Err(invalid("Invalid reference", detail, reference.span))
        }
    }
}
