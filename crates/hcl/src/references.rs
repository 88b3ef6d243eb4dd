//! What an expression or body refers to.

use crate::json::value::{JsonKind, JsonValue};
use crate::{
    Body, BodyRepr, Expr, ExprKind, ForExpr, FunctionName, ObjectKey, TemplateDirective, TemplatePart, Traversal,
};
use std::sync::Arc;

/// All references of an expression in source order, without names that the expression itself binds.
pub fn references(expr: &Expr) -> Vec<&Traversal> {
    let mut found = Vec::new();
    visit(expr, &mut |item| {
        if let Found::Reference(traversal) = item {
            found.push(&**traversal);
        }
    });
    found
}

/// All references anywhere in a body, whatever its schema.
pub fn body_references(body: &Body) -> Vec<Arc<Traversal>> {
    let mut found = Vec::new();
    match &body.repr {
        BodyRepr::Native(native) => {
            for attribute in native.attributes.iter().filter(|a| !body.taken.contains(&a.name.name)) {
                collect(&attribute.expr, &mut found);
            }
            for block in native.blocks.iter().filter(|b| !body.taken.contains(&b.kind.name)) {
                found.extend(body_references(&block.body));
            }
        }
        BodyRepr::Json(value) => json_references(body, value, &mut found),
        BodyRepr::Pair(pair) => found.extend(pair.bodies().into_iter().flat_map(body_references)),
    }
    found
}

fn json_references(body: &Body, value: &JsonValue, found: &mut Vec<Arc<Traversal>>) {
    match &value.kind {
        JsonKind::Array(items) => items.iter().for_each(|item| json_references(body, item, found)),
        JsonKind::Object(properties) => {
            for property in properties.iter().filter(|p| !body.taken.contains(&p.name.name)) {
                collect(&property.value.to_expr(), found);
            }
        }
        _ => {}
    }
}

fn collect(expr: &Expr, found: &mut Vec<Arc<Traversal>>) {
    visit(expr, &mut |item| {
        if let Found::Reference(traversal) = item {
            found.push(traversal.clone());
        }
    });
}

/// All function calls of an expression in source order, outer ones first, with the expressions that call them.
pub fn function_calls(expr: &Expr) -> Vec<(&FunctionName, &Expr)> {
    let mut found = Vec::new();
    visit(expr, &mut |item| {
        if let Found::Call(name, call) = item {
            found.push((name, call));
        }
    });
    found
}

enum Found<'e> {
    Reference(&'e Arc<Traversal>),
    Call(&'e FunctionName, &'e Expr),
}

fn visit<'e>(expr: &'e Expr, found: &mut dyn FnMut(Found<'e>)) {
    Visitor { bound: Vec::new(), found }.expr(expr);
}

/// Walks an expression, and knows which names are bound where it is.
struct Visitor<'e, 'f> {
    bound: Vec<&'e str>,
    found: &'f mut dyn FnMut(Found<'e>),
}

impl<'e> Visitor<'e, '_> {
    fn expr(&mut self, expr: &'e Expr) {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.dispatch(expr));
    }

    fn dispatch(&mut self, expr: &'e Expr) {
        match &expr.kind {
            ExprKind::Literal(_) | ExprKind::SplatItem | ExprKind::Invalid(_) => {}
            ExprKind::Template(parts) => self.parts(parts),
            ExprKind::TemplateWrap(inner) | ExprKind::Parens(inner) => self.expr(inner),
            ExprKind::JsonString { template, .. } => self.expr(template),
            ExprKind::Traversal(traversal) => self.traversal(traversal),
            ExprKind::Steps { source, .. } => self.expr(source),
            ExprKind::Index { source, key } => self.all([&**source, &**key]),
            ExprKind::Splat { source, each, .. } => self.all([&**source, &**each]),
            ExprKind::Call { name, args, .. } => {
                (self.found)(Found::Call(name, expr));
                self.all(args.iter());
            }
            ExprKind::Conditional { condition, yes, no } => self.all([&**condition, &**yes, &**no]),
            ExprKind::Binary { left, right, .. } => self.all([&**left, &**right]),
            ExprKind::Unary { operand, .. } => self.expr(operand),
            ExprKind::Tuple(items) => self.all(items.iter()),
            ExprKind::Object(items) => {
                for item in items.iter() {
                    if let ObjectKey::Expr(key) = &item.key {
                        self.expr(key);
                    }
                    self.expr(&item.value);
                }
            }
            ExprKind::For(for_expr) => self.for_expr(for_expr),
        }
    }

    fn all(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    fn traversal(&mut self, traversal: &'e Arc<Traversal>) {
        if !self.bound.iter().any(|name| *name == &*traversal.root) {
            (self.found)(Found::Reference(traversal));
        }
    }

    fn for_expr(&mut self, for_expr: &'e ForExpr) {
        self.expr(&for_expr.collection);
        let outer = self.bound.len();
        self.bound.extend(for_expr.key_name.as_deref());
        self.bound.push(&for_expr.value_name);
        self.all(for_expr.key_expr.iter());
        self.expr(&for_expr.value_expr);
        self.all(for_expr.condition.iter());
        self.bound.truncate(outer);
    }

    fn parts(&mut self, parts: &'e [TemplatePart]) {
        for part in parts {
            match part {
                TemplatePart::Literal(..) => {}
                TemplatePart::Interpolation(expr) => self.expr(expr),
                TemplatePart::Directive(directive) => self.directive(directive),
            }
        }
    }

    fn directive(&mut self, directive: &'e TemplateDirective) {
        match directive {
            TemplateDirective::If { condition, yes, no, .. } => {
                self.expr(condition);
                self.parts(yes);
                self.parts(no);
            }
            TemplateDirective::For { key_name, value_name, collection, body, .. } => {
                self.expr(collection);
                let outer = self.bound.len();
                self.bound.extend(key_name.as_deref());
                self.bound.push(value_name);
                self.parts(body);
                self.bound.truncate(outer);
            }
        }
    }
}
