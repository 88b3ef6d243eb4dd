//! `replace_triggered_by`.

use crate::planner::Planner;
use crate::resource::Wanted;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_eval::{Expansion, Reference, Subject};
use formwork_hcl::{Expr, ExprKind, TraversalStep};
use formwork_model::{Action, InstanceKey, Resource, ResourceChange};
use formwork_value::{Path, PathStep, Type, Value};

/// What a trigger refers to.
struct Trigger {
    resource: Resource,
    key: Option<InstanceKey>,
    /// The attribute behind it; root for the whole object.
    path: Path,
}

/// True if something that the instance names in `replace_triggered_by` changes.
pub(crate) fn is_triggered(planner: &Planner<'_>, wanted: &Wanted<'_>) -> bool {
    wanted.block.lifecycle.replace_triggered_by.iter().any(|expr| match trigger(planner, wanted, expr) {
        Ok(trigger) => fires(planner, wanted, &trigger, expr).unwrap_or_else(|problem| {
            planner.report_one(*problem);
            false
        }),
        Err(problems) => {
            planner.report(problems);
            false
        }
    })
}

/// Reads a reference whose index may be `count.index` or `each.key`.
fn trigger(planner: &Planner<'_>, wanted: &Wanted<'_>, expr: &Expr) -> Result<Trigger, Diagnostics> {
    let mut steps = Vec::new();
    let mut at = expr;
    let mut computed = None;
    loop {
        match &at.kind {
            ExprKind::Parens(inner) => at = inner,
            ExprKind::Steps { source, steps: more } => {
                steps.splice(0..0, path_steps(more));
                at = source;
            }
            ExprKind::Index { source, key } => {
                let evaluation = planner.evaluator.evaluate(key, &planner.instance_scope(wanted));
                if evaluation.diagnostics.has_errors() {
                    return Err(evaluation.diagnostics);
                }
                steps.insert(0, PathStep::Index(evaluation.value.unmark().0));
                computed = Some(());
                at = source;
            }
            ExprKind::Traversal(traversal) => {
                let reference = Reference::parse(traversal)?;
                let Subject::Resource(resource, key) = reference.subject else { return Err(invalid(expr)) };
                let rest = traversal.steps.get(reference.consumed..).unwrap_or_default();
                steps.splice(0..0, path_steps(rest));
                let key = match (key, computed, steps.first()) {
                    (None, Some(()), Some(PathStep::Index(value))) => {
                        let key = formwork_eval::instance_key(value);
                        steps.remove(0);
                        key
                    }
                    (key, _, _) => key,
                };
                return Ok(Trigger { resource, key, path: Path(steps) });
            }
            _ => return Err(invalid(expr)),
        }
    }
}

fn path_steps(steps: &[TraversalStep]) -> Vec<PathStep> {
    let convert = |step: &TraversalStep| match step {
        TraversalStep::Attribute { name, .. } => PathStep::Attribute(name.clone()),
        TraversalStep::Index { key, .. } => PathStep::Index(key.clone()),
    };
    steps.iter().map(convert).collect()
}

fn invalid(expr: &Expr) -> Diagnostics {
    Diagnostic::error(
        "Invalid replace_triggered_by expression",
        "Only references to managed resources, their instances and attributes can be used in replace_triggered_by.",
    )
    .at(expr.span)
    .into()
}

/// An error if there is nothing that could change.
fn fires(planner: &Planner<'_>, wanted: &Wanted<'_>, trigger: &Trigger, expr: &Expr) -> Result<bool, Box<Diagnostic>> {
    let module = planner.inputs.config.module(&wanted.address.module.path());
    if !module.is_some_and(|module| module.resources.contains_key(&trigger.resource)) {
        let detail = format!("There is no {} in {}.", trigger.resource, place(wanted));
        return Err(Box::new(Diagnostic::error("Reference to undeclared resource", detail).at(expr.span)));
    }
    let resource = trigger.resource.in_module(wanted.address.module.clone());
    let work = planner.work.borrow();
    let pending = work.pending.get(&resource).into_iter().flatten();
    let mut concerned = pending.filter(|(key, _)| trigger.key.as_ref().is_none_or(|k| k == *key)).peekable();
    if concerned.peek().is_none() && !has_instance(planner, wanted, trigger) {
        let subject = match &trigger.key {
            Some(key) => resource.instance(key.clone()).to_string(),
            None => resource.to_string(),
        };
        let detail = format!(
            "{} has replace_triggered_by, which names what has no instance. Add a condition to its count or for_each, or \
             correct the reference.",
            wanted.address
        );
        return Err(Box::new(Diagnostic::error(format!("no change found for {subject}"), detail)));
    }
    let mut changes = concerned.filter_map(|(_, at)| work.changes.get(*at)).filter(|c| c.deposed.is_none());
    Ok(changes.any(|change| acts(change) && (trigger.path.is_root() || differs(change, &trigger.path))))
}

fn place(wanted: &Wanted<'_>) -> String {
    let module = &wanted.address.module;
    if module.is_root() { "the root module".to_string() } else { module.to_string() }
}

fn has_instance(planner: &Planner<'_>, wanted: &Wanted<'_>, trigger: &Trigger) -> bool {
    let (expansion, _) = planner.evaluator.resource_expansion(wanted.module, &trigger.resource);
    match (&expansion, &trigger.key) {
        (Expansion::Unknown { .. }, _) => true,
        (_, Some(key)) => expansion.contains(key),
        (Expansion::Count { count, .. }, None) => *count > 0,
        (Expansion::ForEach { items, .. }, None) => !items.is_empty(),
        (Expansion::Single, None) => trigger.resource != wanted.address.resource,
        (Expansion::Disabled, None) => true,
    }
}

/// Only changes to an object that was there count.
fn acts(change: &ResourceChange) -> bool {
    change.action == Action::Update || change.action.is_replace()
}

fn differs(change: &ResourceChange, path: &Path) -> bool {
    let plain = |value: &Value| at_path(&value.unmark_deep().0, path);
    match (plain(&change.before), plain(&change.after)) {
        (Some(before), Some(after)) => before != after,
        (before, after) => before.is_some() != after.is_some(),
    }
}

/// The part of a value at a path. As in the reference, an index does not find attributes of objects, nor a name elements
/// of maps: what is not found in both values has not changed.
fn at_path(value: &Value, path: &Path) -> Option<Value> {
    let mut current = value.clone();
    for step in &path.0 {
        match (step, current.ty()) {
            (PathStep::Index(_), Type::Object(_)) | (PathStep::Attribute(_), Type::Map(_)) => return None,
            _ => current = current.at_path(&Path(vec![step.clone()])).ok()?,
        }
    }
    Some(current)
}
