//! `provider` blocks, and references to them.

use crate::constant::constant_string;
use crate::item::{Item, partial};
use crate::name::{NAME_RULE, is_name};
use crate::read::requirement::{provider_name_problem, read_constraints};
use crate::reference::attribute_step;
use crate::reference_list::reference;
use crate::{Module, ProviderBlock, ProviderName, ProviderRef, ProviderScope};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{Block, BodySchema, Expr, ExprKind, Traversal, TraversalStep, static_expr};
use formwork_model::Resource;
use formwork_value::Str;
use std::sync::Arc;

fn schema() -> BodySchema {
    let attributes = [
        ("alias", false),
        ("version", false),
        ("count", false),
        ("depends_on", false),
        ("for_each", false),
        ("source", false),
    ];
    BodySchema::new(&attributes, &[("_", &[]), ("lifecycle", &[]), ("locals", &[])])
}

/// The name under which a provider block is known in its module.
pub(crate) fn provider_name(block: &Block) -> ProviderName {
    let name = block.labels.first().map_or_else(|| Str::from(""), |l| l.text.clone());
    let (content, _, _) = block.body.partial_content(&BodySchema::new(&[("alias", false)], &[]));
    let alias = content.attribute("alias").and_then(|a| constant_string(&a.expr, &mut Diagnostics::new()));
    ProviderName { name, alias: alias.filter(|alias| !alias.is_empty()) }
}

/// `provider "NAME"`.
pub(crate) fn read_provider(item: &Item, module: &Module, diagnostics: &mut Diagnostics) -> Option<ProviderBlock> {
    let label = item.block.labels.first()?;
    if let Some(detail) = provider_name_problem(&label.text) {
        diagnostics.push(Diagnostic::error("Invalid provider local name", detail).at(label.span));
        return None;
    }
    let (content, body) = partial(&item.body(), &schema(), diagnostics);
    let mut name = ProviderName::new(label.text.clone(), None);
    if let Some(attribute) = content.attribute("alias")
        && let Some(alias) = constant_string(&attribute.expr, diagnostics)
    {
        if !is_name(&alias) {
            let detail = format!("{alias:?} cannot be an alias. {NAME_RULE}");
            diagnostics.push(Diagnostic::error("Invalid provider configuration alias", detail));
        }
        name.alias = Some(alias).filter(|alias| !alias.is_empty());
    }
    let mut version = None;
    if let Some(attribute) = content.attribute("version") {
        let detail = "Write the version constraint in required_providers of the terraform block instead; here it will \
             not work in future.";
        diagnostics.push(
            Diagnostic::warning("Version constraints inside provider configuration blocks are deprecated", detail)
                .at(attribute.expr.span),
        );
        version = constant_string(&attribute.expr, diagnostics)
            .and_then(|text| read_constraints(&text, attribute.expr.span, diagnostics));
    }
    let for_each = content.attribute("for_each").map(|a| a.expr.clone());
    if let Some(expr) = for_each.as_ref().filter(|_| name.alias.is_none()) {
        let detail = "Only a configuration with an alias can have several instances: the default configuration must be one, so \
             that resources find it without naming it. Add an alias.";
        diagnostics.push(Diagnostic::error("Alias required when using \"for_each\"", detail).at(expr.span));
    }
    for reserved in ["count", "depends_on", "source"] {
        if let Some(attribute) = content.attribute(reserved) {
            let detail =
                format!("The argument {reserved:?} has no meaning in a provider block yet; the name is reserved.");
            let summary = "Reserved argument name in provider block";
            diagnostics.push(Diagnostic::error(summary, detail).at(attribute.name.span));
        }
    }
    let mut body = body;
    for block in &content.blocks {
        if &*block.kind.name == "_" {
            body = body.joined_with(&block.body);
            continue;
        }
        let detail = format!(
            "The block type {:?} has no meaning in a provider block yet; the name is reserved.",
            &*block.kind.name
        );
        let summary = "Reserved block type name in provider block";
        diagnostics.push(Diagnostic::error(summary, detail).at(block.kind.span));
    }
    Some(ProviderBlock {
        provider: module.provider_address(&name.name),
        for_each: for_each.filter(|_| name.alias.is_some()),
        name,
        version,
        body,
        scope: ProviderScope::Module,
        span: item.block.span,
        header_span: item.block.header_span,
    })
}

/// A `provider` block outside of a module's files, as if it stood in the module.
pub fn read_provider_block(block: &Block, module: &Module, diagnostics: &mut Diagnostics) -> Option<ProviderBlock> {
    read_provider(&Item::new(block.clone()), module, diagnostics)
}

/// The value of a `provider` argument: `aws`, `aws.west` or `aws.by_region[KEY]`.
pub(crate) fn read_provider_ref(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<ProviderRef> {
    let mut problems = Diagnostics::new();
    let invalid = || {
        let detail = "A reference to a provider configuration is the provider's name, optionally followed by a dot and \
             the configuration's alias, and by the key of an instance in brackets.";
        Diagnostic::error("Invalid provider configuration reference", detail).at(expr.span)
    };
    let (configuration, computed) = split_key(expr);
    let Some(mut traversal) = reference(&configuration, &mut problems) else {
        diagnostics.extend(problems.into_iter().filter(|problem| !problem.is_error()));
        diagnostics.push(invalid());
        return None;
    };
    diagnostics.extend(problems);
    let alias = attribute_step(&traversal, 0).cloned();
    let key = computed.or_else(|| constant_key(&mut traversal));
    if traversal.steps.len() != usize::from(alias.is_some()) || key.is_some() && alias.is_none() {
        diagnostics.push(invalid());
        return None;
    }
    if let Some(detail) = provider_name_problem(&traversal.root) {
        diagnostics.push(Diagnostic::error("Invalid provider local name", detail).at(traversal.root_span));
        return None;
    }
    Some(ProviderRef { name: ProviderName::new(traversal.root, alias), key, span: expr.span, explicit: true })
}

/// Takes a key that is computed off the configuration that it belongs to.
pub(super) fn split_key(expr: &Expr) -> (Expr, Option<Expr>) {
    let inner = static_expr(expr).unwrap_or_else(|_| expr.clone());
    match inner.kind {
        ExprKind::Index { source, key } => (Arc::unwrap_or_clone(source), Some(Arc::unwrap_or_clone(key))),
        _ => (expr.clone(), None),
    }
}

/// Takes a constant key off the end of a reference.
pub(super) fn constant_key(traversal: &mut Traversal) -> Option<Expr> {
    match traversal.steps.pop_if(|step| matches!(step, TraversalStep::Index { .. }))? {
        TraversalStep::Index { key, span } => Some(Expr { kind: ExprKind::Literal(key), span }),
        TraversalStep::Attribute { .. } => None,
    }
}

/// The provider that a resource uses when it does not say.
pub(crate) fn implied_ref(resource: &Resource, block: &Block) -> ProviderRef {
    let name = ProviderName::new(resource.implied_provider(), None);
    ProviderRef { name, key: None, span: block.header_span, explicit: false }
}
