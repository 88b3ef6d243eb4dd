//! Plans for people.

mod drift;
mod output;

pub use output::output_changes_text;

use crate::diff::{Diff, Relevance};
use crate::escape::escape_line;
use crate::labelled::Labelled;
use crate::sensitive::SchemaMarks;
use crate::style::{Style, TextOptions};
use crate::tally::PlanTally;
use crate::view::{
    Cause, Heading, change_body, change_diff, invocation_body, invocation_schema, is_shown, write_action_symbol,
};
use crate::wrap::wrap;
use formwork_model::{
    Action, Invocation, InvocationCause, Plan, PlanMode, ProviderAddress, ResourceChange, ResourceInstance,
};
use formwork_value::quote;
use std::collections::BTreeMap;

/// Renders a plan (plan-formats.md 11): drift, legend, changes, summary line, output changes; or the sentence that
/// there are none. Ends with a line feed; begins with an empty line.
pub fn plan_text(plan: &Plan, options: TextOptions) -> String {
    let text = PlanText::new(plan, options);
    (0..text.pieces()).map(|index| text.piece(index)).collect()
}

/// The text of a plan in pieces, which can be rendered in any order or at the same time.
pub struct PlanText<'a> {
    plan: &'a Plan,
    options: TextOptions,
    changes: Vec<&'a ResourceChange>,
    outputs: String,
    /// What changes trigger, in order.
    triggered: BTreeMap<&'a ResourceInstance, Vec<&'a Invocation>>,
}

/// Pieces that the changes of a plan are rendered in, if there are as many.
const PIECES: usize = 32;

impl<'a> PlanText<'a> {
    pub fn new(plan: &'a Plan, options: TextOptions) -> PlanText<'a> {
        let changes = plan.changes.iter().filter(|c| is_shown(c)).collect();
        let mut triggered: BTreeMap<&ResourceInstance, Vec<&Invocation>> = BTreeMap::new();
        for invocation in &plan.invocations {
            if let Some(resource) = invocation.resource() {
                triggered.entry(resource).or_default().push(invocation);
            }
        }
        PlanText { plan, options, changes, outputs: output_changes_text(&plan.outputs, options), triggered }
    }

    /// How many pieces there are: at least one.
    pub fn pieces(&self) -> usize {
        1 + self.changes.chunks(self.size()).len() + 1
    }

    /// One of the pieces; empty beyond the last one.
    pub fn piece(&self, index: usize) -> String {
        match index.checked_sub(1) {
            None => self.head(),
            Some(index) => match self.changes.chunks(self.size()).nth(index) {
                Some(changes) => self.changes(changes),
                None => self.tail(),
            },
        }
    }

    /// Changes in a piece.
    fn size(&self) -> usize {
        self.changes.len().div_ceil(PIECES).max(1)
    }

    fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.outputs.is_empty() && self.plan.invocations.is_empty()
    }

    /// What comes before the changes.
    fn head(&self) -> String {
        let (plan, options) = (self.plan, self.options);
        let mut out = String::new();
        if !self.is_empty() || plan.options.mode == PlanMode::RefreshOnly {
            let schema_of = |address: &ProviderAddress| plan.schemas.get(address).cloned();
            out.push_str(&drift::drift_text(plan, &mut SchemaMarks::new(&schema_of), options));
        }
        if self.is_empty() {
            out.push_str(&no_changes_text(plan, !out.is_empty(), options));
            return out;
        }
        if !out.is_empty() {
            out.push_str(&format!("\n{}\n", options.rule()));
        }
        write_legend(&mut out, &self.changes, options);
        if !self.changes.is_empty() {
            out.push_str(if plan.errored {
                "\nTerraform planned the following actions, but then encountered a problem:\n"
            } else {
                "\nTerraform will perform the following actions:\n"
            });
        }
        out
    }

    fn changes(&self, changes: &[&ResourceChange]) -> String {
        let schema_of = |address: &ProviderAddress| self.plan.schemas.get(address).cloned();
        let mut marks = SchemaMarks::new(&schema_of);
        let mut out = String::new();
        for change in changes {
            let diff = change_diff(change, Relevance::All, &mut marks);
            out.push('\n');
            write_change(&mut out, change, &diff, Cause::Proposed, self.options);
            self.write_triggered(&mut out, change);
        }
        out
    }

    /// What comes behind the changes.
    fn tail(&self) -> String {
        let options = self.options;
        let mut out = String::new();
        if !self.changes.is_empty() {
            out.push_str(&format!("\n{} {}\n", options.paint(Style::Bold, "Plan:"), PlanTally::of(self.plan).counts()));
        }
        write_requested(&mut out, self.plan, options);
        if !self.outputs.is_empty() {
            out.push_str(&format!("\nChanges to Outputs:\n{}", self.outputs));
            if self.changes.iter().all(|c| c.action == Action::NoOp) {
                let note = "Applying this plan saves these output values in the state; no real object is changed.";
                out.push_str(&format!("\n{}\n", wrap(note, options.width.saturating_sub(1))));
            }
        }
        out
    }
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
            let mut line = Labelled::new();
            write_action_symbol(&mut line, action);
            line.push_str(&format!(" {meaning}\n"));
            line.write_terminal(out, options);
        }
    }
}

impl PlanText<'_> {
    /// What a change triggers, before it and after it.
    fn write_triggered(&self, out: &mut String, change: &ResourceChange) {
        let Some(triggered) = self.triggered.get(&change.address).filter(|_| change.deposed.is_none()) else { return };
        for (before, word) in [(true, "before"), (false, "after")] {
            let mut triggered = triggered.iter().filter(|i| i.is_before() == before).peekable();
            if triggered.peek().is_some() {
                let title = format!("# Actions to be invoked {word} this change in order:");
                out.push_str(&format!("\n    {}\n", self.options.paint(Style::Bold, &title)));
                triggered.for_each(|invocation| write_invocation(out, self.plan, invocation, self.options));
            }
        }
    }
}

/// What is invoked because it was asked for.
fn write_requested(out: &mut String, plan: &Plan, options: TextOptions) {
    let asked: Vec<&Invocation> = plan.invocations.iter().filter(|i| i.cause == InvocationCause::Request).collect();
    if asked.is_empty() {
        return;
    }
    out.push_str("\nTerraform will invoke the following action(s):\n");
    for invocation in asked {
        let title = options.paint(Style::Bold, &format!("# {}", escape_line(&invocation.action.to_string())));
        out.push_str(&format!("\n  {title} will be invoked\n"));
        write_invocation(out, plan, invocation, options);
    }
}

fn write_invocation(out: &mut String, plan: &Plan, invocation: &Invocation, options: TextOptions) {
    if invocation.cause != InvocationCause::Request {
        out.push_str(&format!("    # {}\n", escape_line(&invocation.action.to_string())));
    }
    let mut text = invocation_body(invocation, invocation_schema(plan, invocation), 1);
    text.push('\n');
    text.write_terminal(out, options);
}

fn write_change(out: &mut String, change: &ResourceChange, diff: &Diff, cause: Cause, options: TextOptions) {
    let mut text = Heading::of(change, cause).comment(change.action);
    write_action_symbol(&mut text, change.action);
    text.push(' ');
    text.append(&change_body(change, diff));
    text.push('\n');
    text.write_terminal(out, options);
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
