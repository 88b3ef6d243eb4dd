//! `locals`.

use crate::LocalValue;
use crate::name::{NAME_RULE, is_name};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::Body;

/// The entries of a `locals` block.
pub(crate) fn read_locals(body: &Body, diagnostics: &mut Diagnostics) -> Vec<LocalValue> {
    let (attributes, problems) = body.just_attributes();
    diagnostics.extend(problems);
    attributes
        .into_iter()
        .map(|attribute| {
            if !is_name(&attribute.name.name) {
                diagnostics.push(Diagnostic::error("Invalid local value name", NAME_RULE).at(attribute.name.span));
            }
            LocalValue { name: attribute.name.name, expr: attribute.expr, span: attribute.span }
        })
        .collect()
}
