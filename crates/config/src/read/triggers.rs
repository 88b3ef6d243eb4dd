//! `replace_triggered_by`.

use crate::reference::{attribute_step, resource_of};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{Expr, Traversal, as_list, references, static_expr};

/// The entries of `replace_triggered_by`: each refers to one managed resource (or an instance or attribute of it);
/// keys may use `count.index` and `each.key`.
pub(crate) fn read_triggers(expr: &Expr, diagnostics: &mut Diagnostics) -> Vec<Expr> {
    let items = match as_list(expr) {
        Ok(items) => items,
        Err(problem) => {
            diagnostics.push(problem);
            return Vec::new();
        }
    };
    let mut triggers = Vec::new();
    for item in &items {
        match static_expr(item) {
            Ok(trigger) => {
                check_trigger(&trigger, diagnostics);
                triggers.push(trigger);
            }
            Err(problems) => diagnostics.extend(problems),
        }
    }
    triggers
}

fn check_trigger(trigger: &Expr, diagnostics: &mut Diagnostics) {
    let mut resources = 0;
    for reference in references(trigger) {
        if resource_of(reference).is_some() {
            resources += 1;
            continue;
        }
        if let Some((summary, detail)) = problem(reference) {
            diagnostics.push(Diagnostic::error(summary, detail).at(reference.span));
        }
    }
    if resources != 1 {
        let detail =
            "Each entry must refer to exactly one managed resource, to one of its instances, or to an attribute.";
        diagnostics.push(Diagnostic::error("Invalid replace_triggered_by expression", detail).at(trigger.span));
    }
}

fn problem(reference: &Traversal) -> Option<(&'static str, &'static str)> {
    let step = attribute_step(reference, 0).map(|s| &**s);
    match (&*reference.root, step) {
        ("count", Some("index")) | ("each", Some("key")) => None,
        ("each", _) => Some((
            "Invalid each reference in replace_triggered_by expression",
            "Only each.key can be used in a key here: values are not known early enough.",
        )),
        ("count", _) => Some((
            "Invalid count reference in replace_triggered_by expression",
            "Only count.index can be used in a key here.",
        )),
        _ => Some((
            "Invalid reference in replace_triggered_by expression",
            "Only references to managed resources are allowed here. To react to another value, keep it in a \
             terraform_data resource and refer to that.",
        )),
    }
}
