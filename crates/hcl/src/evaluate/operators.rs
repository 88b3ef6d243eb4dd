//! Unary and binary operators.

use super::evaluator::Evaluator;
use crate::{BinaryOp, BinaryStep, Expr, ExprKind, UnaryOp};
use formwork_diag::Span;
use formwork_value::{Kind, Number, NumberError, Refinements, Type, Value, convert, equals};

/// Problems at an operator look for values in this many operands before it.
const OPERANDS_IN_NOTES: usize = 32;

/// One operator in a row of them.
#[derive(Clone, Copy)]
struct Operation<'e> {
    first: &'e Expr,
    /// What stands left of the operator, but for `first`.
    before: &'e [BinaryStep],
    step: &'e BinaryStep,
}

impl Operation<'_> {
    /// Everything up to the right operand, as problems show it.
    fn whole(self) -> Expr {
        self.shown(self.before.iter().chain([self.step]))
    }

    fn left(self) -> Expr {
        self.shown(self.before.iter())
    }

    /// An expression with the whole span, and the last operands.
    fn shown<'e>(self, steps: impl DoubleEndedIterator<Item = &'e BinaryStep> + Clone) -> Expr {
        let Some(last) = steps.clone().next_back() else { return self.first.clone() };
        let span: Span = self.first.span.to(last.right.span);
        let mut rest: Vec<BinaryStep> = steps.rev().take(OPERANDS_IN_NOTES).cloned().collect();
        rest.reverse();
        Expr { kind: ExprKind::Binary { first: self.first.clone().into(), rest: rest.into() }, span }
    }
}

impl Evaluator<'_> {
    pub fn unary(&mut self, expr: &Expr, op: UnaryOp, operand: &Expr) -> Value {
        let value = self.eval(operand);
        let ty = match op {
            UnaryOp::Negate => Type::Number,
            UnaryOp::Not => Type::Bool,
        };
        let Some(value) = self.operand(value, &ty, "unary operand", || expr.clone(), || operand.clone()) else {
            return Value::unknown(ty);
        };
        let marks = value.marks();
        let result = match (op, value.kind()) {
            (UnaryOp::Negate, Kind::Number(number)) => number.neg().into(),
            (UnaryOp::Not, Kind::Bool(b)) => (!b).into(),
            _ => Value::unknown_not_null(ty),
        };
        result.with_marks(marks)
    }

    pub fn binary(&mut self, first: &Expr, rest: &[BinaryStep]) -> Value {
        let mut left = self.eval(first);
        for (index, step) in rest.iter().enumerate() {
            if index > 0 && !self.burn(1, step.right.span) {
                return Value::dynamic();
            }
            let operation = Operation { first, before: rest.get(..index).unwrap_or_default(), step };
            left = match step.op {
                BinaryOp::Equal => equals(&left, &self.eval(&step.right)),
                BinaryOp::NotEqual => not(equals(&left, &self.eval(&step.right))),
                BinaryOp::And | BinaryOp::Or => self.logic(operation, left),
                _ => self.numeric(operation, left),
            };
        }
        left
    }

    /// An operand converted to a type; none after an error. The last two give the expressions that problems are about.
    fn operand(
        &mut self,
        value: Value,
        ty: &Type,
        side: &str,
        whole: impl Fn() -> Expr,
        operand: impl Fn() -> Expr,
    ) -> Option<Value> {
        if value.is_null() {
            let whole = whole();
            let detail = format!("The {side} is null; a {} is needed.", ty.friendly_name());
            self.error(&whole, whole.span, "Operation failed", detail);
            return None;
        }
        match (value.kind(), ty) {
            (Kind::Number(_), Type::Number) | (Kind::Bool(_), Type::Bool) => Some(value),
            _ => match convert(&value, ty) {
                Ok(converted) => Some(converted),
                Err(error) => {
                    let operand = operand();
                    let detail = format!("This value cannot be the {side}: {}.", error.message);
                    self.error(&operand, operand.span, "Invalid operand", detail);
                    None
                }
            },
        }
    }

    fn left_operand(&mut self, operation: Operation, value: Value, ty: &Type) -> Option<Value> {
        self.operand(value, ty, "left operand", || operation.whole(), || operation.left())
    }

    fn right_operand(&mut self, operation: Operation, value: Value, ty: &Type) -> Option<Value> {
        self.operand(value, ty, "right operand", || operation.whole(), || operation.step.right.clone())
    }

    /// `&&` and `||`. Both sides are evaluated, and both must be known: that is what Terraform 1.11 does. Where it fails
    /// because of the right side although the left one decides, there is a result all the same, as in later versions.
    fn logic(&mut self, operation: Operation, left: Value) -> Value {
        let deciding = operation.step.op == BinaryOp::Or;
        let left_value = self.left_operand(operation, left, &Type::Bool);
        let before = std::mem::take(&mut self.diagnostics);
        let right_value = self.eval(&operation.step.right);
        let right_value = self.right_operand(operation, right_value, &Type::Bool);
        let found = std::mem::replace(&mut self.diagnostics, before);
        if let Some(decided) = &left_value
            && decided.as_bool() == Some(deciding)
            && found.has_errors()
            && self.is_lenient()
        {
            return decided.clone();
        }
        self.diagnostics.extend(found);
        let (Some(left_value), Some(right_value)) = (left_value, right_value) else {
            return Value::unknown(Type::Bool);
        };
        let marks = left_value.marks() | right_value.marks();
        let result = match (left_value.as_bool(), right_value.as_bool()) {
            (Some(left), Some(right)) => (if left == deciding { left } else { right }).into(),
            _ => Value::unknown_not_null(Type::Bool),
        };
        result.with_marks(marks)
    }

    fn numeric(&mut self, operation: Operation, left: Value) -> Value {
        let op = operation.step.op;
        let right_value = self.eval(&operation.step.right);
        let left_value = self.left_operand(operation, left, &Type::Number);
        let right_value = self.right_operand(operation, right_value, &Type::Number);
        let ty = if op.compares() { Type::Bool } else { Type::Number };
        let (Some(left_value), Some(right_value)) = (left_value, right_value) else { return Value::unknown(ty) };
        let marks = left_value.marks() | right_value.marks();
        let result = match (left_value.kind(), right_value.kind()) {
            (Kind::Number(a), Kind::Number(b)) => match apply(op, a, b) {
                Ok(result) => result,
                Err(error) => {
                    let whole = operation.whole();
                    self.error(&whole, whole.span, "Operation failed", format!("This has no result: {}.", error.0));
                    return Value::unknown(ty);
                }
            },
            _ => apply_unknown(op, &left_value, &right_value),
        };
        result.with_marks(marks)
    }
}

fn not(value: Value) -> Value {
    let marks = value.marks();
    match value.as_bool() {
        Some(b) => Value::from(!b).with_marks(marks),
        None => value,
    }
}

fn apply(op: BinaryOp, a: &Number, b: &Number) -> Result<Value, NumberError> {
    Ok(match op {
        BinaryOp::Add => a.add(b)?.into(),
        BinaryOp::Subtract => a.sub(b)?.into(),
        BinaryOp::Multiply => a.mul(b)?.into(),
        BinaryOp::Divide => a.div(b)?.into(),
        BinaryOp::Modulo => a.rem(b)?.into(),
        BinaryOp::Less => (a < b).into(),
        BinaryOp::LessOrEqual => (a <= b).into(),
        BinaryOp::Greater => (a > b).into(),
        BinaryOp::GreaterOrEqual => (a >= b).into(),
        BinaryOp::Equal => (a == b).into(),
        _ => (a != b).into(),
    })
}

/// The result with an unknown side: comparisons may be decided by what is known of it.
fn apply_unknown(op: BinaryOp, left: &Value, right: &Value) -> Value {
    let (a, b) = (Refinements::of(left), Refinements::of(right));
    let decided = match op {
        BinaryOp::Less => is_less(&a, &b),
        BinaryOp::GreaterOrEqual => is_less(&a, &b).map(|less| !less),
        BinaryOp::Greater => is_less(&b, &a),
        BinaryOp::LessOrEqual => is_less(&b, &a).map(|less| !less),
        _ => return Value::unknown_not_null(Type::Number),
    };
    decided.map_or_else(|| Value::unknown_not_null(Type::Bool), Value::from)
}

/// Whether a number within bounds is less than another one; none if that is open.
fn is_less(a: &Refinements, b: &Refinements) -> Option<bool> {
    if let (Some((a_max, a_in)), Some((b_min, b_in))) = (&a.max, &b.min)
        && (a_max < b_min || (a_max == b_min && !(*a_in && *b_in)))
    {
        return Some(true);
    }
    if let (Some((a_min, _)), Some((b_max, _))) = (&a.min, &b.max)
        && a_min >= b_max
    {
        return Some(false);
    }
    None
}
