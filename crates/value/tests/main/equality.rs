//! The language's `==`; cases marked with a comment were observed with Terraform 1.11.4.

use crate::{ty, typed, value};
use formwork_value::{Marks, Number, Refinements, Type, Value, equals};

fn assert_equality(a: &Value, b: &Value, expected: Option<bool>) {
    for (a, b) in [(a, b), (b, a)] {
        let result = equals(a, b);
        assert_eq!(result.as_bool(), expected, "{a:?} == {b:?}");
        assert!(expected.is_some() || result == Value::unknown_not_null(Type::Bool), "{a:?} == {b:?}");
    }
}

#[test]
fn known_values() {
    let cases = [
        ("1", "1.0", true),
        ("1", "\"1\"", false),
        ("true", "\"true\"", false),
        ("[1,{\"a\":null}]", "[1,{\"a\":null}]", true),
        ("{\"a\":1}", "{\"a\":1,\"b\":2}", false),
        ("{\"a\":1}", "{\"b\":1}", false),
        ("[1]", "[1,2]", false),
        ("null", "null", true),
        ("null", "0", false),
    ];
    for (a, b, expected) in cases {
        assert_equality(&value(a), &value(b), Some(expected));
    }
}

#[test]
fn types_count() {
    let list = |text: &str, target: &str| typed(text, &ty(target));
    assert_equality(&value("[]"), &list("[]", "list(any)"), Some(false)); // observed
    assert_equality(&list("[]", "list(any)"), &list("[]", "list(any)"), Some(true)); // observed
    assert_equality(&list("[]", "list(any)"), &list("[]", "list(string)"), Some(false)); // observed
    assert_equality(&list("[1]", "list(number)"), &list("[1]", "list(string)"), Some(false));
    assert_equality(&list("[1,2]", "set(number)"), &list("[2,1,2]", "set(number)"), Some(true));
    assert_equality(&list("[1,2]", "set(number)"), &list("[1,3]", "set(number)"), Some(false));
    // Nulls of different types are equal as such (observed), but not inside (observed).
    let (text, number) = (Value::null(Type::String), Value::null(Type::Number));
    assert_equality(&text, &number, Some(true));
    assert_equality(&Value::object([("a", text)]), &Value::object([("a", number)]), Some(false));
}

#[test]
fn unknown_values() {
    let text = Value::unknown_not_null(Type::String);
    let maybe_null = Value::unknown(Type::String);
    let prefixed = Value::unknown_refined(Type::String, Refinements::prefix("b-"));
    let null = Value::null(Type::Dynamic);
    let positive = Refinements { min: Some((Number::ZERO, false)), ..Refinements::not_null() };
    let positive = Value::unknown_refined(Type::Number, positive);
    let list = Value::unknown_refined(ty("list(string)"), Refinements::length(2, None));
    let cases = [
        (&text, &text, None),
        (&text, &value("\"x\""), None),
        (&text, &value("1"), Some(false)), // observed
        (&text, &null, Some(false)),       // observed
        (&maybe_null, &null, None),
        (&maybe_null, &value("1"), Some(false)),
        (&maybe_null, &Value::unknown(Type::Number), None),
        (&text, &Value::unknown(Type::Number), None), // observed
        (&prefixed, &value("\"c\""), Some(false)),    // observed
        (&prefixed, &value("\"b-1\""), None),
        (&prefixed, &Value::unknown_refined(Type::String, Refinements::prefix("c-")), Some(false)),
        (&positive, &value("0"), Some(false)),
        (&positive, &value("1"), None),
        (&list, &typed("[\"a\"]", &ty("list(string)")), Some(false)),
        (&list, &typed("[\"a\",\"b\"]", &ty("list(string)")), None),
        (&Value::dynamic(), &value("1"), None),
        (&Value::dynamic(), &null, None),
    ];
    for (a, b, expected) in cases {
        assert_equality(a, b, expected);
    }
}

#[test]
fn containers_of_unknown_values() {
    let unknown = Value::unknown(Type::String);
    let object = |a: &Value, b: &str| Value::object([("a", a.clone()), ("b", value(b))]);
    assert_equality(&object(&unknown, "1"), &object(&Value::from("x"), "1"), None); // observed
    assert_equality(&object(&unknown, "1"), &object(&Value::from("x"), "2"), Some(false)); // observed
    assert_equality(&Value::tuple([unknown.clone()]), &value("[\"a\",\"b\"]"), Some(false)); // observed
    assert_equality(&Value::tuple([unknown.clone()]), &value("[1]"), Some(false)); // observed
    let set = |items: &[&Value]| Value::set(Type::String, items.iter().map(|v| (*v).clone()).collect());
    let (x, y, z) = (Value::from("x"), Value::from("y"), Value::from("z"));
    assert_equality(&set(&[&unknown, &x]), &set(&[&x, &y]), None);
    assert_equality(&set(&[&unknown, &x]), &set(&[&x]), None);
    assert_equality(&set(&[&unknown, &x]), &set(&[&y, &z]), Some(false));
    assert_equality(&set(&[&unknown]), &set(&[&y, &z]), Some(false));
    let list = |ty: Type, item: Value| Value::list(ty, vec![item]);
    assert_equality(&list(Type::String, unknown), &list(Type::Number, Value::from(1)), Some(false)); // observed
    assert_equality(&list(Type::Dynamic, Value::dynamic()), &list(Type::Number, Value::from(1)), None);
    assert_equality(&list(Type::Dynamic, Value::dynamic()), &typed("[1]", &ty("set(number)")), Some(false));
}

#[test]
fn marks() {
    let secret = Value::tuple([Value::from(1).with_marks(Marks::SENSITIVE)]);
    assert_eq!(equals(&secret, &value("[1]")), Value::from(true).with_marks(Marks::SENSITIVE));
    assert_eq!(equals(&secret, &value("null")), Value::from(false));
    let root = secret.with_marks(Marks::EPHEMERAL);
    assert_eq!(equals(&root, &value("null")), Value::from(false).with_marks(Marks::EPHEMERAL));
}
