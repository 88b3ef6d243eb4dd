//! The evaluator: one value per expression, with all the problems on the way.

use super::{AccessError, Bindings, Scope, notes};
use crate::limits::{ELEMENTS, STEPS, VALUE_BYTES, VALUE_DEPTH};
use crate::{Expr, ExprKind, Traversal, TraversalStep};
use formwork_diag::{Diagnostic, Diagnostics, Span, ValueNote};
use formwork_value::{Kind, Marks, Value};
use std::cell::Cell;

pub(super) struct Evaluator<'s> {
    pub scope: &'s dyn Scope,
    pub bindings: Bindings,
    /// Elements that splats are at, innermost last.
    pub splat_items: Vec<Value>,
    pub diagnostics: Diagnostics,
    /// Number of iterations over secret collections around: their elements carry no marks, yet must not show.
    secrets: u32,
    /// Steps that are left, for this evaluation and all that it is part of.
    pub steps: &'s Cell<u64>,
    /// It was told that there are none left.
    exhausted: bool,
    /// Errors count on a side of `&&` or `||` that does not matter.
    strict: bool,
}

impl<'s> Evaluator<'s> {
    pub fn new(scope: &'s dyn Scope, steps: &'s Cell<u64>, strict: bool) -> Evaluator<'s> {
        Evaluator {
            scope,
            bindings: Bindings::default(),
            splat_items: Vec::new(),
            diagnostics: Diagnostics::new(),
            secrets: 0,
            steps,
            exhausted: false,
            strict,
        }
    }

    /// Whether the left side of `&&` or `||` may decide although the right one fails. Not without steps: then values are
    /// not what the expression says.
    pub fn is_lenient(&self) -> bool {
        !self.strict && self.steps.get() > 0
    }

    /// The value of an expression; unknown after an error, which is then in the diagnostics.
    pub fn eval(&mut self, expr: &Expr) -> Value {
        match &expr.kind {
            ExprKind::Literal(value) => value.clone(),
            ExprKind::Traversal(traversal) if self.burn(1, expr.span) => self.traversal(expr, traversal),
            _ if self.burn(1, expr.span) => {
                let value = stacker::maybe_grow(96 * 1024, 1024 * 1024, || self.dispatch(expr));
                self.bounded(expr, value)
            }
            _ => Value::dynamic(),
        }
    }

    fn dispatch(&mut self, expr: &Expr) -> Value {
        match &expr.kind {
            ExprKind::Literal(value) => value.clone(),
            ExprKind::Template(parts) => self.template(parts),
            ExprKind::TemplateWrap(inner) | ExprKind::Parens(inner) => self.eval(inner),
            ExprKind::JsonString { template, .. } => self.eval(template),
            ExprKind::Traversal(traversal) => self.traversal(expr, traversal),
            ExprKind::Steps { source, steps } => self.steps(expr, source, steps),
            ExprKind::Index { source, key } => self.index(expr, source, key),
            ExprKind::Splat { source, each, operator_span, .. } => self.splat(expr, source, each, *operator_span),
            ExprKind::SplatItem => self.splat_items.last().cloned().unwrap_or_else(Value::dynamic),
            ExprKind::Call { name, args, expand_last } => self.call(expr, name, args, *expand_last),
            ExprKind::Conditional { condition, yes, no } => self.conditional(expr, condition, yes, no),
            ExprKind::Binary { first, rest } => self.binary(first, rest),
            ExprKind::Unary { op, operand } => self.unary(expr, *op, operand),
            ExprKind::Tuple(items) => Value::tuple(items.iter().map(|item| self.eval(item)).collect::<Vec<_>>()),
            ExprKind::Object(items) => self.object(items),
            ExprKind::For(for_expr) => self.for_expr(expr, for_expr),
            ExprKind::Invalid(problems) => self.invalid(problems),
        }
    }

    fn invalid(&mut self, problems: &Diagnostics) -> Value {
        self.diagnostics.extend(problems.iter().cloned());
        Value::dynamic()
    }

    /// Uses up steps; false if there are none left, which is reported once.
    pub fn burn(&mut self, amount: u64, span: Span) -> bool {
        let left = self.steps.get().saturating_sub(amount);
        self.steps.set(left);
        if left == 0 && !self.exhausted {
            self.exhausted = true;
            let detail = format!(
                "The value of this expression takes more than {STEPS} steps, which is not supported. Split it up into \
                 several local values, or loop over less."
            );
            self.diagnostics.push(Diagnostic::error("Expression too large", detail).at(span));
        }
        left > 0
    }

    /// The value, if it is small enough to be worked with. What is shared in it takes little memory, but as much time as if
    /// it were not.
    fn bounded(&mut self, expr: &Expr, value: Value) -> Value {
        let detail = match value.kind() {
            Kind::Bool(_) | Kind::Number(_) | Kind::String(_) | Kind::Null(_) => return value,
            _ if value.depth() > VALUE_DEPTH => format!(
                "The value of this expression has more than {VALUE_DEPTH} levels of values inside each other, which is not \
                 supported."
            ),
            _ if value.size() > VALUE_BYTES => format!(
                "The value of this expression would fill more than {} GiB if it were written out, which is not supported. It \
                 holds other large values many times.",
                VALUE_BYTES >> 30
            ),
            _ => return value,
        };
        self.diagnostics.push(Diagnostic::error("Value too large", detail).at(expr.span));
        Value::dynamic()
    }

    /// Reports that a collection has too many elements.
    pub fn too_many_elements(&mut self, span: Span) {
        let detail = format!("The result would have more than {ELEMENTS} elements, which is not supported.");
        self.diagnostics.push(Diagnostic::error("Value too large", detail).at(span));
    }

    fn traversal(&mut self, expr: &Expr, traversal: &Traversal) -> Value {
        let (value, consumed) = match self.bindings.get(&traversal.root) {
            Some(value) => (value.clone(), 0),
            None => match self.scope.reference(traversal) {
                Ok(found) => found,
                Err(problems) => {
                    self.diagnostics.extend(problems);
                    return Value::dynamic();
                }
            },
        };
        self.follow(expr, value, traversal.steps.get(consumed..).unwrap_or_default())
    }

    fn steps(&mut self, expr: &Expr, source: &Expr, steps: &[TraversalStep]) -> Value {
        let value = self.eval(source);
        self.follow(expr, value, steps)
    }

    /// Applies constant steps to a value.
    fn follow(&mut self, expr: &Expr, mut value: Value, steps: &[TraversalStep]) -> Value {
        for step in steps {
            let next = match step {
                TraversalStep::Attribute { name, .. } => super::attribute_of(&value, name),
                TraversalStep::Index { key, .. } => super::element_of(&value, key),
            };
            value = match next {
                Ok(next) => next,
                Err(error) => return self.access_error(expr, step.span(), error),
            };
        }
        value
    }

    fn index(&mut self, expr: &Expr, source: &Expr, key: &Expr) -> Value {
        let early = match &source.kind {
            ExprKind::Traversal(traversal) if self.bindings.get(&traversal.root).is_none() => Some(traversal),
            _ => None,
        };
        let value = if early.is_some() { None } else { Some(self.eval(source)) };
        let key_value = self.eval(key);
        if let Some(traversal) = early
            && key_value.marks().is_none()
            && (key_value.as_str().is_some() || key_value.as_number().is_some())
        {
            match self.scope.indexed_reference(traversal, &key_value) {
                Some(Ok(element)) => return element,
                Some(Err(problems)) => {
                    self.diagnostics.extend(problems);
                    return Value::dynamic();
                }
                None => {}
            }
        }
        let value = value.unwrap_or_else(|| self.eval(source));
        match super::element_of(&value, &key_value) {
            Ok(element) => element,
            Err(error) => {
                let end = expr.span.end;
                let span = Span { start: source.span.end.min(end), ..expr.span };
                self.access_error(expr, span, error)
            }
        }
    }

    fn access_error(&mut self, expr: &Expr, span: Span, error: AccessError) -> Value {
        let error = if self.secrets > 0 { error.discreet() } else { error };
        self.error(expr, span, error.summary, error.detail)
    }

    /// Runs something that sees elements of a collection with these marks.
    pub fn inside<T>(&mut self, marks: Marks, part: impl FnOnce(&mut Self) -> T) -> T {
        let secret = u32::from(marks.is_sensitive() || marks.is_ephemeral());
        self.secrets += secret;
        let result = part(self);
        self.secrets -= secret;
        result
    }

    /// Notes on the values in an expression.
    pub fn notes(&self, expr: &Expr) -> Vec<ValueNote> {
        notes::values_in(expr, self.scope, &self.bindings, self.secrets > 0)
    }

    /// Reports an error in an expression with the values that take part in it.
    pub fn error(&mut self, expr: &Expr, span: Span, summary: impl Into<String>, detail: impl Into<String>) -> Value {
        let mut diagnostic = Diagnostic::error(summary, detail).at(span);
        diagnostic.values = self.notes(expr);
        self.diagnostics.push(diagnostic);
        Value::dynamic()
    }

    /// Runs something, and tells whether it reported an error.
    pub fn checked<T>(&mut self, part: impl FnOnce(&mut Self) -> T) -> (T, bool) {
        let before = self.diagnostics.errors();
        let result = part(self);
        let failed = self.diagnostics.errors() > before;
        (result, failed)
    }
}

/// Takes the marks of a value's root off.
pub(super) fn unmarked(value: Value) -> (Value, Marks) {
    value.unmark()
}
