//! Values written as text.

use crate::scope::evaluate_text;
use formwork_hcl::{expression_text, quoted};
use formwork_value::print;

#[test]
fn values_become_expressions() {
    let cases = [
        ("\"a\\nb $${x} %%{y} \\\"q\\\" \\\\\"", "\"a\\nb $${x} %%{y} \\\"q\\\" \\\\\""),
        ("[1, \"a\", null]", "[1, \"a\", null]"),
        ("{b = 1, aaa = [true]}", "{\n  aaa = [true]\n  b   = 1\n}"),
        ("{a = {b = {c = []}}, d = {}}", "{\n  a = {\n    b = {\n      c = []\n    }\n  }\n  d = {}\n}"),
        ("{a = [{b = 1}, {c = 2}]}", "{\n  a = [{\n    b = 1\n    }, {\n    c = 2\n  }]\n}"),
        ("{\"odd key\" = 1, \"1\" = 2}", "{\n  \"1\"       = 2\n  \"odd key\" = 1\n}"),
        ("toset([\"b\", \"a\"])", "[\"a\", \"b\"]"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("\"\\u0000\\u200b\\u00a0é\"", "\"\\u0000\\u200b\\u00a0é\""),
        ("-1.5", "-1.5"),
    ];
    for (text, expected) in cases {
        let value = evaluate_text(text).value;
        let written = expression_text(&value);
        assert_eq!(written, expected, "{text}");
        let again = evaluate_text(&written);
        assert!(again.diagnostics.is_empty(), "{written}: {:?}", again.diagnostics);
        assert_eq!(print(&again.value).replace("toset(", ""), print(&again.value), "{written}");
    }
}

#[test]
fn secrets_and_unknowns_do_not_show() {
    assert_eq!(
        print(&evaluate_text("{a = sens, b = us, c = [ud]}").value),
        "{\n  \"a\" = (sensitive value)\n  \"b\" = (known after apply)\n  \"c\" = [\n    (known after apply),\n  ]\n}"
    );
    assert_eq!(quoted("a\"b"), "\"a\\\"b\"");
}
