//! A scope for tests: names from a list, and a few functions.

use formwork_diag::{Diagnostic, Diagnostics, FileId};
use formwork_hcl::{
    Evaluated, Expr, Function, FunctionFailure, FunctionName, Scope, Traversal, evaluate, parse_expression,
};
use formwork_value::{Marks, Type, Value, convert};
use std::collections::BTreeMap;

pub struct TestScope(pub BTreeMap<String, Value>);

impl Scope for TestScope {
    fn reference(&self, traversal: &Traversal) -> Result<(Value, usize), Diagnostics> {
        match self.0.get(&*traversal.root) {
            Some(value) => Ok((value.clone(), 0)),
            None => {
                let detail = format!("There is no {}.", traversal.root);
                Err(Diagnostic::error("Unknown name", detail).at(traversal.span).into())
            }
        }
    }

    fn function(&self, name: &FunctionName) -> Result<&dyn Function, Diagnostic> {
        match FUNCTIONS.iter().find(|function| function.name == &*name.name && name.namespace.is_empty()) {
            Some(function) => Ok(function),
            None => Err(Diagnostic::error("Call to unknown function", "").at(name.span)),
        }
    }
}

struct TestFunction {
    name: &'static str,
    parameters: &'static [&'static str],
    variadic: Option<&'static str>,
}

const fn function(name: &'static str) -> TestFunction {
    TestFunction { name, parameters: &["v"], variadic: None }
}

static FUNCTIONS: &[TestFunction] = &[
    function("upper"),
    function("tolist"),
    function("toset"),
    function("tomap"),
    function("tostring"),
    function("tonumber"),
    function("tobool"),
    function("sensitive"),
    function("length"),
    TestFunction { name: "list", parameters: &["first", "second"], variadic: Some("rest") },
    TestFunction { name: "fail", parameters: &[], variadic: None },
    TestFunction { name: "try", parameters: &[], variadic: Some("expressions") },
];

fn bad(message: impl ToString) -> FunctionFailure {
    FunctionFailure { message: message.to_string(), argument: Some(0) }
}

fn upper(value: &Value) -> Result<Value, FunctionFailure> {
    let value = convert(value, &Type::String).map_err(|error| bad(error.message))?;
    let marks = value.marks();
    match value.as_str() {
        Some(text) => Ok(Value::string(text.to_uppercase()).with_marks(marks)),
        None if value.is_null() => Err(bad("argument must not be null")),
        None => Ok(Value::unknown_not_null(Type::String).with_marks(marks)),
    }
}

fn length(value: &Value) -> Result<Value, FunctionFailure> {
    match value.as_str() {
        Some(text) => Ok(Value::from(text.chars().count() as i64)),
        None => value.length().ok_or_else(|| bad("it has no length")),
    }
}

impl Function for TestFunction {
    fn parameters(&self) -> (&[&'static str], Option<&'static str>) {
        (self.parameters, self.variadic)
    }

    fn lazy(&self) -> bool {
        self.name == "try"
    }

    fn call(&self, args: &[Value]) -> Result<Value, FunctionFailure> {
        let none = Value::dynamic();
        let first = args.first().unwrap_or(&none);
        let to = |ty: Type| convert(first, &ty).map_err(|error| bad(error.message));
        match self.name {
            "upper" => upper(first),
            "length" => length(first),
            "tolist" => to(Type::list(Type::Dynamic)),
            "toset" => to(Type::set(Type::Dynamic)),
            "tomap" => to(Type::map(Type::Dynamic)),
            "tostring" => to(Type::String),
            "tonumber" => to(Type::Number),
            "tobool" => to(Type::Bool),
            "sensitive" => Ok(first.clone().with_marks(Marks::SENSITIVE)),
            "list" => Ok(Value::tuple(args.to_vec())),
            _ => Err(FunctionFailure { message: "it always does".into(), argument: None }),
        }
    }

    fn call_lazy(&self, args: &[Expr], scope: &dyn Scope) -> Evaluated {
        let first = args.iter().map(|arg| evaluate(arg, scope)).find(|result| !result.diagnostics.has_errors());
        first
            .unwrap_or_else(|| Evaluated { value: Value::dynamic(), diagnostics: Diagnostic::error("None", "").into() })
    }
}

/// Names that the tests of errors and unknowns use.
pub fn scope() -> TestScope {
    let values = [
        ("s", Value::string("str")),
        ("n", Value::null(Type::Dynamic)),
        ("num", Value::from(5)),
        ("l", Value::tuple([Value::from(1), Value::from(2)])),
        ("o", Value::object([("alpha", Value::from(1)), ("beta", Value::from(2))])),
        ("m", Value::map(Type::Number, [("k".into(), Value::from(1))].into_iter().collect())),
        ("sens", Value::string("secret").with_marks(Marks::SENSITIVE)),
        ("us", Value::unknown_not_null(Type::String)),
        ("ub", Value::unknown_not_null(Type::Bool)),
        ("un", Value::unknown_not_null(Type::Number)),
        ("ud", Value::dynamic()),
        ("ul", Value::unknown(Type::list(Type::object([("x", Type::Number)])))),
        ("uo", Value::unknown(Type::object([("x", Type::Number)]))),
    ];
    TestScope(values.into_iter().map(|(name, value)| (name.to_string(), value)).collect())
}

pub fn evaluate_text(text: &str) -> Evaluated {
    let (expr, diagnostics) = parse_expression(FileId(0), text, 0);
    if diagnostics.has_errors() {
        return Evaluated { value: Value::dynamic(), diagnostics };
    }
    evaluate(&expr, &scope())
}
