//! `lifecycle`.

use crate::constant::constant_bool;
use crate::item::complete;
use crate::read::action::read_action_trigger;
use crate::read::check::read_rule_of;
use crate::read::triggers::read_triggers;
use crate::reference::resource_of;
use crate::reference_list::{quoted, reference};
use crate::{IgnoreChanges, IgnoredPath, Lifecycle};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{Block, BodySchema, Content, Expr, ExprKind, Traversal, TraversalStep, as_list, references};
use formwork_model::{Resource, ResourceMode};
use formwork_value::{Path, PathStep};

/// Arguments that only managed resources have.
const MANAGED_ONLY: [&str; 5] =
    ["create_before_destroy", "prevent_destroy", "destroy", "ignore_changes", "replace_triggered_by"];

/// `lifecycle` of a resource.
pub(crate) fn read_lifecycle(block: &Block, own: &Resource, diagnostics: &mut Diagnostics) -> Lifecycle {
    let attributes: Vec<(&str, bool)> = MANAGED_ONLY.into_iter().chain(["enabled"]).map(|name| (name, false)).collect();
    let schema =
        BodySchema::new(&attributes, &[("precondition", &[]), ("postcondition", &[]), ("action_trigger", &[])]);
    let content = complete(&block.body, &schema, diagnostics);
    let enabled = content.attribute("enabled").map(|a| a.expr.clone());
    let mut lifecycle = Lifecycle { enabled, ..Lifecycle::default() };
    if own.mode == ResourceMode::Managed {
        read_arguments(&content, &mut lifecycle, diagnostics);
    } else {
        refuse_arguments(&content, own.mode, diagnostics);
    }
    for trigger in content.blocks_of("action_trigger") {
        if own.mode == ResourceMode::Managed {
            lifecycle.action_triggers.push(read_action_trigger(trigger, diagnostics));
        } else {
            let detail = "Only the changes of managed resources can trigger actions.";
            diagnostics.push(Diagnostic::error("Invalid action_trigger block", detail).at(trigger.header_span));
        }
    }
    for rule in content.blocks_of("precondition") {
        lifecycle.preconditions.extend(read_rule_of(rule, own, diagnostics));
    }
    for rule in content.blocks_of("postcondition") {
        lifecycle.postconditions.extend(read_rule_of(rule, own, diagnostics));
    }
    lifecycle
}

fn read_arguments(content: &Content, lifecycle: &mut Lifecycle, diagnostics: &mut Diagnostics) {
    if let Some(attribute) = content.attribute("create_before_destroy") {
        lifecycle.create_before_destroy = constant_bool(&attribute.expr, diagnostics);
    }
    if let Some(attribute) = content.attribute("prevent_destroy") {
        if is_constant(&attribute.expr) {
            constant_bool(&attribute.expr, diagnostics);
        }
        if let Some(reference) = references(&attribute.expr).into_iter().find(|r| is_managed(r)) {
            let detail = "Whether an object may be destroyed must be known when its end is planned, and what other \
                          resources are may not be. Use variables, local values and data sources.";
            diagnostics.push(Diagnostic::error("Invalid prevent_destroy argument", detail).at(reference.span));
        }
        lifecycle.prevent_destroy = Some(attribute.expr.clone());
    }
    if let Some(attribute) = content.attribute("destroy") {
        lifecycle.destroy = constant_bool(&attribute.expr, diagnostics);
    }
    if let Some(attribute) = content.attribute("ignore_changes") {
        lifecycle.ignore_changes = read_ignored(&attribute.expr, diagnostics);
    }
    if let Some(attribute) = content.attribute("replace_triggered_by") {
        lifecycle.replace_triggered_by = read_triggers(&attribute.expr, diagnostics);
    }
}

fn refuse_arguments(content: &Content, mode: ResourceMode, diagnostics: &mut Diagnostics) {
    let what = if mode == ResourceMode::Data { "data resource" } else { "ephemeral resource" };
    for attribute in content.attributes.iter().filter(|a| &*a.name.name != "enabled") {
        let summary = format!("Invalid {what} lifecycle argument");
        let detail = format!("The argument {:?} has a meaning for managed resources only.", &*attribute.name.name);
        diagnostics.push(Diagnostic::error(summary, detail).at(attribute.name.span));
    }
}

/// Settings of an override's `lifecycle` replace those that were there; conditions are not overridden.
pub(crate) fn override_lifecycle(lifecycle: &mut Lifecycle, over: Lifecycle) {
    lifecycle.create_before_destroy = over.create_before_destroy.or(lifecycle.create_before_destroy);
    lifecycle.enabled = over.enabled.or(lifecycle.enabled.take());
    lifecycle.prevent_destroy = over.prevent_destroy.or(lifecycle.prevent_destroy.take());
    lifecycle.destroy = over.destroy.or(lifecycle.destroy);
    if !over.action_triggers.is_empty() {
        lifecycle.action_triggers = over.action_triggers;
    }
    if !matches!(over.ignore_changes, IgnoreChanges::None) {
        lifecycle.ignore_changes = over.ignore_changes;
    }
}

fn is_managed(reference: &Traversal) -> bool {
    resource_of(reference).is_some_and(|resource| resource.mode == ResourceMode::Managed)
}

/// True if a wrong value can be told before anything is evaluated.
fn is_constant(expr: &Expr) -> bool {
    references(expr).is_empty()
        && matches!(
            expr.kind,
            ExprKind::Literal(_) | ExprKind::Tuple(_) | ExprKind::Object(_) | ExprKind::JsonString { .. }
        )
}

fn read_ignored(expr: &Expr, diagnostics: &mut Diagnostics) -> IgnoreChanges {
    if formwork_hcl::as_keyword(expr).as_deref() == Some("all") {
        return IgnoreChanges::All;
    }
    let items = match as_list(expr) {
        Ok(items) => items,
        Err(problem) => {
            diagnostics.push(problem);
            return IgnoreChanges::None;
        }
    };
    if let Some(wildcard) = items.iter().find(|item| quoted(item) == Some("*")) {
        let detail = "The wildcard \"*\" is no longer understood. Write \"ignore_changes = all\".";
        diagnostics.push(Diagnostic::error("Invalid ignore_changes wildcard", detail).at(wildcard.span));
        return IgnoreChanges::All;
    }
    let mut paths = Vec::new();
    for item in &items {
        if let Some(traversal) = reference(item, diagnostics) {
            paths.push(IgnoredPath { path: relative_path(&traversal), span: item.span });
        }
    }
    IgnoreChanges::Paths(paths)
}

/// A reference as a path below an object.
fn relative_path(traversal: &Traversal) -> Path {
    let mut path = Path::root().attribute(traversal.root.clone());
    for step in &traversal.steps {
        path.0.push(match step {
            TraversalStep::Index { key, .. } => PathStep::Index(key.clone()),
            TraversalStep::Attribute { name, .. } => PathStep::Attribute(name.clone()),
        });
    }
    path
}
