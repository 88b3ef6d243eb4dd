//! Walking, marking and rebuilding values.

use crate::{ty, typed, value};
use formwork_value::{Kind, Marks, Path, PathMarks, Type, Value};

fn sample() -> Value {
    Value::object([
        ("list", typed("[\"a\",\"b\"]", &ty("list(string)"))),
        ("map", typed("{\"k\":{\"x\":1}}", &ty("map(object({x=number}))"))),
        ("set", typed("[\"s\"]", &ty("set(string)"))),
        ("tuple", value("[1,[true]]")),
        ("unknown", Value::unknown(ty("object({y=string})"))),
        ("null", Value::null(ty("object({y=string})"))),
    ])
}

fn root() -> Path {
    Path::root()
}

#[test]
fn following_paths() {
    let sample = sample();
    let found = [
        (root(), sample.clone()),
        (root().attribute("list").index(1.into()), Value::from("b")),
        (root().attribute("map").index("k".into()).attribute("x"), Value::from(1)),
        (root().attribute("map").attribute("k").attribute("x"), Value::from(1)),
        (root().attribute("set").index("s".into()), Value::from("s")),
        (root().attribute("tuple").index(1.into()).index(0.into()), Value::from(true)),
        (root().attribute("unknown").attribute("y"), Value::unknown(Type::String)),
    ];
    for (path, expected) in found {
        assert_eq!(sample.at_path(&path), Ok(expected), "{path}");
    }
    let missing = [
        (root().attribute("none"), 0),
        (root().attribute("list").index(2.into()), 1),
        (root().attribute("list").index((-1).into()), 1),
        (root().attribute("null").attribute("y"), 1),
        (root().attribute("unknown").attribute("z"), 1),
        (root().attribute("tuple").index(0.into()).index(0.into()), 2),
    ];
    for (path, at) in missing {
        assert_eq!(sample.at_path(&path).map_err(|error| error.at), Err(at), "{path}");
    }
}

#[test]
fn marks_on_the_way_are_on_the_result() {
    let inner = Value::from(1).with_marks(Marks::SENSITIVE);
    let outer = Value::object([("a", inner)]).with_marks(Marks::EPHEMERAL);
    let found = outer.at_path(&root().attribute("a")).unwrap();
    assert_eq!(found.marks(), Marks::SENSITIVE | Marks::EPHEMERAL);
}

#[test]
fn marking_and_unmarking() {
    let at = |path: Path| PathMarks { path, marks: Marks::SENSITIVE };
    let exact = vec![
        at(root().attribute("list").index(1.into())),
        at(root().attribute("map").index("k".into()).attribute("x")),
        at(root().attribute("null")),
        at(root().attribute("set")),
        at(root().attribute("tuple").index(1.into()).index(0.into())),
        at(root().attribute("unknown")),
    ];
    let marked = sample().with_path_marks(&exact);
    assert_eq!(marked.marks(), Marks::NONE);
    assert_eq!(marked.marks_deep(), Marks::SENSITIVE);
    assert_eq!(marked.unmark_deep(), (sample(), exact));
    // Paths past what exists mark the deepest value on the way, paths that do not exist do nothing.
    let beyond = [
        at(root().attribute("unknown").attribute("y")),
        at(root().attribute("null").attribute("y")),
        at(root().attribute("set").index("s".into())),
        at(root().attribute("none")),
        at(root().attribute("list").index(7.into())),
        at(root().attribute("tuple").index(0.into()).index(0.into())),
    ];
    let (_, found) = sample().with_path_marks(&beyond).unmark_deep();
    let names: Vec<String> = found.iter().map(|mark| mark.path.to_string()).collect();
    assert_eq!(names, [".null", ".set", ".unknown"]);
}

#[test]
fn walking_visits_parents_first() {
    let mut paths = Vec::new();
    sample().walk(&mut |path, value| {
        paths.push(path.to_string());
        !matches!(value.kind(), Kind::Map(_))
    });
    let expected = [
        "",
        ".list",
        ".list[0]",
        ".list[1]",
        ".map",
        ".null",
        ".set",
        ".set[\"s\"]",
        ".tuple",
        ".tuple[0]",
        ".tuple[1]",
        ".tuple[1][0]",
        ".unknown",
    ];
    assert_eq!(paths, expected);
}

#[test]
fn transforming() {
    let upper = |_: &Path, value: Value| -> Result<Value, ()> {
        Ok(value.as_str().map(|text| Value::from(text.to_uppercase())).unwrap_or(value))
    };
    let changed = sample().transform(&mut { upper }).unwrap();
    assert_eq!(changed.ty(), sample().ty());
    assert_eq!(changed.get("list"), Some(&typed("[\"A\",\"B\"]", &ty("list(string)"))));
    // Children come before their parents.
    let mut order = Vec::new();
    let kept = value("[[1]]").transform(&mut |path: &Path, value: Value| -> Result<Value, ()> {
        order.push(path.to_string());
        Ok(value)
    });
    assert_eq!((kept, order.as_slice()), (Ok(value("[[1]]")), &["[0][0]".to_owned(), "[0]".into(), "".into()][..]));
    // A collection's element type follows its elements.
    let lengths =
        typed("[\"a\",\"bcd\"]", &ty("list(string)")).transform(&mut |_: &Path, value: Value| -> Result<Value, ()> {
            Ok(value.as_str().map(|text| Value::from(text.len() as i64)).unwrap_or(value))
        });
    assert_eq!(lengths, Ok(typed("[1,3]", &ty("list(number)"))));
    let failed =
        value("[1]").transform(&mut |path: &Path, value: Value| if path.is_root() { Ok(value) } else { Err("no") });
    assert_eq!(failed, Err("no"));
}

#[test]
fn unknown_parts() {
    assert!(!sample().is_wholly_known());
    let stored = sample().unknown_as_null();
    assert!(stored.is_wholly_known());
    assert_eq!(stored.get("unknown"), Some(&Value::null(ty("object({y=string})"))));
    assert_eq!(stored.ty(), sample().ty());
    let secret = Value::tuple([Value::dynamic().with_marks(Marks::SENSITIVE)]).unknown_as_null();
    assert_eq!(secret, Value::tuple([Value::null(Type::Dynamic).with_marks(Marks::SENSITIVE)]));
    let set = Value::set(Type::String, vec![Value::unknown(Type::String), Value::unknown(Type::String), "a".into()]);
    assert_eq!(set.unknown_as_null(), typed("[\"a\",null]", &ty("set(string)")));
}

#[test]
fn structural_equality_sees_everything() {
    let one = Value::from(1);
    let different = [
        one.clone(),
        one.clone().with_marks(Marks::SENSITIVE),
        Value::from("1"),
        Value::null(Type::Number),
        Value::null(Type::Dynamic),
        Value::unknown(Type::Number),
        Value::unknown_not_null(Type::Number),
        value("[1]"),
        typed("[1]", &ty("list(number)")),
        typed("[1]", &ty("set(number)")),
        typed("[]", &ty("list(number)")),
        typed("[]", &ty("list(string)")),
        value("{}"),
        typed("{}", &ty("map(string)")),
    ];
    for (i, a) in different.iter().enumerate() {
        for (j, b) in different.iter().enumerate() {
            assert_eq!(a == b, i == j, "{a:?} {b:?}");
        }
    }
}
