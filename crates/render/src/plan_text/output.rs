//! Changes of root outputs.

use super::{Mode, write_diff};
use crate::attribute_name::attribute_name;
use crate::diff::{Diff, DiffAction, Pair, dynamic_diff};
use crate::style::{Style, TextOptions};
use formwork_model::OutputChange;
use formwork_value::Marks;

/// Renders the lines under `Changes to Outputs:`; empty if no output changes.
pub fn output_changes_text(outputs: &[OutputChange], options: TextOptions) -> String {
    let width = outputs.iter().map(|o| attribute_name(&o.name).chars().count()).max().unwrap_or(0);
    let mut sorted: Vec<&OutputChange> = outputs.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let mut out = String::new();
    for output in sorted {
        let diff = output_diff(output);
        let symbol = match diff.action {
            DiffAction::NoOp => continue,
            DiffAction::Create => options.paint(Style::Green, "+"),
            DiffAction::Update => options.paint(Style::Yellow, "~"),
            DiffAction::Delete => options.paint(Style::Red, "-"),
        };
        out.push_str(&format!("  {symbol} {:width$} = ", attribute_name(&output.name)));
        write_diff(&mut out, &diff, 0, Mode::of(options));
        out.push('\n');
    }
    out
}

fn output_diff(output: &OutputChange) -> Diff {
    if !output.sensitive {
        return dynamic_diff(&Pair::new(&output.before, &output.after));
    }
    let hide = |value: &formwork_value::Value| value.clone().with_marks(Marks::SENSITIVE);
    let (before, after) = (hide(&output.before), hide(&output.after));
    dynamic_diff(&Pair::new(&before, &after))
}
