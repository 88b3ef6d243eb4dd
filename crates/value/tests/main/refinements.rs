//! Refinements of unknown values.

use crate::{ty, typed, value};
use formwork_value::{Number, Refinements, Type, Value};

fn bounds(min: i64, max: i64) -> Refinements {
    Refinements { min: Some((min.into(), true)), max: Some((max.into(), true)), ..Refinements::not_null() }
}

#[test]
fn one_value_left() {
    let refined = |target: &str, refinements| Value::unknown_refined(ty(target), refinements);
    assert_eq!(refined("list(string)", Refinements::length(0, Some(0))), typed("[]", &ty("list(string)")));
    assert_eq!(refined("map(string)", Refinements::length(0, Some(0))), typed("{}", &ty("map(string)")));
    let pair = Value::list(Type::String, vec![Value::unknown(Type::String); 2]);
    assert_eq!(refined("list(string)", Refinements::length(2, Some(2))), pair);
    let one = Value::set(Type::String, vec![Value::unknown(Type::String)]);
    assert_eq!(refined("set(string)", Refinements::length(1, Some(1))), one);
    assert_eq!(refined("number", bounds(3, 3)), Value::from(3));
    // Null is possible, the set's elements may be equal, or the list is too long to spell out.
    let nullable = Refinements { not_null: false, ..Refinements::length(0, Some(0)) };
    assert!(!refined("list(string)", nullable).is_known());
    assert!(!refined("set(string)", Refinements::length(2, Some(2))).is_known());
    assert!(!refined("list(string)", Refinements::length(1 << 40, Some(1 << 40))).is_known());
}

#[test]
fn what_has_no_meaning_is_dropped() {
    let all = Refinements { prefix: Some("p".into()), ..bounds(1, 2) };
    let all = Refinements { min_length: Some(1), max_length: Some(5), ..all };
    let left = |target: &str| Value::unknown_refined(ty(target), all.clone()).refinements().cloned();
    assert_eq!(left("any"), None);
    assert_eq!(left("bool"), Some(Refinements::not_null()));
    assert_eq!(left("number"), Some(bounds(1, 2)));
    assert_eq!(left("set(bool)"), Some(Refinements::length(1, Some(5))));
    assert_eq!(left("string").unwrap().prefix.as_deref(), Some("p"));
    let contradictory = Value::unknown_refined(Type::Number, bounds(2, 1));
    assert_eq!(contradictory.refinements(), Some(&Refinements::not_null()));
}

#[test]
fn safe_prefixes() {
    for (text, expected) in
        [("foo", "fo"), ("b-", "b-"), ("https://", "https://"), ("é", ""), ("ae\u{301}", "a"), ("", "")]
    {
        assert_eq!(Refinements::prefix(text).prefix.as_deref(), Some(expected), "{text}");
    }
    let long = Refinements::prefix(&"é".repeat(300));
    assert_eq!(long.prefix.unwrap().len(), 256);
}

#[test]
fn intersection_and_union() {
    let (a, b) = (bounds(1, 5), Refinements { not_null: false, ..bounds(3, 9) });
    assert_eq!(a.intersect(&b), bounds(3, 5));
    assert_eq!(a.union(&b), Refinements { not_null: false, ..bounds(1, 9) });
    let (a, b) = (Refinements::prefix("ab/c/"), Refinements::prefix("ab/d/"));
    assert_eq!(a.union(&b).prefix.as_deref(), Some("ab/"));
    assert!(a.is_disjoint(&b));
    assert_eq!(a.union(&Refinements::default()), Refinements::default());
    assert_eq!(
        Refinements::length(2, None).intersect(&Refinements::length(1, Some(7))),
        Refinements::length(2, Some(7))
    );
}

#[test]
fn exclusion() {
    let prefix = Refinements::prefix("a-");
    assert!(prefix.excludes(&value("null")));
    assert!(prefix.excludes(&value("\"b\"")));
    assert!(!prefix.excludes(&value("\"a-b\"")));
    assert!(bounds(1, 5).excludes(&value("6")));
    assert!(!bounds(1, 5).excludes(&value("5")));
    assert!(Refinements::length(2, None).excludes(&typed("[1]", &ty("list(number)"))));
    let half = Value::set(Type::Number, vec![Value::unknown(Type::Number), Value::unknown(Type::Number)]);
    assert!(Refinements::length(3, None).excludes(&half));
    assert!(!Refinements::length(1, Some(1)).excludes(&half));
}

#[test]
fn lengths() {
    let unknown = Value::unknown(Type::String);
    let set = |items: Vec<Value>| Value::set(Type::String, items);
    let exact = [
        (typed("[1,2]", &ty("list(number)")), 2),
        (value("{\"a\":1}"), 1),
        (value("[1,2,3]"), 3),
        (Value::tuple([unknown.clone(), unknown.clone()]), 2),
        (set(vec![unknown.clone()]), 1),
        (Value::unknown(ty("tuple([any,any])")), 2),
    ];
    for (of, expected) in exact {
        assert_eq!(of.length(), Some(Value::from(expected)), "{of:?}");
    }
    let bounded = |min: i64, max: Option<i64>| {
        let max = max.map(|n| (Number::from(n), true));
        Some(Value::unknown_refined(
            Type::Number,
            Refinements { max, ..Refinements { min: Some((min.into(), true)), ..Refinements::not_null() } },
        ))
    };
    assert_eq!(set(vec![unknown.clone(), unknown.clone()]).length(), bounded(1, Some(2)));
    assert_eq!(set(vec![unknown, Value::from("a"), Value::from("b")]).length(), bounded(2, Some(3)));
    assert_eq!(Value::unknown_refined(ty("map(any)"), Refinements::length(1, Some(4))).length(), bounded(1, Some(4)));
    assert_eq!(Value::dynamic().length(), bounded(0, None));
    assert_eq!(value("\"abc\"").length(), None);
    assert_eq!(value("null").length(), None);
}
