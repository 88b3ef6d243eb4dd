//! Values given as text.

use crate::VariableBlock;
use crate::constant::constant;
use formwork_diag::{Diagnostic, Diagnostics, Sources};
use formwork_hcl::parse_expression;
use formwork_value::Value;

/// `NAME=VALUE`.
pub(super) fn split_argument<'t>(text: &'t str, diagnostics: &mut Diagnostics) -> Option<(&'t str, &'t str)> {
    let split = text.split_once('=');
    if split.is_none() {
        let detail = format!(
            "-var needs a name and a value with an equals sign between them, as in -var 'name=value'; {text:?} has \
             none."
        );
        diagnostics.push(Diagnostic::error("Invalid -var option", detail));
    }
    let (name, value) = split?;
    if name.ends_with(' ') {
        let detail = format!(
            "The name {name:?} ends with a space. Write -var 'name=value' without spaces around the equals sign."
        );
        diagnostics.push(Diagnostic::error("Invalid -var option", detail));
        return None;
    }
    Some((name, value))
}

/// The value that a text stands for: the text itself if the variable is untyped or of a primitive type, otherwise the
/// value of the expression in it.
pub(super) fn text_value(
    block: &VariableBlock,
    text: &str,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Option<Value> {
    if !block.ty_written || block.ty.is_primitive() {
        return Some(Value::string(text));
    }
    let file = sources.add(format!("<value for var.{}>", block.name), text);
    let (expr, mut problems) = parse_expression(file, text, 0);
    let mut value = None;
    if !problems.has_errors() {
        value = Some(constant(&expr, &mut problems));
    }
    let failed = problems.has_errors();
    diagnostics.extend(problems);
    value.filter(|_| !failed)
}
