//! Changes of root outputs.

use crate::attribute_name::attribute_name;
use crate::diff::DiffAction;
use crate::labelled::Labelled;
use crate::style::TextOptions;
use crate::view::{Mode, output_diff, part_symbol, write_diff};
use formwork_model::OutputChange;

/// Renders the lines under `Changes to Outputs:`; empty if no output changes.
pub fn output_changes_text(outputs: &[OutputChange], options: TextOptions) -> String {
    let width = outputs.iter().map(|o| attribute_name(&o.name).chars().count()).max().unwrap_or(0);
    let mut sorted: Vec<&OutputChange> = outputs.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let mut out = Labelled::new();
    for output in sorted {
        let diff = output_diff(output);
        if diff.action == DiffAction::NoOp {
            continue;
        }
        out.spaces(2);
        if let Some((label, symbol)) = part_symbol(diff.action) {
            out.symbol(label, symbol);
        }
        out.push_str(&format!(" {:width$} = ", attribute_name(&output.name)));
        write_diff(&mut out, &diff, 0, Mode::default());
        out.push('\n');
    }
    out.terminal(options)
}
