//! Names of declared objects.

use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::Label;

/// True if a text can be a name: a letter or underscore, then letters, digits, underscores, dashes.
pub(crate) fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c))
        && chars.all(|c| c == '-' || unicode_ident::is_xid_continue(c))
}

/// Reports a label that cannot be a name.
pub(crate) fn check_name(label: Option<&Label>, summary: &str, diagnostics: &mut Diagnostics) -> bool {
    match label {
        Some(label) if is_name(&label.text) => true,
        Some(label) => {
            diagnostics.push(Diagnostic::error(summary, NAME_RULE).at(label.span));
            false
        }
        None => false,
    }
}

pub(crate) const NAME_RULE: &str =
    "A name starts with a letter or underscore, and consists of letters, digits, underscores and dashes.";
