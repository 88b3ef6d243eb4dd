//! Lists of static references.

use formwork_diag::{Diagnostic, Diagnostics, Span};
use formwork_hcl::{Expr, ExprKind, Traversal, as_list, as_traversal, parse_traversal};
use formwork_value::{Str, Value};

/// `depends_on`. The deprecated quoted form is understood.
pub(crate) fn depends_on(expr: &Expr, diagnostics: &mut Diagnostics) -> Vec<Traversal> {
    let items = match as_list(expr) {
        Ok(items) => items,
        Err(problem) => {
            diagnostics.push(problem);
            return Vec::new();
        }
    };
    items.iter().filter_map(|item| reference(item, diagnostics)).collect()
}

/// A static reference, also in quotes.
pub fn reference(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<Traversal> {
    let result = match quoted(expr) {
        Some(text) => {
            warn_quoted(expr.span, diagnostics);
            parse_quoted(text, expr.span)
        }
        None => as_traversal(expr).map_err(Diagnostics::from),
    };
    match result {
        Ok(traversal) => Some(traversal),
        Err(problems) => {
            diagnostics.extend(problems);
            None
        }
    }
}

/// The text of a quoted literal in native syntax.
pub(crate) fn quoted(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Literal(value) => Value::as_str(value),
        _ => None,
    }
}

fn parse_quoted(text: &str, span: Span) -> Result<Traversal, Diagnostics> {
    parse_traversal(span.file, text, span.start + 1)
}

fn warn_quoted(span: Span, diagnostics: &mut Diagnostics) {
    let detail = "References are written without quotes. The quoted form still works but will be removed.";
    diagnostics.push(Diagnostic::warning("Quoted references are deprecated", detail).at(span));
}

/// A keyword, also in quotes.
pub(crate) fn keyword(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<Str> {
    if let Some(text) = quoted(expr) {
        let detail = "Keywords are written without quotes. The quoted form still works but will be removed.";
        diagnostics.push(Diagnostic::warning("Quoted keywords are deprecated", detail).at(expr.span));
        return Some(text.into());
    }
    formwork_hcl::as_keyword(expr)
}
