//! The language's `==`.

use crate::value::Kind;
use crate::{Refinements, Str, Type, Value};
use std::collections::BTreeMap;

/// `a == b` as the language has it: a known bool, or unknown. No conversion; null equals null of any type (inside a
/// value, types must be equal for nulls and empty collections as well); unknowns are decided by their refinements where possible. Marks of both sides are on the result (of a comparison with null:
/// only those of the roots, as nothing else is looked at).
pub fn equals(a: &Value, b: &Value) -> Value {
    let marks = if a.is_null() || b.is_null() { a.marks() | b.marks() } else { a.marks_deep() | b.marks_deep() };
    let decided = if a.is_null() && b.is_null() { Some(true) } else { decide(a, b) };
    let result = match decided {
        Some(equal) => Value::from(equal),
        None => Value::unknown_not_null(Type::Bool),
    };
    result.with_marks(marks)
}

/// Whether two values are equal; `None` if that depends on unknowns.
pub(crate) fn decide(a: &Value, b: &Value) -> Option<bool> {
    match (a.kind(), b.kind()) {
        (Kind::Null(a), Kind::Null(b)) => Some(a == b),
        (Kind::Unknown(_, a_known), Kind::Unknown(_, b_known)) => {
            decide_unknowns(a_known.as_deref(), b_known.as_deref())
        }
        (Kind::Unknown(ty, known), _) => decide_unknown(ty, known.as_deref(), b),
        (_, Kind::Unknown(ty, known)) => decide_unknown(ty, known.as_deref(), a),
        (Kind::Null(_), _) | (_, Kind::Null(_)) => Some(false),
        (Kind::Bool(a), Kind::Bool(b)) => Some(a == b),
        (Kind::Number(a), Kind::Number(b)) => Some(a == b),
        (Kind::String(a), Kind::String(b)) => Some(a == b),
        (Kind::List(x), Kind::List(y)) if x.element == y.element => decide_sequences(&x.items, &y.items),
        (Kind::Set(x), Kind::Set(y)) if x.element == y.element => decide_sets(&x.items, &y.items),
        (Kind::Map(x), Kind::Map(y)) if x.element == y.element => decide_mappings(&x.items, &y.items),
        // The element type may change when unknown elements of a dynamic type become known.
        (Kind::List(x) | Kind::Set(x), Kind::List(y) | Kind::Set(y)) if may_match(&x.element, &y.element) => {
            decide_settling(a, b)
        }
        (Kind::Map(x), Kind::Map(y)) if may_match(&x.element, &y.element) => decide_settling(a, b),
        (Kind::Object(a), Kind::Object(b)) => decide_mappings(a, b),
        (Kind::Tuple(a), Kind::Tuple(b)) => decide_sequences(a, b),
        _ => Some(false),
    }
}

/// Collections of different element types, of which one has dynamic parts.
fn decide_settling(a: &Value, b: &Value) -> Option<bool> {
    let same_kind = matches!((a.kind(), b.kind()), (Kind::Set(_), Kind::Set(_)))
        || !matches!((a.kind(), b.kind()), (Kind::Set(_), _) | (_, Kind::Set(_)));
    if same_kind && (has_untyped(a) || has_untyped(b)) { None } else { Some(false) }
}

/// True if a part is unknown whose type is not wholly known either.
fn has_untyped(value: &Value) -> bool {
    match value.kind() {
        Kind::Unknown(ty, _) => ty.has_dynamic(),
        _ => value.children().any(has_untyped),
    }
}

fn decide_unknowns(a_known: Option<&Refinements>, b_known: Option<&Refinements>) -> Option<bool> {
    let not_null = |known: Option<&Refinements>| known.is_some_and(|r| r.not_null);
    if !not_null(a_known) && !not_null(b_known) {
        return None;
    }
    let disjoint = match (a_known, b_known) {
        (Some(a), Some(b)) => a.is_disjoint(b),
        _ => false,
    };
    // As in the reference, types are not compared where neither side is known.
    disjoint.then_some(false)
}

fn decide_unknown(ty: &Type, known: Option<&Refinements>, other: &Value) -> Option<bool> {
    if known.is_some_and(|refinements| refinements.excludes(other)) {
        return Some(false);
    }
    if other.is_null() || may_have_type(other, ty) { None } else { Some(false) }
}

/// True if a value of one type may equal a value of the other: equal types, where dynamic parts match everything.
fn may_match(a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Dynamic, _) | (_, Type::Dynamic) => true,
        (Type::List(a), Type::List(b)) | (Type::Set(a), Type::Set(b)) | (Type::Map(a), Type::Map(b)) => may_match(a, b),
        (Type::Object(a), Type::Object(b)) => {
            a.attributes.len() == b.attributes.len()
                && a.attributes.iter().zip(&b.attributes).all(|((n, a), (m, b))| n == m && may_match(a, b))
        }
        (Type::Tuple(a), Type::Tuple(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| may_match(a, b)),
        _ => a == b,
    }
}

/// True if the value may be of the type once its unknown and null parts have theirs.
fn may_have_type(value: &Value, ty: &Type) -> bool {
    match (value.kind(), ty) {
        (_, Type::Dynamic) | (Kind::Null(_), _) => true,
        (Kind::Unknown(own, _), _) => may_match(own, ty),
        (Kind::Bool(_), Type::Bool) | (Kind::Number(_), Type::Number) | (Kind::String(_), Type::String) => true,
        (Kind::List(c), Type::List(element)) | (Kind::Set(c), Type::Set(element)) => may_match(&c.element, element),
        (Kind::Map(m), Type::Map(element)) => may_match(&m.element, element),
        (Kind::Object(attributes), Type::Object(object)) => {
            attributes.len() == object.attributes.len()
                && attributes.iter().zip(&object.attributes).all(|((n, v), (m, t))| n == m && may_have_type(v, t))
        }
        (Kind::Tuple(items), Type::Tuple(types)) => {
            items.len() == types.len() && items.iter().zip(types.iter()).all(|(v, t)| may_have_type(v, t))
        }
        _ => false,
    }
}

/// One false decides; otherwise one undecided pair leaves it open.
fn all(pairs: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(true);
    for pair in pairs {
        match pair {
            Some(false) => return Some(false),
            Some(true) => {}
            None => result = None,
        }
    }
    result
}

/// As in the reference, the first pair that is not equal for sure decides.
fn decide_sequences(a: &[Value], b: &[Value]) -> Option<bool> {
    if a.len() != b.len() {
        return Some(false);
    }
    a.iter().zip(b).map(|(a, b)| decide(a, b)).find(|decided| *decided != Some(true)).unwrap_or(Some(true))
}

fn decide_mappings(a: &BTreeMap<Str, Value>, b: &BTreeMap<Str, Value>) -> Option<bool> {
    if a.len() != b.len() || a.keys().ne(b.keys()) {
        return Some(false);
    }
    all(a.values().zip(b.values()).map(|(a, b)| decide(a, b)))
}

/// Wholly known sets are equal if they are so in their order. Otherwise they may still become equal, unless one has a
/// known element that the other, wholly known, lacks.
fn decide_sets(a: &[Value], b: &[Value]) -> Option<bool> {
    let known = |items: &[Value]| items.iter().all(Value::is_wholly_known);
    let lacks = |some: &[Value], all: &[Value]| some.iter().any(|x| all.iter().all(|y| decide(x, y) == Some(false)));
    match (known(a), known(b)) {
        (true, true) => decide_sequences(a, b),
        // An unknown element becomes one element at most.
        (true, false) if b.len() < a.len() || lacks(b, a) => Some(false),
        (false, true) if a.len() < b.len() || lacks(a, b) => Some(false),
        _ => None,
    }
}
