//! Changes of objects and outputs, and which of them are shown.

use super::body::{Mode, write_diff};
use super::heading::title;
use crate::diff::{Diff, DiffAction, Pair, Relevance, ReplacePaths, block_diff, dynamic_diff, is_legacy};
use crate::labelled::Labelled;
use crate::sensitive::SchemaMarks;
use formwork_model::{
    AbsResource, Action, InstanceKey, OutputChange, Plan, PlanMode, RelevantAttribute, ResourceChange, ResourceMode,
};
use formwork_value::{Marks, PathStep, Value};
use std::collections::BTreeMap;

/// Changes of nothing and removals of data sources are not shown.
pub(crate) fn is_shown(change: &ResourceChange) -> bool {
    match change.action {
        Action::NoOp => change.is_moved() || change.importing.is_some(),
        Action::Delete => change.address.resource.mode != ResourceMode::Data,
        _ => true,
    }
}

/// The difference that a change makes to its object.
pub(crate) fn change_diff<'a>(
    change: &'a ResourceChange,
    relevance: Relevance<'a>,
    marks: &mut SchemaMarks<'_>,
) -> Diff {
    let (provider, resource) = (&change.provider.provider, &change.address.resource);
    let before = marks.apply(&change.before, provider, resource);
    let after = marks.apply(&change.after, provider, resource);
    let schema = marks.schema(provider, resource);
    let mut pair = Pair::new(&before, &after);
    pair.replace = ReplacePaths::new(&change.replace_paths);
    pair.relevance = relevance;
    if change.action == Action::Forget {
        // The object stays as it is.
        pair = pair.unchanged();
    }
    match schema {
        Some(schema) => {
            pair.legacy = is_legacy(&schema.block);
            block_diff(&pair, &schema.block)
        }
        // A plan carries its schemas; without one the values can still be shown as they are.
        None => dynamic_diff(&pair),
    }
}

/// The header of a change's block and the difference, as lines: what stands behind the symbol.
pub(crate) fn change_body(change: &ResourceChange, diff: &Diff) -> Labelled {
    let mode = Mode { show_unchanged: change.importing.is_some(), ..Mode::default() };
    let mut out = Labelled::new();
    out.push_str(&title(change));
    out.push(' ');
    write_diff(&mut out, diff, 0, mode);
    out
}

/// The difference of an output. Sensitive ones are hidden.
pub(crate) fn output_diff(output: &OutputChange) -> Diff {
    if !output.sensitive {
        return dynamic_diff(&Pair::new(&output.before, &output.after));
    }
    let hide = |value: &Value| value.clone().with_marks(Marks::SENSITIVE);
    let (before, after) = (hide(&output.before), hide(&output.after));
    dynamic_diff(&Pair::new(&before, &after))
}

/// Paths by resource, with the instance that a reference names.
type Relevant<'a> = BTreeMap<&'a AbsResource, Vec<&'a RelevantAttribute>>;

/// What has changed outside, as far as it matters. In a refresh-only plan all of it does, otherwise what the plan depends
/// on.
pub(crate) fn drifted<'a>(plan: &'a Plan, marks: &mut SchemaMarks<'_>) -> Vec<(&'a ResourceChange, Diff)> {
    let refresh_only = plan.options.mode == PlanMode::RefreshOnly;
    let mut relevant: Relevant<'a> = BTreeMap::new();
    for attribute in &plan.relevant_attributes {
        relevant.entry(&attribute.resource).or_default().push(attribute);
    }
    let mut found = Vec::new();
    for change in &plan.drift {
        let relevance = if refresh_only { Relevance::All } else { relevance_of(change, &relevant) };
        if change.action == Action::NoOp && !change.is_moved() || !relevance.any() {
            continue;
        }
        let diff = change_diff(change, relevance, marks);
        if diff.action != DiffAction::NoOp || refresh_only && change.is_moved() {
            found.push((change, diff));
        }
    }
    found
}

fn relevance_of<'a>(change: &ResourceChange, relevant: &Relevant<'a>) -> Relevance<'a> {
    let resource = change.address.resource();
    // References without keys name the resource in the configuration.
    let of_module = |attribute: &&&RelevantAttribute| {
        matches!(attribute.key, InstanceKey::None) || attribute.key == change.address.key
    };
    let paths: Vec<&'a [PathStep]> = relevant
        .get(&resource)
        .into_iter()
        .flatten()
        .filter(of_module)
        .map(|attribute| attribute.attribute.0.as_slice())
        .collect();
    Relevance::Only(paths)
}
