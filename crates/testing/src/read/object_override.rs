//! `override_*` blocks.

use crate::file::{ObjectOverride, OverrideKind};
use formwork_config::read_target_address;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{
    Attribute, Block, BodySchema, EmptyScope, Function, FunctionName, Scope, Traversal, as_keyword, evaluate,
    references,
};
use formwork_model::{ResourceMode, TargetAddress};
use formwork_value::{Type, Value};
use std::cell::Cell;

/// Reads a block; `None` without a usable target. `during_plan` is what the block around it says.
pub(super) fn read_override(
    kind: OverrideKind,
    block: &Block,
    during_plan: bool,
    diagnostics: &mut Diagnostics,
) -> Option<ObjectOverride> {
    let schema = BodySchema::new(&[("target", false), ("override_during", false), (kind.argument(), false)], &[]);
    let (content, problems) = block.body.content(&schema);
    diagnostics.extend(problems);
    let target = match content.attribute("target") {
        Some(attribute) => read_target(kind, attribute, diagnostics),
        None => {
            let detail = format!("An {} block needs a target: the address of what it replaces.", kind.block());
            diagnostics.push(Diagnostic::error("Missing target attribute", detail).at(block.header_span));
            None
        }
    };
    let given = content.attribute(kind.argument());
    let (values, later) = read_given(given, diagnostics);
    let during_plan =
        content.attribute("override_during").and_then(|a| read_during(a, diagnostics)).unwrap_or(during_plan);
    Some(ObjectOverride {
        kind,
        target: target?,
        target_span: content.attribute("target").map_or(block.header_span, |a| a.name.span.to(a.expr.span)),
        values,
        later,
        values_span: given.map_or(block.header_span, |a| a.expr.span),
        during_plan,
    })
}

/// Adds an override unless its target has one.
pub(super) fn add_override(
    found: ObjectOverride,
    block: &Block,
    overrides: &mut Vec<ObjectOverride>,
    diagnostics: &mut Diagnostics,
) {
    if overrides.iter().any(|other| other.kind == found.kind && other.target == found.target) {
        let detail = format!("{} is overridden already by another block.", found.target);
        let summary = format!("Duplicate {} block", found.kind.block());
        diagnostics.push(Diagnostic::error(summary, detail).at(block.header_span));
        return;
    }
    overrides.push(found);
}

fn read_target(kind: OverrideKind, attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<TargetAddress> {
    let target = match read_target_address(&attribute.expr) {
        Ok(target) => target,
        Err(problems) => {
            diagnostics.extend(problems);
            return None;
        }
    };
    let mode = match &target {
        TargetAddress::Module(_) => None,
        TargetAddress::Resource(resource) => Some(resource.resource.mode),
        TargetAddress::Instance(instance) => Some(instance.resource.mode),
    };
    let (fits, what) = match kind {
        OverrideKind::Resource => (mode == Some(ResourceMode::Managed), "resources"),
        OverrideKind::Data => (mode == Some(ResourceMode::Data), "data sources"),
        OverrideKind::Module => (mode.is_none(), "modules"),
    };
    if !fits {
        let detail = format!("{} blocks replace {what}, and {target} is none.", kind.block());
        let span = attribute.name.span.to(attribute.expr.span);
        diagnostics.push(Diagnostic::error("Invalid override target", detail).at(span));
        return None;
    }
    Some(target)
}

/// The object that an argument gives, or the argument itself if it refers to something or calls functions.
pub(super) fn read_given(attribute: Option<&Attribute>, diagnostics: &mut Diagnostics) -> (Value, Option<Attribute>) {
    let Some(attribute) = attribute else { return (Value::empty_object(), None) };
    let scope = Constants::default();
    let evaluated = evaluate(&attribute.expr, &scope);
    if references(&attribute.expr).is_empty() && !scope.called.get() {
        let failed = evaluated.diagnostics.has_errors();
        diagnostics.extend(evaluated.diagnostics);
        let value = if failed { Value::empty_object() } else { as_object(attribute, evaluated.value, diagnostics) };
        return (value, None);
    }
    (Value::empty_object(), Some(attribute.clone()))
}

/// As [`read_given`], but whether it is an object is told by the runs that need it, as in the reference.
pub(super) fn read_defaults(
    attribute: Option<&Attribute>,
    diagnostics: &mut Diagnostics,
) -> (Value, Option<Attribute>) {
    let mut problems = Diagnostics::new();
    let given = read_given(attribute, &mut problems);
    match attribute {
        Some(attribute)
            if problems.has_errors() && !evaluate(&attribute.expr, &EmptyScope).diagnostics.has_errors() =>
        {
            (Value::empty_object(), Some(attribute.clone()))
        }
        _ => {
            diagnostics.extend(problems);
            given
        }
    }
}

/// No names, and no functions; it notes whether one was called.
#[derive(Default)]
struct Constants {
    called: Cell<bool>,
}

impl Scope for Constants {
    fn reference(&self, traversal: &Traversal) -> Result<(Value, usize), Diagnostics> {
        EmptyScope.reference(traversal)
    }

    fn function(&self, name: &FunctionName) -> Result<&dyn Function, Diagnostic> {
        self.called.set(true);
        EmptyScope.function(name)
    }
}

/// The value of an argument if it is an object; an empty one if it is something else, which is reported.
pub(crate) fn as_object(attribute: &Attribute, value: Value, diagnostics: &mut Diagnostics) -> Value {
    match value.ty() {
        Type::Object(_) | Type::Map(_) if !value.is_null() && value.is_known() => value,
        ty => {
            let name = &attribute.name.name;
            let detail = format!("{name:?} holds an object of values; this is {}.", ty.friendly_name());
            let summary = format!("Invalid {name} attribute");
            let span = attribute.name.span.to(attribute.expr.span);
            diagnostics.push(Diagnostic::error(summary, detail).at(span));
            Value::empty_object()
        }
    }
}

/// `override_during`: true for plan.
pub(super) fn read_during(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<bool> {
    match as_keyword(&attribute.expr).as_deref() {
        Some("plan") => Some(true),
        Some("apply") => Some(false),
        _ => {
            let detail = "Values count from plan or from apply on: write one of the two words, without quotes.";
            let span = attribute.name.span.to(attribute.expr.span);
            diagnostics.push(Diagnostic::error("Invalid override_during value", detail).at(span));
            None
        }
    }
}
