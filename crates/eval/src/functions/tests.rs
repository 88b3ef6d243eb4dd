//! Expressions and their values. Each file has, for each expression after `>>> `, how its value is shown: as the reference
//! shows it, or `!` for an error.

use super::Functions;
use crate::{Environment, Phase};
use formwork_diag::{Diagnostic, Diagnostics, FileId};
use formwork_hcl::{Function, FunctionName, Scope, Traversal, evaluate, parse_expression, print};
use formwork_model::{Entropy, Files};
use formwork_value::{Str, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

mod world;

/// Functions, and a few names.
struct TestScope {
    functions: Functions,
    names: BTreeMap<Str, Value>,
}

impl Scope for TestScope {
    fn reference(&self, traversal: &Traversal) -> Result<(Value, usize), Diagnostics> {
        match self.names.get(&traversal.root) {
            Some(value) => Ok((value.clone(), 0)),
            None => Err(Diagnostic::error("Unknown name", &*traversal.root).at(traversal.span).into()),
        }
    }

    fn function(&self, name: &FunctionName) -> Result<&dyn Function, Diagnostic> {
        self.functions.get(name)
    }
}

fn scope(phase: Phase) -> TestScope {
    let names = [("text", Value::unknown(formwork_value::Type::String)), ("template", Value::from("Hello, ${name}!"))];
    TestScope {
        functions: Functions::new(&world::environment(phase)),
        names: names.into_iter().map(|(name, value)| (name.into(), value)).collect(),
    }
}

/// The value of an expression as shown inside of a list, or `!`.
fn shown(source: &str, scope: &TestScope) -> (String, String) {
    let (expr, problems) = parse_expression(FileId(0), source, 0);
    let evaluated = evaluate(&expr, scope);
    let all: Vec<&Diagnostic> = problems.iter().chain(evaluated.diagnostics.iter()).filter(|d| d.is_error()).collect();
    if let Some(first) = all.first() {
        return ("!".into(), format!("{}: {}", first.summary, first.detail));
    }
    let text = print(&Value::tuple([evaluated.value]));
    let lines = text.lines().collect::<Vec<_>>();
    let inner = lines.get(1..lines.len().saturating_sub(1)).unwrap_or_default();
    let text = inner.iter().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect::<Vec<_>>().join("\n");
    (text.strip_suffix(',').unwrap_or(&text).to_string(), String::new())
}

fn check(file: &str) {
    let scope = scope(Phase::Console);
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in format!("\n{file}").split("\n>>> ").skip(1) {
        let (source, expected) = case.split_once('\n').unwrap_or((case, ""));
        let (actual, problem) = shown(source, &scope);
        count += 1;
        if actual != expected.trim_end_matches('\n') {
            wrong.push(format!(">>> {source}\n-- expected\n{expected}\n-- actual\n{actual} {problem}\n"));
        }
    }
    assert!(count > 0, "there are no cases");
    assert!(wrong.is_empty(), "{} of {count} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

macro_rules! families {
    ($($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                check(include_str!(concat!("tests/", stringify!($name), ".txt")));
            }
        )*
    };
}

families!(
    collection,
    documents,
    format,
    encoding,
    filesystem,
    hash,
    network,
    nulls,
    numbers_times_networks,
    numeric,
    string,
    text,
    time,
    types
);
