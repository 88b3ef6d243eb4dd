//! `condition ? yes : no`.

use super::evaluator::{Evaluator, unmarked};
use crate::Expr;
use formwork_value::{Kind, Refinements, Type, Value, convert, unify};

impl Evaluator<'_> {
    pub fn conditional(&mut self, expr: &Expr, condition: &Expr, yes: &Expr, no: &Expr) -> Value {
        let (decision, condition_failed) = self.checked(|evaluator| evaluator.condition(condition));
        let (yes_value, no_value) = match decision.as_bool() {
            // The side that is not chosen counts for its type only; its problems do not matter.
            Some(true) => (self.eval(yes), self.eval_quietly(no)),
            Some(false) => (self.eval_quietly(yes), self.eval(no)),
            // As in the reference, problems of both sides come to light only when it is known which one counts.
            None => (self.eval_quietly(yes), self.eval_quietly(no)),
        };
        let Some(ty) = common_type(&yes_value, &no_value) else {
            if condition_failed {
                return Value::dynamic();
            }
            let detail = format!(
                "Both results of a conditional must have the same type, or types that convert to one. {}",
                mismatch(&yes_value.ty(), &no_value.ty())
            );
            return self.error(expr, yes.span.to(no.span), "Inconsistent conditional result types", detail);
        };
        if condition_failed {
            return Value::unknown(ty);
        }
        // As in the reference, what either side is marked with is on the result.
        let marks = decision.marks() | yes_value.marks() | no_value.marks();
        match decision.as_bool() {
            Some(decided) => {
                let (chosen, chosen_expr) = if decided { (yes_value, yes) } else { (no_value, no) };
                match convert(&chosen, &ty) {
                    Ok(value) => value.with_marks(marks),
                    Err(error) => {
                        let detail = format!("This result has no value of the type of both results: {error}.");
                        self.error(chosen_expr, chosen_expr.span, "Inconsistent conditional result types", detail)
                    }
                }
            }
            None => undecided(yes_value, no_value, ty).with_marks(marks),
        }
    }

    /// The value of a condition as a bool or unknown bool; dynamic after an error.
    pub fn condition(&mut self, condition: &Expr) -> Value {
        let value = self.eval(condition);
        match value.kind() {
            Kind::Bool(_) => value,
            // As in the reference, what is unknown is not looked at any further, whatever its type.
            Kind::Unknown(..) => Value::unknown_not_null(Type::Bool).with_marks(value.marks()),
            Kind::Null(_) => self.error(
                condition,
                condition.span,
                "Null condition",
                "The condition is null; it must be true or false.",
            ),
            _ => match convert(&value, &Type::Bool) {
                Ok(converted) => converted,
                Err(error) => {
                    let detail = format!("The condition must be true or false: {}.", error.message);
                    self.error(condition, condition.span, "Incorrect condition type", detail)
                }
            },
        }
    }

    /// Evaluates without reporting problems.
    pub fn eval_quietly(&mut self, expr: &Expr) -> Value {
        let kept = std::mem::take(&mut self.diagnostics);
        let value = self.eval(expr);
        self.diagnostics = kept;
        value
    }
}

fn common_type(yes: &Value, no: &Value) -> Option<Type> {
    match (yes.kind(), no.kind()) {
        (Kind::Null(Type::Dynamic), _) => Some(no.ty()),
        (_, Kind::Null(Type::Dynamic)) => Some(yes.ty()),
        (Kind::String(_), Kind::String(_)) => Some(Type::String),
        (Kind::Number(_), Kind::Number(_)) => Some(Type::Number),
        (Kind::Bool(_), Kind::Bool(_)) => Some(Type::Bool),
        _ => unify(&[yes.ty(), no.ty()]),
    }
}

/// The result while the condition is unknown: whatever holds for both sides.
fn undecided(yes: Value, no: Value, ty: Type) -> Value {
    let ((yes, yes_marks), (no, no_marks)) = (unmarked(yes), unmarked(no));
    let marks = yes_marks | no_marks;
    if yes.is_null() && no.is_null() {
        return Value::null(ty).with_marks(marks);
    }
    let inner = yes.marks_deep() | no.marks_deep();
    // As in the reference, what is known of the sides counts as they are, before they are converted.
    let mut both = Refinements::of(&yes).union(&Refinements::of(&no));
    // The reference keeps no prefix here.
    both.prefix = None;
    Value::unknown_refined(ty, both).with_marks(marks | inner)
}

/// Says how two types differ, at the first place where they do.
fn mismatch(yes: &Type, no: &Type) -> String {
    match (yes, no) {
        (Type::Object(a), Type::Object(b)) => {
            for (name, ty) in &a.attributes {
                match b.attributes.get(name) {
                    None => return format!("Only the first one has the attribute \"{name}\"."),
                    Some(other) if ty != other => {
                        return format!("In the attribute \"{name}\": {}", mismatch(ty, other));
                    }
                    Some(_) => {}
                }
            }
            let extra = b.attributes.keys().find(|name| !a.attributes.contains_key(*name));
            extra.map_or_else(String::new, |name| format!("Only the second one has the attribute \"{name}\"."))
        }
        (Type::Tuple(a), Type::Tuple(b)) if a.len() != b.len() => {
            format!("The first one has {} elements, the second one {}.", a.len(), b.len())
        }
        (Type::Tuple(a), Type::Tuple(b)) => a
            .iter()
            .zip(b.iter())
            .enumerate()
            .find(|(_, (a, b))| a != b)
            .map_or_else(String::new, |(index, (a, b))| format!("In element {index}: {}", mismatch(a, b))),
        _ => format!("The first one is {}, the second one {}.", yes.friendly_name(), no.friendly_name()),
    }
}
