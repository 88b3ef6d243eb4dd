//! What has changed outside of the engine.

use super::write_change;
use crate::sensitive::SchemaMarks;
use crate::style::{Style, TextOptions};
use crate::view::{Cause, drifted};
use crate::wrap::wrap;
use formwork_model::{Plan, PlanMode};

/// Renders the section on drift; empty if there is none that matters.
pub(super) fn drift_text(plan: &Plan, marks: &mut SchemaMarks<'_>, options: TextOptions) -> String {
    let mut changes = String::new();
    for (change, diff) in drifted(plan, marks) {
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
    let end = if plan.options.mode == PlanMode::RefreshOnly {
        "This plan only refreshes: applying it records these values in the state and changes no real object."
    } else {
        "The plan below may undo these changes or respond to them, unless the configuration was changed in the same \
         way or ignores these attributes with ignore_changes."
    };
    format!("{head}\n{}\n{changes}\n\n{}\n", wrap(intro, width), wrap(end, width))
}
