//! Conversion and unification. Expected messages and results were observed with Terraform 1.11.4.

use crate::{ty, typed, value};
use formwork_value::{Marks, Refinements, Type, Value, conforms, convert, json, unify};

/// Type, value, and the message of the error.
const ERRORS: &[(&str, &str, &str)] = &[
    ("number", r#""a""#, "a number is required"),
    ("number", "[]", "number required"),
    ("number", "true", "number required"),
    ("string", "[]", "string required"),
    ("string", "{}", "string required"),
    ("bool", r#""x""#, "a bool is required"),
    ("bool", r#""True""#, r#"a bool is required; to convert from string, use lowercase "true""#),
    ("bool", r#""FALSE""#, r#"a bool is required; to convert from string, use lowercase "false""#),
    ("bool", "1", "bool required"),
    ("bool", r#""yes""#, "a bool is required"),
    ("bool", r#""""#, "a bool is required"),
    ("list(number)", r#"["a"]"#, "[0]: a number is required"),
    ("list(number)", "[1,[]]", "element 1: number required"),
    ("list(number)", r#"["a",[]]"#, "element 1: number required"),
    ("list(number)", "{}", "list of number required"),
    ("list(any)", "[1,[]]", "all list elements must have the same type"),
    ("list(any)", "[1,true]", "all list elements must have the same type"),
    ("set(any)", "[1,{}]", "all set elements must have the same type"),
    ("map(any)", r#"{"a":1,"b":[]}"#, "all map elements must have the same type"),
    ("map(number)", r#"{"a":"x"}"#, r#"["a"]: a number is required"#),
    ("map(number)", r#"{"a":[]}"#, r#"element "a": number required"#),
    ("map(number)", "[]", "map of number required"),
    ("object({a=number})", "{}", r#"attribute "a" is required"#),
    ("object({a=number,b=string})", "{}", r#"attributes "a" and "b" are required"#),
    ("object({a=number,b=string,c=bool})", "{}", r#"attributes "a", "b", and "c" are required"#),
    ("object({a=number})", r#"{"a":"x"}"#, ".a: a number is required"),
    ("object({a=number})", r#"{"a":[]}"#, r#"attribute "a": number required"#),
    ("object({a=object({b=number})})", r#"{"a":{}}"#, r#"attribute "a": attribute "b" is required"#),
    ("object({a=object({b=number})})", r#"{"a":{"b":"q"}}"#, ".a.b: a number is required"),
    ("object({a=list(number)})", r#"{"a":["q"]}"#, ".a[0]: a number is required"),
    ("object({a=list(number)})", r#"{"a":[[]]}"#, r#"attribute "a": element 0: number required"#),
    ("list(object({b=number}))", r#"[{"b":1},{}]"#, r#"element 1: attribute "b" is required"#),
    ("map(object({b=number}))", r#"{"k":{}}"#, r#"element "k": attribute "b" is required"#),
    ("map(object({b=number}))", r#"{"k":{"b":"z"}}"#, r#"["k"].b: a number is required"#),
    ("tuple([number,string])", "[1]", "tuple required"),
    ("tuple([number,string])", r#"["x","y"]"#, "[0]: a number is required"),
    ("tuple([number,string])", r#"[[],"y"]"#, "tuple required"),
    ("set(list(number))", r#"[["x"]]"#, "[0][0]: a number is required"),
    ("number", r#"{"a":1}"#, "number required"),
    ("list(string)", r#""a""#, "list of string required"),
    ("map(string)", r#""a""#, "map of string required"),
    ("object({})", r#""a""#, "object required"),
    ("tuple([])", r#""a""#, "tuple required"),
    ("set(number)", "[[]]", "element 0: number required"),
    ("object({a=number})", "[]", "object required"),
    ("object({a=optional(number)})", r#"{"a":"x"}"#, ".a: a number is required"),
    ("list(map(number))", r#"[{"a":[]}]"#, r#"element 0: element "a": number required"#),
];

#[test]
fn conversion_errors() {
    for (target, text, message) in ERRORS {
        let error = convert(&value(text), &ty(target)).expect_err(text);
        assert_eq!(error.to_string(), *message, "{text} to {target}");
    }
}

/// Value, target, resulting type and JSON.
const RESULTS: &[(&str, &str, &str, &str)] = &[
    ("1.50", "string", "string", r#""1.5""#),
    ("true", "string", "string", r#""true""#),
    (r#""+5""#, "number", "number", "5"),
    (r#"".5""#, "number", "number", "0.5"),
    (r#""1e3""#, "number", "number", "1000"),
    (r#""1""#, "bool", "bool", "true"),
    (r#""0""#, "bool", "bool", "false"),
    ("[1,\"a\",null]", "list(any)", "list(string)", r#"["1","a",null]"#),
    ("[1,true,\"a\"]", "list(any)", "list(string)", r#"["1","true","a"]"#),
    ("[null,1]", "list(any)", "list(number)", "[null,1]"),
    ("[]", "list(any)", "list(any)", "[]"),
    ("[3,1,\"1\",2]", "set(any)", "set(string)", r#"["1","2","3"]"#),
    ("[3,1,\"1\",2]", "set(number)", "set(number)", "[1,2,3]"),
    (r#"[{"a":1},{"a":"x"}]"#, "list(any)", "list(object({a=string}))", r#"[{"a":"1"},{"a":"x"}]"#),
    (r#"[{"a":1},{"b":"x"}]"#, "list(any)", "list(map(string))", r#"[{"a":"1"},{"b":"x"}]"#),
    (r#"[[1],["a","b"]]"#, "list(any)", "list(list(string))", r#"[["1"],["a","b"]]"#),
    ("[[],[1]]", "list(any)", "list(list(number))", "[[],[1]]"),
    (r#"[{},{"a":1}]"#, "list(any)", "list(map(number))", r#"[{},{"a":1}]"#),
    (r#"{"a":null,"b":1}"#, "map(any)", "map(number)", r#"{"a":null,"b":1}"#),
    (r#"{"a":[1],"b":["x",true]}"#, "map(any)", "map(list(string))", r#"{"a":["1"],"b":["x","true"]}"#),
    (
        r#"[{"a":[1]},{"a":["x","y"]}]"#,
        "list(any)",
        "list(object({a=list(string)}))",
        r#"[{"a":["1"]},{"a":["x","y"]}]"#,
    ),
    (
        r#"{"a":1,"x":2}"#,
        "object({a=string,b=optional(list(number))})",
        "object({a=string,b=list(number)})",
        r#"{"a":"1","b":null}"#,
    ),
    (
        r#"[{"a":1}]"#,
        "list(object({a=number,b=optional(any)}))",
        "list(object({a=number,b=any}))",
        r#"[{"a":1,"b":null}]"#,
    ),
    (r#"[1,"2"]"#, "tuple([string,number])", "tuple([string,number])", r#"["1",2]"#),
    ("null", "list(string)", "list(string)", "null"),
    ("{}", "any", "object({})", "{}"),
];

#[test]
fn conversion_results() {
    for (text, target, result, expected) in RESULTS {
        let converted = typed(text, &ty(target));
        assert_eq!(converted.ty(), ty(result), "{text} to {target}");
        assert_eq!(json::encode_plain(&converted).unwrap(), *expected, "{text} to {target}");
        assert!(conforms(&converted, &ty(target).without_optional()), "{text} to {target}");
        assert_eq!(convert(&converted, &ty(target)).unwrap(), converted, "{text} to {target} twice");
    }
}

/// Value, type in between, target, resulting JSON.
const BETWEEN_COLLECTIONS: &[(&str, &str, &str, &str)] = &[
    (r#"["b","a","b"]"#, "list(string)", "set(string)", r#"["a","b"]"#),
    ("[3,1,2]", "set(number)", "list(number)", "[1,2,3]"),
    ("[1]", "set(number)", "list(string)", r#"["1"]"#),
    (r#"{"a":1,"z":2}"#, "map(number)", "object({a=string,b=optional(number)})", r#"{"a":"1","b":null}"#),
    (r#"{"a":1}"#, "map(number)", "map(any)", r#"{"a":1}"#),
    (r#"{"a":1}"#, "map(number)", "map(string)", r#"{"a":"1"}"#),
];

#[test]
fn conversion_between_collections() {
    for (text, from, to, expected) in BETWEEN_COLLECTIONS {
        let converted = convert(&typed(text, &ty(from)), &ty(to)).unwrap();
        assert_eq!(json::encode_plain(&converted).unwrap(), *expected, "{text}: {from} to {to}");
    }
    let to_tuple = convert(&typed("[1]", &ty("list(number)")), &ty("tuple([number])")).unwrap_err();
    assert_eq!(to_tuple.to_string(), "tuple required");
    let missing = convert(&typed("{}", &ty("map(number)")), &ty("object({a=number})")).unwrap_err();
    assert_eq!(missing.to_string(), r#"map has no element for required attribute "a""#);
}

#[test]
fn unification() {
    // Observed with conditionals and collection functions.
    let cases: &[(&[&str], Option<&str>)] = &[
        (&[], Some("any")),
        (&["number", "string"], Some("string")),
        (&["number", "bool"], None),
        (&["number", "bool", "string"], Some("string")),
        (&["string", "list(string)"], None),
        (&["tuple([number])", "tuple([string])"], Some("tuple([string])")),
        (&["tuple([number])", "tuple([number,string])"], Some("list(string)")),
        (&["tuple([])", "tuple([number])"], Some("list(number)")),
        (&["tuple([number,number])", "tuple([bool,number])"], None),
        (&["object({a=number})", "object({b=number})"], Some("map(number)")),
        (&["object({a=number})", "object({b=tuple([])})"], None),
        (&["object({})", "object({a=number})"], Some("map(number)")),
        (&["object({a=number,b=string})", "object({a=string,b=bool})"], Some("object({a=string,b=string})")),
        (&["object({a=number,b=bool})", "object({a=number,b=number})"], None),
        (&["object({a=number})", "tuple([number])"], None),
        (&["set(string)", "list(string)"], Some("list(string)")),
        (&["set(number)", "list(string)"], Some("list(string)")),
        (&["set(number)", "set(string)"], Some("set(string)")),
        (&["set(number)", "tuple([string])"], Some("set(number)")),
        (&["set(any)", "tuple([number])"], Some("set(any)")),
        (&["list(number)", "tuple([string])"], Some("list(string)")),
        (&["list(any)", "tuple([object({a=number})])"], Some("list(any)")),
        (&["map(number)", "object({b=string})"], Some("map(string)")),
        (&["map(string)", "object({a=number,b=tuple([])})"], None),
        (&["map(list(string))", "object({a=tuple([number])})"], Some("map(list(string))")),
        (&["tuple([object({a=number})])", "tuple([object({b=number})])"], Some("tuple([map(number)])")),
        (&["any", "string"], Some("string")),
        (&["any", "tuple([number])"], Some("any")),
        (&["any", "any"], Some("any")),
    ];
    for (types, expected) in cases {
        let types: Vec<Type> = types.iter().map(|text| ty(text)).collect();
        assert_eq!(unify(&types), expected.map(ty), "{types:?}");
        let reversed: Vec<Type> = types.iter().rev().cloned().collect();
        assert_eq!(unify(&reversed), expected.map(ty), "{reversed:?}");
    }
}

#[test]
fn marks_and_nulls_stay() {
    let inner = Value::tuple([Value::from(1).with_marks(Marks::SENSITIVE), Value::null(Type::Dynamic)]);
    let list = convert(&inner.clone().with_marks(Marks::EPHEMERAL), &ty("list(string)")).unwrap();
    assert_eq!(list.marks(), Marks::EPHEMERAL);
    let items = list.as_sequence().unwrap();
    assert_eq!(items[0], Value::from("1").with_marks(Marks::SENSITIVE));
    assert_eq!(items[1], Value::null(Type::String));
    // A set's elements have no marks of their own.
    let set = convert(&inner, &ty("set(string)")).unwrap();
    assert_eq!(set.marks(), Marks::SENSITIVE);
    assert_eq!(set.as_sequence().unwrap()[0], Value::from("1"));
}

#[test]
fn unknown_values() {
    let unknown = |text: &str, refinements| Value::unknown_refined(ty(text), refinements);
    let cases = [
        (Value::dynamic(), "list(string)", Value::unknown(ty("list(string)"))),
        (unknown("number", Refinements::not_null()), "string", Value::unknown_not_null(Type::String)),
        (Value::unknown(ty("tuple([number])")), "list(any)", Value::unknown(ty("list(number)"))),
        (
            Value::unknown(ty("object({a=number})")),
            "object({a=string,b=optional(bool)})",
            Value::unknown(ty("object({a=string,b=bool})")),
        ),
        (
            unknown("list(string)", Refinements::length(2, Some(3))),
            "set(string)",
            unknown("set(string)", Refinements::length(1, Some(3))),
        ),
        (
            unknown("set(string)", Refinements::length(2, Some(3))),
            "list(string)",
            unknown("list(string)", Refinements::length(2, Some(3))),
        ),
    ];
    for (from, target, expected) in cases {
        assert_eq!(convert(&from, &ty(target)).unwrap(), expected, "{from:?} to {target}");
    }
    let error = convert(&Value::unknown(ty("list(string)")), &Type::Number).unwrap_err();
    assert_eq!(error.message, "number required");
    let error = convert(&Value::null(ty("list(any)")), &Type::String).unwrap_err();
    assert_eq!(error.message, "string required");
}

#[test]
fn conformity() {
    let yes = [
        ("[]", "tuple([])"),
        ("1", "number"),
        ("{\"a\":1}", "object({a=number})"),
        ("[1]", "any"),
        ("[1]", "tuple([any])"),
    ];
    for (text, target) in yes {
        assert!(conforms(&value(text), &ty(target)), "{text} {target}");
    }
    let no = [
        ("[]", "list(any)"),
        ("1", "string"),
        ("{\"a\":1}", "object({})"),
        ("{}", "object({a=optional(number)})"),
        ("null", "string"),
        ("[1]", "tuple([])"),
    ];
    for (text, target) in no {
        assert!(!conforms(&value(text), &ty(target)), "{text} {target}");
    }
    assert!(conforms(&typed("[1]", &ty("list(number)")), &ty("list(any)")));
    assert!(!conforms(&typed("[]", &ty("list(any)")), &ty("list(number)")));
}
