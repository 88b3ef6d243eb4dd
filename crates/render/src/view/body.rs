//! Differences as text: the lines below a header.

use super::block::write_block;
use super::sequence::{write_list, write_map, write_set};
use super::symbol::{write_indent, write_null_suffix, write_replacement, write_symbol};
use crate::attribute_name::attribute_name;
use crate::diff::{Diff, DiffAction, DiffKind, Scalar};
use crate::escape::escape_controls;
use crate::labelled::{Label, Labelled};
use formwork_value::Str;
use formwork_value::quote;
use std::collections::BTreeMap;

/// How a part is to be shown, which depends on what is around it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mode {
    /// Show what stays as well.
    pub(crate) show_unchanged: bool,
    /// Leave out ` -> null`.
    pub(crate) hide_null: bool,
    /// Show values rather than changes: no symbols.
    pub(crate) hide_symbols: bool,
    /// Whatever is here forces a replacement.
    pub(crate) force_replace: bool,
}

/// Names of attributes that are always shown, as they tell which object it is.
const IMPORTANT: [&str; 3] = ["id", "name", "tags"];

/// Writes what stands behind `=` or a block's header.
pub(crate) fn write_diff(out: &mut Labelled, diff: &Diff, indent: usize, mode: Mode) {
    match &diff.kind {
        DiffKind::Scalar { before, after } => write_scalar(out, diff, before, after, mode),
        DiffKind::Lines(lines) => write_lines(out, diff, lines, indent, mode),
        DiffKind::Encoded { inner, whitespace_only } => {
            write_encoded(out, diff, inner, *whitespace_only, indent, mode);
        }
        DiffKind::TypeChange { before, after } => write_type_change(out, diff, before, after, indent, mode),
        DiffKind::Unknown { before } => write_unknown(out, diff, before.as_deref(), indent, mode),
        DiffKind::Sensitive { .. } => {
            out.push_str("(sensitive value)");
            write_null_suffix(out, diff, mode);
            write_replacement(out, diff, mode);
        }
        DiffKind::WriteOnly { sensitive } => {
            out.push_str(if *sensitive { "(sensitive, write-only attribute)" } else { "(write-only attribute)" });
            write_null_suffix(out, diff, mode);
            write_replacement(out, diff, mode);
        }
        DiffKind::Object { attributes, nested } => write_object(out, diff, attributes, *nested, indent, mode),
        DiffKind::Map { elements, nested } => write_map(out, diff, elements, *nested, indent, mode),
        DiffKind::List { elements, nested } => write_list(out, diff, elements, *nested, indent, mode),
        DiffKind::Set { elements, nested } => write_set(out, diff, elements, *nested, indent, mode),
        DiffKind::Block(block) => write_block(out, diff, block, indent, mode),
    }
}

fn write_arrow(out: &mut Labelled) {
    out.push(' ');
    out.label(Label::Changed, "->");
    out.push(' ');
}

fn write_side(out: &mut Labelled, scalar: &Scalar) {
    match scalar {
        Scalar::Null => out.label(Label::Quiet, "null"),
        Scalar::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Scalar::Number(n) => out.push_str(n),
        Scalar::String(s) => out.push_str(&quote(s)),
    }
}

fn write_scalar(out: &mut Labelled, diff: &Diff, before: &Scalar, after: &Scalar, mode: Mode) {
    match diff.action {
        DiffAction::NoOp | DiffAction::Create => write_side(out, after),
        DiffAction::Delete => {
            write_side(out, before);
            if *before != Scalar::Null {
                write_null_suffix(out, diff, mode);
            }
        }
        DiffAction::Update => {
            write_side(out, before);
            write_arrow(out);
            write_side(out, after);
        }
    }
    write_replacement(out, diff, mode);
}

fn write_lines(out: &mut Labelled, diff: &Diff, lines: &[(DiffAction, String)], indent: usize, mode: Mode) {
    out.push_str("<<-EOT");
    write_replacement(out, diff, mode);
    for (action, line) in lines {
        out.push('\n');
        write_indent(out, indent + 1);
        write_symbol(out, *action, mode);
        out.push_str(&escape_controls(line));
    }
    out.push('\n');
    write_indent(out, indent);
    write_symbol(out, DiffAction::NoOp, mode);
    out.push_str("EOT");
    write_null_suffix(out, diff, mode);
}

fn write_encoded(out: &mut Labelled, diff: &Diff, inner: &Diff, whitespace_only: bool, indent: usize, mode: Mode) {
    let replaces = diff.replace || mode.force_replace;
    let mut note = Labelled::new();
    match (whitespace_only, replaces) {
        (true, true) => note.label(Label::Alarm, " # whitespace changes force replacement"),
        (true, false) => note.push_str(" # whitespace changes"),
        (false, _) => {}
    }
    let mut suffix = Labelled::new();
    if !whitespace_only {
        write_replacement(&mut suffix, diff, mode);
    }
    let inner_mode =
        Mode { hide_null: true, force_replace: false, show_unchanged: mode.show_unchanged || whitespace_only, ..mode };
    let mut text = Labelled::new();
    write_diff(&mut text, inner, indent + 1, inner_mode);
    out.push_str("jsonencode(");
    if !text.text().contains('\n') {
        out.append(&text);
        out.push(')');
        out.append(&note);
        return out.append(&suffix);
    }
    out.append(&note);
    out.push('\n');
    write_indent(out, indent + 1);
    let is_change = diff.action == DiffAction::Update && !whitespace_only;
    write_symbol(out, if is_change { DiffAction::Update } else { DiffAction::NoOp }, mode);
    out.append(&text);
    out.append(&suffix);
    out.push('\n');
    write_indent(out, indent);
    write_symbol(out, DiffAction::NoOp, mode);
    out.push(')');
    write_null_suffix(out, diff, mode);
}

fn write_type_change(out: &mut Labelled, diff: &Diff, before: &Diff, after: &Diff, indent: usize, mode: Mode) {
    let inner = Mode { hide_null: true, force_replace: false, ..mode };
    write_diff(out, before, indent, inner);
    write_arrow(out);
    write_diff(out, after, indent, inner);
    write_replacement(out, diff, mode);
}

fn write_unknown(out: &mut Labelled, diff: &Diff, before: Option<&Diff>, indent: usize, mode: Mode) {
    if let Some(before) = before {
        write_diff(out, before, indent, Mode { hide_null: true, force_replace: false, ..mode });
        out.push_str(" -> ");
    }
    out.push_str("(known after apply)");
    write_replacement(out, diff, mode);
}

fn write_object(
    out: &mut Labelled,
    diff: &Diff,
    attributes: &BTreeMap<Str, Diff>,
    nested: bool,
    indent: usize,
    mode: Mode,
) {
    let inner = Mode { hide_null: !nested || mode.hide_symbols, force_replace: false, ..mode };
    if attributes.is_empty() {
        out.push_str("{}");
        write_null_suffix(out, diff, mode);
        write_replacement(out, diff, mode);
        return;
    }
    out.push('{');
    write_replacement(out, diff, mode);
    out.push('\n');
    write_attributes(out, attributes, indent, inner);
    write_indent(out, indent);
    write_symbol(out, DiffAction::NoOp, mode);
    out.push('}');
    write_null_suffix(out, diff, mode);
}

/// Writes attributes, aligned, and the number of those that stay.
pub(super) fn write_attributes(out: &mut Labelled, attributes: &BTreeMap<Str, Diff>, indent: usize, mode: Mode) {
    let width = attributes.keys().map(|name| attribute_name(name).chars().count()).max().unwrap_or(0);
    let mut unchanged = 0;
    for (name, diff) in attributes {
        let is_important = IMPORTANT.contains(&&**name);
        if diff.action == DiffAction::NoOp && !is_important && !mode.show_unchanged {
            unchanged += 1;
            continue;
        }
        let mode = Mode { show_unchanged: mode.show_unchanged || is_important, ..mode };
        write_warnings(out, diff, indent + 1, mode);
        write_indent(out, indent + 1);
        write_symbol(out, diff.action, mode);
        write_padded(out, &attribute_name(name), width);
        out.push_str(" = ");
        write_diff(out, diff, indent + 1, mode);
        out.push('\n');
    }
    write_hidden(out, "attribute", unchanged, indent, mode);
}

/// Writes a name, and blanks up to the width in characters.
pub(super) fn write_padded(out: &mut Labelled, name: &str, width: usize) {
    out.push_str(name);
    out.spaces(width.saturating_sub(name.chars().count()));
}

/// Writes `# (2 unchanged attributes hidden)`.
pub(super) fn write_hidden(out: &mut Labelled, what: &str, count: usize, indent: usize, mode: Mode) {
    if count == 0 {
        return;
    }
    write_indent(out, indent + 1);
    write_symbol(out, DiffAction::NoOp, mode);
    let plural = if count == 1 { "" } else { "s" };
    out.label(Label::Quiet, &format!("# ({count} unchanged {what}{plural} hidden)"));
    out.push('\n');
}

/// Tells that a value starts or stops being sensitive.
pub(super) fn write_warnings(out: &mut Labelled, diff: &Diff, indent: usize, mode: Mode) {
    let DiffKind::Sensitive { before, after, unchanged } = diff.kind else { return };
    if before == after || mode.hide_symbols || matches!(diff.action, DiffAction::Create | DiffAction::Delete) {
        return;
    }
    let (first, second) = if before {
        ("this value is no longer sensitive; it will be shown", "once the change is applied.")
    } else {
        ("this value becomes sensitive; it will not be shown", "once the change is applied.")
    };
    let note = if unchanged { " The value itself stays." } else { "" };
    write_indent(out, indent);
    out.push_str("  # ");
    out.label(Label::Warning, "Warning");
    out.push_str(&format!(": {first}\n"));
    write_indent(out, indent);
    out.push_str(&format!("  # {second}{note}\n"));
}
