//! Lists, sets and maps.

use super::body::{Mode, write_diff, write_hidden, write_padded, write_warnings};
use super::symbol::{write_indent, write_null_suffix, write_replacement, write_symbol};
use crate::diff::{Diff, DiffAction, DiffKind};
use crate::labelled::Labelled;
use formwork_value::Str;
use formwork_value::quote;
use std::collections::BTreeMap;

/// Writes the opening bracket; a container whose parts tell that they force a replacement does not tell so itself.
fn open(out: &mut Labelled, bracket: char, diff: &Diff, pushes_replace: bool, mode: Mode) {
    out.push(bracket);
    if !pushes_replace || mode.force_replace {
        write_replacement(out, diff, mode);
    }
    out.push('\n');
}

fn close(out: &mut Labelled, bracket: char, diff: &Diff, indent: usize, mode: Mode) {
    write_indent(out, indent);
    write_symbol(out, DiffAction::NoOp, mode);
    out.push(bracket);
    write_null_suffix(out, diff, mode);
}

fn empty(out: &mut Labelled, brackets: &str, diff: &Diff, mode: Mode) {
    out.push_str(brackets);
    write_null_suffix(out, diff, mode);
    write_replacement(out, diff, mode);
}

fn write_element(out: &mut Labelled, element: &Diff, indent: usize, mode: Mode) {
    write_warnings(out, element, indent + 1, mode);
    write_indent(out, indent + 1);
    write_symbol(out, element.action, mode);
    write_diff(out, element, indent + 1, mode);
    out.push_str(",\n");
}

/// Writes changed elements, each with the unchanged ones next to it, since order matters in lists.
pub(super) fn write_list(out: &mut Labelled, diff: &Diff, elements: &[Diff], nested: bool, indent: usize, mode: Mode) {
    if elements.is_empty() {
        return empty(out, "[]", diff, mode);
    }
    open(out, '[', diff, false, mode);
    let inner = Mode { hide_null: true, force_replace: false, ..mode };
    let in_full = Mode { show_unchanged: true, ..inner };
    let mut skipped: Vec<&Diff> = Vec::new();
    let mut follows_change = false;
    for element in elements {
        let stays = element.action == DiffAction::NoOp && !mode.show_unchanged;
        if stays && !follows_change {
            skipped.push(element);
            continue;
        }
        if !nested && let Some(last) = skipped.pop() {
            write_hidden(out, "element", skipped.len(), indent, mode);
            write_element(out, last, indent, in_full);
            skipped.clear();
        }
        follows_change = !stays && !nested && element.action != DiffAction::NoOp;
        write_element(out, element, indent, if stays { in_full } else { inner });
    }
    write_hidden(out, "element", skipped.len(), indent, mode);
    close(out, ']', diff, indent, mode);
}

pub(super) fn write_set(out: &mut Labelled, diff: &Diff, elements: &[Diff], nested: bool, indent: usize, mode: Mode) {
    if elements.is_empty() {
        return empty(out, "[]", diff, mode);
    }
    open(out, '[', diff, nested, mode);
    let inner = Mode { hide_null: true, force_replace: nested && diff.replace, ..mode };
    let mut unchanged = 0;
    for element in elements {
        if element.action == DiffAction::NoOp && !mode.show_unchanged {
            unchanged += 1;
        } else {
            write_element(out, element, indent, inner);
        }
    }
    write_hidden(out, "element", unchanged, indent, mode);
    close(out, ']', diff, indent, mode);
}

pub(super) fn write_map(
    out: &mut Labelled,
    diff: &Diff,
    elements: &BTreeMap<Str, Diff>,
    nested: bool,
    indent: usize,
    mode: Mode,
) {
    if elements.is_empty() {
        return empty(out, "{}", diff, mode);
    }
    open(out, '{', diff, nested, mode);
    let is_deleted = diff.action == DiffAction::Delete;
    let inner = Mode { hide_null: nested || is_deleted, force_replace: nested && diff.replace, ..mode };
    let width = if nested { 0 } else { elements.keys().map(|key| quote(key).chars().count()).max().unwrap_or(0) };
    let mut unchanged = 0;
    for (key, element) in elements {
        if element.action == DiffAction::NoOp && !mode.show_unchanged {
            unchanged += 1;
            continue;
        }
        write_warnings(out, element, indent + 1, inner);
        write_indent(out, indent + 1);
        write_symbol(out, element.action, inner);
        write_padded(out, &quote(key), width);
        out.push_str(" = ");
        write_diff(out, element, indent + 1, inner);
        // Objects are parted by commas, single values are not.
        out.push_str(if matches!(element.kind, DiffKind::Object { .. }) { ",\n" } else { "\n" });
    }
    write_hidden(out, "element", unchanged, indent, mode);
    close(out, '}', diff, indent, mode);
}
