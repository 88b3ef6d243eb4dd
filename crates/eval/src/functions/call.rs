//! What all functions have in common: conversion of arguments, null, unknown, marks.

use super::arguments::Arguments;
use super::definition::{Body, Definition, Outcome, Shape, blame};
use super::string::check_length;
use crate::Environment;
use formwork_hcl::{Evaluated, Expr, Function, Scope};
use formwork_value::{Marks, Type, Value, convert};
use std::sync::Arc;

/// A definition as the evaluator calls it.
pub(super) struct Callable {
    pub definition: &'static Definition,
    /// Names of the parameters.
    pub names: &'static [&'static str],
    pub environment: Arc<Environment>,
}

impl Function for Callable {
    fn parameters(&self) -> (&[&'static str], Option<&'static str>) {
        (self.names, self.definition.variadic.as_ref().map(|parameter| parameter.name))
    }

    fn lazy(&self) -> bool {
        matches!(self.definition.body, Body::Lazy(_))
    }

    fn call(&self, args: &[Value]) -> Outcome {
        let Body::Eager(body) = self.definition.body else { return Ok(Value::dynamic()) };
        call(self.definition, body, args, &self.environment)
    }

    fn call_lazy(&self, args: &[Expr], scope: &dyn Scope) -> Evaluated {
        match self.definition.body {
            Body::Lazy(body) => body(&self.environment, args, scope),
            Body::Eager(_) => Evaluated::ok(Value::dynamic()),
        }
    }
}

/// What the arguments are like, once each has been made to fit its parameter.
struct Prepared {
    values: Vec<Value>,
    marks: Marks,
    unknown: bool,
    /// An argument of which not even the type is known.
    dynamic: bool,
}

fn call(
    definition: &Definition,
    body: fn(&Arguments) -> Outcome,
    args: &[Value],
    environment: &Environment,
) -> Outcome {
    let prepared = prepare(definition, args)?;
    let result = if prepared.dynamic && definition.result == Shape::Any {
        Value::dynamic()
    } else if prepared.unknown {
        unknown_result(definition)
    } else {
        let result = body(&Arguments { values: &prepared.values, environment })?;
        check_length(result.as_str().map_or(0, str::len))?;
        result
    };
    Ok(result.with_marks(prepared.marks))
}

fn prepare(definition: &Definition, args: &[Value]) -> Result<Prepared, formwork_hcl::FunctionFailure> {
    let mut prepared =
        Prepared { values: Vec::with_capacity(args.len()), marks: Marks::NONE, unknown: false, dynamic: false };
    for (index, arg) in args.iter().enumerate() {
        let Some(parameter) = definition.parameter(index) else { break };
        let mut value = match parameter.shape {
            Shape::Any => arg.clone(),
            shape => convert(arg, &shape.ty()).map_err(|error| blame(index, error.to_string()))?,
        };
        if value.is_null() && !parameter.null {
            return Err(blame(index, "argument must not be null"));
        }
        if !parameter.marked {
            let marks = value.marks_deep();
            if !marks.is_none() {
                prepared.marks |= marks;
                value = value.unmark_deep().0;
            }
        }
        if !parameter.unknown {
            prepared.unknown |= !value.is_known();
            prepared.dynamic |= is_dynamic(&value);
        }
        prepared.values.push(value);
    }
    prepared.unknown |= prepared.dynamic;
    Ok(prepared)
}

/// True for an unknown of unknown type and for an untyped null.
pub(super) fn is_dynamic(value: &Value) -> bool {
    matches!(value.kind(), formwork_value::Kind::Unknown(Type::Dynamic, _) | formwork_value::Kind::Null(Type::Dynamic))
}

fn unknown_result(definition: &Definition) -> Value {
    match definition.result {
        Shape::Any => Value::dynamic(),
        shape => Value::unknown_not_null(shape.ty()),
    }
}
