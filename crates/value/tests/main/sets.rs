//! Sets and their order, as observed with Terraform 1.11.4.

use crate::{ty, typed, value};
use formwork_value::{Marks, Type, Value, json};

#[test]
fn order_and_distinctness() {
    let cases = [
        ("set(string)", r#"["é","z","Z","a","z"]"#, r#"["Z","a","z","é"]"#),
        ("set(string)", r#"[null,"a",null]"#, r#"["a",null]"#),
        ("set(bool)", "[true,false,true]", "[false,true]"),
        ("set(number)", "[10,9,-1,1.5,1e1]", "[-1,1.5,9,10]"),
        (
            "set(object({a=number}))",
            r#"[{"a":10},{"a":9},{"a":1e10},{"a":1.5}]"#,
            r#"[{"a":1.5},{"a":10},{"a":10000000000},{"a":9}]"#,
        ),
        ("set(object({a=number}))", r#"[{"a":1},{"a":1},{"a":2}]"#, r#"[{"a":1},{"a":2}]"#),
        ("set(list(string))", r#"[["b"],["a"],[],["a","b"]]"#, r#"[["a","b"],["a"],["b"],[]]"#),
        ("set(map(string))", r#"[{"b":"x"},{"a":"y"},{}]"#, r#"[{"a":"y"},{"b":"x"},{}]"#),
        (
            "set(tuple([bool,string]))",
            r#"[[true,"a"],[false,"z"],[null,"b"]]"#,
            r#"[[false,"z"],[true,"a"],[null,"b"]]"#,
        ),
        // Same first ten digits, but not the same number.
        ("set(list(number))", "[[12345678901],[12345678902],[12345678901]]", "[[12345678901],[12345678902]]"),
        (
            "set(object({a=number}))",
            r#"[{"a":1e-5},{"a":0.0001},{"a":123456789012}]"#,
            r#"[{"a":0.0001},{"a":123456789012},{"a":0.00001}]"#,
        ),
    ];
    for (target, text, expected) in cases {
        assert_eq!(json::encode_plain(&typed(text, &ty(target))).unwrap(), expected, "{text}");
    }
}

#[test]
fn unknown_elements_stay_distinct_and_sort_before_null() {
    let unknown = Value::unknown(Type::String);
    let items = vec![Value::null(Type::String), unknown.clone(), Value::from("a"), unknown.clone(), Value::from("a")];
    let set = Value::set(Type::String, items);
    let expected = [Value::from("a"), unknown.clone(), unknown, Value::null(Type::String)];
    assert_eq!(set.as_sequence().unwrap(), expected);
}

#[test]
fn marks_of_elements_move_to_the_set() {
    let nested = Value::object([("a", Value::from("x").with_marks(Marks::SENSITIVE))]);
    let set = Value::set(nested.ty(), vec![nested, value(r#"{"a":"x"}"#)]);
    assert_eq!(set.marks(), Marks::SENSITIVE);
    assert_eq!(set.as_sequence().unwrap(), [value(r#"{"a":"x"}"#)]);
}

#[test]
fn text_is_normalised() {
    assert_eq!(Value::from("e\u{301}").as_str(), Some("é"));
    let set = Value::set(Type::String, vec![Value::from("é"), Value::from("e\u{301}")]);
    assert_eq!(set.as_sequence().unwrap().len(), 1);
}
