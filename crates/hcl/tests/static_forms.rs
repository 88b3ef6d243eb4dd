//! Expressions taken as they stand.

use formwork_diag::FileId;
use formwork_hcl::{
    Expr, as_call, as_keyword, as_list, as_map, as_traversal, parse_expression, parse_traversal, references,
};

fn expr(text: &str) -> Expr {
    let (expr, diagnostics) = parse_expression(FileId(0), text, 0);
    assert!(diagnostics.is_empty(), "{text}");
    expr
}

#[test]
fn references_in_source_order_without_bound_names() {
    let cases: &[(&str, &[&str])] = &[
        ("a.b + c[0].d", &["a.b", "c[0].d"]),
        ("[for x in y : x.z + w]", &["y", "w"]),
        ("{for k, v in m : k => v if k != n}", &["m", "n"]),
        ("[for x in x : x]", &["x"]),
        ("f(a, g(b)...)", &["a", "b"]),
        ("a[b].c[*].d[e]", &["a", "b", "e"]),
        ("c ? \"${t}\" : {(k) = v, name = w}", &["c", "t", "k", "v", "w"]),
        ("\"%{ for i in l }${i}${o}%{ endfor }%{ if c }${i}%{ endif }\"", &["l", "o", "c", "i"]),
        ("1 + 2", &[]),
    ];
    for (text, expected) in cases {
        let expr = expr(text);
        let found: Vec<String> = references(&expr).iter().map(ToString::to_string).collect();
        assert_eq!(found, *expected, "{text}");
    }
}

#[test]
fn static_forms_are_recognized() {
    assert_eq!(as_traversal(&expr("a.b[\"k\"].c")).expect("a reference").to_string(), "a.b[\"k\"].c");
    for text in ["a[b]", "f(x)", "\"a.b\"", "a[*]", "(a.b)", "true", "1"] {
        assert!(as_traversal(&expr(text)).is_err(), "{text}");
    }
    assert_eq!(as_keyword(&expr("all")).as_deref(), Some("all"));
    assert_eq!(as_keyword(&expr("null")).as_deref(), Some("null"));
    assert_eq!(as_keyword(&expr("a.b")), None);
    assert_eq!(as_list(&expr("[a, b.c]")).expect("a list").len(), 2);
    assert!(as_list(&expr("a")).is_err());
    let pairs = as_map(&expr("{a = b.c, (d.e) = f}")).expect("a map");
    let pairs: Vec<(bool, bool)> =
        pairs.iter().map(|(k, v)| (as_traversal(k).is_ok(), as_traversal(v).is_ok())).collect();
    assert_eq!(pairs, [(true, true), (false, true)]);
    assert_eq!(as_call(&expr("f(1, 2)")).expect("a call").1.len(), 2);
    assert!(as_call(&expr("f(a...)")).is_err());
}

#[test]
fn traversals_from_text() {
    assert_eq!(parse_traversal(FileId(0), "module.m[0].x[\"a.b\"]", 0).expect("a reference").steps.len(), 4);
    assert!(parse_traversal(FileId(0), "a b", 0).is_err());
    assert!(parse_traversal(FileId(0), "", 0).is_err());
}
