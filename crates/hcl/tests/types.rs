//! Type constraints and defaults.

use crate::scope::evaluate_text;
use formwork_diag::FileId;
use formwork_hcl::{apply_defaults, parse_expression, type_constraint};
use formwork_value::{convert, print};

fn read(text: &str) -> Result<String, String> {
    let (expr, diagnostics) = parse_expression(FileId(0), text, 0);
    assert!(diagnostics.is_empty(), "{text}");
    match type_constraint(&expr) {
        Ok((ty, _)) => Ok(ty.to_string()),
        Err(problems) => {
            let problem = problems.into_iter().next().expect("a problem");
            let span = problem.span.expect("a place");
            Err(format!("{} @{}", problem.summary, &text[span.start as usize..span.end as usize]))
        }
    }
}

#[test]
fn constraints_are_read() {
    let cases = [
        ("string", "string"),
        ("any", "any"),
        ("list", "list(any)"),
        ("map", "map(any)"),
        ("list(any)", "list(any)"),
        ("set(map(number))", "set(map(number))"),
        ("tuple([string, bool])", "tuple([string, bool])"),
        ("object({b = string, a = optional(number, 1)})", "object({a = optional(number), b = string})"),
        ("object({})", "object({})"),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text), Ok(expected.to_string()), "{text}");
    }
}

#[test]
fn what_is_no_constraint_is_refused() {
    let cases = [
        ("set", "Invalid type specification @set"),
        ("object", "Invalid type specification @object"),
        ("\"string\"", "Invalid quoted type constraints @\"string\""),
        ("strng", "Invalid type specification @strng"),
        ("list(foo)", "Invalid type specification @foo"),
        ("list()", "Invalid type specification @list()"),
        ("list(string, number)", "Invalid type specification @number"),
        ("object(string)", "Invalid type specification @string"),
        ("object({\"a\" = string})", "Invalid type specification @\"a\""),
        ("object({a = string, a = number})", "Invalid type specification @a"),
        ("object({a = optional()})", "Invalid type specification @optional()"),
        ("object({a = optional(number, \"x\")})", "Invalid default value for optional attribute @\"x\""),
        ("object({a = optional(string, var.x)})", "Variables not allowed @var.x"),
        ("object({a = optional(string, upper(\"x\"))})", "Function calls not allowed @upper"),
        ("optional(string)", "Invalid type specification @optional"),
        ("tuple(string)", "Invalid type specification @string"),
        ("string(number)", "Invalid type specification @string(number)"),
        ("foo(string)", "Invalid type specification @foo(string)"),
        ("a::list(string)", "Invalid type specification @a::list"),
        ("null", "Invalid type specification @null"),
        ("1 + 1", "Invalid type specification @1 + 1"),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text), Err(expected.to_string()), "{text}");
    }
}

#[test]
fn defaults_fill_what_is_absent_or_null() {
    let inner =
        "object({a = string, b = optional(string, \"dflt\"), c = optional(object({d = optional(number, 7)}), {})})";
    let cases = [
        (inner, "{a = \"x\"}", "{a = \"x\", b = \"dflt\", c = {d = 7}}"),
        (inner, "{a = \"x\", b = null, c = {d = 1}}", "{a = \"x\", b = \"dflt\", c = {d = 1}}"),
        (inner, "{a = \"x\", b = \"\", c = null}", "{a = \"x\", b = \"\", c = {d = 7}}"),
        ("list(object({b = optional(number, 1)}))", "[{}, {b = 2}, null]", "[{b = 1}, {b = 2}, null]"),
        ("map(object({b = optional(number, 1)}))", "{k = {}}", "{k = {b = 1}}"),
        ("set(object({b = optional(number, 1)}))", "[{}, {b = 1}]", "[{b = 1}]"),
        ("tuple([string, object({b = optional(number, 1)})])", "[\"x\", {}]", "[\"x\", {b = 1}]"),
        ("object({b = optional(list(string))})", "{}", "{b = null}"),
    ];
    for (constraint, value, expected) in cases {
        let (expr, _) = parse_expression(FileId(0), constraint, 0);
        let (ty, defaults) = type_constraint(&expr).expect(constraint);
        let fill = |text: &str| {
            let filled = apply_defaults(&evaluate_text(text).value, &defaults);
            convert(&filled, &ty).unwrap_or_else(|error| panic!("{text}: {error}"))
        };
        let plain = convert(&evaluate_text(expected).value, &ty).expect(expected);
        assert_eq!(print(&fill(value)), print(&plain), "{constraint} {value}");
    }
}
