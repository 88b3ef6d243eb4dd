//! What an independent parser, hcl-edit, makes of the same texts.

use crate::scope::evaluate_text;
use formwork_diag::FileId;
use formwork_hcl::{Body, BodySchema, expression_text, parse};
use hcl_edit::structure;
use std::collections::BTreeMap;

/// Names, types and labels in order, by a parser that nobody here wrote.
fn theirs(body: &structure::Body, depth: usize, out: &mut Vec<String>, counts: &mut BTreeMap<String, usize>) {
    for attribute in body.attributes() {
        out.push(format!("{depth} {}", attribute.key.as_str()));
    }
    for block in body.blocks() {
        let labels: Vec<&str> = block.labels.iter().map(|label| label.as_str()).collect();
        out.push(format!("{depth} {} {labels:?}", block.ident.as_str()));
        counts.insert(block.ident.as_str().to_string(), labels.len());
        theirs(&block.body, depth + 1, out, counts);
    }
}

/// The same of a body of ours; the schema is made from the names that are there and the numbers of labels.
fn ours(body: &Body, counts: &BTreeMap<String, usize>, depth: usize, out: &mut Vec<String>) {
    let (attributes, blocks) = body.names();
    let attributes: Vec<(&str, bool)> = attributes.iter().map(|ident| (&*ident.name, false)).collect();
    let names: Vec<&'static str> = vec!["label"; 3];
    let kinds: Vec<(&str, &[&str])> = blocks
        .iter()
        .map(|ident| (&*ident.name, names.get(..counts.get(&*ident.name).copied().unwrap_or(0)).unwrap_or_default()))
        .collect();
    let (content, diagnostics) = body.content(&BodySchema::new(&attributes, &kinds));
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    out.extend(content.attributes.iter().map(|attribute| format!("{depth} {}", attribute.name.name)));
    for block in &content.blocks {
        let texts: Vec<&str> = block.labels.iter().map(|label| &*label.text).collect();
        out.push(format!("{depth} {} {texts:?}", block.kind.name));
        ours(&block.body, counts, depth + 1, out);
    }
}

#[test]
fn both_parsers_see_the_same_structure() {
    let mut compared = 0;
    for case in include_str!("data/format.txt").split("\n#### case\n") {
        let (_, text) = case.split_once("\n#### becomes\n").expect("a case has two texts");
        let text = format!("{text}\n");
        let Ok(other) = hcl_edit::parser::parse_body(&text) else { continue };
        let (body, diagnostics) = parse(FileId(0), &text);
        assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
        let (mut left, mut right) = (Vec::new(), Vec::new());
        let mut counts = BTreeMap::new();
        theirs(&other, 0, &mut left, &mut counts);
        ours(&body, &counts, 0, &mut right);
        assert_eq!(left, right, "{text}");
        compared += 1;
    }
    assert!(compared > 50, "only {compared} texts compared");
}

#[test]
fn written_values_can_be_read_by_others() {
    for text in ["{a = [1, {\"b c\" = \"x\\ny$${z}\"}], é = null}", "[\"\\u0001\\\"\", {}, [[]], true, -2.5]"] {
        let written = expression_text(&evaluate_text(text).value);
        assert!(hcl_edit::parser::parse_expr(&written).is_ok(), "{written}");
    }
}
