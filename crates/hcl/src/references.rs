//! What an expression or body refers to.

use crate::json::value::{JsonKind, JsonValue};
use crate::{
    Block, Body, BodyRepr, Expr, ExprKind, ForExpr, ObjectKey, TemplateDirective, TemplatePart, Traversal, as_keyword,
};
use formwork_value::Str;
use std::sync::Arc;

/// All references of an expression in source order, without names that the expression itself binds.
pub fn references(expr: &Expr) -> Vec<&Traversal> {
    let mut found = Vec::new();
    visit(expr, &mut |traversal| found.push(&**traversal));
    found
}

/// All references anywhere in a body, whatever its schema, without the iterators of `dynamic` blocks.
pub fn body_references(body: &Body) -> Vec<Arc<Traversal>> {
    let mut found = Vec::new();
    read_body(body, &mut Vec::new(), &mut found);
    found
}

fn read_body(body: &Body, iterators: &mut Vec<Str>, found: &mut Vec<Arc<Traversal>>) {
    match &body.repr {
        BodyRepr::Native(native) => {
            for attribute in native.attributes.iter().filter(|a| !body.taken.has_attribute(&a.name.name)) {
                collect(&attribute.expr, iterators, found);
            }
            for block in native.blocks.iter().filter(|b| !body.taken.has_block(&b.kind.name)) {
                match block.labels.first() {
                    Some(label) if &*block.kind.name == "dynamic" => dynamic(block, &label.text, iterators, found),
                    _ => read_body(&block.body, iterators, found),
                }
            }
        }
        BodyRepr::Json(value) => json_references(body, value, iterators, found),
        BodyRepr::Pair(pair) => pair.visible().iter().for_each(|body| read_body(body, iterators, found)),
    }
}

/// A `dynamic` block: in `content` the iterator's name is bound.
fn dynamic(block: &Block, name: &Str, iterators: &mut Vec<Str>, found: &mut Vec<Arc<Traversal>>) {
    let BodyRepr::Native(native) = &block.body.repr else { return read_body(&block.body, iterators, found) };
    let mut iterator = name.clone();
    for attribute in &native.attributes {
        match &*attribute.name.name {
            "iterator" => iterator = as_keyword(&attribute.expr).unwrap_or(iterator),
            "labels" => {}
            _ => collect(&attribute.expr, iterators, found),
        }
    }
    iterators.push(iterator);
    if let Some(labels) = native.attributes.iter().find(|a| &*a.name.name == "labels") {
        collect(&labels.expr, iterators, found);
    }
    native.blocks.iter().for_each(|inner| read_body(&inner.body, iterators, found));
    iterators.pop();
}

fn json_references(body: &Body, value: &JsonValue, iterators: &mut Vec<Str>, found: &mut Vec<Arc<Traversal>>) {
    match &value.kind {
        JsonKind::Array(items) => items.iter().for_each(|item| json_references(body, item, iterators, found)),
        JsonKind::Object(properties) => {
            for property in properties.iter().filter(|p| !body.taken.has(&p.name.name)) {
                json_property(&property.name.name, &property.value, iterators, found);
            }
        }
        _ => {}
    }
}

/// In JSON syntax it is not known without a schema where blocks are: a property `dynamic` with objects inside counts
/// as dynamic blocks, anything else as an expression.
fn json_property(name: &str, value: &JsonValue, iterators: &mut Vec<Str>, found: &mut Vec<Arc<Traversal>>) {
    match &value.kind {
        JsonKind::Object(labels) if name == "dynamic" => {
            for label in labels.iter() {
                json_dynamic(&label.name.name, &label.value, iterators, found);
            }
        }
        JsonKind::Array(items) => items.iter().for_each(|item| json_property(name, item, iterators, found)),
        JsonKind::Object(properties) => {
            for property in properties.iter() {
                collect(&property.name_expr(), iterators, found);
                json_property(&property.name.name, &property.value, iterators, found);
            }
        }
        _ => collect(&value.to_expr(), iterators, found),
    }
}

fn json_dynamic(label: &Str, value: &JsonValue, iterators: &mut Vec<Str>, found: &mut Vec<Arc<Traversal>>) {
    match &value.kind {
        JsonKind::Array(items) => items.iter().for_each(|item| json_dynamic(label, item, iterators, found)),
        JsonKind::Object(properties) => {
            let written = properties.iter().find(|p| &*p.name.name == "iterator");
            let iterator = written.and_then(|p| as_keyword(&p.value.to_expr())).unwrap_or_else(|| label.clone());
            for property in properties.iter().filter(|p| &*p.name.name != "iterator") {
                if &*property.name.name == "for_each" {
                    json_property("for_each", &property.value, iterators, found);
                } else {
                    iterators.push(iterator.clone());
                    json_property(&property.name.name, &property.value, iterators, found);
                    iterators.pop();
                }
            }
        }
        _ => {}
    }
}

fn collect(expr: &Expr, iterators: &[Str], found: &mut Vec<Arc<Traversal>>) {
    visit(expr, &mut |traversal| {
        if !iterators.contains(&traversal.root) {
            found.push(traversal.clone());
        }
    });
}

fn visit<'e>(expr: &'e Expr, found: &mut dyn FnMut(&'e Arc<Traversal>)) {
    Visitor { bound: Vec::new(), found }.expr(expr);
}

/// Walks an expression, and knows which names are bound where it is.
struct Visitor<'e, 'f> {
    bound: Vec<&'e str>,
    found: &'f mut dyn FnMut(&'e Arc<Traversal>),
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
            ExprKind::Call { args, .. } => self.all(args.iter()),
            ExprKind::Conditional { condition, yes, no } => self.all([&**condition, &**yes, &**no]),
            ExprKind::Binary { first, rest } => {
                self.expr(first);
                self.all(rest.iter().map(|step| &step.right));
            }
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
            (self.found)(traversal);
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
