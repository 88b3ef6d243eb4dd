//! Blocks as written, and those that `dynamic` blocks stand for.

use formwork_diag::{Diagnostic, Diagnostics, Span};
use formwork_hcl::{
    Block as HclBlock, Body, BodySchema, Content, Expr, Function, FunctionName, Label, Scope, Traversal, as_keyword,
    evaluate,
};
use formwork_model::{Block, Nesting};
use formwork_value::{Kind, Marks, Str, Type, Value, convert};
use std::cell::Cell;
use std::collections::BTreeMap;

/// Blocks of one type in source order.
#[derive(Default)]
pub(super) struct ExpandedBlocks<'s> {
    pub items: Vec<ExpandedBlock<'s>>,
    /// A dynamic block's for_each is unknown: so are the number and content of the blocks.
    pub unknown: bool,
    /// What each block of unknown number would hold.
    pub unknown_content: Option<Body>,
    /// Marks of the unknown collections that dynamic blocks repeat over.
    pub marks: Marks,
}

/// A block, and how to read it.
pub(super) struct ExpandedBlock<'s> {
    pub body: Body,
    pub labels: Vec<Str>,
    pub span: Span,
    /// Marks of the collection that a dynamic block repeats over: they count for each of its blocks.
    marks: Marks,
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
        &ExpandedBlocks { items: Vec::new(), unknown: false, unknown_content: None, marks: Marks::NONE };
}

impl ExpandedBlock<'_> {
    pub fn decode(&self, schema: &Block) -> (Value, Diagnostics) {
        let (value, diagnostics) = match &self.scope {
            BlockScope::Outer(scope) => super::decode_block(&self.body, schema, *scope),
            BlockScope::Iteration(iteration) => super::decode_block(&self.body, schema, iteration),
        };
        (value.with_marks(self.marks), diagnostics)
    }
}

impl Scope for Iteration<'_> {
    fn reference(&self, traversal: &Traversal) -> Result<(Value, usize), Diagnostics> {
        if traversal.root == self.name { Ok((self.value.clone(), 0)) } else { self.outer.reference(traversal) }
    }

    fn indexed_reference(&self, traversal: &Traversal, key: &Value) -> Option<Result<Value, Diagnostics>> {
        if traversal.root == self.name { None } else { self.outer.indexed_reference(traversal, key) }
    }

    fn steps_left(&self) -> Option<&Cell<u64>> {
        self.outer.steps_left()
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
                marks: Marks::NONE,
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
        let labelled = schema.blocks.get(&kind).is_some_and(|nested| nested.nesting == Nesting::Map);
        let dynamic = Dynamic { block: &block, kind: &kind, labelled };
        expand_dynamic(&dynamic, scope, out.entry(kind.clone()).or_default(), diagnostics);
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

/// A dynamic block, and the blocks that it stands for.
struct Dynamic<'b> {
    block: &'b HclBlock,
    kind: &'b Str,
    /// They have a label.
    labelled: bool,
}

fn expand_dynamic<'s>(
    dynamic: &Dynamic<'_>,
    scope: &'s dyn Scope,
    out: &mut ExpandedBlocks<'s>,
    diagnostics: &mut Diagnostics,
) {
    let Dynamic { block, kind, labelled } = *dynamic;
    let attributes = [("for_each", true), ("iterator", false), ("labels", true)];
    let attributes = if labelled { &attributes[..] } else { attributes.split_at(2).0 };
    let (content, problems) = block.body.content(&BodySchema::new(attributes, &[("content", &[])]));
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
    let Some(name) = iterator_name(&content, kind, diagnostics) else { return };
    let labels = content.attribute("labels").map(|a| a.expr.clone());
    let iteration = |key, value| {
        let value = Value::object([("key", key), ("value", value)]);
        Iteration { outer: scope, name: name.clone(), value }
    };
    let before = diagnostics.len();
    let Some((items, marks)) = iterate(&for_each.expr, scope, out, diagnostics) else {
        out.unknown_content.get_or_insert_with(|| inner.body.clone());
        if let (Some(labels), true) = (&labels, diagnostics.len() == before) {
            // Labels are needed even where nobody knows how many blocks there are.
            label(labels, &iteration(Value::dynamic(), Value::dynamic()), diagnostics);
        }
        return;
    };
    for (key, value) in items {
        let iteration = iteration(key, value);
        let labels = match &labels {
            None => Vec::new(),
            Some(expr) => match label(expr, &iteration, diagnostics) {
                Some(label) => vec![label],
                None => continue,
            },
        };
        out.items.push(ExpandedBlock {
            body: inner.body.clone(),
            labels,
            span: block.header_span,
            marks,
            scope: BlockScope::Iteration(iteration),
        });
    }
}

/// What the elements are called inside of the block; `None` if that was reported as wrong.
fn iterator_name(content: &Content, kind: &Str, diagnostics: &mut Diagnostics) -> Option<Str> {
    let Some(attribute) = content.attribute("iterator") else { return Some(kind.clone()) };
    let name = as_keyword(&attribute.expr);
    if name.is_none() {
        diagnostics.push(
            Diagnostic::error("Invalid dynamic iterator name", "The \"iterator\" argument must be a plain name.")
                .at(attribute.expr.span),
        );
    }
    name
}

/// The one label of a generated block; `None` if that was reported as wrong.
fn label(expr: &Expr, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Option<Str> {
    let evaluated = evaluate(expr, scope);
    let failed = evaluated.diagnostics.has_errors();
    diagnostics.extend(evaluated.diagnostics);
    if failed {
        return None;
    }
    let (value, problem) = match evaluated.value.as_sequence() {
        Some([value]) => (value, label_problem(&value.clone().with_marks(evaluated.value.marks()))),
        Some(_) => (&evaluated.value, Some("Blocks of this type have exactly one label.")),
        None => (&evaluated.value, Some("The \"labels\" argument must be a list with one string that is known.")),
    };
    if let Some(problem) = problem {
        diagnostics.push(Diagnostic::error("Invalid dynamic block label", problem).at(expr.span));
        return None;
    }
    convert(value, &Type::String).ok()?.as_str().map(Str::from)
}

/// Why a value cannot be the label of a block.
fn label_problem(value: &Value) -> Option<&'static str> {
    if value.is_null() {
        Some("The label of a block cannot be null.")
    } else if !value.is_known() {
        Some("This value is not known yet, but labels of blocks must be known when planning.")
    } else if !value.marks().is_none() {
        Some("This value is sensitive or ephemeral, so it cannot be a label, which shows in plan and state.")
    } else {
        convert(value, &Type::String).err().map(|_| "The label of a block must be a string.")
    }
}

/// The elements to repeat over, as keys and values, and the marks of the whole; `None` if unknown or wrong.
fn iterate(
    expr: &Expr,
    scope: &dyn Scope,
    out: &mut ExpandedBlocks<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<(Vec<(Value, Value)>, Marks)> {
    let evaluated = evaluate(expr, scope);
    let failed = evaluated.diagnostics.has_errors();
    diagnostics.extend(evaluated.diagnostics);
    if failed {
        out.unknown = true;
        return None;
    }
    let (value, marks) = evaluated.value.unmark();
    let items = match value.kind() {
        Kind::Unknown(..) => {
            out.unknown = true;
            out.marks |= marks;
            return None;
        }
        Kind::List(_) | Kind::Tuple(_) => {
            let items = value.as_sequence().unwrap_or_default();
            (0i64..).zip(items).map(|(i, v)| (Value::from(i), v.clone())).collect()
        }
        Kind::Set(set) => set.items.iter().map(|v| (v.clone(), v.clone())).collect(),
        Kind::Map(_) | Kind::Object(_) => {
            value.as_mapping()?.iter().map(|(k, v)| (Value::string(k), v.clone())).collect()
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
            return None;
        }
    };
    Some((items, marks))
}

/// A type that no longer can be told because blocks are unknown.
pub(super) fn unknown_of(ty: &Type) -> Value {
    Value::unknown(ty.clone())
}
