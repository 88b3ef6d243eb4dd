//! Expressions that stand for themselves instead of being evaluated: references, lists of them, keywords, calls.
//!
//! In JSON syntax such forms are strings that hold native expressions, and arrays and objects of them.

use crate::{Expr, ExprKind, FunctionName, ObjectKey, Traversal, parse_expression_within};
use formwork_diag::{Diagnostic, Diagnostics, Span};
use formwork_value::Str;
use std::sync::Arc;

/// The expression that a string of the JSON syntax holds; any other expression is taken as it is.
pub fn static_expr(expr: &Expr) -> Result<Expr, Diagnostics> {
    let ExprKind::JsonString { text, .. } = &expr.kind else { return Ok(expr.clone()) };
    let (inner, diagnostics) = parse_expression_within(text, expr.span);
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(inner) }
}

fn first_problem(diagnostics: Diagnostics, span: Span) -> Diagnostic {
    diagnostics.into_iter().next().unwrap_or_else(|| Diagnostic::error("Invalid expression", "").at(span))
}

fn invalid(detail: &str, span: Span) -> Diagnostic {
    Diagnostic::error("Invalid expression", detail).at(span)
}

/// A static reference, such as in `depends_on`.
pub fn as_traversal(expr: &Expr) -> Result<Traversal, Diagnostic> {
    let inner = static_expr(expr).map_err(|problems| first_problem(problems, expr.span))?;
    match inner.kind {
        ExprKind::Traversal(traversal) => Ok(Arc::unwrap_or_clone(traversal)),
        // The word is a name where names are asked for: there is a provider called null.
        ExprKind::Literal(value) if value.is_null() => {
            Ok(Traversal { root: "null".into(), root_span: expr.span, steps: Vec::new(), span: expr.span })
        }
        ExprKind::Steps { source, steps } if matches!(&source.kind, ExprKind::Literal(value) if value.is_null()) => {
            Ok(Traversal { root: "null".into(), root_span: source.span, steps: steps.to_vec(), span: expr.span })
        }
        _ => Err(invalid(
            "A plain reference is required here: names, and indexes with constant keys. It cannot be computed.",
            expr.span,
        )),
    }
}

/// The items of a list that is written out.
pub fn as_list(expr: &Expr) -> Result<Vec<Expr>, Diagnostic> {
    match &expr.kind {
        ExprKind::Tuple(items) => Ok(items.to_vec()),
        _ => Err(invalid("A list in brackets is required here.", expr.span)),
    }
}

/// The keys and values of an object that is written out. A bare name as key becomes a reference to it.
pub fn as_map(expr: &Expr) -> Result<Vec<(Expr, Expr)>, Diagnostic> {
    let ExprKind::Object(items) = &expr.kind else {
        return Err(invalid("An object in braces is required here.", expr.span));
    };
    let key = |key: &ObjectKey| match key {
        ObjectKey::Expr(expr) => expr.clone(),
        ObjectKey::Name { name, span } => {
            let traversal = Traversal { root: name.clone(), root_span: *span, steps: Vec::new(), span: *span };
            Expr { kind: ExprKind::Traversal(Arc::new(traversal)), span: *span }
        }
    };
    Ok(items.iter().map(|item| (key(&item.key), item.value.clone())).collect())
}

/// The word that an expression is.
pub fn as_keyword(expr: &Expr) -> Option<Str> {
    let traversal = as_traversal(expr).ok()?;
    traversal.steps.is_empty().then_some(traversal.root)
}

/// A function call, unevaluated: its name and arguments.
pub fn as_call(expr: &Expr) -> Result<(FunctionName, Vec<Expr>), Diagnostic> {
    let inner = static_expr(expr).map_err(|problems| first_problem(problems, expr.span))?;
    match inner.kind {
        ExprKind::Call { name, args, expand_last: false } => Ok((name, args.to_vec())),
        _ => Err(invalid("A function call is required here.", expr.span)),
    }
}
