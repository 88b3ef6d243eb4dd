//! Expressions, reduced to what they refer to.

use crate::constant::constant;
use crate::reference::attribute_step;
use formwork_diag::Diagnostics;
use formwork_hcl::{
    Body, BodySchema, EmptyScope, Expr, ExprKind, ObjectKey, Traversal, TraversalStep, evaluate, references,
};
use formwork_model::{Block, ExpressionSummary, NestedBlock, Nesting};
use formwork_value::Str;
use std::collections::BTreeMap;

/// A constant, or everything that an expression refers to.
pub(super) fn expression(expr: &Expr) -> ExpressionSummary {
    let mut names = Vec::new();
    for reference in references(expr) {
        add_reference(reference, &mut names);
    }
    if is_json(expr) {
        let written = constant(expr, &mut Diagnostics::new());
        return if names.is_empty() {
            ExpressionSummary::Constant(written)
        } else {
            ExpressionSummary::Written(written, names)
        };
    }
    let evaluated = evaluate(expr, &EmptyScope);
    if !evaluated.diagnostics.has_errors() && evaluated.value.is_known() {
        return ExpressionSummary::Constant(evaluated.value);
    }
    ExpressionSummary::References(names)
}

/// True if templates of the JSON syntax are in an expression.
fn is_json(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::JsonString { .. } => true,
        ExprKind::Tuple(items) => items.iter().any(is_json),
        ExprKind::Object(items) => items.iter().any(|item| {
            let in_key = matches!(&item.key, ObjectKey::Expr(key) if is_json(key));
            in_key || is_json(&item.value)
        }),
        _ => false,
    }
}

/// Expressions of a body without a schema: its arguments.
pub(super) fn free_expressions(body: &Body) -> BTreeMap<Str, ExpressionSummary> {
    let (attributes, _) = body.just_attributes();
    attributes.into_iter().map(|a| (a.name.name, expression(&a.expr))).collect()
}

/// Expressions of a body by its schema. `dynamic` blocks are left out.
pub(super) fn body_expressions(body: &Body, schema: &Block) -> BTreeMap<Str, ExpressionSummary> {
    let attributes: Vec<(&str, bool)> = schema.attributes.keys().map(|name| (&**name, false)).collect();
    let labels = |nested: &NestedBlock| -> &[&str] { if nested.nesting == Nesting::Map { &["key"] } else { &[] } };
    let blocks: Vec<(&str, &[&str])> = schema.blocks.iter().map(|(name, b)| (&**name, labels(b))).collect();
    let (content, _, _) = body.partial_content(&BodySchema::new(&attributes, &blocks));
    let mut found: BTreeMap<Str, ExpressionSummary> =
        content.attributes.iter().map(|a| (a.name.name.clone(), expression(&a.expr))).collect();
    for (kind, nested) in &schema.blocks {
        let bodies: Vec<_> = content.blocks_of(kind).collect();
        let inner =
            |block: &formwork_hcl::Block| ExpressionSummary::Block(body_expressions(&block.body, &nested.block));
        let summary = match nested.nesting {
            Nesting::Single | Nesting::Group => match bodies.first() {
                Some(block) => inner(block),
                None => continue,
            },
            Nesting::List | Nesting::Set if bodies.is_empty() => continue,
            Nesting::List | Nesting::Set => ExpressionSummary::Blocks(bodies.into_iter().map(inner).collect()),
            Nesting::Map if bodies.is_empty() => continue,
            Nesting::Map => ExpressionSummary::Block(
                bodies
                    .into_iter()
                    .filter_map(|block| Some((block.labels.first()?.text.clone(), inner(block))))
                    .collect(),
            ),
        };
        found.insert(kind.clone(), summary);
    }
    found
}

/// The objects that references name, without steps into them.
pub(super) fn subjects(references: &[Traversal]) -> Vec<Str> {
    references
        .iter()
        .map(|reference| {
            let length = Subject::of(reference).steps;
            text(reference, length).into()
        })
        .collect()
}

/// How much of a reference names an object, and what is named besides.
struct Subject {
    /// Steps that belong to the object's name, its key included.
    steps: usize,
    /// Steps of a shorter name that is told as well: the resource without key, or the module of an output.
    outer: Option<usize>,
}

impl Subject {
    fn of(reference: &Traversal) -> Subject {
        let names = match &*reference.root {
            "var" | "local" | "module" | "each" | "count" | "path" | "terraform" | "tofu" => 1,
            "self" => 0,
            "data" | "ephemeral" | "resource" => 2,
            _ => 1,
        };
        let has_key = matches!(reference.steps.get(names), Some(TraversalStep::Index { .. }));
        let with_key = names + usize::from(has_key);
        match &*reference.root {
            "module" if attribute_step(reference, with_key).is_some() => {
                Subject { steps: with_key + 1, outer: Some(with_key) }
            }
            "var" | "local" | "each" | "count" | "path" | "terraform" | "tofu" | "self" => {
                Subject { steps: names, outer: None }
            }
            _ if has_key => Subject { steps: with_key, outer: Some(names) },
            _ => Subject { steps: names, outer: None },
        }
    }
}

/// Adds a reference as written, then without its last step, and so on down to the object.
fn add_reference(reference: &Traversal, names: &mut Vec<Str>) {
    let subject = Subject::of(reference);
    let first = subject.steps.min(reference.steps.len());
    for length in (first..=reference.steps.len()).rev() {
        names.push(text(reference, length).into());
    }
    if let Some(outer) = subject.outer {
        names.push(text(reference, outer).into());
    }
}

/// The reference up to a number of steps, as it is written.
fn text(reference: &Traversal, length: usize) -> String {
    let mut out = reference.root.to_string();
    let mut steps = reference.steps.iter().take(length);
    if &*reference.root == "resource" {
        out.clear();
        if let Some(TraversalStep::Attribute { name, .. }) = steps.next() {
            out.push_str(name);
        }
    }
    for step in steps {
        match step {
            TraversalStep::Attribute { name, .. } => {
                out.push('.');
                out.push_str(name);
            }
            TraversalStep::Index { key, .. } => match (key.as_str(), key.as_number()) {
                (Some(text), _) => out.push_str(&format!("[{text:?}]")),
                (_, Some(number)) => out.push_str(&format!("[{number}]")),
                _ => out.push_str("[...]"),
            },
        }
    }
    out
}
