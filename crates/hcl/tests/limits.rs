//! What is long works, what is deep or explodes is refused.

use formwork_diag::{Diagnostic, Diagnostics, FileId};
use formwork_hcl::{
    BinaryOp, EmptyScope, ExprKind, Function, FunctionName, Scope, Traversal, evaluate, format, limits, parse,
    parse_expression, references,
};
use formwork_value::Value;
use std::cell::Cell;

fn value_of(text: &str) -> Value {
    let (expr, problems) = parse_expression(FileId(0), text, 0);
    assert!(problems.is_empty(), "{problems:?}");
    let evaluated = evaluate(&expr, &EmptyScope);
    assert!(evaluated.diagnostics.is_empty(), "{:?}", evaluated.diagnostics);
    evaluated.value
}

#[test]
fn rows_of_operators_have_no_limit() {
    let many = 100_000;
    let sum = format!("1{}", " + 1".repeat(many));
    assert_eq!(value_of(&sum), Value::from(100_001));
    assert_eq!(value_of(&format!("2{}", " * 1 - 1 + 1".repeat(many))), Value::from(2));
    assert_eq!(value_of(&format!("true{}", " && true".repeat(many))), Value::from(true));
    assert_eq!(value_of(&format!("false{} || 1 == 1", " || false".repeat(many))), Value::from(true));
    assert_eq!(value_of(&format!("1{} == {}", " + 1".repeat(many), many + 1)), Value::from(true));
    let file = format!("a={}\n", sum);
    assert_eq!(format(&file).unwrap(), format!("a = {sum}\n"));
    let (expr, _) = parse_expression(FileId(0), &format!("a{}", " + b.c".repeat(many)), 0);
    assert_eq!(references(&expr).len(), many + 1);
    assert_eq!(expr.clone(), expr);
}

#[test]
fn a_row_is_read_from_left_to_right() {
    let (expr, _) = parse_expression(FileId(0), "a - b * c - d == e || f", 0);
    let ExprKind::Binary { rest, .. } = &expr.kind else { panic!("operators") };
    let operators: Vec<BinaryOp> = rest.iter().map(|step| step.op).collect();
    use BinaryOp::*;
    assert_eq!(operators, [Subtract, Subtract, Equal, Or]);
}

/// A scope with one value, and few steps.
struct Given {
    value: Value,
    steps: Cell<u64>,
}

impl Scope for Given {
    fn reference(&self, _: &Traversal) -> Result<(Value, usize), Diagnostics> {
        Ok((self.value.clone(), 0))
    }

    fn steps_left(&self) -> Option<&Cell<u64>> {
        Some(&self.steps)
    }

    fn function(&self, name: &FunctionName) -> Result<&dyn Function, Diagnostic> {
        Err(Diagnostic::error("No function", name.name.to_string()))
    }
}

/// The summaries of the problems of an expression about a value.
fn problems(text: &str, value: Value, steps: u64) -> Vec<String> {
    let (expr, problems) = parse_expression(FileId(0), text, 0);
    assert!(problems.is_empty(), "{problems:?}");
    let evaluated = evaluate(&expr, &Given { value, steps: Cell::new(steps) });
    assert!(!evaluated.diagnostics.has_errors() || !evaluated.value.is_wholly_known());
    evaluated.diagnostics.iter().map(|problem| problem.summary.clone()).collect()
}

#[test]
fn values_that_explode_by_sharing_are_refused() {
    let doubled = |levels: usize, start: &str| {
        (0..levels).fold(start.to_owned(), |inner, level| format!("[for v{level} in [{inner}] : [v{level}, v{level}]]"))
    };
    let few = limits::STEPS;
    assert!(problems(&doubled(10, "x"), Value::from(true), few).is_empty());
    assert_eq!(problems(&doubled(40, "x"), Value::from(true), few), ["Value too large"]);
    let text = Value::string("x".repeat(1 << 20));
    assert_eq!(problems(&format!("[{}]", "x, ".repeat(2100)), text, few), ["Value too large"]);
    let twice = "\"${x}${x}\"";
    let half = Value::string("x".repeat(limits::TEXT_BYTES / 2 + 1));
    assert_eq!(problems(twice, half, few), ["String too long"]);
}

#[test]
fn values_have_bounded_depth() {
    let deep = |levels: u32| (0..levels).fold(Value::from(1), |inner, _| Value::tuple([inner]));
    assert!(problems("[x]", deep(limits::VALUE_DEPTH - 2), limits::STEPS).is_empty());
    assert_eq!(problems("[x]", deep(limits::VALUE_DEPTH), limits::STEPS), ["Value too large"]);
}

#[test]
fn work_is_bounded() {
    let list = Value::tuple((0..100).map(Value::from));
    let text = "[for a in x : [for b in x : a + b]]";
    assert!(problems(text, list.clone(), 100_000).is_empty());
    assert_eq!(problems(text, list, 5_000), ["Expression too large"]);
}

#[test]
fn large_files_are_told_what_to_do() {
    let text = "#".repeat(limits::FILE_BYTES + 1);
    let (_, problems) = parse(FileId(0), &text);
    let first = problems.iter().next().unwrap();
    assert_eq!(first.summary, "File too large");
    assert!(first.detail.contains("257 MiB") && first.detail.contains("256 MiB") && first.detail.contains("Split"));
}
