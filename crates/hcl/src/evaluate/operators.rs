//! Unary and binary operators.

use super::evaluator::Evaluator;
use crate::{BinaryOp, Expr, UnaryOp};
use formwork_value::{Kind, Number, NumberError, Refinements, Type, Value, convert, equals};

impl Evaluator<'_> {
    pub fn unary(&mut self, expr: &Expr, op: UnaryOp, operand: &Expr) -> Value {
        let value = self.eval(operand);
        let ty = match op {
            UnaryOp::Negate => Type::Number,
            UnaryOp::Not => Type::Bool,
        };
        let Some(value) = self.operand(expr, operand, value, &ty, "unary operand") else {
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

    pub fn binary(&mut self, expr: &Expr, op: BinaryOp, left: &Expr, right: &Expr) -> Value {
        match op {
            BinaryOp::Equal | BinaryOp::NotEqual => {
                let (left, right) = (self.eval(left), self.eval(right));
                let equal = equals(&left, &right);
                if op == BinaryOp::Equal { equal } else { not(equal) }
            }
            BinaryOp::And | BinaryOp::Or => self.logic(expr, op, left, right),
            _ => self.numeric(expr, op, left, right),
        }
    }

    /// An operand converted to a type; none after an error.
    fn operand(&mut self, whole: &Expr, operand: &Expr, value: Value, ty: &Type, side: &str) -> Option<Value> {
        if value.is_null() {
            self.error(
                whole,
                whole.span,
                "Operation failed",
                format!("The {side} is null; a {} is needed.", ty.friendly_name()),
            );
            return None;
        }
        match (value.kind(), ty) {
            (Kind::Number(_), Type::Number) | (Kind::Bool(_), Type::Bool) => Some(value),
            _ => match convert(&value, ty) {
                Ok(converted) => Some(converted),
                Err(error) => {
                    let detail = format!("This value cannot be the {side}: {}.", error.message);
                    self.error(operand, operand.span, "Invalid operand", detail);
                    None
                }
            },
        }
    }

    /// `&&` and `||`. Both sides are evaluated, and both must be known: that is what Terraform 1.11 does. Where it fails
    /// because of the right side although the left one decides, there is a result all the same, as in later versions.
    fn logic(&mut self, expr: &Expr, op: BinaryOp, left: &Expr, right: &Expr) -> Value {
        let deciding = op == BinaryOp::Or;
        let left_value = self.eval(left);
        let left_value = self.operand(expr, left, left_value, &Type::Bool, "left operand");
        let before = std::mem::take(&mut self.diagnostics);
        let right_value = self.eval(right);
        let right_value = self.operand(expr, right, right_value, &Type::Bool, "right operand");
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

    fn numeric(&mut self, expr: &Expr, op: BinaryOp, left: &Expr, right: &Expr) -> Value {
        let (left_value, right_value) = (self.eval(left), self.eval(right));
        let left_value = self.operand(expr, left, left_value, &Type::Number, "left operand");
        let right_value = self.operand(expr, right, right_value, &Type::Number, "right operand");
        let ty = if op.compares() { Type::Bool } else { Type::Number };
        let (Some(left_value), Some(right_value)) = (left_value, right_value) else { return Value::unknown(ty) };
        let marks = left_value.marks() | right_value.marks();
        let result = match (left_value.kind(), right_value.kind()) {
            (Kind::Number(a), Kind::Number(b)) => match apply(op, a, b) {
                Ok(result) => result,
                Err(error) => {
                    self.error(expr, expr.span, "Operation failed", format!("This has no result: {}.", error.0));
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
