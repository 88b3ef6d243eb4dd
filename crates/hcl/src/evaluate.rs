//! Evaluation of expressions.

use crate::{Expr, FunctionName, Traversal};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_value::{Str, Value};

/// What names mean while an expression is evaluated. Implemented by `eval`; local names of `for` expressions and
/// template directives are handled by [`evaluate`] itself and never reach the scope.
pub trait Scope {
    /// The value of a reference, following as many leading steps as the scope wants to (it knows, for example, that
    /// `module.m.out` is one thing). Returns the value and the number of steps consumed; the evaluator applies the
    /// rest. The scope records what was read. On error the evaluator reports the diagnostics and goes on with an
    /// unknown value.
    fn reference(&self, traversal: &Traversal) -> Result<(Value, usize), Diagnostics>;

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
    todo!()
}

impl Evaluated {
    pub fn ok(value: Value) -> Evaluated {
        Evaluated { value, diagnostics: Diagnostics::new() }
    }
}

/// Names bound by `for` expressions and template directives, innermost last.
#[derive(Clone, Debug, Default)]
pub struct Bindings(pub Vec<(Str, Value)>);
