//! Laws that hold for every text.

use formwork_diag::FileId;
use formwork_hcl::{
    BodySchema, EmptyScope, body_references, evaluate, expression_text, format, parse, parse_expression, parse_json,
    parse_template, references,
};
use formwork_value::print;
use proptest::prelude::*;

/// Pieces from which texts are put together: some of them fit, most do not.
const PIECES: &[&str] = &[
    "a",
    "b.c",
    " = ",
    "\n",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "${",
    "%{",
    "~}",
    "<<E\n",
    "<<-E\n",
    "\nE\n",
    "for x in ",
    " : ",
    " => ",
    "...",
    "if ",
    "else",
    "endif",
    "endfor",
    "1",
    "2.5e3",
    ".0",
    ".*",
    "[*]",
    "::",
    ",",
    "?",
    "-",
    "!",
    "&&",
    "==",
    "#x\n",
    "/*",
    "*/",
    "//",
    "\\",
    "\\u00e9",
    "é",
    "\u{feff}",
    "\r\n",
    "'",
    "null",
    "true",
    "$${",
    " ",
    "block \"x\" {\n",
    "name = f(1)\n",
];

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..60).prop_map(|pieces| pieces.concat())
}

const SAMPLE: &str = "resource \"t\" \"n\" {\n  count = var.c > 0 ? 1 : 0\n  tags = merge({ a = \"x-${count.index}\" }, [for k, v in \
                      local.m : { (k) = v } if v != null]...)\n  text = <<-EOT\n    %{ for x in var.l ~}\n    ${x}\n    %{ endfor ~}\n  \
                      EOT\n  dynamic \"b\" {\n    for_each = a[*].b.0\n  }\n}\n";

/// The sample with some bytes cut out, doubled or replaced.
fn mutated() -> impl Strategy<Value = String> {
    prop::collection::vec((0..SAMPLE.len(), 0..4u8, prop::sample::select(PIECES)), 1..8).prop_map(|changes| {
        let mut text: Vec<char> = SAMPLE.chars().collect();
        for (at, kind, piece) in changes {
            let at = at.min(text.len().saturating_sub(1));
            match kind {
                0 => drop(text.splice(at..at, piece.chars())),
                1 => drop(text.splice(at..(at + 3).min(text.len()), [])),
                2 => drop(text.splice(at..(at + 1).min(text.len()), piece.chars())),
                _ => text.truncate(at),
            }
        }
        text.into_iter().collect()
    })
}

fn read_everything(text: &str) {
    let (body, diagnostics) = parse(FileId(0), text);
    for problem in &diagnostics {
        let span = problem.span.expect("each problem has a place");
        assert!(span.start <= span.end && span.end as usize <= text.len(), "{span:?}");
        assert!(text.is_char_boundary(span.start as usize) && text.is_char_boundary(span.end as usize));
    }
    let (content, _) = body.content(&BodySchema::new(&[("a", true), ("name", false)], &[("block", &["l"])]));
    for attribute in &content.attributes {
        references(&attribute.expr);
        print(&evaluate(&attribute.expr, &EmptyScope).value);
    }
    body_references(&body);
    if let Ok(formatted) = format(text) {
        assert_eq!(diagnostics.errors(), 0);
        assert_eq!(parse(FileId(0), &formatted).1.errors(), 0, "formatted text has no errors:\n{text}\n{formatted}");
    }
    for (expr, _) in [parse_expression(FileId(0), text, 0), parse_template(FileId(0), text, 0)] {
        evaluate(&expr, &EmptyScope);
    }
    let (json, _) = parse_json(FileId(0), text);
    json.just_attributes();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_a_crash(text in soup()) {
        read_everything(&text);
    }

    #[test]
    fn any_change_of_a_sample_is_read_without_a_crash(text in mutated()) {
        read_everything(&text);
    }

    #[test]
    fn any_characters_are_read_without_a_crash(text in "\\PC{0,80}") {
        read_everything(&text);
    }

    #[test]
    fn strings_survive_writing_and_reading(text in "[\\x00-\\x7f\u{e9}\u{1f680}\u{200b}${%{~]{0,40}") {
        let value = formwork_value::Value::string(&text);
        let (expr, diagnostics) = parse_expression(FileId(0), &expression_text(&value), 0);
        prop_assert!(diagnostics.is_empty());
        prop_assert_eq!(evaluate(&expr, &EmptyScope).value, value);
    }
}

#[test]
fn depth_is_limited_not_fatal() {
    let bombs = [
        format!("a = {}1{}\n", "(".repeat(100_000), ")".repeat(100_000)),
        format!("a = {}1{}\n", "[".repeat(100_000), "]".repeat(100_000)),
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}1\n", "{a=".repeat(50_000)),
        format!("a = {}1\n", "-".repeat(100_000)),
        format!("a = {}1\n", "!".repeat(100_000)),
        format!("a = {}1\n", "x ? 1 : ".repeat(100_000)),
        format!("a = x{}\n", "[y]".repeat(100_000)),
        format!("a = x{}\n", "[*]".repeat(100_000)),
        format!("a = {}1{}\n", "f(".repeat(100_000), ")".repeat(100_000)),
        format!("a = {}1{}\n", "\"${".repeat(50_000), "}\"".repeat(50_000)),
        format!("a = \"{}\"\n", "%{if x}".repeat(50_000)),
        format!("a = \"{}{}\"\n", "%{for x in y}".repeat(50_000), "%{endfor}".repeat(50_000)),
        format!("{}{}", "a {\n".repeat(100_000), "}\n".repeat(100_000)),
        format!("a = [for x in {}y : x]\n", "[for x in ".repeat(50_000)),
    ];
    for text in &bombs {
        let start = &text[..20.min(text.len())];
        let (_, diagnostics) = parse(FileId(0), text);
        assert!(diagnostics.has_errors(), "{start}");
        assert!(diagnostics.len() < 5, "{start}: {} problems", diagnostics.len());
    }
    let (_, diagnostics) = parse_json(FileId(0), &"[".repeat(100_000));
    assert_eq!(diagnostics.iter().map(|p| p.summary.as_str()).collect::<Vec<_>>(), ["Nesting too deep"]);
}

#[test]
fn deep_trees_within_the_limit_are_evaluated() {
    for text in [format!("{}1{}", "(".repeat(390), ")".repeat(390)), format!("{}1", "true ? 1 : ".repeat(390))] {
        let (expr, diagnostics) = parse_expression(FileId(0), &text, 0);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        assert!(evaluate(&expr, &EmptyScope).value.as_number().is_some());
    }
}

#[test]
fn long_chains_of_steps_take_linear_time() {
    let text = format!("a = f(x){}\n", ".b".repeat(200_000));
    assert!(parse(FileId(0), &text).1.is_empty());
}
