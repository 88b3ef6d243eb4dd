//! What has changed outside of the engine.

use super::header::Cause;
use super::{change_diff, write_change};
use crate::diff::{DiffAction, Relevance};
use crate::sensitive::SchemaMarks;
use crate::style::{Style, TextOptions};
use crate::wrap::wrap;
use formwork_model::{AbsResource, Action, InstanceKey, Plan, PlanMode, RelevantAttribute, ResourceChange};
use formwork_value::PathStep;
use std::collections::BTreeMap;

/// Paths by resource, with the instance that a reference names.
type Relevant<'a> = BTreeMap<&'a AbsResource, Vec<&'a RelevantAttribute>>;

/// Renders the section on drift; empty if there is none that matters. In a refresh-only plan all of it does, otherwise
/// what the plan depends on.
pub(super) fn drift_text(plan: &Plan, marks: &mut SchemaMarks<'_>, options: TextOptions) -> String {
    let refresh_only = plan.options.mode == PlanMode::RefreshOnly;
    let mut relevant: Relevant<'_> = BTreeMap::new();
    for attribute in &plan.relevant_attributes {
        relevant.entry(&attribute.resource).or_default().push(attribute);
    }
    let mut changes = String::new();
    for change in &plan.drift {
        let relevance = if refresh_only { Relevance::All } else { relevance_of(change, &relevant) };
        if change.action == Action::NoOp && !change.is_moved() || !relevance.any() {
            continue;
        }
        let diff = change_diff(change, relevance, marks);
        if diff.action == DiffAction::NoOp && !(refresh_only && change.is_moved()) {
            continue;
        }
        changes.push('\n');
        write_change(&mut changes, change, &diff, Cause::Drift, options);
    }
    if changes.is_empty() {
        return changes;
    }
    let head = format!(
        "\n{}{}{} Objects have changed outside of Terraform{}\n",
        options.ink(Style::Bold),
        options.paint(Style::Cyan, "Note:"),
        options.ink(Style::Bold),
        options.ink(Style::Reset)
    );
    let width = options.width.saturating_sub(1);
    let intro = "Since the last apply these objects were changed by other means, which may have had an effect on this \
                 plan:";
    let end = if refresh_only {
        "This plan only refreshes: applying it records these values in the state and changes no real object."
    } else {
        "The plan below may undo these changes or respond to them, unless the configuration was changed in the same \
         way or ignores these attributes with ignore_changes."
    };
    format!("{head}\n{}\n{changes}\n\n{}\n", wrap(intro, width), wrap(end, width))
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
