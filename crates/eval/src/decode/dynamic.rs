//! Blocks as written, and those that `dynamic` blocks stand for.

use formwork_diag::{Diagnostic, Diagnostics, Span};
use formwork_hcl::{
    Block as HclBlock, Body, BodySchema, Expr, Function, FunctionName, Label, Scope, Traversal, as_keyword, evaluate,
};
use formwork_model::Block;
use formwork_value::{Kind, Marks, Str, Type, Value};
use std::collections::BTreeMap;

/// Blocks of one type in source order.
#[derive(Default)]
pub(super) struct ExpandedBlocks<'s> {
    pub items: Vec<ExpandedBlock<'s>>,
    /// A dynamic block's for_each is unknown: so are the number and content of the blocks.
    pub unknown: bool,
    /// Marks of the collections that dynamic blocks repeat over.
    pub marks: Marks,
}

/// A block, and how to read it.
pub(super) struct ExpandedBlock<'s> {
    pub body: Body,
    pub labels: Vec<Str>,
    pub span: Span,
    scope: BlockScope<'s>,
}

enum BlockScope<'s> {
    Outer(&'s dyn Scope),
    Iteration(Iteration<'s>),
}

/// The scope inside a dynamic block: the iterator, and everything around.
struct Iteration<'s> {
    outer: &'s dyn Scope,
    name: Str,
    value: Value,
}

impl ExpandedBlocks<'_> {
    pub const NONE: &'static ExpandedBlocks<'static> =
        &ExpandedBlocks { items: Vec::new(), unknown: false, marks: Marks::NONE };
}

impl ExpandedBlock<'_> {
    pub fn decode(&self, schema: &Block) -> (Value, Diagnostics) {
        match &self.scope {
            BlockScope::Outer(scope) => super::decode_block(&self.body, schema, *scope),
            BlockScope::Iteration(iteration) => super::decode_block(&self.body, schema, iteration),
        }
    }
}

impl Scope for Iteration<'_> {
    fn reference(&self, traversal: &Traversal) -> Result<(Value, usize), Diagnostics> {
        if traversal.root == self.name { Ok((self.value.clone(), 0)) } else { self.outer.reference(traversal) }
    }

    fn indexed_reference(&self, traversal: &Traversal, key: &Value) -> Option<Result<Value, Diagnostics>> {
        if traversal.root == self.name { None } else { self.outer.indexed_reference(traversal, key) }
    }

    fn function(&self, name: &FunctionName) -> Result<&dyn Function, Diagnostic> {
        self.outer.function(name)
    }
}

/// Sorts blocks by type and expands the dynamic ones.
pub(super) fn expand<'s>(
    blocks: Vec<HclBlock>,
    schema: &Block,
    scope: &'s dyn Scope,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<Str, ExpandedBlocks<'s>> {
    let mut out: BTreeMap<Str, ExpandedBlocks<'s>> = BTreeMap::new();
    for block in blocks {
        let dynamic = &*block.kind.name == "dynamic" && !schema.blocks.contains_key("dynamic");
        if !dynamic {
            out.entry(block.kind.name.clone()).or_default().items.push(ExpandedBlock {
                labels: block.labels.iter().map(|l| l.text.clone()).collect(),
                span: block.header_span,
                body: block.body,
                scope: BlockScope::Outer(scope),
            });
            continue;
        }
        let Some(label) = block.labels.first() else { continue };
        if !is_block_type(schema, &label.text) {
            diagnostics.push(unsupported(schema, label));
            continue;
        }
        let kind = label.text.clone();
        expand_dynamic(&block, &kind, scope, out.entry(kind.clone()).or_default(), diagnostics);
    }
    out
}

fn is_block_type(schema: &Block, name: &str) -> bool {
    schema.blocks.contains_key(name) || schema.attributes.get(name).is_some_and(super::attribute::may_be_blocks)
}

fn unsupported(schema: &Block, label: &Label) -> Diagnostic {
    let near = formwork_diag::nearest(&label.text, schema.blocks.keys().map(|k| &**k));
    let hint = near.map(|n| format!(" Did you mean \"{n}\"?")).unwrap_or_default();
    Diagnostic::error(
        "Unsupported block type",
        format!("Blocks of type \"{}\" are not expected here.{hint}", label.text),
    )
    .at(label.span)
}

fn expand_dynamic<'s>(
    block: &HclBlock,
    kind: &Str,
    scope: &'s dyn Scope,
    out: &mut ExpandedBlocks<'s>,
    diagnostics: &mut Diagnostics,
) {
    let schema = BodySchema::new(&[("for_each", true), ("iterator", false), ("labels", false)], &[("content", &[])]);
    let (content, problems) = block.body.content(&schema);
    let failed = problems.has_errors();
    diagnostics.extend(problems);
    let (Some(for_each), false) = (content.attribute("for_each"), failed) else { return };
    let mut bodies = content.blocks_of("content");
    let Some(inner) = bodies.next() else {
        diagnostics.push(
            Diagnostic::error(
                "Missing required content block",
                "A dynamic block must contain exactly one \"content\" block, which gives the content of each generated block.",
            )
            .at(block.body.missing_item_span()),
        );
        return;
    };
    if let Some(extra) = bodies.next() {
        diagnostics.push(
            Diagnostic::error(
                "Extraneous content block",
                "A dynamic block must contain exactly one \"content\" block.",
            )
            .at(extra.header_span),
        );
    }
    let name = match content.attribute("iterator").map(|a| (as_keyword(&a.expr), a.expr.span)) {
        None => kind.clone(),
        Some((Some(name), _)) => name,
        Some((None, span)) => {
            diagnostics.push(
                Diagnostic::error("Invalid dynamic iterator name", "The \"iterator\" argument must be a plain name.")
                    .at(span),
            );
            return;
        }
    };
    let labels = content.attribute("labels").map(|a| a.expr.clone());
    let Some(items) = iterate(&for_each.expr, scope, out, diagnostics) else { return };
    for (key, value) in items {
        let value = Value::object([("key", key), ("value", value)]);
        let iteration = Iteration { outer: scope, name: name.clone(), value };
        let labels = labels.as_ref().map(|e| label_values(e, &iteration, diagnostics)).unwrap_or_default();
        out.items.push(ExpandedBlock {
            body: inner.body.clone(),
            labels,
            span: block.header_span,
            scope: BlockScope::Iteration(iteration),
        });
    }
}

fn label_values(expr: &Expr, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Vec<Str> {
    let evaluated = evaluate(expr, scope);
    diagnostics.extend(evaluated.diagnostics);
    let texts = evaluated.value.as_sequence().unwrap_or_default().iter().filter_map(Value::as_str);
    texts.map(Str::from).collect()
}

/// The elements to repeat over, as keys and values; `None` if unknown or wrong.
fn iterate(
    expr: &Expr,
    scope: &dyn Scope,
    out: &mut ExpandedBlocks<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<(Value, Value)>> {
    let evaluated = evaluate(expr, scope);
    let failed = evaluated.diagnostics.has_errors();
    diagnostics.extend(evaluated.diagnostics);
    if failed {
        out.unknown = true;
        return None;
    }
    let (value, marks) = evaluated.value.unmark();
    out.marks |= marks;
    let marked = |value: &Value| value.clone().with_marks(marks);
    match value.kind() {
        Kind::Unknown(..) => {
            out.unknown = true;
            None
        }
        Kind::List(_) | Kind::Tuple(_) => {
            let items = value.as_sequence().unwrap_or_default();
            Some((0i64..).zip(items).map(|(i, v)| (Value::from(i), marked(v))).collect())
        }
        Kind::Set(set) => Some(set.items.iter().map(|v| (marked(v), marked(v))).collect()),
        Kind::Map(_) | Kind::Object(_) => {
            let items = value.as_mapping()?;
            Some(items.iter().map(|(k, v)| (Value::string(k), marked(v))).collect())
        }
        _ => {
            let what = if value.is_null() {
                "a null value".into()
            } else {
                format!("a value of type {}", value.ty().friendly_name())
            };
            diagnostics.push(
                Diagnostic::error(
                    "Invalid dynamic for_each value",
                    format!("Cannot use {what} in for_each. An iterable collection is required."),
                )
                .at(expr.span),
            );
            None
        }
    }
}

/// A type that no longer can be told because blocks are unknown.
pub(super) fn unknown_of(ty: &Type) -> Value {
    Value::unknown(ty.clone())
}
