//! What names mean in test files.

use formwork_diag::{Diagnostic, Diagnostics};
use formwork_eval::{Evaluator, InstanceScope, ModuleId};
use formwork_hcl::{Function, FunctionName, Scope, Traversal, TraversalStep};
use formwork_value::{Str, Value};
use std::collections::BTreeMap;

/// Names in a file outside of assertions: variables, and outputs of earlier runs. Functions are those of the language.
pub(crate) struct FileScope<'a> {
    pub evaluator: &'a Evaluator,
    pub variables: &'a BTreeMap<Str, Value>,
    /// None where the whole file is meant.
    pub runs: Option<Runs<'a>>,
}

/// The runs of a file as far as they have ended.
#[derive(Clone, Copy)]
pub(crate) struct Runs<'a> {
    /// Outputs by run.
    pub outputs: &'a BTreeMap<Str, Value>,
    /// All runs of the file.
    pub names: &'a [Str],
    /// Assertions are evaluated when the run itself has ended.
    pub in_assertion: bool,
}

impl Runs<'_> {
    fn get(&self, traversal: &Traversal) -> Result<(Value, usize), Diagnostics> {
        let name = first_name(traversal)?;
        match self.outputs.get(name) {
            Some(value) => Ok((value.clone(), 1)),
            None => Err(self.missing(name, traversal).into()),
        }
    }

    fn missing(&self, name: &str, traversal: &Traversal) -> Diagnostic {
        let end = traversal.steps.first().map_or(traversal.root_span, TraversalStep::span);
        let span = traversal.root_span.to(end);
        if self.names.iter().any(|known| **known == *name) {
            let detail = format!(
                "The run {name:?} has not been executed. Only runs of the same file that are executed before this one can \
                 be referred to; assertions have \"output\" for what their own run has made."
            );
            let what = if self.in_assertion { "unevaluated" } else { "unavailable" };
            return Diagnostic::error(format!("Reference to {what} run block"), detail).at(span);
        }
        let hint = formwork_diag::nearest(name, self.names.iter().map(|name| &**name));
        let hint = hint.map(|near| format!(" Did you mean {near:?}?")).unwrap_or_default();
        let detail = format!("The file has no run named {name:?}.{hint}");
        Diagnostic::error("Reference to undeclared run block", detail).at(span)
    }
}

/// The name behind the root of a reference.
pub(crate) fn first_name(traversal: &Traversal) -> Result<&str, Diagnostics> {
    match traversal.steps.first() {
        Some(TraversalStep::Attribute { name, .. }) => Ok(name),
        _ => {
            let detail = format!("{:?} must be followed by a dot and a name.", &*traversal.root);
            Err(Diagnostic::error("Invalid reference", detail).at(traversal.span).into())
        }
    }
}

impl Scope for FileScope<'_> {
    fn reference(&self, traversal: &Traversal) -> Result<(Value, usize), Diagnostics> {
        match (&*traversal.root, &self.runs) {
            ("run", Some(runs)) => runs.get(traversal),
            ("var", _) => {
                let name = first_name(traversal)?;
                self.variables.get(name).map(|value| (value.clone(), 1)).ok_or_else(|| {
                    let detail = format!(
                        "No value for the variable {name:?} is known here. Give it one in the variables block of the \
                         file, or on the command line."
                    );
                    Diagnostic::error("Reference to unavailable variable", detail).at(traversal.span).into()
                })
            }
            _ => {
                let detail = match self.runs {
                    Some(_) => {
                        "Only variables (var.NAME) and outputs of earlier runs (run.NAME.OUTPUT) can be used here."
                    }
                    None => "Only variables that are given from outside of the file (var.NAME) can be used here.",
                };
                Err(Diagnostic::error("Invalid reference", detail).at(traversal.span).into())
            }
        }
    }

    fn function(&self, name: &FunctionName) -> Result<&dyn Function, Diagnostic> {
        self.evaluator.function(name)
    }
}

/// Names in assertions: everything in the root of the module under test, its outputs, what the file gives for variables,
/// and earlier runs.
pub(crate) struct AssertionScope<'a> {
    pub evaluator: &'a Evaluator,
    pub root: InstanceScope<'a>,
    pub runs: Runs<'a>,
    /// Values that the file and the run give, also for variables that the module does not declare.
    pub given: &'a BTreeMap<Str, Value>,
}

impl Scope for AssertionScope<'_> {
    fn reference(&self, traversal: &Traversal) -> Result<(Value, usize), Diagnostics> {
        match &*traversal.root {
            "run" => self.runs.get(traversal),
            "output" => self.output(traversal),
            "var" => match self.undeclared(traversal) {
                Some(value) => Ok((value.clone(), 1)),
                None => self.root.reference(traversal),
            },
            "check" => {
                let detail = "Check blocks have no value. Whether one fails is told by the run, and expected with expect_failures.";
                let problem = Diagnostic::error("Reference to \"check\" in invalid context", detail);
                Err(problem.at(traversal.span).into())
            }
            _ => self.root.reference(traversal),
        }
    }

    fn indexed_reference(&self, traversal: &Traversal, key: &Value) -> Option<Result<Value, Diagnostics>> {
        match &*traversal.root {
            "run" | "output" => None,
            _ => self.root.indexed_reference(traversal, key),
        }
    }

    fn function(&self, name: &FunctionName) -> Result<&dyn Function, Diagnostic> {
        self.root.function(name)
    }
}

impl AssertionScope<'_> {
    /// The value of a variable that only the test has.
    fn undeclared(&self, traversal: &Traversal) -> Option<&Value> {
        let name = first_name(traversal).ok()?;
        let declared = self.evaluator.module_config(ModuleId::ROOT).variables.contains_key(name);
        if declared { None } else { self.given.get(name) }
    }

    fn output(&self, traversal: &Traversal) -> Result<(Value, usize), Diagnostics> {
        let name = first_name(traversal)?;
        let module = self.evaluator.module_config(ModuleId::ROOT);
        if !module.outputs.contains_key(name) {
            let hint = formwork_diag::nearest(name, module.outputs.keys().map(|name| &**name));
            let hint = hint.map(|near| format!(" Did you mean {near:?}?")).unwrap_or_default();
            let detail = format!("The module under test has no output named {name:?}.{hint}");
            let end = traversal.steps.first().map_or(traversal.root_span, TraversalStep::span);
            let span = traversal.root_span.to(end);
            return Err(Diagnostic::error("Reference to undeclared output value", detail).at(span).into());
        }
        Ok((self.evaluator.output(ModuleId::ROOT, &name.into())?, 1))
    }
}
