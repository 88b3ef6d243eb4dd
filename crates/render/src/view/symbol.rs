//! Symbols and suffixes around values.

use super::body::Mode;
use crate::diff::{Diff, DiffAction};
use crate::labelled::{Label, Labelled};
use formwork_model::Action;

/// Four columns a level.
pub(super) fn write_indent(out: &mut Labelled, indent: usize) {
    out.spaces(4 * indent);
}

/// The symbol in front of a line, in four columns; nothing where symbols are hidden.
pub(super) fn write_symbol(out: &mut Labelled, action: DiffAction, mode: Mode) {
    if mode.hide_symbols {
        return;
    }
    let Some((label, symbol)) = part_symbol(action) else { return out.spaces(4) };
    out.spaces(2);
    out.symbol(label, symbol);
    out.spaces(1);
}

/// The symbol of what happens to a part of a value.
pub(crate) fn part_symbol(action: DiffAction) -> Option<(Label, &'static str)> {
    match action {
        DiffAction::NoOp => None,
        DiffAction::Create => Some((Label::Added, "+")),
        DiffAction::Update => Some((Label::Changed, "~")),
        DiffAction::Delete => Some((Label::Removed, "-")),
    }
}

/// ` -> null` behind what is removed.
pub(super) fn write_null_suffix(out: &mut Labelled, diff: &Diff, mode: Mode) {
    if diff.action == DiffAction::Delete && !mode.hide_null {
        out.label(Label::Quiet, " -> null");
    }
}

pub(super) fn write_replacement(out: &mut Labelled, diff: &Diff, mode: Mode) {
    if diff.replace || mode.force_replace {
        out.label(Label::Alarm, " # forces replacement");
    }
}

/// The symbol of a whole object's action.
pub(crate) fn action_symbol(action: Action) -> Labelled {
    let mut out = Labelled::new();
    match action {
        Action::NoOp => {}
        Action::Create => out.label(Label::Added, "+"),
        Action::Update => out.label(Label::Changed, "~"),
        Action::Delete => out.label(Label::Removed, "-"),
        Action::Read => out.label(Label::Read, "<="),
        Action::Forget => out.label(Label::Removed, "."),
        Action::DeleteThenCreate => write_two(&mut out, (Label::Removed, "-"), (Label::Added, "+")),
        Action::ForgetThenCreate => write_two(&mut out, (Label::Removed, "."), (Label::Added, "+")),
        Action::CreateThenDelete => write_two(&mut out, (Label::Added, "+"), (Label::Removed, "-")),
    }
    out
}

fn write_two(out: &mut Labelled, first: (Label, &str), second: (Label, &str)) {
    out.label(first.0, first.1);
    out.push('/');
    out.label(second.0, second.1);
}

/// The symbol of a whole object's action as plans have it: three columns wide but for forgetting.
pub(crate) fn write_action_symbol(out: &mut Labelled, action: Action) {
    let symbol = action_symbol(action);
    let width: usize = if action == Action::Forget { 2 } else { 3 };
    out.spaces(width.saturating_sub(symbol.text().len()));
    out.append(&symbol);
}
