//! JSON values as expressions.

use super::value::{JsonKind, JsonProperty, JsonValue};
use crate::lexer::Start;
use crate::parser::{Parser, Place};
use crate::{Expr, ExprKind, ObjectItem, ObjectKey};
use formwork_diag::{Diagnostic, Diagnostics, Span};
use formwork_value::{Str, Type, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

impl JsonValue {
    /// The expression that the value stands for: strings, also those that name properties, are templates. What is
    /// wrong in them is told when the expression is evaluated, since it may turn out to be meant literally.
    pub fn to_expr(&self) -> Expr {
        let kind = match &self.kind {
            JsonKind::Null | JsonKind::Invalid => ExprKind::Literal(Value::null(Type::Dynamic)),
            JsonKind::Bool(b) => ExprKind::Literal((*b).into()),
            JsonKind::Number(n) => ExprKind::Literal(n.clone()),
            JsonKind::String { text, escaped } => string_expr(text, *escaped, self.span),
            JsonKind::Array(items) => ExprKind::Tuple(items.iter().map(JsonValue::to_expr).collect()),
            JsonKind::Object(properties) => object_expr(properties),
        };
        Expr { kind, span: self.span }
    }
}

impl JsonProperty {
    /// The expression that the property's name stands for.
    pub fn name_expr(&self) -> Expr {
        let kind = string_expr(&self.name.name, self.escaped, self.name.span);
        Expr { kind, span: self.name.span }
    }
}

fn string_expr(text: &Str, escaped: bool, span: Span) -> ExprKind {
    ExprKind::JsonString { text: text.clone(), template: Arc::new(template(text, escaped, span)) }
}

fn template(text: &Str, escaped: bool, span: Span) -> Expr {
    if !text.contains("${") && !text.contains("%{") {
        return Expr { kind: ExprKind::Literal(Value::string(text)), span };
    }
    let place = if escaped { Place::Within(span) } else { Place::At(span.file, span.start + 1) };
    let mut parser = Parser::new(text, place, Start::Template);
    let node = parser.whole_template();
    let diagnostics = std::mem::take(&mut parser.diagnostics);
    match node {
        Ok(node) if !diagnostics.has_errors() => Expr { span, ..node.expr },
        _ => Expr { kind: ExprKind::Invalid(Arc::new(diagnostics)), span },
    }
}

fn object_expr(properties: &[JsonProperty]) -> ExprKind {
    let mut names = BTreeSet::new();
    let mut problems = Diagnostics::new();
    for property in properties {
        if !names.insert(&property.name.name) {
            let detail = format!("The object has a second property \"{}\"; names are unique.", property.name.name);
            problems.push(Diagnostic::error("Duplicate object attribute", detail).at(property.name.span));
        }
    }
    if problems.has_errors() {
        return ExprKind::Invalid(Arc::new(problems));
    }
    let items = properties
        .iter()
        .map(|property| ObjectItem { key: ObjectKey::Expr(property.name_expr()), value: property.value.to_expr() });
    ExprKind::Object(items.collect())
}
