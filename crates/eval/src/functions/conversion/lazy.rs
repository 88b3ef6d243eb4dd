//! Functions that get expressions: `try`, `can`, `type`, `convert`.

use super::super::definition::{Body, Definition, Shape, any};
use crate::{Environment, Phase};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{Evaluated, Expr, Scope, evaluate, evaluate_strictly, type_constraint};
use formwork_value::{Type, Value};

pub(super) const CAN: Definition = Definition::lazy(
    "can",
    "Whether an expression has a value, rather than an error.",
    &[any("expression")],
    Shape::Bool,
    can,
);

pub(super) const TRY: Definition = Definition {
    name: "try",
    description: "The value of the first expression that has one, rather than an error.",
    parameters: &[],
    variadic: Some(any("expressions")),
    returns: Shape::Any,
    result: Shape::Any,
    body: Body::Lazy(first_of),
};

pub(super) const TYPE: Definition =
    Definition::lazy("type", "The type of a value, for the console.", &[any("value")], Shape::Text, type_of);

pub(super) const CONVERT: Definition = Definition::lazy(
    "convert",
    "The value converted to a type, which is written as for variables: convert(x, list(string)).",
    &[any("value"), any("type")],
    Shape::Any,
    convert_to,
);

fn can(_: &Environment, args: &[Expr], scope: &dyn Scope) -> Evaluated {
    let Some(expr) = args.first() else { return Evaluated::ok(Value::from(false)) };
    let evaluated = evaluate_strictly(expr, scope);
    if evaluated.diagnostics.has_errors() {
        return Evaluated::ok(Value::from(false));
    }
    Evaluated::ok(if evaluated.value.is_wholly_known() { Value::from(true) } else { Value::unknown(Type::Bool) })
}

fn first_of(_: &Environment, args: &[Expr], scope: &dyn Scope) -> Evaluated {
    let mut reasons = Vec::new();
    for expr in args {
        let evaluated = evaluate_strictly(expr, scope);
        match evaluated.diagnostics.iter().find(|problem| problem.is_error()) {
            // What is not known yet may still turn out to be an error.
            None if !evaluated.value.is_wholly_known() => {
                return Evaluated::ok(Value::dynamic().with_marks(evaluated.value.marks_deep()));
            }
            None => return evaluated,
            Some(problem) => reasons.push(format!("{}: {}", problem.summary, problem.detail)),
        }
    }
    let detail = match reasons.as_slice() {
        [] => "The call of \"try\" needs at least one expression.".to_owned(),
        _ => format!("The call of \"try\" failed: none of its expressions has a value.\n\n- {}", reasons.join("\n- ")),
    };
    failure("Error in function call", detail)
}

fn failure(summary: &str, detail: String) -> Evaluated {
    Evaluated { value: Value::dynamic(), diagnostics: Diagnostic::error(summary, detail).into() }
}

fn type_of(environment: &Environment, args: &[Expr], scope: &dyn Scope) -> Evaluated {
    if environment.phase != Phase::Console {
        let detail = "The function \"type\" is only there in the console.".to_owned();
        return failure("Error in function call", detail);
    }
    let Some(expr) = args.first() else { return Evaluated::ok(Value::dynamic()) };
    let evaluated = evaluate(expr, scope);
    let text = evaluated.value.ty().to_string();
    Evaluated { value: Value::from(text), diagnostics: evaluated.diagnostics }
}

fn convert_to(_: &Environment, args: &[Expr], scope: &dyn Scope) -> Evaluated {
    let [value, constraint] = args else { return Evaluated::ok(Value::dynamic()) };
    let mut evaluated = evaluate(value, scope);
    let (ty, defaults) = match type_constraint(constraint) {
        Ok(read) => read,
        Err(problems) => {
            evaluated.diagnostics.extend(problems);
            return Evaluated { value: Value::dynamic(), diagnostics: evaluated.diagnostics };
        }
    };
    if evaluated.diagnostics.has_errors() {
        return Evaluated { value: Value::unknown(ty.without_optional()), diagnostics: evaluated.diagnostics };
    }
    let completed = formwork_hcl::apply_defaults(&evaluated.value, &defaults);
    match formwork_value::convert(&completed, &ty) {
        Ok(converted) => Evaluated { value: converted, diagnostics: evaluated.diagnostics },
        Err(error) => {
            let detail = format!("The value does not fit the type {ty}: {error}.");
            let problem = Diagnostic::error("Invalid function argument", detail).at(value.span);
            let mut diagnostics: Diagnostics = evaluated.diagnostics;
            diagnostics.push(problem);
            Evaluated { value: Value::unknown(ty.without_optional()), diagnostics }
        }
    }
}
