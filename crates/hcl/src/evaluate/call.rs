//! Function calls.

use super::evaluator::Evaluator;
use super::{BoundScope, Function, FunctionFailure};
use crate::limits::BYTES_PER_STEP;
use crate::{Expr, ExprKind, FunctionName};
use formwork_diag::{Diagnostic, FunctionCall, Span};
use formwork_value::{Kind, Marks, Type, Value};

/// Arguments ready for a call: values with the expressions they came from.
struct Arguments<'e> {
    values: Vec<Value>,
    sources: Vec<&'e Expr>,
    marks: Marks,
}

/// What a call of a function is about, for messages.
struct Call<'e, 'f> {
    expr: &'e Expr,
    name: &'e FunctionName,
    function: &'f dyn Function,
}

impl<'s> Evaluator<'s> {
    pub fn call(&mut self, expr: &Expr, name: &FunctionName, args: &[Expr], expand_last: bool) -> Value {
        let scope = self.scope;
        let function = match scope.function(name) {
            Ok(function) => function,
            Err(problem) => {
                self.diagnostics.push(problem.at_opt(None));
                // Problems in the arguments are told in the same run.
                args.iter().for_each(|arg| drop(self.eval(arg)));
                return Value::dynamic();
            }
        };
        let call = Call { expr, name, function };
        if function.lazy() && !expand_last {
            return self.call_lazily(&call, args);
        }
        let (arguments, failed) = self.checked(|evaluator| evaluator.arguments(&call, args, expand_last));
        let Some(arguments) = arguments.filter(|_| !failed) else { return Value::dynamic() };
        if !self.check_count(&call, &arguments.sources) {
            return Value::dynamic();
        }
        if function.lazy() {
            let literals: Vec<Expr> = arguments
                .values
                .iter()
                .zip(&arguments.sources)
                .map(|(value, source)| Expr { kind: ExprKind::Literal(value.clone()), span: source.span })
                .collect();
            return self.call_lazily(&call, &literals);
        }
        let text: usize = arguments.values.iter().filter_map(Value::as_str).map(str::len).sum();
        if !self.burn(text as u64 / BYTES_PER_STEP, expr.span) {
            return Value::dynamic();
        }
        match function.call(&arguments.values) {
            Ok(value) => value.with_marks(arguments.marks),
            Err(failure) => self.call_failed(&call, &arguments, failure),
        }
    }

    fn call_lazily(&mut self, call: &Call, args: &[Expr]) -> Value {
        let sources: Vec<&Expr> = args.iter().collect();
        if !self.check_count(call, &sources) {
            return Value::dynamic();
        }
        let scope = BoundScope { steps: Some(self.steps), ..BoundScope::new(self.scope, &self.bindings) };
        let evaluated = call.function.call_lazy(args, &scope);
        for mut problem in evaluated.diagnostics {
            if problem.span.is_none() {
                problem.span = Some(call.expr.span);
            }
            self.diagnostics.push(problem);
        }
        evaluated.value
    }

    /// Evaluates the arguments and expands the last one; none if its elements are unknown or after an error.
    fn arguments<'e>(&mut self, call: &Call, args: &'e [Expr], expand_last: bool) -> Option<Arguments<'e>> {
        let mut values: Vec<Value> = args.iter().map(|arg| self.eval(arg)).collect();
        let mut sources: Vec<&Expr> = args.iter().collect();
        let mut marks = Marks::NONE;
        if expand_last && let (Some(last), Some(source)) = (values.pop(), sources.pop()) {
            marks = last.marks();
            match (last.kind(), last.as_sequence()) {
                (_, Some(items)) => {
                    values.extend(items.iter().cloned());
                    sources.resize(values.len(), source);
                }
                (Kind::Unknown(Type::Dynamic | Type::List(_) | Type::Set(_) | Type::Tuple(_), _), _) => return None,
                (Kind::Null(_), _) => {
                    self.call_problem(
                        call,
                        source,
                        "Invalid expanding argument value",
                        "The argument expanded by \"...\" is null.",
                    );
                    return None;
                }
                _ => {
                    let detail = "The argument expanded by \"...\" must be a list, set or tuple.";
                    self.call_problem(call, source, "Invalid expanding argument value", detail);
                    return None;
                }
            }
        }
        Some(Arguments { values, sources, marks })
    }

    fn check_count(&mut self, call: &Call, sources: &[&Expr]) -> bool {
        let (parameters, variadic) = call.function.parameters();
        let name = full_name(call.name);
        if let Some(missing) = parameters.get(sources.len()) {
            let detail = format!(
                "The function \"{name}\" takes {} argument{}; the one for \"{missing}\" is missing.",
                at_least(parameters.len(), variadic.is_some()),
                if parameters.len() == 1 { "" } else { "s" },
            );
            let end = call.expr.span.end;
            let span = Span { start: end.saturating_sub(1), ..call.expr.span };
            let problem = Diagnostic::error("Not enough function arguments", detail).at(span);
            self.push_call_problem(call, problem);
            return false;
        }
        if variadic.is_none()
            && let Some(extra) = sources.get(parameters.len())
        {
            let detail = format!("The function \"{name}\" takes {} only.", count(parameters.len()));
            let problem = Diagnostic::error("Too many function arguments", detail).at(extra.span);
            self.push_call_problem(call, problem);
            return false;
        }
        true
    }

    fn call_failed(&mut self, call: &Call, arguments: &Arguments, failure: FunctionFailure) -> Value {
        let name = full_name(call.name);
        let FunctionFailure { message, argument } = failure;
        if let Some((index, source)) = argument.and_then(|i| arguments.sources.get(i).map(|source| (i, source))) {
            let (parameters, variadic) = call.function.parameters();
            let parameter = parameters.get(index).copied().or(variadic).unwrap_or("");
            let detail = format!("The value for the parameter \"{parameter}\" does not fit: {message}.");
            self.call_problem(call, source, "Invalid function argument", &detail);
        } else {
            let detail = format!("The call of \"{name}\" failed: {message}.");
            let mut problem = Diagnostic::error("Error in function call", detail).at(call.name.span);
            problem.values = self.notes(call.expr);
            self.push_call_problem(call, problem);
        }
        Value::dynamic()
    }

    fn call_problem(&mut self, call: &Call, source: &Expr, summary: &str, detail: &str) {
        let mut problem = Diagnostic::error(summary, detail).at(source.span);
        problem.values = self.notes(source);
        self.push_call_problem(call, problem);
    }

    fn push_call_problem(&mut self, call: &Call, mut problem: Diagnostic) {
        let called_as = full_name(call.name);
        let (parameters, variadic) = call.function.parameters();
        let mut names: Vec<String> = parameters.iter().map(|p| (*p).to_string()).collect();
        names.extend(variadic.map(|name| format!("{name}...")));
        let signature = format!("{called_as}({})", names.join(", "));
        problem.function_call = Some(FunctionCall { called_as, signature });
        self.diagnostics.push(problem);
    }
}

fn full_name(name: &FunctionName) -> String {
    let parts: Vec<&str> = name.namespace.iter().chain([&name.name]).map(|part| &**part).collect();
    parts.join("::")
}

fn at_least(count: usize, more: bool) -> String {
    if more { format!("at least {count}") } else { count.to_string() }
}

fn count(n: usize) -> String {
    match n {
        0 => "no arguments".to_string(),
        1 => "one argument".to_string(),
        _ => format!("{n} arguments"),
    }
}
