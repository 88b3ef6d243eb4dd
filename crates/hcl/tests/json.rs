//! The JSON syntax.

use crate::scope::scope;
use formwork_diag::{Diagnostics, FileId};
use formwork_hcl::{
    Body, BodySchema, as_keyword, as_list, as_traversal, body_references, evaluate, parse_json, references,
    type_constraint,
};
use formwork_value::print;

fn body(text: &str) -> Body {
    let (body, diagnostics) = parse_json(FileId(0), text);
    assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
    body
}

fn summaries(diagnostics: &Diagnostics) -> Vec<String> {
    diagnostics.iter().map(|problem| problem.summary.clone()).collect()
}

#[test]
fn syntax_errors_have_place_and_summary() {
    let cases = [
        ("", "Missing value", 0),
        ("{\"a\": 1", "Unclosed object", 0),
        ("{\"a\": 1,}", "Trailing comma in object", 7),
        ("{\"a\": [1,]}", "Trailing comma in array", 8),
        ("{\"a\": 01}", "Invalid JSON number", 6),
        ("{\"a\": 1.}", "Invalid JSON number", 6),
        ("{'a': 1}", "Invalid object property name", 1),
        ("{\"a\" 1}", "Missing property value colon", 5),
        ("{\"a\": 'x'}", "Invalid start of value", 6),
        ("{\"a\": nul}", "Invalid JSON keyword", 6),
        ("{\"a\": \"x\ny\"}", "Invalid JSON string", 8),
        ("{\"a\": \"\\q\"}", "Invalid JSON string", 7),
        ("{} x", "Extraneous data after value", 3),
        ("{\"a\": 1 \"b\": 2}", "Missing attribute separator comma", 8),
    ];
    for (text, summary, at) in cases {
        let (_, diagnostics) = parse_json(FileId(0), text);
        let found: Vec<(String, u32)> =
            diagnostics.iter().map(|p| (p.summary.clone(), p.span.expect("has a place").start)).collect();
        assert_eq!(found, [(summary.to_string(), at)], "{text}");
    }
}

#[test]
fn blocks_come_as_objects_and_arrays() {
    let schema = BodySchema::new(&[("v", false)], &[("r", &["type", "name"]), ("l", &[]), ("n", &[])]);
    let text = r#"{"//": 1, "r": {"t": {"a": {}, "b": [{}, {}]}, "u": [{"c": {}}, {"d": {}}]}, "l": [{}, {}], "n": null, "v": 5}"#;
    let (content, diagnostics) = body(text).content(&schema);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let blocks: Vec<String> = content
        .blocks
        .iter()
        .map(|b| {
            std::iter::once(&b.kind.name)
                .chain(b.labels.iter().map(|l| &l.text))
                .map(|s| &**s)
                .collect::<Vec<_>>()
                .join(".")
        })
        .collect();
    assert_eq!(blocks, ["r.t.a", "r.t.b", "r.t.b", "r.u.c", "r.u.d", "l", "l"]);
    assert_eq!(content.attributes.len(), 1);
}

#[test]
fn wrong_shapes_are_problems() {
    let schema = BodySchema::new(&[("v", true)], &[("o", &["name"]), ("l", &[])]);
    let cases: &[(&str, &[&str])] = &[
        (r#"{"v": 1, "o": "x"}"#, &["Incorrect JSON value type", "Missing block label"]),
        (r#"{"v": 1, "o": {"x": 5}}"#, &["Incorrect JSON value type"]),
        (r#"{"v": 1, "l": "x"}"#, &["Incorrect JSON value type"]),
        (r#"{"v": 1, "outputs": {}}"#, &["Extraneous JSON object property"]),
        (r#"{"v": 1, "v": 2}"#, &["Duplicate argument"]),
        (r#"{"l": {}}"#, &["Missing required argument"]),
        (r#"["x"]"#, &["Incorrect JSON value type", "Missing required argument"]),
    ];
    for (text, expected) in cases {
        assert_eq!(summaries(&body(text).content(&schema).1), *expected, "{text}");
    }
    let (_, diagnostics) = body(r#"{"a": 1, "a": 2}"#).just_attributes();
    assert_eq!(summaries(&diagnostics), ["Duplicate attribute definition"]);
}

#[test]
fn values_are_expressions_and_strings_templates() {
    let text = r#"{"a": "x${num + 1}", "b": "${l}", "c": [true, null, 1.50], "d": {"k${num}": "é\n"}, "e": "$${x}"}"#;
    let (attributes, _) = body(text).just_attributes();
    let printed: Vec<String> = attributes.iter().map(|a| print(&evaluate(&a.expr, &scope()).value)).collect();
    let expected = [
        "\"x6\"",
        "[\n  1,\n  2,\n]",
        "[\n  true,\n  null,\n  1.5,\n]",
        "{\n  \"k5\" = <<-EOT\n  é\n  \n  EOT\n}",
        "\"${x}\"",
    ];
    assert_eq!(printed, expected);
    assert_eq!(body_references(&body(text)).len(), 3);
}

#[test]
fn problems_in_strings_wait_until_they_are_evaluated() {
    let (attributes, diagnostics) = body(r#"{"a": "${1 +}", "b": {"x": 1, "x": 2}}"#).just_attributes();
    assert!(diagnostics.is_empty());
    let problems: Vec<Vec<String>> =
        attributes.iter().map(|a| summaries(&evaluate(&a.expr, &scope()).diagnostics)).collect();
    assert_eq!(problems, [["Invalid expression"], ["Duplicate object attribute"]]);
    let span = evaluate(&attributes[0].expr, &scope()).diagnostics.iter().next().and_then(|p| p.span).expect("a place");
    assert_eq!(span.start, 12);
}

#[test]
fn static_forms_are_strings() {
    let text = r#"{"depends_on": ["a.b", "c.d[\"k\"]"], "ignore_changes": "all", "type": "list(string)", "bad": [5]}"#;
    let (attributes, _) = body(text).just_attributes();
    let list = as_list(&attributes[0].expr).expect("a list");
    let found: Vec<String> = list.iter().map(|item| as_traversal(item).expect("a reference").to_string()).collect();
    assert_eq!(found, ["a.b", "c.d[\"k\"]"]);
    assert_eq!(as_keyword(&attributes[1].expr).as_deref(), Some("all"));
    assert_eq!(type_constraint(&attributes[2].expr).expect("a type").0.to_string(), "list(string)");
    let bad = as_list(&attributes[3].expr).expect("a list");
    assert!(as_traversal(&bad[0]).is_err());
    assert!(references(&attributes[0].expr).is_empty());
}
