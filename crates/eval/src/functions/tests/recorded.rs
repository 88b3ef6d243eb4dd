//! Thousands of generated expressions with what the reference makes of them; `recorded/record` writes the files.

use super::{Phase, TestScope, scope};
use formwork_diag::FileId;
use formwork_hcl::{evaluate, parse_expression};
use formwork_value::{Kind, ObjectType, Type, Value, print};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The value as it is shown as the only element of a list in a list, without the two lists; `!` for an error.
fn shown(source: &str, scope: &TestScope) -> (String, String) {
    let (expr, problems) = parse_expression(FileId(0), source, 0);
    let evaluated = evaluate(&expr, scope);
    if let Some(first) = problems.iter().chain(evaluated.diagnostics.iter()).find(|problem| problem.is_error()) {
        return ("!".into(), format!("{}: {}", first.summary, first.detail));
    }
    let text = print(&Value::tuple([Value::tuple([evaluated.value])]));
    let lines: Vec<&str> = text.split('\n').collect();
    let inner = lines.get(2..lines.len().saturating_sub(2)).unwrap_or_default();
    let text = inner.iter().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect::<Vec<_>>().join("\n");
    (text.strip_suffix(',').unwrap_or(&text).to_string(), String::new())
}

/// Expressions for which the reference is not followed.
const DIFFERENT: &str = include_str!("recorded/different.txt");

fn check(file: &str, scope: &TestScope, shown: fn(&str, &TestScope) -> (String, String)) {
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in format!("\n{file}").split("\n>>> ").skip(1) {
        let (source, expected) = case.split_once('\n').unwrap_or((case, ""));
        let (actual, problem) = shown(source, scope);
        count += 1;
        let differs = actual != expected.trim_end_matches('\n');
        if differs != DIFFERENT.lines().any(|line| line == source) {
            wrong.push(format!(">>> {source}\n-- expected\n{expected}\n-- actual\n{actual} {problem}\n"));
        }
    }
    assert!(count > 1000, "there are few cases");
    assert!(wrong.is_empty(), "{} of {count} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn calls() {
    check(include_str!("recorded/calls.txt"), &scope(Phase::Console), shown);
}

#[test]
fn expressions() {
    check(include_str!("recorded/expressions.txt"), &scope(Phase::Console), shown);
}

/// What a plan knows of a value, as JSON; `!` for an error.
fn planned(source: &str, scope: &TestScope) -> (String, String) {
    let (expr, problems) = parse_expression(FileId(0), source, 0);
    let evaluated = evaluate(&expr, scope);
    if let Some(first) = problems.iter().chain(evaluated.diagnostics.iter()).find(|problem| problem.is_error()) {
        return ("!".into(), format!("{}: {}", first.summary, first.detail));
    }
    let mut text = String::new();
    write(&mut text, &evaluated.value);
    (text, String::new())
}

fn write(out: &mut String, value: &Value) {
    match value.kind() {
        Kind::Unknown(..) => out.push_str("{\"?\": \"#1\"}"),
        Kind::Null(_) => out.push_str("null"),
        Kind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Kind::Number(number) => write_text(out, &format!("#{number}")),
        Kind::String(text) => write_text(out, text),
        _ => match (value.as_sequence(), value.as_mapping()) {
            (Some(items), _) => write_all(out, ['[', ']'], items, write),
            (_, Some(entries)) => write_all(out, ['{', '}'], entries, |out, (name, item)| {
                write_text(out, name);
                out.push_str(": ");
                write(out, item);
            }),
            _ => {}
        },
    }
}

fn write_all<T>(out: &mut String, brackets: [char; 2], items: impl IntoIterator<Item = T>, write: fn(&mut String, T)) {
    out.push(brackets[0]);
    for (index, item) in items.into_iter().enumerate() {
        out.push_str(if index > 0 { ", " } else { "" });
        write(out, item);
    }
    out.push(brackets[1]);
}

fn write_text(out: &mut String, text: &str) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

#[test]
fn unknowns() {
    let mut scope = scope(Phase::Plan);
    let object = ObjectType {
        attributes: [("a".into(), Type::String), ("b".into(), Type::Number)].into(),
        optional: BTreeSet::new(),
    };
    let types = [
        ("un", Type::Number),
        ("ub", Type::Bool),
        ("uz", Type::String),
        ("ul", Type::list(Type::String)),
        ("uln", Type::list(Type::Number)),
        ("um", Type::map(Type::String)),
        ("ue", Type::set(Type::String)),
        ("uo", Type::Object(Arc::new(object))),
        ("ut", Type::tuple([Type::String, Type::Number])),
    ];
    scope.names.extend(types.into_iter().map(|(name, ty)| (name.into(), Value::unknown(ty))));
    check(include_str!("recorded/unknowns.txt"), &scope, planned);
}
