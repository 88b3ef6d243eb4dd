//! Expressions that must be constant.

use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{EmptyScope, Expr, ExprKind, ObjectItem, ObjectKey, evaluate};
use formwork_value::{Str, Type, Value, convert};

/// The value of a constant expression; with errors it is unknown. Strings of the JSON syntax are taken literally.
pub fn constant(expr: &Expr, diagnostics: &mut Diagnostics) -> Value {
    let evaluated = evaluate(&literal(expr), &EmptyScope);
    diagnostics.extend(evaluated.diagnostics);
    evaluated.value
}

/// A constant of a type; `None` if there was an error.
pub(crate) fn constant_of(expr: &Expr, ty: &Type, diagnostics: &mut Diagnostics) -> Option<Value> {
    let mut problems = Diagnostics::new();
    let value = constant(expr, &mut problems);
    let failed = problems.has_errors();
    diagnostics.extend(problems);
    // What could not be parsed has been told.
    if failed || matches!(expr.kind, ExprKind::Invalid(_)) {
        return None;
    }
    match convert(&value, ty) {
        Ok(value) if !value.is_null() && value.is_known() => Some(value),
        Ok(_) => {
            let detail = format!("A {} is required here.", ty.friendly_name());
            diagnostics.push(Diagnostic::error("Unsuitable value type", detail).at(expr.span));
            None
        }
        Err(error) => {
            let detail = format!("Unsuitable value: {error}.");
            diagnostics.push(Diagnostic::error("Unsuitable value type", detail).at(expr.span));
            None
        }
    }
}

/// A constant string.
pub fn constant_string(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<Str> {
    constant_of(expr, &Type::String, diagnostics)?.as_str().map(Str::from)
}

/// A constant truth value.
pub fn constant_bool(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<bool> {
    constant_of(expr, &Type::Bool, diagnostics)?.as_bool()
}

/// The expression with strings of the JSON syntax as plain literals.
fn literal(expr: &Expr) -> Expr {
    let kind = match &expr.kind {
        ExprKind::JsonString { text, .. } => ExprKind::Literal(Value::string(text)),
        ExprKind::Tuple(items) => ExprKind::Tuple(items.iter().map(literal).collect()),
        ExprKind::Object(items) => ExprKind::Object(items.iter().map(literal_item).collect()),
        _ => return expr.clone(),
    };
    Expr { kind, span: expr.span }
}

fn literal_item(item: &ObjectItem) -> ObjectItem {
    let key = match &item.key {
        ObjectKey::Expr(key) => ObjectKey::Expr(literal(key)),
        name => name.clone(),
    };
    ObjectItem { key, value: literal(&item.value) }
}
