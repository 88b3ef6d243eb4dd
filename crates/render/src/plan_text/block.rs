//! Blocks.

use super::body::{Mode, write_attributes, write_diff, write_hidden, write_warnings};
use super::symbol::{forces_replacement, write_indent, write_symbol};
use crate::attribute_name::attribute_name;
use crate::diff::{BlockDiff, BlockGroup, Diff, DiffAction, DiffKind};
use formwork_value::quote;

/// Writes attributes, then nested blocks by type.
pub(super) fn write_block(out: &mut String, diff: &Diff, block: &BlockDiff, indent: usize, mode: Mode) {
    out.push('{');
    if block.attributes.is_empty() && block.blocks.is_empty() {
        out.push('}');
        out.push_str(&forces_replacement(diff, mode));
        return;
    }
    out.push_str(&forces_replacement(diff, mode));
    out.push('\n');
    let inner = Mode { force_replace: false, ..mode };
    write_attributes(out, &block.attributes, indent, inner);
    let mut unchanged = 0;
    for (name, group) in &block.blocks {
        let has_attributes = !block.attributes.is_empty();
        unchanged += write_group(out, name, group, has_attributes, indent, inner);
    }
    if unchanged > 0 {
        out.push('\n');
        write_hidden(out, "block", unchanged, indent, mode);
    }
    write_indent(out, indent);
    write_symbol(out, DiffAction::NoOp, mode);
    out.push('}');
}

/// Writes the blocks of a type, and gives the number of those left out.
fn write_group(
    out: &mut String,
    name: &str,
    group: &BlockGroup,
    mut needs_line: bool,
    indent: usize,
    mode: Mode,
) -> usize {
    let mut unchanged = 0;
    for (label, diff) in &group.blocks {
        let is_hidden = matches!(diff.kind, DiffKind::Sensitive { .. })
            || match diff.action {
                DiffAction::Create => group.after_sensitive,
                DiffAction::Delete => group.before_sensitive,
                _ => group.before_sensitive || group.after_sensitive,
            };
        if diff.action == DiffAction::NoOp && !mode.show_unchanged {
            unchanged += 1;
            continue;
        }
        if std::mem::take(&mut needs_line) {
            out.push('\n');
        }
        let mode = Mode { force_replace: group.replace, ..mode };
        write_warnings(out, diff, indent + 1, mode);
        write_indent(out, indent + 1);
        write_symbol(out, diff.action, mode);
        let label = label.as_ref().map(|label| format!(" {}", quote(label))).unwrap_or_default();
        out.push_str(&format!("{}{label} ", attribute_name(name)));
        if is_hidden {
            write_hidden_block(out, diff, indent + 1, mode)
        } else {
            write_diff(out, diff, indent + 1, mode)
        }
        out.push('\n');
    }
    unchanged
}

/// A block whose content is sensitive as a whole.
fn write_hidden_block(out: &mut String, diff: &Diff, indent: usize, mode: Mode) {
    out.push('{');
    out.push_str(&forces_replacement(diff, mode));
    for line in ["# Something in this block is (or was) sensitive,", "# so its content is not shown."] {
        out.push('\n');
        write_indent(out, indent);
        write_symbol(out, DiffAction::NoOp, mode);
        out.push_str(&format!("  {line}"));
    }
    out.push('\n');
    write_indent(out, indent);
    write_symbol(out, DiffAction::NoOp, mode);
    out.push('}');
}
