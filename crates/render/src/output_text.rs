//! Root outputs for people.

use crate::attribute_name::attribute_name;
use crate::console::value_text;
use crate::style::{Style, TextOptions};
use formwork_model::OutputState;
use formwork_value::Str;
use std::collections::BTreeMap;

/// Renders outputs as `name = value` lines; sensitive ones are hidden.
pub fn outputs_text(outputs: &BTreeMap<Str, OutputState>) -> String {
    let mut out = String::new();
    for (name, output) in outputs {
        let value = if output.sensitive { "<sensitive>".to_string() } else { value_text(&output.value) };
        out.push_str(&format!("{} = {value}\n", attribute_name(name)));
    }
    out
}

/// Renders the end of an apply: the line with its result, then the outputs, if there are any.
pub fn apply_end_text(sentence: &str, outputs: &BTreeMap<Str, OutputState>, options: TextOptions) -> String {
    let strong = |text: &str| format!("{}{}", options.ink(Style::Bold), options.paint(Style::Green, text));
    let mut out = format!("\n{}\n", strong(sentence));
    if !outputs.is_empty() {
        out.push_str(&format!("\n{}\n\n{}", strong("Outputs:"), outputs_text(outputs)));
    }
    out
}
