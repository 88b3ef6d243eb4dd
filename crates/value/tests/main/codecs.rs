//! JSON and MessagePack.

use crate::{ty, typed, value};
use formwork_value::{Marks, Number, Refinements, Type, Value, json, msgpack, type_from_json, type_to_json};

#[test]
fn types_as_json() {
    let cases = [
        ("any", r#""dynamic""#),
        ("list(string)", r#"["list","string"]"#),
        ("map(set(bool))", r#"["map",["set","bool"]]"#),
        ("tuple([])", r#"["tuple",[]]"#),
        ("tuple([number,any])", r#"["tuple",["number","dynamic"]]"#),
        ("object({b=number,a=string})", r#"["object",{"a":"string","b":"number"}]"#),
        ("object({b=optional(number),a=string})", r#"["object",{"a":"string","b":"number"},["b"]]"#),
    ];
    for (target, text) in cases {
        assert_eq!(type_to_json(&ty(target)), text);
        assert_eq!(type_from_json(&text.replace(',', " ,\n ")).unwrap(), ty(target));
    }
    for text in [
        "",
        "1",
        "\"strin\"",
        "[]",
        "[\"list\"]",
        "[\"list\",\"string\",1]",
        "[\"object\",{},[\"a\"]]",
        "[\"tuple\",{}]",
        "[\"x\",\"string\"]",
    ] {
        assert!(type_from_json(text).is_err(), "{text}");
    }
    assert!(type_from_json(&("[\"list\",".repeat(100_000) + "\"string\"" + &"]".repeat(100_000))).is_err());
}

/// Type, value (converted to the type), and its JSON by the type.
const JSON: &[(&str, &str, &str)] = &[
    ("number", "12345678901234567890.0123456789", "12345678901234567890.0123456789"),
    ("number", "1e21", "1000000000000000000000"),
    ("string", r#""<a> & \u2028\u2029""#, r#""\u003ca\u003e \u0026 \u2028\u2029""#),
    ("string", r#""\"\\\/\b\f\n\r\t\u0001\u007fé😀""#, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\u{7f}é😀\""),
    ("string", r#""\ud83d\ude00""#, "\"😀\""),
    ("bool", "true", "true"),
    ("list(number)", "[1, 2 ]", "[1,2]"),
    ("set(string)", r#"["b","a"]"#, r#"["a","b"]"#),
    ("map(string)", r#"{"b":"1","a":null}"#, r#"{"a":null,"b":"1"}"#),
    (
        "object({a=list(bool),b=any})",
        r#"{"a":[true],"b":[1]}"#,
        r#"{"a":[true],"b":{"value":[1],"type":["tuple",["number"]]}}"#,
    ),
    ("any", "null", "null"),
    ("any", "\"x\"", r#"{"value":"x","type":"string"}"#),
    ("tuple([any,string])", r#"[{},"x"]"#, r#"[{"value":{},"type":["object",{}]},"x"]"#),
    ("list(any)", r#"[]"#, "[]"),
];

#[test]
fn json_by_type() {
    for (target, text, expected) in JSON {
        let target = ty(target);
        let value = typed(text, &target);
        assert_eq!(json::encode(&value, &target).unwrap(), *expected, "{text}");
        assert_eq!(json::decode(expected, &target).unwrap(), value, "{text}");
    }
    let typed_null = Value::null(Type::String);
    assert_eq!(json::encode(&typed_null, &Type::Dynamic).unwrap(), r#"{"value":null,"type":"string"}"#);
    assert_eq!(json::decode(r#"{"type":"string","value":null}"#, &Type::Dynamic).unwrap(), typed_null);
}

#[test]
fn json_primitives_are_lenient() {
    let cases = [
        ("string", "1.50", "\"1.50\""),
        ("string", "true", "\"true\""),
        ("number", "\"15\"", "15"),
        ("bool", "\"true\"", "true"),
        ("bool", "\"0\"", "false"),
    ];
    for (target, text, expected) in cases {
        assert_eq!(json::decode(text, &ty(target)).unwrap(), value(expected), "{text}");
    }
}

#[test]
fn json_of_another_version_of_the_type() {
    let target = ty("object({a=string,l=list(object({x=number,y=string})),n=set(string)})");
    let text = r#"{"gone":[{"deep":{}}],"l":[{"x":1,"z":2}],"a":"s"}"#;
    assert!(json::decode(text, &target).is_err());
    let decoded = json::decode_state(text, &target).unwrap();
    assert_eq!(json::encode(&decoded, &target).unwrap(), r#"{"a":"s","l":[{"x":1,"y":null}],"n":null}"#);
    let in_dynamic = json::decode_state(r#"{"value":{"b":1},"type":["object",{"a":"string"}]}"#, &Type::Dynamic);
    assert_eq!(in_dynamic.unwrap(), Value::object([("a", Value::null(Type::String))]));
    assert!(json::decode_state("{\"gone\":[}", &target).is_err());
}

/// Type, text, and the message.
const JSON_ERRORS: &[(&str, &str, &str)] = &[
    ("number", "\"x\"", "a number is required"),
    ("number", "[]", "a number is required"),
    ("bool", "1", "a bool is required"),
    ("string", "{}", "a string is required"),
    ("list(string)", "{}", "an array is required"),
    ("map(string)", "[]", "an object is required"),
    ("list(map(number))", r#"[{},{"a":[]}]"#, r#"[1]["a"]: a number is required"#),
    ("object({a=number})", r#"{"a":1,"b":2}"#, ".b: unsupported attribute"),
    ("tuple([number])", "[1,2]", "[1]: the tuple has only 1 elements"),
    ("tuple([number,number])", "[1]", "the tuple has 2 elements, but only 1 are given"),
    ("any", "1", r#"an object with "value" and "type" is required"#),
    ("any", r#"{"value":1}"#, r#"an object with "value" and "type" is required"#),
    ("any", r#"{"value":1,"type":"int"}"#, r#"unknown primitive type "int""#),
    ("list(number)", "[1,\n  2,, 3]", "[2]: invalid JSON at line 2, column 5: expected a value"),
    ("list(number)", "[1,]", "invalid JSON at line 1, column 4: expected another member after the comma"),
    ("list(number)", "[1 2]", "invalid JSON at line 1, column 4: expected ','"),
    ("number", "1 2", "invalid JSON at line 1, column 3: expected the end, but more follows"),
    ("string", "\"abc", "invalid JSON at line 1, column 5: the string does not end"),
    ("string", "\"\\x\"", "invalid JSON at line 1, column 3: unknown escape in a string"),
    ("list(string)", "[", "[0]: invalid JSON at line 1, column 2: unexpected end, expected a value"),
];

#[test]
fn json_errors() {
    for (target, text, message) in JSON_ERRORS {
        let error = json::decode(text, &ty(target)).expect_err(text);
        assert_eq!(error.to_string(), *message, "{text}");
    }
    for text in [
        "",
        "tru",
        "01",
        "1.",
        ".5",
        "+1",
        "-",
        "1e",
        "{\"a\"}",
        "{a:1}",
        "{\"a\":1,}",
        "\"\n\"",
        "\"\\u12\"",
        "[1}",
        "nan",
        "\"\\u00é0\"",
    ] {
        assert!(json::decode_plain(text).is_err(), "{text}");
    }
}

#[test]
fn plain_json() {
    let text = r#"{"a":[1,"x",null,true],"b":{},"a":2}"#;
    assert_eq!(value(text), Value::object([("a", Value::from(2)), ("b", Value::empty_object())]));
    assert_eq!(json::encode_plain(&value(text)).unwrap(), r#"{"a":2,"b":{}}"#);
    // Half a surrogate pair.
    assert_eq!(value(r#""\ud800x\udc00\ud800\u0041""#), Value::from("\u{fffd}x\u{fffd}\u{fffd}A"));
    // What other parsers take for a number.
    let odd = r#"{"$serde_json::private::Number":"1"}"#;
    assert_eq!(json::encode_plain(&value(odd)).unwrap(), odd);
}

#[test]
fn what_json_cannot_hold() {
    let target = ty("object({a=number})");
    let unknown = Value::object([("a", Value::unknown(Type::Number))]);
    assert_eq!(json::encode(&unknown, &target).unwrap_err().to_string(), ".a: the value is not known yet");
    let infinite = Value::object([("a", Value::from(Number::INFINITY))]);
    assert_eq!(json::encode_plain(&infinite).unwrap_err().to_string(), ".a: infinity cannot be written as JSON");
    for wrong in [value("{\"a\":\"1\"}"), value("{}"), value("{\"a\":1,\"b\":2}"), value("1")] {
        assert!(json::encode(&wrong, &target).is_err(), "{wrong:?}");
        assert!(msgpack::encode(&wrong, &target).is_err(), "{wrong:?}");
    }
    let secret = Value::from("x").with_marks(Marks::SENSITIVE);
    assert_eq!(json::encode_plain(&secret).unwrap(), "\"x\"");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex.split_whitespace().collect();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn msgpack_of_known_values() {
    let cases = [
        ("string", "null", "c0"),
        ("string", "\"ab\"", "a26162"),
        ("bool", "true", "c3"),
        ("number", "0", "00"),
        ("number", "-1", "ff"),
        ("number", "-33", "d0df"),
        ("number", "200", "ccc8"),
        ("number", "1e18", "cf0de0b6b3a7640000"),
        ("number", "-9223372036854775808", "d38000000000000000"),
        ("number", "1.5", "cb3ff8000000000000"),
        ("number", "0.1", "a3302e31"),
        ("number", "1e20", "b5313030303030303030303030303030303030303030"),
        ("list(bool)", "[true,null]", "92c3c0"),
        ("set(number)", "[2,1]", "920102"),
        ("map(number)", "{\"b\":1,\"a\":2}", "82a16102a16201"),
        ("object({b=bool,a=string})", "{\"a\":null,\"b\":false}", "82a161c0a162c2"),
        ("tuple([number,string])", "[1,\"x\"]", "9201a178"),
        ("any", "null", "c0"),
        ("any", "\"x\"", "92c40822737472696e6722a178"),
    ];
    for (target, text, expected) in cases {
        let target = ty(target);
        let value = typed(text, &target);
        assert_eq!(hex(&msgpack::encode(&value, &target).unwrap()), expected, "{text}");
        assert_eq!(msgpack::decode(&bytes(expected), &target).unwrap(), value, "{text}");
    }
    let infinity = Value::from(Number::INFINITY);
    assert_eq!(hex(&msgpack::encode(&infinity, &Type::Number).unwrap()), "cb7ff0000000000000");
    assert_eq!(msgpack::decode(&bytes("cb7ff0000000000000"), &Type::Number).unwrap(), infinity);
}

#[test]
fn msgpack_of_unknown_values() {
    let prefix = Refinements { prefix: Some("b1-".into()), ..Refinements::not_null() };
    let range = Refinements {
        min: Some((1.into(), true)),
        max: Some((Number::parse("2.5").unwrap(), false)),
        ..Refinements::default()
    };
    let cases = [
        (Value::unknown(Type::String), "string", "d40000"),
        (Value::dynamic(), "any", "d40000"),
        (Value::dynamic(), "string", "d40000"),
        (Value::unknown(Type::String), "any", "92c40822737472696e6722d40000"),
        (Value::null(Type::String), "any", "92c40822737472696e6722c0"),
        (Value::unknown_not_null(Type::Bool), "bool", "c7030c8101c2"),
        (Value::unknown_refined(Type::String, prefix), "string", "d70c8201c202a362312d"),
        (Value::unknown_refined(Type::Number, range), "number", "c7110c82039201c30492cb4004000000000000c2"),
        (Value::unknown_refined(ty("list(any)"), Refinements::length(1, Some(3))), "list(any)", "c7070c8301c205010603"),
    ];
    for (value, target, expected) in cases {
        let encoded = msgpack::encode(&value, &ty(target)).unwrap();
        assert_eq!(hex(&encoded), expected, "{value:?}");
        if value != Value::dynamic() || target == "any" {
            assert_eq!(msgpack::decode(&encoded, &ty(target)).unwrap(), value, "{value:?}");
        }
    }
    // Bounds of more digits than fit are left out.
    let wide = Refinements { min: Some((Number::parse("1e2000").unwrap(), true)), ..Refinements::not_null() };
    assert_eq!(
        hex(&msgpack::encode(&Value::unknown_refined(Type::Number, wide), &Type::Number).unwrap()),
        "c7030c8101c2"
    );
}

#[test]
fn msgpack_decoding_is_liberal_where_the_protocol_is() {
    let cases = [
        ("string", "d40500", Value::unknown(Type::String)),
        ("string", "c7000c", Value::unknown(Type::String)),
        ("string", "c7020701c2", Value::unknown(Type::String)),
        ("any", "c7030c8101c2", Value::dynamic()),
        ("string", "c7030c8101c3", Value::null(Type::String)),
        // Unknown keys are passed over.
        ("string", "c7090c82639281c0c39001c2", Value::unknown_not_null(Type::String)),
        ("number", "ca3fc00000", Value::from(Number::parse("1.5").unwrap())),
        ("number", "cfffffffffffffffff", Value::from(Number::parse("18446744073709551615").unwrap())),
        ("any", "92a822737472696e6722a178", Value::from("x")),
        ("set(number)", "93020102", typed("[1,2]", &ty("set(number)"))),
    ];
    for (target, data, expected) in cases {
        let decoded = msgpack::decode(&bytes(data), &ty(target));
        assert_eq!(decoded, Ok(expected), "{data}");
    }
}

#[test]
fn hostile_msgpack() {
    let object = ty("object({a=list(string)})");
    let cases: &[(&Type, &str, &str)] = &[
        (&Type::Number, "cb7ff8000000000001", "a number must not be NaN"),
        (&Type::Number, "a3783130", "a number is required"),
        (&Type::Number, "c3", "a number is required"),
        (&Type::String, "01", "a string is required"),
        (&Type::String, "a2ff", "the MessagePack data ends too early"),
        (&Type::String, "a1ff", "a string is not valid UTF-8"),
        (&Type::String, "", "the MessagePack data ends too early"),
        (&Type::Bool, "c3c3", "more data follows the value"),
        (&object, "80", "attribute \"a\" is required"),
        (&object, "81a162c0", "unsupported attribute \"b\""),
        (&object, "81a161ddffffffff", ".a[0]: the MessagePack data ends too early"),
        (&object, "dfffffffff", "the MessagePack data ends too early"),
    ];
    for (target, data, message) in cases {
        let error = msgpack::decode(&bytes(data), target).expect_err(data);
        assert_eq!(error.to_string(), *message, "{data}");
    }
    let mut large = vec![0xc8, 0x05, 0x00, 0x0c];
    large.extend(std::iter::repeat_n(0, 0x500));
    assert!(msgpack::decode(&large, &Type::String).is_err());
    // Depth: dynamic values in dynamic values, and refinements to be skipped.
    let wrapper = bytes("92c4155b227475706c65222c5b2264796e616d6963225d5d91");
    let deep: Vec<u8> = wrapper.iter().copied().cycle().take(wrapper.len() * 100_000).collect();
    assert!(msgpack::decode(&deep, &Type::Dynamic).unwrap_err().message.contains("levels of nesting"));
}

#[test]
fn deep_json() {
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(json::decode_plain(&nested(256)).is_ok());
    assert!(json::decode_plain(&nested(257)).unwrap_err().message.contains("more than 256 levels"));
    assert!(json::decode_plain(&nested(1_000_000)).is_err());
    assert!(json::decode_state(&format!("{{\"gone\":{}}}", nested(1_000_000)), &ty("object({})")).is_err());
}

#[test]
fn the_deepest_values_need_little_stack() {
    let work = || {
        let wrapper = bytes("92c4155b227475706c65222c5b2264796e616d6963225d5d91");
        let mut deep: Vec<u8> = wrapper.iter().copied().cycle().take(wrapper.len() * 128).collect();
        deep.push(0xc0);
        let value = msgpack::decode(&deep, &Type::Dynamic).unwrap();
        assert_eq!(msgpack::encode(&value, &value.ty()).unwrap().len(), 129);
        let text = "[".repeat(256) + &"]".repeat(256);
        let value = json::decode_plain(&text).unwrap();
        assert_eq!(value, json::decode_plain(&text).unwrap());
        assert_eq!(json::encode_plain(&value).unwrap(), text);
        assert_eq!(formwork_value::equals(&value, &value).as_bool(), Some(true));
        assert!(formwork_value::convert(&value, &ty("list(any)")).is_ok());
        let marked = value.transform(&mut |_: &_, v: Value| Ok::<_, ()>(v.with_marks(Marks::SENSITIVE))).unwrap();
        assert_eq!(marked.unmark_deep().1.len(), 256);
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap();
}

#[test]
fn what_is_written_can_be_read() {
    // Deeper than any document, as values built step by step may be.
    let nested = |levels: usize| (0..levels).fold(value("null"), |inner, _| Value::tuple([inner]));
    let typed_null = |levels: usize| (0..levels).fold(Value::null(Type::Bool), |inner, _| Value::tuple([inner]));
    let mut accepted = 0;
    for levels in (1..300).step_by(7) {
        for value in [nested(levels), typed_null(levels)] {
            let targets = [value.ty(), Type::Dynamic];
            for target in &targets {
                if let Ok(text) = json::encode(&value, target) {
                    assert_eq!(json::decode(&text, target).as_ref(), Ok(&value), "{levels}");
                    accepted += 1;
                }
                if let Ok(bytes) = msgpack::encode(&value, target) {
                    assert_eq!(msgpack::decode(&bytes, target).as_ref(), Ok(&value), "{levels}");
                    accepted += 1;
                }
            }
            if let Ok(text) = json::encode_plain(&value) {
                assert!(json::decode_plain(&text).is_ok(), "{levels}");
                accepted += 1;
            }
        }
    }
    assert!(accepted > 200, "{accepted}");
    assert!(json::encode_plain(&nested(257)).is_err());
    assert!(msgpack::encode(&nested(257), &nested(257).ty()).is_err());
    assert!(json::encode(&nested(128), &Type::Dynamic).is_err());
}
