//! Plans for people.

mod block;
mod body;
mod drift;
mod header;
mod output;
mod sequence;
mod symbol;

pub(crate) use body::{Mode, write_diff};
pub use output::output_changes_text;

use crate::diff::{Diff, Pair, Relevance, ReplacePaths, block_diff, dynamic_diff, is_legacy};
use crate::escape::escape_line;
use crate::sensitive::SchemaMarks;
use crate::style::{Style, TextOptions};
use crate::tally::PlanTally;
use crate::wrap::wrap;
use formwork_model::{Action, Plan, PlanMode, ProviderAddress, ResourceChange, ResourceMode};
use formwork_value::quote;
use header::{Cause, comment, title};
use std::collections::BTreeMap;

/// Renders a plan (plan-formats.md 11): drift, legend, changes, summary line, output changes; or the sentence that
/// there are none. Ends with a line feed; begins with an empty line.
pub fn plan_text(plan: &Plan, options: TextOptions) -> String {
    let schema_of = |address: &ProviderAddress| plan.schemas.get(address).cloned();
    let mut marks = SchemaMarks::new(&schema_of);
    let changes: Vec<&ResourceChange> = plan.changes.iter().filter(|c| is_shown(c)).collect();
    let outputs = output_changes_text(&plan.outputs, options);
    let is_empty = changes.is_empty() && outputs.is_empty();
    let mut out = String::new();
    if !is_empty || plan.options.mode == PlanMode::RefreshOnly {
        out.push_str(&drift::drift_text(plan, &mut marks, options));
    }
    if is_empty {
        out.push_str(&no_changes_text(plan, !out.is_empty(), options));
        return out;
    }
    if !out.is_empty() {
        out.push_str(&format!("\n{}\n", options.rule()));
    }
    write_legend(&mut out, &changes, options);
    if !changes.is_empty() {
        write_changes(&mut out, plan, &changes, &mut marks, options);
    }
    if !outputs.is_empty() {
        out.push_str(&format!("\nChanges to Outputs:\n{outputs}"));
        if changes.iter().all(|c| c.action == Action::NoOp) {
            let note = "Applying this plan saves these output values in the state; no real object is changed.";
            out.push_str(&format!("\n{}\n", wrap(note, options.width.saturating_sub(1))));
        }
    }
    out
}

/// Renders what stands below a plan: where it was saved and how to apply it, or that it was not saved.
pub fn plan_end_text(saved_to: Option<&str>, options: TextOptions) -> String {
    let rule = options.rule();
    match saved_to {
        Some(path) => {
            let path = escape_line(path);
            format!(
                "\n{rule}\n\nSaved the plan to: {path}\n\nTo perform exactly these actions, run:\n    formwork apply \
                 {}\n",
                quote(&path)
            )
        }
        None => {
            let note = "Note: This plan was not saved. Without -out, \"formwork apply\" makes a new plan, which may \
                        differ from this one.";
            format!("\n{rule}\n\n{}\n", wrap(note, options.width.saturating_sub(1)))
        }
    }
}

/// Changes of nothing and removals of data sources are not shown.
fn is_shown(change: &ResourceChange) -> bool {
    match change.action {
        Action::NoOp => change.is_moved() || change.importing.is_some(),
        Action::Delete => change.address.resource.mode != ResourceMode::Data,
        _ => true,
    }
}

fn write_legend(out: &mut String, changes: &[&ResourceChange], options: TextOptions) {
    let mut counts: BTreeMap<Action, usize> = BTreeMap::new();
    for change in changes.iter().filter(|c| c.action != Action::NoOp) {
        *counts.entry(change.action).or_default() += 1;
    }
    if counts.is_empty() {
        return;
    }
    let sentence = "This execution plan was made with the selected providers. Resource actions are indicated with the \
                    following symbols:";
    out.push_str(&format!("\n{}\n", wrap(sentence, options.width.saturating_sub(1))));
    for (action, meaning) in [
        (Action::Create, "create"),
        (Action::Update, "update in-place"),
        (Action::Delete, "destroy"),
        (Action::DeleteThenCreate, "destroy and then create replacement"),
        (Action::CreateThenDelete, "create replacement and then destroy"),
        (Action::ForgetThenCreate, "forget and then create replacement"),
        (Action::Read, "read (data resources)"),
    ] {
        if counts.contains_key(&action) {
            out.push_str(&format!("{} {meaning}\n", symbol::action_symbol(action, options)));
        }
    }
}

fn write_changes(
    out: &mut String,
    plan: &Plan,
    changes: &[&ResourceChange],
    marks: &mut SchemaMarks<'_>,
    options: TextOptions,
) {
    out.push_str(if plan.errored {
        "\nTerraform planned the following actions, but then encountered a problem:\n"
    } else {
        "\nTerraform will perform the following actions:\n"
    });
    for change in changes {
        let diff = change_diff(change, Relevance::All, marks);
        out.push('\n');
        write_change(out, change, &diff, Cause::Proposed, options);
    }
    out.push_str(&format!("\n{} {}\n", options.paint(Style::Bold, "Plan:"), PlanTally::of(plan).counts()));
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

fn write_change(out: &mut String, change: &ResourceChange, diff: &Diff, cause: Cause, options: TextOptions) {
    out.push_str(&comment(change, cause, options));
    let mode = Mode { show_unchanged: change.importing.is_some(), ..Mode::of(options) };
    out.push_str(&format!("{} {} ", symbol::action_symbol(change.action, options), title(change)));
    write_diff(out, diff, 0, mode);
    out.push('\n');
}

fn no_changes_text(plan: &Plan, has_drift: bool, options: TextOptions) -> String {
    let strong = |colour: Style, text: &str| {
        format!("{}{}{}", options.ink(Style::Bold), options.paint(colour, text), options.ink(Style::Bold))
    };
    let reset = options.ink(Style::Reset);
    if plan.errored {
        let head = strong(Style::Red, "Planning failed.");
        return format!("\n{head} An error occurred while this plan was made.{reset}\n\n");
    }
    if has_drift {
        return String::new();
    }
    let head = strong(Style::Green, "No changes.");
    let (sentence, detail) = match plan.options.mode {
        PlanMode::RefreshOnly => (
            "Your infrastructure still matches the configuration.",
            "The real objects were read, and they are as your last changes have left them.",
        ),
        PlanMode::Destroy => (
            "No objects need to be destroyed.",
            "Either nothing has been created yet, or what there was has already been destroyed by other means.",
        ),
        PlanMode::Normal => (
            "Your infrastructure matches the configuration.",
            "The real objects were compared with the configuration: there are no differences, so nothing has to be \
             changed.",
        ),
    };
    format!("\n{head} {sentence}{reset}\n\n{}\n", wrap(detail, options.width.saturating_sub(1)))
}
