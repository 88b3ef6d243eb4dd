//! Problems: summaries, places, and the values that take part.

use crate::scope::evaluate_text;
use formwork_diag::{Diagnostic, FileId, Sources};
use formwork_hcl::parse;

/// Each problem as `line:summary`.
fn syntax_problems(text: &str) -> Vec<String> {
    let mut sources = Sources::new();
    let file = sources.add("main.tf", text);
    let (_, diagnostics) = parse(file, text);
    let line = |problem: &Diagnostic| sources.get(file).expect("added").line(problem.span.expect("has a place").start);
    diagnostics.iter().map(|problem| format!("{}:{}", line(problem), problem.summary)).collect()
}

#[test]
fn syntax_errors_have_place_and_summary() {
    let cases: &[(&str, &[&str])] = &[
        ("a {\n  b = 1\n", &["1:Unclosed configuration block"]),
        ("a = 1\n}\n", &["2:Argument or block definition required"]),
        ("a {\n  b 1\n}\n", &["2:Argument or block definition required"]),
        ("a {\n  b =\n  c = 2\n}\n", &["2:Invalid expression"]),
        ("a {\n  b = 1 c = 2\n}\n", &["2:Missing newline after argument"]),
        ("a { b = 1, c = 2 }\n", &["1:Invalid single-argument block definition"]),
        ("a { b {} }\n", &["1:Argument definition required"]),
        ("a = 1\nb = 2\na = 3\n", &["3:Attribute redefined"]),
        ("a = 1 ; b = 2\n", &["1:Invalid character", "1:Missing newline after argument"]),
        ("a = `x`\n", &["1:Invalid character", "1:Invalid expression"]),
        ("a 'x' {\n  b = 1\n}\n", &["1:Invalid character", "1:Argument or block definition required"]),
        ("a {\n  \"b\" = 1\n}\n", &["2:Invalid argument name"]),
        ("a \"x\"\n{\n  b = 1\n}\nc = 1\n", &["1:Invalid block definition"]),
        ("a \"x${1}\" {\n}\n", &["1:Invalid string literal"]),
        (
            "a = \"open\nb = 2\n",
            &["1:Invalid multi-line string", "2:Invalid multi-line string", "1:Unterminated template string"],
        ),
        ("a = 1.2.3\n", &["1:Invalid number literal"]),
        ("a = 1..2\nb = 10.11.10.12/32\n", &["1:Invalid number literal", "2:Invalid number literal"]),
        ("a = x.0.1\n", &["1:Invalid legacy index syntax"]),
        ("a = [1, 2\nb = 3\n", &["2:Missing item separator"]),
        ("a = f(1\n", &["1:Unterminated function call"]),
        ("a = f(1 2)\n", &["1:Missing argument separator"]),
        ("a = f(x... 1)\n", &["1:Missing closing parenthesis"]),
        ("a = (1\n", &["2:Unbalanced parentheses"]),
        ("a = { b = 1 c = 2 }\n", &["1:Missing attribute separator"]),
        ("a = { b => 1 }\n", &["1:Missing key/value separator"]),
        ("a = true & false\n", &["1:Unsupported operator", "1:Missing newline after argument"]),
        ("a = [1, 2]...\n", &["1:Missing newline after argument"]),
        ("a = [for a b in c : d]\n", &["1:Invalid 'for' expression"]),
        ("a = {for x in y : x}\n", &["1:Invalid 'for' expression"]),
        ("a = [for x in y : x => x]\n", &["1:Invalid 'for' expression"]),
        ("a = b.\n", &["1:Invalid attribute name"]),
        ("a = b.*.c.*\n", &["1:Nested splat expression not allowed"]),
        ("a = b[*\n", &["2:Missing close bracket on splat index"]),
        ("a = b[1\n", &["2:Missing close bracket on index"]),
        ("a = x ? 1\n", &["1:Missing false expression in conditional"]),
        ("a = \"x\\q\"\n", &["1:Invalid escape sequence"]),
        ("a = \"x\\u12\"\n", &["1:Invalid escape sequence"]),
        ("a = \"${}\"\n", &["1:Invalid expression"]),
        ("a = \"${1 2}\"\n", &["1:Extra characters after interpolation expression"]),
        ("a = \"%{ if x }\"\n", &["1:Unexpected end of template"]),
        ("a = \"%{ endif }\"\n", &["1:Unexpected endif directive"]),
        ("a = \"%{ while }\"\n", &["1:Invalid template control keyword"]),
        ("a = <<E\nx\n", &["3:Unterminated template string"]),
        ("a = 1\n/* x\nb = 2\n", &["2:Unclosed comment"]),
        ("a {\n} extra\nb = 2\n", &["2:Missing newline after block definition"]),
        ("a = a::b\n", &["1:Missing open parenthesis"]),
        ("1a = 1\nb = 2\n", &["1:Argument or block definition required"]),
    ];
    for (text, expected) in cases {
        assert_eq!(syntax_problems(text), *expected, "{text}");
    }
}

#[test]
fn one_run_reports_the_errors_of_all_blocks() {
    let text = "locals {\n  a =\n  b = 2 c\n}\noutput \"x\" {\n  value = [1, 2\n}\nvariable \"v\" {\n  default = {\n    k = (1\n\
                }\noutput \"y\" {\n  value = 5 5\n}\n";
    let (_, diagnostics) = parse(FileId(0), text);
    assert_eq!(syntax_problems(text), ["2:Invalid expression"], "what may follow from it is no error of its own");
    let others = [
        "line 3: Missing newline after argument",
        "line 7: Missing item separator",
        "line 11: Unbalanced parentheses",
        "line 13: Missing newline after argument",
    ];
    let detail = &diagnostics.iter().next().expect("an error").detail;
    assert!(detail.ends_with(&format!(": {}.", others.join("; "))), "{detail}");
}

#[test]
fn what_is_well_formed_is_read_in_spite_of_errors() {
    let text = "a \"x\" {\n  ok = 1\n  bad = [1 2]\n}\nb \"y\" {\n  ok = 2\n}\nc = 3\n";
    let (body, diagnostics) = parse(FileId(0), text);
    assert_eq!(diagnostics.errors(), 1);
    let (attributes, blocks) = body.names();
    let names = |list: Vec<&formwork_hcl::Ident>| list.iter().map(|ident| ident.name.to_string()).collect::<Vec<_>>();
    assert_eq!((names(attributes), names(blocks)), (vec!["c".to_string()], vec!["a".to_string(), "b".to_string()]));
}

/// The only problem of an expression: `summary @underlined text`, and the values shown.
fn problem_of(text: &str) -> (String, Vec<String>) {
    let evaluated = evaluate_text(text);
    let problems: Vec<String> = evaluated
        .diagnostics
        .iter()
        .map(|problem| {
            let span = problem.span.expect("has a place");
            format!("{} @{}", problem.summary, &text[span.start as usize..span.end as usize])
        })
        .collect();
    let values = evaluated.diagnostics.iter().flat_map(|problem| &problem.values);
    (problems.join(", "), values.map(|note| format!("{} {}", note.traversal, note.statement)).collect())
}

#[test]
fn evaluation_errors_have_place_summary_and_values() {
    let deep = "{a = o}.a.b";
    let cases: &[(&str, &str, &[&str])] = &[
        ("o.alpa", "Unsupported attribute @.alpa", &[]),
        ("{a = o}.b", "Unsupported attribute @.b", &[]),
        (deep, "Unsupported attribute @.b", &[]),
        ("o.alpha.x", "Unsupported attribute @.x", &["o.alpha is 1"]),
        ("l[5]", "Invalid index @[5]", &[]),
        ("l[num]", "Invalid index @[num]", &[]),
        ("l[o.alpha - 2]", "Invalid index @[o.alpha - 2]", &["o.alpha is 1"]),
        ("l[0.5]", "Invalid index @[0.5]", &[]),
        ("l[\"a\"]", "Invalid index @[\"a\"]", &[]),
        ("m.z", "Missing map element @.z", &[]),
        ("m[\"z\"]", "Invalid index @[\"z\"]", &[]),
        ("s.x", "Unsupported attribute @.x", &[]),
        ("s[0]", "Invalid index @[0]", &[]),
        ("toset([1])[0]", "Invalid index @[0]", &[]),
        ("n.x", "Attempt to get attribute from null value @.x", &[]),
        ("n[0]", "Attempt to index null value @[0]", &[]),
        ("l[n]", "Invalid index @[n]", &[]),
        ("n[*].x[0]", "", &[]),
        ("l[*].x", "Unsupported attribute @.x, Unsupported attribute @.x", &[]),
        ("1 + \"x\"", "Invalid operand @\"x\"", &[]),
        ("1 + n", "Operation failed @1 + n", &[]),
        ("-\"x\"", "Invalid operand @\"x\"", &[]),
        ("!s", "Invalid operand @s", &[]),
        ("s && true", "Invalid operand @s", &[]),
        ("0 / 0", "Operation failed @0 / 0", &[]),
        ("s ? 1 : 2", "Incorrect condition type @s", &[]),
        ("n ? 1 : 2", "Null condition @n", &[]),
        ("true ? 1 : [1]", "Inconsistent conditional result types @1 : [1]", &[]),
        ("\"a${l}\"", "Invalid template interpolation value @l", &[]),
        ("\"a${n}\"", "Invalid template interpolation value @n", &[]),
        ("[for x in s : x]", "Iteration over non-iterable value @s", &[]),
        ("[for x in n : x]", "Iteration over null value @n", &[]),
        ("[for x in l : x if s]", "Invalid 'for' condition @s", &[]),
        ("[for x in l : x if null]", "Condition is null @null", &[]),
        ("{for x in [\"a\", \"a\"] : x => 1}", "Duplicate object key @x", &[]),
        ("{for x in l : null => 1}", "Invalid object key @null", &[]),
        ("{(null) = 1}", "Null value as key @(null)", &[]),
        ("{(l) = 1}", "Incorrect key type @(l)", &[]),
        ("[for x in [o] : x.zeta]", "Unsupported attribute @.zeta", &[]),
        ("[for x in [o] : x.alpha.y]", "Unsupported attribute @.y", &["x.alpha is 1"]),
        ("upper()", "Not enough function arguments @)", &[]),
        ("upper(1, 2)", "Too many function arguments @2", &[]),
        ("list(1)", "Not enough function arguments @)", &[]),
        ("upper(l)", "Invalid function argument @l", &[]),
        ("fail()", "Error in function call @fail", &[]),
        ("nope(o.zeta)", "Call to unknown function @nope, Unsupported attribute @.zeta", &[]),
        ("list(s...)", "Invalid expanding argument value @s", &[]),
        ("list(n...)", "Invalid expanding argument value @n", &[]),
        ("none.a + other.b", "Unknown name @none.a, Unknown name @other.b", &[]),
        ("{a = {b = o.alpha + [m.k]}}", "Invalid operand @[m.k]", &["m.k is 1"]),
    ];
    for (text, expected, values) in cases {
        let (problem, notes) = problem_of(text);
        assert_eq!((problem.as_str(), notes.as_slice()), (*expected, values.map_to_strings().as_slice()), "{text}");
    }
}

trait MapToStrings {
    fn map_to_strings(&self) -> Vec<String>;
}

impl MapToStrings for &[&str] {
    fn map_to_strings(&self) -> Vec<String> {
        self.iter().map(|text| (*text).to_string()).collect()
    }
}

#[test]
fn messages_name_near_misses_and_functions() {
    let detail =
        |text: &str| evaluate_text(text).diagnostics.iter().next().map(|d| d.detail.clone()).unwrap_or_default();
    assert!(detail("o.alpa").contains("Did you mean \"alpha\"?"));
    assert!(!detail("m[\"j\"]").contains("Did you mean"), "no letter in common");
    let call = evaluate_text("list(1)").diagnostics.into_iter().next().and_then(|d| d.function_call);
    assert_eq!(call.map(|call| call.signature), Some("list(first, second, rest...)".to_string()));
}

#[test]
fn secrets_do_not_show_in_notes() {
    let texts = [
        "{a = sens}.a.b + {x = 1}[sens]",
        "[for x in sensitive([{k = \"secret\"}]) : x.k.y]",
        "[for x in sensitive([\"secret\"]) : m[x]]",
        "{for x in sensitive([\"secret\", \"secret\"]) : x => 1}",
        "\"%{ for x in sensitive([\"secret\"]) }${o[x]}%{ endfor }\"",
        "sensitive({secret = 1}).secrte",
        "upper([sens])",
    ];
    for text in texts {
        let evaluated = evaluate_text(text);
        assert!(evaluated.diagnostics.has_errors(), "{text}");
        assert!(!format!("{:?}", evaluated.diagnostics).contains("secret"), "{text}: {:?}", evaluated.diagnostics);
    }
}
