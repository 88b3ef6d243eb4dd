//! Drift: what has changed outside since the last apply.

use super::change::drifted;
use super::{Entry, Section, Tone, View, facts_of_plan, listed};
use crate::sensitive::SchemaMarks;
use formwork_diag::Diagnostics;
use formwork_model::{Action, Plan, ResourceChange};

/// True for what has happened to an object, unlike moves, which the configuration asks for.
pub(crate) fn is_outside(change: &ResourceChange) -> bool {
    change.action != Action::NoOp
}

/// What a refresh-only plan has found, and what could not be read.
pub(crate) fn drift_view<'a>(plan: &'a Plan, problems: &'a Diagnostics, marks: &mut SchemaMarks<'_>) -> View<'a> {
    let (mut deleted, mut changed) = (Vec::new(), Vec::new());
    for (change, diff) in drifted(plan, marks).into_iter().filter(|(change, _)| is_outside(change)) {
        let list = if change.action == Action::Delete { &mut deleted } else { &mut changed };
        list.push(Entry::Drift(change, Box::new(diff)));
    }
    let errors: Vec<Entry<'a>> = problems.iter().filter(|d| d.is_error()).map(Entry::Problem).collect();
    let parts = [(deleted.len(), "deleted outside"), (changed.len(), "changed outside"), (errors.len(), "errors")];
    let found = listed(&parts);
    let title = if found.is_empty() { "No drift".to_owned() } else { format!("Drift: {found}") };
    let tone = match (deleted.is_empty() && errors.is_empty(), changed.is_empty()) {
        (false, _) => Tone::Grave,
        (true, false) => Tone::Active,
        (true, true) => Tone::Calm,
    };
    let mut remarks = Vec::new();
    if !plan.options.targets.is_empty() || !plan.options.excludes.is_empty() {
        remarks.push("Only a part was looked at (-target or -exclude).");
    }
    if !errors.is_empty() {
        remarks.push("Not everything could be looked at, so there may be more drift than is shown here.");
    }
    View {
        title,
        tone,
        remarks,
        counts: vec![("Deleted", deleted.len()), ("Changed", changed.len()), ("Errors", errors.len())],
        facts: facts_of_plan(plan),
        sections: vec![
            Section { title: "Errors", unit: "errors", tone: Tone::Grave, entries: errors },
            Section { title: "Deleted outside", unit: "deleted outside", tone: Tone::Grave, entries: deleted },
            Section { title: "Changed outside", unit: "changed outside", tone: Tone::Active, entries: changed },
        ],
    }
    .without_empty()
}
