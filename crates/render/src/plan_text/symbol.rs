//! Symbols and suffixes around values.

use super::body::Mode;
use crate::diff::{Diff, DiffAction};
use crate::style::{Style, TextOptions};
use formwork_model::Action;

/// Four columns a level.
pub(super) fn write_indent(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n("    ", indent));
}

/// The symbol in front of a line, in four columns; nothing where symbols are hidden.
pub(super) fn write_symbol(out: &mut String, action: DiffAction, mode: Mode) {
    if mode.hide_symbols {
        return;
    }
    match action {
        DiffAction::NoOp => out.push_str("    "),
        DiffAction::Create => out.push_str(&format!("  {} ", mode.text.paint(Style::Green, "+"))),
        DiffAction::Update => out.push_str(&format!("  {} ", mode.text.paint(Style::Yellow, "~"))),
        DiffAction::Delete => out.push_str(&format!("  {} ", mode.text.paint(Style::Red, "-"))),
    }
}

/// ` -> null` behind what is removed.
pub(super) fn null_suffix(diff: &Diff, mode: Mode) -> String {
    if diff.action == DiffAction::Delete && !mode.hide_null {
        mode.text.paint(Style::DarkGray, " -> null")
    } else {
        String::new()
    }
}

pub(super) fn forces_replacement(diff: &Diff, mode: Mode) -> String {
    if diff.replace || mode.force_replace {
        mode.text.paint(Style::Red, " # forces replacement")
    } else {
        String::new()
    }
}

/// The symbol of a whole object's action, in three columns.
pub(super) fn action_symbol(action: Action, text: TextOptions) -> String {
    let (plus, minus) = (text.paint(Style::Green, "+"), text.paint(Style::Red, "-"));
    match action {
        Action::NoOp => "   ".into(),
        Action::Create => format!("  {plus}"),
        Action::Update => format!("  {}", text.paint(Style::Yellow, "~")),
        Action::Delete => format!("  {minus}"),
        Action::DeleteThenCreate => format!("{minus}/{plus}"),
        Action::ForgetThenCreate => format!("{}/{plus}", text.paint(Style::Red, ".")),
        Action::CreateThenDelete => format!("{plus}/{minus}"),
        Action::Read => format!(" {}", text.paint(Style::Cyan, "<=")),
        Action::Forget => format!(" {}", text.paint(Style::Red, ".")),
    }
}
