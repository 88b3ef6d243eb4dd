//! A function of the language as data.

use super::arguments::Arguments;
use crate::Environment;
use formwork_hcl::{Evaluated, Expr, FunctionFailure, Scope};
use formwork_value::{Type, Value};

/// What a call gives.
pub(super) type Outcome = Result<Value, FunctionFailure>;

/// A function: what it takes, what it gives, and what it does.
pub(super) struct Definition {
    pub name: &'static str,
    /// For people who read `metadata functions -json`.
    pub description: &'static str,
    pub parameters: &'static [Parameter],
    /// Takes all further arguments.
    pub variadic: Option<Parameter>,
    /// As the list of signatures has it.
    pub returns: Shape,
    /// The type of the result, where that is known better than `returns` says.
    pub result: Shape,
    pub body: Body,
}

#[derive(Clone, Copy)]
pub(super) enum Body {
    /// Gets arguments that have been converted and checked by the parameters.
    Eager(fn(&Arguments) -> Outcome),
    /// Gets expressions.
    Lazy(fn(&Environment, &[Expr], &dyn Scope) -> Evaluated),
}

/// A parameter and what the function deals with itself.
#[derive(Clone, Copy)]
pub(super) struct Parameter {
    pub name: &'static str,
    pub shape: Shape,
    /// Null is a value like others. Otherwise it is an error.
    pub null: bool,
    /// The body deals with unknown arguments. Otherwise they make the result unknown.
    pub unknown: bool,
    /// The body deals with marks. Otherwise they are taken off, at any depth, and put on the result.
    pub marked: bool,
}

/// Types of parameters and results, as constants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    Any,
    Text,
    Number,
    Bool,
    Anys,
    Texts,
    Numbers,
    Bools,
    AnyLists,
    AnySet,
    TextSet,
    AnyMap,
    TextListMap,
}

impl Shape {
    pub fn ty(self) -> Type {
        match self {
            Shape::Any => Type::Dynamic,
            Shape::Text => Type::String,
            Shape::Number => Type::Number,
            Shape::Bool => Type::Bool,
            Shape::Anys => Type::list(Type::Dynamic),
            Shape::Texts => Type::list(Type::String),
            Shape::Numbers => Type::list(Type::Number),
            Shape::Bools => Type::list(Type::Bool),
            Shape::AnyLists => Type::list(Type::list(Type::Dynamic)),
            Shape::AnySet => Type::set(Type::Dynamic),
            Shape::TextSet => Type::set(Type::String),
            Shape::AnyMap => Type::map(Type::Dynamic),
            Shape::TextListMap => Type::map(Type::list(Type::String)),
        }
    }
}

impl Parameter {
    pub const fn new(name: &'static str, shape: Shape) -> Parameter {
        Parameter { name, shape, null: false, unknown: false, marked: false }
    }

    pub const fn nullable(self) -> Parameter {
        Parameter { null: true, ..self }
    }

    pub const fn with_unknown(self) -> Parameter {
        Parameter { unknown: true, ..self }
    }

    pub const fn with_marks(self) -> Parameter {
        Parameter { marked: true, ..self }
    }

    /// Takes whatever there is.
    pub const fn raw(self) -> Parameter {
        self.nullable().with_unknown().with_marks()
    }
}

pub(super) const fn text(name: &'static str) -> Parameter {
    Parameter::new(name, Shape::Text)
}

pub(super) const fn number(name: &'static str) -> Parameter {
    Parameter::new(name, Shape::Number)
}

pub(super) const fn any(name: &'static str) -> Parameter {
    Parameter::new(name, Shape::Any)
}

pub(super) const fn list(name: &'static str) -> Parameter {
    Parameter::new(name, Shape::Anys)
}

pub(super) const fn set(name: &'static str) -> Parameter {
    Parameter::new(name, Shape::AnySet)
}

pub(super) const fn texts(name: &'static str) -> Parameter {
    Parameter::new(name, Shape::Texts)
}

impl Definition {
    pub const fn new(
        name: &'static str,
        description: &'static str,
        parameters: &'static [Parameter],
        returns: Shape,
        body: fn(&Arguments) -> Outcome,
    ) -> Definition {
        Definition { name, description, parameters, variadic: None, returns, result: returns, body: Body::Eager(body) }
    }

    pub const fn lazy(
        name: &'static str,
        description: &'static str,
        parameters: &'static [Parameter],
        returns: Shape,
        body: fn(&Environment, &[Expr], &dyn Scope) -> Evaluated,
    ) -> Definition {
        Definition { name, description, parameters, variadic: None, returns, result: returns, body: Body::Lazy(body) }
    }

    pub const fn variadic(self, parameter: Parameter) -> Definition {
        Definition { variadic: Some(parameter), ..self }
    }

    /// With a result of a type that the list of signatures does not tell.
    pub const fn resulting(self, result: Shape) -> Definition {
        Definition { result, ..self }
    }

    /// The parameter for an argument.
    pub fn parameter(&self, index: usize) -> Option<&Parameter> {
        self.parameters.get(index).or(self.variadic.as_ref())
    }
}

/// A failure that no argument alone is to blame for.
pub(super) fn failed(message: impl Into<String>) -> FunctionFailure {
    FunctionFailure { message: message.into(), argument: None }
}

/// A failure because of one argument.
pub(super) fn blame(argument: usize, message: impl Into<String>) -> FunctionFailure {
    FunctionFailure { message: message.into(), argument: Some(argument) }
}
