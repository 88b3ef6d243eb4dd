//! Bodies read by schemas, in native syntax.

use formwork_diag::{Diagnostics, FileId, Sources};
use formwork_hcl::{Body, BodySchema, Content, block_contexts, body_references, decode, parse};

fn body(text: &str) -> Body {
    let (body, diagnostics) = parse(FileId(0), text);
    assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
    body
}

fn summaries(diagnostics: &Diagnostics) -> Vec<String> {
    diagnostics.iter().map(|problem| problem.summary.clone()).collect()
}

fn names(content: &Content) -> (Vec<String>, Vec<String>) {
    let block = |block: &formwork_hcl::Block| {
        let labels: Vec<&str> = block.labels.iter().map(|label| &*label.text).collect();
        format!("{}({})", block.kind.name, labels.join(" "))
    };
    (
        content.attributes.iter().map(|attribute| attribute.name.name.to_string()).collect(),
        content.blocks.iter().map(block).collect(),
    )
}

#[test]
fn content_keeps_the_order_of_the_source() {
    let schema = BodySchema::new(&[("a", true), ("b", false), ("z", false)], &[("x", &["name"]), ("y", &[])]);
    let text = "y {}\nb = 1\nx \"n\" {\n  q = 1\n}\na = 2\nx m {}\n";
    let (content, diagnostics) = body(text).content(&schema);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let strings = |list: &[&str]| list.iter().map(|s| (*s).to_string()).collect::<Vec<_>>();
    assert_eq!(names(&content), (strings(&["b", "a"]), strings(&["y()", "x(n)", "x(m)"])));
    let inner = &content.blocks[1];
    assert_eq!(&text[inner.header_span.start as usize..inner.header_span.end as usize], "x \"n\"");
    assert_eq!(&text[inner.span.start as usize..inner.span.end as usize], "x \"n\" {\n  q = 1\n}");
    assert_eq!(&text[inner.body.missing_item_span().start as usize..][..1], "{");
}

#[test]
fn what_the_schema_does_not_have_is_a_problem() {
    let schema = BodySchema::new(&[("value", true), ("kind", false)], &[("rule", &["type", "name"]), ("opt", &[])]);
    let cases: &[(&str, &[&str], &str)] = &[
        ("kind = 1\n", &["Missing required argument"], "\"value\""),
        ("value = 1\nvaule = 2\n", &["Unsupported argument"], "Did you mean \"value\"?"),
        ("value = 1\nopt = 2\n", &["Unsupported argument"], "define a block"),
        ("value = 1\nkind {}\n", &["Unsupported block type"], "equals sign"),
        ("value = 1\nrules \"a\" \"b\" {}\n", &["Unsupported block type"], "Did you mean \"rule\"?"),
        ("value = 1\nrule {}\n", &["Missing type for rule"], "2 labels"),
        ("value = 1\nrule \"a\" {}\n", &["Missing name for rule"], "2 labels"),
        ("value = 1\nrule \"a\" \"b\" \"c\" {}\n", &["Extraneous label for rule"], "2 labels"),
        ("value = 1\nopt \"a\" {}\n", &["Extraneous label for opt"], "no labels"),
        ("a = 1\nb {}\n", &["Unsupported argument", "Unsupported block type", "Missing required argument"], "\"a\""),
    ];
    for (text, expected, part) in cases {
        let (_, diagnostics) = body(text).content(&schema);
        assert_eq!(summaries(&diagnostics), *expected, "{text}");
        assert!(diagnostics.iter().any(|problem| problem.detail.contains(part)), "{text}: {diagnostics:?}");
    }
}

#[test]
fn partial_content_leaves_the_rest() {
    let whole = body("a = 1\nb = 2\nx {}\ny {}\n");
    let (content, rest, diagnostics) = whole.partial_content(&BodySchema::new(&[("a", false)], &[("x", &[])]));
    assert!(diagnostics.is_empty());
    assert_eq!(names(&content), (vec!["a".to_string()], vec!["x()".to_string()]));
    let (content, diagnostics) = rest.content(&BodySchema::new(&[("b", true)], &[("y", &[])]));
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert_eq!(names(&content), (vec!["b".to_string()], vec!["y()".to_string()]));
    let (_, diagnostics) = rest.content(&BodySchema::default());
    assert_eq!(summaries(&diagnostics), ["Unsupported argument", "Unsupported block type"]);
}

#[test]
fn attributes_only() {
    let (attributes, diagnostics) = body("a = 1\nb = 2\n").just_attributes();
    assert_eq!((attributes.len(), diagnostics.len()), (2, 0));
    let (attributes, diagnostics) = body("a = 1\nb {}\nc {}\n").just_attributes();
    assert_eq!((attributes.len(), summaries(&diagnostics)), (1, vec!["Unexpected \"b\" block".to_string()]));
}

#[test]
fn references_of_a_whole_body() {
    let text =
        "a = var.x\nb {\n  c = [for v in local.l : v.y + self.z]\n  d = \"${f(data.q.r)}%{ if var.s }%{ endif }\"\n}\n";
    let found: Vec<String> = body_references(&body(text)).iter().map(ToString::to_string).collect();
    assert_eq!(found, ["var.x", "local.l", "self.z", "data.q.r", "var.s"]);
}

#[test]
fn contexts_name_the_block_around_a_place() {
    let text = "resource aws_vpc \"main\" {\n  x = 1\n}\nlocals {\n  y = 2\n}\n";
    let mut sources = Sources::new();
    let file = sources.add("main.tf", text);
    let (parsed, _) = parse(file, text);
    sources.set_contexts(file, block_contexts(&parsed));
    let at = |needle: &str| {
        let start = text.find(needle).expect("is there");
        sources.context(formwork_diag::Span::new(file, start, start + 1)).map(|header| header.to_string())
    };
    assert_eq!(at("x = 1"), Some("resource \"aws_vpc\" \"main\"".to_string()));
    assert_eq!(at("y = 2"), Some("locals".to_string()));
}

#[test]
fn bytes_that_are_not_text_are_reported() {
    let (text, diagnostics) = decode(FileId(0), b"a = \"\xff\"\n".to_vec());
    assert_eq!(summaries(&diagnostics), ["Invalid character encoding"]);
    assert!(parse(FileId(0), &text).1.is_empty());
    assert!(decode(FileId(0), "\u{feff}a = 1\n".into()).1.is_empty());
    assert_eq!(body("\u{feff}a = 1\r\nb = 2\r\n").names().0.len(), 2);
}
