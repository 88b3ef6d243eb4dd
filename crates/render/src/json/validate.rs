//! The result of a validation.

use super::writer::{JsonWriter, indent_json};
use crate::diagnostic::write_diagnostic;
use formwork_diag::{Diagnostics, Sources};

/// The document of `validate -json` (plan-formats.md 9), without a final newline.
pub fn json_validation(diagnostics: &Diagnostics, sources: &Sources) -> String {
    let errors = diagnostics.errors();
    let mut w = JsonWriter::new();
    w.object(|w| {
        w.key("format_version").string("1.0");
        w.key("valid").bool(errors == 0);
        w.key("error_count").unsigned(errors as u64);
        w.key("warning_count").unsigned((diagnostics.len() - errors) as u64);
        w.key("diagnostics").array(|w| diagnostics.iter().for_each(|d| write_diagnostic(w, d, sources)));
    });
    indent_json(&w.finish())
}
