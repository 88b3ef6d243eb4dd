//! Plans.

use super::change::{drifted, is_shown};
use super::counts::output_changes;
use super::invocation::invocation_schema;
use super::{ChangeCounts, Entry, Section, Tone, View, facts_of_plan, listed};
use crate::sensitive::SchemaMarks;
use formwork_model::{Action, CheckObject, CheckStatus, Plan, PlanMode, ResourceChange};

/// Everything that a plan has to tell.
pub(crate) fn plan_view<'a>(plan: &'a Plan, marks: &mut SchemaMarks<'_>) -> View<'a> {
    let counts = ChangeCounts::of(plan);
    let mut sections = change_sections(plan);
    sections.push(section("Actions", "to invoke", Tone::Active, invocations(plan)));
    sections.push(section("Outputs", "outputs to change", Tone::Active, outputs(plan)));
    let drift: Vec<Entry<'a>> =
        drifted(plan, marks).into_iter().map(|(change, diff)| Entry::Drift(change, Box::new(diff))).collect();
    let drift_count = drift.len();
    sections.push(section("Drift", "changed outside", Tone::Active, drift));
    let checks = failed_checks(plan);
    let check_count = checks.len();
    sections.push(section("Failed checks", "failed checks", Tone::Grave, checks));
    let mut columns = counts.columns();
    columns.push(("Drift", drift_count));
    columns.push(("Failed checks", check_count));
    View {
        title: title(plan, &counts),
        tone: tone(plan, &counts),
        remarks: remarks(plan),
        counts: columns,
        facts: facts_of_plan(plan),
        sections,
    }
    .without_empty()
}

fn section<'a>(title: &'static str, unit: &'static str, tone: Tone, entries: Vec<Entry<'a>>) -> Section<'a> {
    Section { title, unit, tone, entries }
}

/// Title, unit and tone of a section, and which changes are in it.
type Kind = (&'static str, &'static str, Tone, fn(&ResourceChange) -> bool);

/// What destroys something comes first.
fn change_sections(plan: &Plan) -> Vec<Section<'_>> {
    let kinds: [Kind; 8] = [
        ("Destroy", "to destroy", Tone::Grave, |c| c.action == Action::Delete),
        ("Replace", "to replace", Tone::Grave, |c| c.action.is_replace()),
        ("Forget", "to forget", Tone::Grave, |c| c.action == Action::Forget),
        ("Update", "to update", Tone::Active, |c| c.action == Action::Update),
        ("Create", "to create", Tone::Active, |c| c.action == Action::Create),
        ("Import", "to import", Tone::Active, |c| c.action == Action::NoOp && !c.is_moved()),
        ("Move", "to move", Tone::Active, |c| c.action == Action::NoOp && c.is_moved()),
        ("Read", "to read", Tone::Calm, |c| c.action == Action::Read),
    ];
    let of = |is: fn(&ResourceChange) -> bool| {
        plan.changes.iter().filter(|c| is_shown(c) && is(c)).map(Entry::Change).collect()
    };
    kinds.into_iter().map(|(title, unit, tone, is)| section(title, unit, tone, of(is))).collect()
}

fn outputs(plan: &Plan) -> Vec<Entry<'_>> {
    let mut outputs: Vec<_> = plan.outputs.iter().filter(|output| output_changes(output)).collect();
    outputs.sort_by(|a, b| a.name.cmp(&b.name));
    outputs.into_iter().map(Entry::Output).collect()
}

fn invocations(plan: &Plan) -> Vec<Entry<'_>> {
    plan.invocations.iter().map(|i| Entry::Invocation(i, invocation_schema(plan, i))).collect()
}

fn failed_checks(plan: &Plan) -> Vec<Entry<'_>> {
    let objects = plan.checks.iter().flat_map(|check| check.objects.iter().flatten());
    let mut failed: Vec<&CheckObject> =
        objects.filter(|o| matches!(o.status, CheckStatus::Fail | CheckStatus::Error)).collect();
    failed.sort_by(|a, b| a.address.cmp(&b.address));
    failed.into_iter().map(Entry::Check).collect()
}

fn title(plan: &Plan, counts: &ChangeCounts) -> String {
    let what = match plan.options.mode {
        PlanMode::Normal => "Plan",
        PlanMode::Destroy => "Plan to destroy",
        PlanMode::RefreshOnly => "Refresh-only plan",
    };
    let parts = listed(&counts.parts());
    match (plan.errored, parts.is_empty()) {
        (true, true) => "Planning failed".to_owned(),
        (true, false) => format!("Planning failed; found so far: {parts}"),
        (false, true) => format!("{what}: no changes"),
        (false, false) => format!("{what}: {parts}"),
    }
}

fn tone(plan: &Plan, counts: &ChangeCounts) -> Tone {
    if plan.errored || counts.destroy + counts.replace + counts.forget > 0 {
        Tone::Grave
    } else if counts.parts().iter().any(|(number, _)| *number > 0) {
        Tone::Active
    } else {
        Tone::Calm
    }
}

fn remarks(plan: &Plan) -> Vec<&'static str> {
    let options = &plan.options;
    let is_unknown = |check: &formwork_model::CheckResult| check.status == CheckStatus::Unknown;
    let all = [
        (plan.errored, "An error occurred while this plan was made: it cannot be applied, and parts may be missing."),
        (
            !options.targets.is_empty() || !options.excludes.is_empty(),
            "Only a part was planned (-target or -exclude): the rest of the configuration is not considered.",
        ),
        (!options.refresh, "The objects were not read anew (-refresh=false): changes made outside are not seen."),
        (
            options.mode == PlanMode::RefreshOnly,
            "Applying this plan only records what was found; it changes no real object.",
        ),
        (
            plan.changes.iter().any(|c| c.action.forgets()),
            "What is forgotten stays as it is, but nothing will manage it any more.",
        ),
        (plan.checks.iter().any(is_unknown), "Some checks can be decided during apply only."),
    ];
    all.into_iter().filter(|(applies, _)| *applies).map(|(_, text)| text).collect()
}
