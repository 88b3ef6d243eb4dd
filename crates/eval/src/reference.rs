//! References: what the names of a traversal mean.

use formwork_diag::{Diagnostic, Span};
use formwork_hcl::{Traversal, TraversalStep};
use formwork_model::{InstanceKey, Resource, ResourceMode};
use formwork_value::{Str, Value};

/// What a reference is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    Variable(Str),
    Local(Str),
    /// A resource, and the instance if its key is constant.
    Resource(Resource, Option<InstanceKey>),
    /// A module call, the instance if its key is constant, and the output if one is named.
    Module {
        call: Str,
        key: Option<InstanceKey>,
        output: Option<Str>,
    },
    CountIndex,
    EachKey,
    EachValue,
    SelfObject,
    Path(Str),
    Terraform(Str),
}

/// A reference and the steps of the traversal that it covers.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    pub subject: Subject,
    pub consumed: usize,
    pub span: Span,
}

impl Reference {
    /// Reads the leading names of a traversal.
    pub fn parse(traversal: &Traversal) -> Result<Reference, Diagnostic> {
        let at = |subject, consumed: usize| {
            let end = consumed.checked_sub(1).and_then(|i| traversal.steps.get(i)).map(TraversalStep::span);
            let span = end.map_or(traversal.root_span, |end| traversal.root_span.to(end));
            Ok(Reference { subject, consumed, span })
        };
        match &*traversal.root {
            "var" => at(Subject::Variable(name(traversal, 0, "variable")?), 1),
            "local" => at(Subject::Local(name(traversal, 0, "local value")?), 1),
            "path" => at(Subject::Path(name(traversal, 0, "path")?), 1),
            "terraform" | "tofu" => at(Subject::Terraform(name(traversal, 0, "terraform")?), 1),
            "self" => at(Subject::SelfObject, 0),
            "count" => match &*name(traversal, 0, "count")? {
                "index" => at(Subject::CountIndex, 1),
                other => Err(invalid(
                    traversal,
                    &format!("The \"count\" object has no attribute \"{other}\"; there is only \"index\"."),
                )
                .with_summary("Invalid \"count\" attribute")),
            },
            "each" => match &*name(traversal, 0, "each")? {
                "key" => at(Subject::EachKey, 1),
                "value" => at(Subject::EachValue, 1),
                other => Err(invalid(
                    traversal,
                    &format!("The \"each\" object has no attribute \"{other}\"; there are \"key\" and \"value\"."),
                )
                .with_summary("Invalid \"each\" attribute")),
            },
            "module" => module(traversal).and_then(|(subject, consumed)| at(subject, consumed)),
            "data" => resource(traversal, ResourceMode::Data, 1).and_then(|(s, c)| at(s, c)),
            "ephemeral" => resource(traversal, ResourceMode::Ephemeral, 1).and_then(|(s, c)| at(s, c)),
            "resource" => resource(traversal, ResourceMode::Managed, 1).and_then(|(s, c)| at(s, c)),
            _ => resource(traversal, ResourceMode::Managed, 0).and_then(|(s, c)| at(s, c)),
        }
    }
}

/// Changes the summary of a diagnostic.
trait WithSummary {
    fn with_summary(self, summary: &str) -> Diagnostic;
}

impl WithSummary for Diagnostic {
    fn with_summary(mut self, summary: &str) -> Diagnostic {
        self.summary = summary.to_string();
        self
    }
}

fn invalid(traversal: &Traversal, detail: &str) -> Diagnostic {
    Diagnostic::error("Invalid reference", detail).at(traversal.span)
}

/// The attribute name at a step.
fn name(traversal: &Traversal, step: usize, what: &str) -> Result<Str, Diagnostic> {
    match traversal.steps.get(step) {
        Some(TraversalStep::Attribute { name, .. }) => Ok(name.clone()),
        Some(TraversalStep::Index { .. }) => Err(invalid(
            traversal,
            &format!(
                "The \"{}\" object cannot be indexed with brackets. Write a dot and the name of the {what}.",
                traversal.root
            ),
        )),
        None => Err(invalid(
            traversal,
            &format!(
                "The \"{}\" object cannot be used as a whole. Write a dot and the name of the {what} behind it.",
                traversal.root
            ),
        )),
    }
}

/// The constant instance key at a step.
fn key(traversal: &Traversal, step: usize) -> Option<InstanceKey> {
    match traversal.steps.get(step) {
        Some(TraversalStep::Index { key, .. }) => instance_key(key),
        _ => None,
    }
}

/// A value as an instance key: a whole number or a string.
pub fn instance_key(key: &Value) -> Option<InstanceKey> {
    match (key.as_str(), key.as_number()) {
        (Some(text), _) => Some(InstanceKey::String(text.into())),
        (_, Some(number)) => number.to_i64().and_then(|n| u64::try_from(n).ok()).map(InstanceKey::Int),
        _ => None,
    }
}

fn module(traversal: &Traversal) -> Result<(Subject, usize), Diagnostic> {
    let call = name(traversal, 0, "module call")?;
    let key = key(traversal, 1);
    let next = 1 + usize::from(key.is_some());
    match traversal.steps.get(next) {
        Some(TraversalStep::Attribute { name, .. }) => {
            Ok((Subject::Module { call, key, output: Some(name.clone()) }, next + 1))
        }
        _ => Ok((Subject::Module { call, key, output: None }, next)),
    }
}

fn resource(traversal: &Traversal, mode: ResourceMode, offset: usize) -> Result<(Subject, usize), Diagnostic> {
    let missing = || {
        invalid(
            traversal,
            "A reference to a resource type must be followed by at least one attribute access, specifying the resource name.",
        )
    };
    let attribute = |step: usize| match traversal.steps.get(step) {
        Some(TraversalStep::Attribute { name, .. }) => Ok(name.clone()),
        _ => Err(missing()),
    };
    let kind = if offset == 0 { traversal.root.clone() } else { attribute(0)? };
    let name = attribute(offset)?;
    let key = key(traversal, offset + 1);
    let consumed = offset + 1 + usize::from(key.is_some());
    Ok((Subject::Resource(Resource { mode, kind, name }, key), consumed))
}
