//! Laws that hold for all values.

use formwork_value::{
    Marks, ObjectType, Refinements, Type, Value, compare, conforms, convert, equals, json, msgpack, type_from_json,
    type_to_json, unify,
};
use proptest::prelude::*;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

fn any_type() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![Just(Type::String), Just(Type::Number), Just(Type::Bool)];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(Type::list),
            inner.clone().prop_map(Type::set),
            inner.clone().prop_map(Type::map),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Type::tuple),
            prop::collection::btree_map("[ab<]{1,2}", inner, 0..3).prop_map(Type::object),
        ]
    })
}

fn value_of(ty: &Type, unknowns: bool) -> BoxedStrategy<Value> {
    let known = known_value_of(ty, unknowns);
    let null = Just(Value::null(ty.clone()));
    if !unknowns {
        return prop_oneof![8 => known, 1 => null].boxed();
    }
    let unknown = Just(Value::unknown(ty.clone()));
    let refined = Just(Value::unknown_refined(
        ty.clone(),
        Refinements {
            not_null: true,
            prefix: Some("p".into()),
            min: Some((1.into(), false)),
            max: None,
            min_length: Some(1),
            max_length: Some(4),
        },
    ));
    prop_oneof![8 => known, 1 => null, 1 => unknown, 1 => refined].boxed()
}

fn known_value_of(ty: &Type, unknowns: bool) -> BoxedStrategy<Value> {
    match ty {
        Type::String => {
            prop_oneof!["[a-c]{0,2}", "\\PC{0,4}", Just("\u{0}\u{2028}\"\\<".to_owned())].prop_map(Value::from).boxed()
        }
        Type::Number => prop_oneof![
            (-3i64..3).prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "-?[0-9]{1,30}\\.[0-9]{1,30}".prop_map(|t| formwork_value::Number::parse(&t).unwrap().into())
        ]
        .boxed(),
        Type::Bool | Type::Dynamic => any::<bool>().prop_map(Value::from).boxed(),
        Type::List(element) | Type::Set(element) => {
            let is_set = matches!(ty, Type::Set(_));
            let element = (**element).clone();
            let items = prop::collection::vec(value_of(&element, unknowns), 0..4);
            items
                .prop_map(
                    move |items| {
                        if is_set { Value::set(element.clone(), items) } else { Value::list(element.clone(), items) }
                    },
                )
                .boxed()
        }
        Type::Map(element) => {
            let element = (**element).clone();
            let items = prop::collection::btree_map("[a-c&]{0,2}", value_of(&element, unknowns), 0..4);
            items
                .prop_map(move |items| {
                    Value::map(element.clone(), items.into_iter().map(|(k, v)| (k.into(), v)).collect())
                })
                .boxed()
        }
        Type::Object(object) => {
            let attributes: Vec<_> = object
                .attributes
                .iter()
                .map(|(name, ty)| {
                    value_of(ty, unknowns).prop_map({
                        let name = name.clone();
                        move |value| (name.clone(), value)
                    })
                })
                .collect();
            attributes.prop_map(Value::object).boxed()
        }
        Type::Tuple(types) => {
            types.iter().map(|ty| value_of(ty, unknowns)).collect::<Vec<_>>().prop_map(Value::tuple).boxed()
        }
    }
}

fn any_value(unknowns: bool) -> impl Strategy<Value = Value> {
    any_type().prop_flat_map(move |ty| value_of(&ty, unknowns))
}

/// The type with some parts dynamic or optional: a constraint.
fn loosened(ty: &Type, mut choice: u64) -> Type {
    choice = choice.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    if choice >> 61 == 0 {
        return Type::Dynamic;
    }
    match ty {
        Type::List(t) => Type::list(loosened(t, choice)),
        Type::Set(t) => Type::set(loosened(t, choice)),
        Type::Map(t) => Type::map(loosened(t, choice)),
        Type::Tuple(ts) => Type::tuple(ts.iter().enumerate().map(|(i, t)| loosened(t, choice ^ i as u64))),
        Type::Object(o) => {
            let attributes: BTreeMap<_, _> = o
                .attributes
                .iter()
                .enumerate()
                .map(|(i, (n, t))| (n.clone(), loosened(t, choice ^ i as u64)))
                .collect();
            let optional: BTreeSet<_> = attributes.keys().filter(|_| choice & 1 == 0).cloned().collect();
            Type::Object(Arc::new(ObjectType { attributes, optional }))
        }
        _ => ty.clone(),
    }
}

proptest! {
    #[test]
    fn types_round_trip(ty in any_type(), choice in any::<u64>()) {
        let ty = loosened(&ty, choice);
        prop_assert_eq!(type_from_json(&type_to_json(&ty)), Ok(ty));
    }

    #[test]
    fn tuples_have_the_types_of_their_elements(values in prop::collection::vec(any_value(true), 0..4), again in 1usize..3) {
        let items: Vec<Value> = values.iter().flat_map(|v| std::iter::repeat_n(v.clone(), again)).collect();
        prop_assert_eq!(Value::tuple(items.clone()).ty(), Type::tuple(items.iter().map(Value::ty)));
    }

    #[test]
    fn json_round_trips(value in any_value(false)) {
        let ty = value.ty();
        prop_assert_eq!(json::decode(&json::encode(&value, &ty).unwrap(), &ty).unwrap(), value.clone());
        let wrapped = json::encode(&value, &Type::Dynamic).unwrap();
        prop_assert_eq!(json::decode(&wrapped, &Type::Dynamic).unwrap(), value.clone());
        // What is written is what other readers read.
        let theirs: serde_json::Value = serde_json::from_str(&json::encode_plain(&value).unwrap()).unwrap();
        let ours = json::decode_plain(&theirs.to_string()).unwrap();
        prop_assert_eq!(convert(&ours, &ty).unwrap(), value);
    }

    #[test]
    fn msgpack_round_trips(value in any_value(true)) {
        let ty = value.ty();
        for target in [&ty, &Type::Dynamic] {
            let bytes = msgpack::encode(&value, target).unwrap();
            prop_assert_eq!(&msgpack::decode(&bytes, target).unwrap(), &value);
            for cut in 0..bytes.len() {
                prop_assert!(msgpack::decode(&bytes[..cut], target).is_err());
            }
        }
    }

    #[test]
    fn arbitrary_bytes_are_no_crash(bytes in prop::collection::vec(any::<u8>(), 0..60), ty in any_type(), choice in any::<u64>()) {
        let _ = msgpack::decode(&bytes, &loosened(&ty, choice));
    }

    #[test]
    fn arbitrary_text_is_json_only_if_it_is(text in "[\\[\\]{}\",:0-9a-fetrul\\\\ .+-]{0,12}") {
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        let is_lone_surrogate = text.contains("\\u");
        if !is_lone_surrogate {
            prop_assert_eq!(json::decode_plain(&text).is_ok(), theirs.is_ok(), "{}", text);
        }
    }

    #[test]
    fn values_conform_to_their_type(value in any_value(true), choice in any::<u64>()) {
        let ty = value.ty();
        prop_assert!(conforms(&value, &ty));
        prop_assert_eq!(convert(&value, &ty).unwrap(), value.clone());
        let constraint = loosened(&ty, choice);
        prop_assert!(conforms(&value, &constraint));
        prop_assert_eq!(convert(&value, &constraint).unwrap(), value);
    }

    #[test]
    fn conversion_is_idempotent(value in any_value(true), ty in any_type(), choice in any::<u64>()) {
        let constraint = loosened(&ty, choice);
        if let Ok(converted) = convert(&value, &constraint) {
            prop_assert!(conforms(&converted, &constraint.without_optional()));
            prop_assert!(!converted.ty().has_optional());
            prop_assert_eq!(convert(&converted, &constraint).unwrap(), converted);
        }
    }

    #[test]
    fn values_convert_to_the_unified_type(a in any_value(true), b in any_value(true)) {
        let (x, y) = (a.ty(), b.ty());
        let unified = unify(&[x.clone(), y.clone()]);
        prop_assert_eq!(unify(&[y.clone(), x.clone()]).is_some(), unified.is_some());
        prop_assert_eq!(unify(&[x.clone(), x.clone()]), Some(x.clone()));
        let Some(unified) = unified else { return Ok(()) };
        for value in [&a, &b] {
            match convert(value, &unified) {
                Ok(converted) => prop_assert!(conforms(&converted, &unified)),
                // Text that is no number or bool, where the other type wants one; a map without an attribute.
                Err(error) => {
                    let by_value = error.message.starts_with("a ") || error.message.starts_with("map has no element");
                    prop_assert!(by_value, "{}", error);
                }
            }
        }
    }

    #[test]
    fn set_order_is_total(items in any_type().prop_flat_map(|ty| prop::collection::vec(value_of(&ty, true), 3))) {
        let (a, b, c) = (&items[0], &items[1], &items[2]);
        prop_assert_eq!(compare(a, b), compare(b, a).reverse());
        if compare(a, b) != Ordering::Greater && compare(b, c) != Ordering::Greater {
            prop_assert!(compare(a, c) != Ordering::Greater);
        }
        if a.is_wholly_known() && b.is_wholly_known() {
            prop_assert_eq!(compare(a, b) == Ordering::Equal, equals(a, b).as_bool().unwrap());
        }
    }

    #[test]
    fn sets_do_not_depend_on_the_order_of_their_elements(
        (ty, items) in any_type().prop_flat_map(|ty| (Just(ty.clone()), prop::collection::vec(value_of(&ty, false), 0..6))),
        turn in 0usize..6,
    ) {
        let mut shuffled = items.clone();
        shuffled.rotate_left(turn.min(items.len()));
        shuffled.reverse();
        shuffled.extend(items.iter().cloned());
        prop_assert_eq!(Value::set(ty.clone(), items), Value::set(ty, shuffled));
    }

    #[test]
    fn equality_is_decided_by_known_values(a in any_value(false), b in any_value(false)) {
        prop_assert_eq!(equals(&a, &a).as_bool(), Some(true));
        let decided = equals(&a, &b).as_bool();
        prop_assert!(decided.is_some());
        let both_null = a.is_null() && b.is_null();
        prop_assert_eq!(decided, Some(both_null || a == b));
    }

    #[test]
    fn unknowns_do_not_decide_wrongly(a in any_value(false)) {
        // Whatever part becomes known later, equality with the final value was never denied.
        let mut vague = Vec::new();
        a.walk(&mut |path, _| { vague.push(path.clone()); true });
        for target in vague {
            let blurred = a.transform(&mut |path: &formwork_value::Path, value: Value| -> Result<Value, ()> {
                Ok(if *path == target { Value::unknown(value.ty()) } else { value })
            }).unwrap();
            prop_assert!(equals(&a, &blurred).as_bool() != Some(false), "{:?} {:?}", a, blurred);
        }
    }

    #[test]
    fn marks_come_back(value in any_value(true), choice in any::<u64>()) {
        let mut state = choice;
        let marked = value.transform(&mut |_: &formwork_value::Path, value: Value| -> Result<Value, ()> {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            Ok(if state >> 62 == 0 { value.with_marks(Marks::SENSITIVE) } else { value })
        }).unwrap();
        let (bare, marks) = marked.unmark_deep();
        prop_assert_eq!(bare.marks_deep(), Marks::NONE);
        prop_assert_eq!(bare.with_path_marks(&marks), marked.clone());
        prop_assert_eq!(marks.is_empty(), marked.marks_deep().is_none());
    }

    #[test]
    fn paths_lead_to_what_was_visited(value in any_value(true)) {
        let mut visited = Vec::new();
        value.walk(&mut |path, inner| { visited.push((path.clone(), inner.clone())); true });
        for (path, inner) in visited {
            prop_assert_eq!(value.at_path(&path).unwrap(), inner, "{}", path);
        }
    }
}
