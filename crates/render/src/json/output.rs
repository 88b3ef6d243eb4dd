//! Root outputs.

use super::value::write_known;
use super::writer::{JsonWriter, indent_json};
use formwork_model::OutputState;
use formwork_value::{Str, Value};
use std::collections::BTreeMap;

/// The document of `output -json`, without a final newline; values of sensitive outputs are shown.
pub fn json_outputs(outputs: &BTreeMap<Str, OutputState>) -> String {
    let mut w = JsonWriter::new();
    w.object(|w| {
        for (name, output) in outputs {
            w.key(name).object(|w| {
                w.key("sensitive").bool(output.sensitive);
                w.key("type").ty(&output.value.ty());
                write_known(w.key("value"), &output.value);
            });
        }
    });
    indent_json(&w.finish())
}

/// The document of `output -json NAME`: the bare value on one line, without a final newline.
pub fn json_output(value: &Value) -> String {
    let mut w = JsonWriter::new();
    write_known(&mut w, value);
    w.finish()
}
