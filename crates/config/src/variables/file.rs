//! Files with values.

use super::VariableFile;
use crate::constant::constant;
use crate::files::parse_file;
use formwork_diag::{Diagnostics, Sources, Span};
use formwork_value::{Str, Value};

/// The values in a file, with the places of the expressions.
pub(super) fn file_values(
    file: VariableFile,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Vec<(Str, Value, Span)> {
    let json = file.name.ends_with(".json");
    let body = parse_file(file.name, file.bytes, json, sources, diagnostics);
    let (attributes, problems) = body.just_attributes();
    diagnostics.extend(problems);
    let mut values = Vec::new();
    for attribute in attributes {
        let mut problems = Diagnostics::new();
        let value = constant(&attribute.expr, &mut problems);
        // What could not be read is unknown; it was reported by the parser.
        if !problems.has_errors() && value.is_wholly_known() {
            values.push((attribute.name.name, value, attribute.expr.span));
        }
        diagnostics.extend(problems);
    }
    values
}
