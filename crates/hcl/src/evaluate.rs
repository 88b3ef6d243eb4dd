//! Evaluation of expressions.

mod access;
mod call;
mod conditional;
mod construct;
mod evaluator;
mod iteration;
mod notes;
mod operators;
mod splat;
mod template;

pub use access::{AccessError, attribute_of, element_of};
pub use notes::{describe_value, value_notes};

use crate::limits::STEPS;
use crate::{Expr, FunctionName, Traversal};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_value::{Str, Value};
use std::cell::Cell;

/// What names mean while an expression is evaluated. Implemented by `eval`; local names of `for` expressions and
/// template directives are handled by [`evaluate`] itself and never reach the scope.
pub trait Scope {
    /// The value of a reference, following as many leading steps as the scope wants to (it knows, for example, that
    /// `module.m.out` is one thing). Returns the value and the number of steps consumed; the evaluator applies the
    /// rest. The scope records what was read. On error the evaluator reports the diagnostics and goes on with an
    /// unknown value.
    fn reference(&self, traversal: &Traversal) -> Result<(Value, usize), Diagnostics>;

    /// The element of a reference under a computed key, as in `aws_subnet.a[each.key]`: asked for every index expression
    /// whose source is a plain reference and whose key is a known, unmarked number or string, before the whole
    /// collection would be asked for. A scope that can tell the element (and then records only that as read) answers
    /// `Some`, else the evaluator goes the ordinary way.
    fn indexed_reference(&self, traversal: &Traversal, key: &Value) -> Option<Result<Value, Diagnostics>> {
        let _ = (traversal, key);
        None
    }

    /// The steps that are left, if what is evaluated in this scope is part of another evaluation.
    fn steps_left(&self) -> Option<&Cell<u64>> {
        None
    }

    /// A function by name; an error says that it does not exist (with a suggestion).
    fn function(&self, name: &FunctionName) -> Result<&dyn Function, Diagnostic>;
}

/// A function of the language. The evaluator evaluates the arguments first, except for `try`, `can` and others whose
/// [`Function::lazy`] says so.
pub trait Function {
    /// Parameter names for messages, e.g. `["list", "index"]`, and the name of the variadic one.
    fn parameters(&self) -> (&[&'static str], Option<&'static str>);

    /// True for functions that get their arguments unevaluated ([`Function::call_lazy`]).
    fn lazy(&self) -> bool {
        false
    }

    /// Calls the function with as many arguments as the parameters allow. Marks, nulls and unknowns are the
    /// function's own business (function tables wrap the common rules). `Err` gives the message and, if one argument is to
    /// blame, its index.
    fn call(&self, args: &[Value]) -> Result<Value, FunctionFailure>;

    /// Calls a lazy function.
    fn call_lazy(&self, args: &[Expr], scope: &dyn Scope) -> Evaluated {
        let _ = (args, scope);
        Evaluated { value: Value::dynamic(), diagnostics: Diagnostics::new() }
    }
}

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionFailure {
    pub message: String,
    pub argument: Option<usize>,
}

/// A value, and the problems found on the way. With errors the value is unknown (of the right type if known).
#[derive(Clone, Debug)]
pub struct Evaluated {
    pub value: Value,
    pub diagnostics: Diagnostics,
}

/// Evaluates an expression. Failing references are all reported, not only the first.
pub fn evaluate(expr: &Expr, scope: &dyn Scope) -> Evaluated {
    run(expr, scope, false)
}

/// As [`evaluate`], but both sides of `&&` and `||` must have a value. For `can` and `try`, which would otherwise choose
/// differently than they do in Terraform 1.11.
pub fn evaluate_strictly(expr: &Expr, scope: &dyn Scope) -> Evaluated {
    run(expr, scope, true)
}

fn run(expr: &Expr, scope: &dyn Scope, strict: bool) -> Evaluated {
    let own = Cell::new(STEPS);
    let mut evaluator = evaluator::Evaluator::new(scope, scope.steps_left().unwrap_or(&own), strict);
    let value = evaluator.eval(expr);
    Evaluated { value, diagnostics: evaluator.diagnostics }
}

impl Evaluated {
    pub fn ok(value: Value) -> Evaluated {
        Evaluated { value, diagnostics: Diagnostics::new() }
    }
}

/// Names bound by `for` expressions and template directives, innermost last.
#[derive(Clone, Debug, Default)]
pub struct Bindings(pub Vec<(Str, Value)>);

impl Bindings {
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().rev().find(|(bound, _)| **bound == *name).map(|(_, value)| value)
    }
}

/// A scope with names in front of it.
pub struct BoundScope<'s> {
    pub inner: &'s dyn Scope,
    pub bindings: &'s Bindings,
    steps: Option<&'s Cell<u64>>,
}

impl<'s> BoundScope<'s> {
    pub fn new(inner: &'s dyn Scope, bindings: &'s Bindings) -> BoundScope<'s> {
        BoundScope { inner, bindings, steps: None }
    }
}

impl Scope for BoundScope<'_> {
    fn steps_left(&self) -> Option<&Cell<u64>> {
        self.steps.or_else(|| self.inner.steps_left())
    }

    fn reference(&self, traversal: &Traversal) -> Result<(Value, usize), Diagnostics> {
        match self.bindings.get(&traversal.root) {
            Some(value) => Ok((value.clone(), 0)),
            None => self.inner.reference(traversal),
        }
    }

    fn indexed_reference(&self, traversal: &Traversal, key: &Value) -> Option<Result<Value, Diagnostics>> {
        if self.bindings.get(&traversal.root).is_some() { None } else { self.inner.indexed_reference(traversal, key) }
    }

    fn function(&self, name: &FunctionName) -> Result<&dyn Function, Diagnostic> {
        self.inner.function(name)
    }
}

/// A scope without any names: for constant expressions.
pub struct EmptyScope;

impl Scope for EmptyScope {
    fn reference(&self, traversal: &Traversal) -> Result<(Value, usize), Diagnostics> {
        let detail = "References are not allowed here: the value must be constant.";
        Err(Diagnostic::error("Variables not allowed", detail).at(traversal.span).into())
    }

    fn function(&self, name: &FunctionName) -> Result<&dyn Function, Diagnostic> {
        let detail = "Functions cannot be called here: the value must be constant.";
        Err(Diagnostic::error("Function calls not allowed", detail).at(name.span))
    }
}
