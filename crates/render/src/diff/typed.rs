//! Values of a declared type.

use super::dynamic::{dynamic_diff, json_diff, scalar_diff};
use super::sequence::{element_texts, pair_elements, pair_sets};
use super::side::is_object_type;
use super::text::string_diff;
use super::{Diff, DiffKind, Pair};
use formwork_value::{Kind, ObjectType, Type, Value};
use std::collections::BTreeMap;

/// Compares two values of a type.
pub(crate) fn typed_diff(pair: &Pair<'_>, ty: &Type) -> Diff {
    let pair = &without_empty_strings(pair);
    pair.hidden(&|inner| known_diff(inner, ty)).unwrap_or_else(|| known_diff(pair, ty))
}

/// Old provider toolkits store "" where nothing is set.
fn without_empty_strings<'a>(pair: &Pair<'a>) -> Pair<'a> {
    let mut pair = pair.clone();
    if pair.legacy {
        for side in [&mut pair.before, &mut pair.after] {
            side.value = side.value.filter(|v| v.as_str() != Some(""));
        }
    }
    pair
}

fn known_diff(pair: &Pair<'_>, ty: &Type) -> Diff {
    // A value that does not fit the type (a damaged state) is shown as what it is.
    if !fits(pair.before.value, ty) || !fits(pair.after.value, ty) {
        return json_diff(pair);
    }
    match ty {
        Type::Dynamic => json_diff(pair),
        Type::Bool | Type::Number => scalar_diff(pair),
        Type::String => string_diff(pair),
        Type::List(element) => list_diff(pair, element),
        Type::Set(element) => set_diff(pair, element),
        Type::Map(element) => map_diff(pair, element),
        Type::Object(object) => object_diff(pair, object),
        Type::Tuple(types) => tuple_diff(pair, types),
    }
}

fn fits(value: Option<&Value>, ty: &Type) -> bool {
    let Some(value) = value else { return true };
    match (value.kind(), ty) {
        (Kind::Unknown(..) | Kind::Null(_), _) | (_, Type::Dynamic) => true,
        (Kind::Bool(_), Type::Bool) | (Kind::Number(_), Type::Number) | (Kind::String(_), Type::String) => true,
        (_, Type::List(_) | Type::Set(_) | Type::Tuple(_)) => value.as_sequence().is_some(),
        (_, Type::Map(_) | Type::Object(_)) => value.as_mapping().is_some(),
        _ => false,
    }
}

fn list_diff(pair: &Pair<'_>, element: &Type) -> Diff {
    let (before, after) = (element_texts(pair.before.items()), element_texts(pair.after.items()));
    let pairs = pair_elements(&before, &after, |_, _| is_object_type(element));
    let elements = pairs.into_iter().map(|(i, j)| typed_diff(&pair.elements(i, j), element)).collect();
    sequence(pair, elements, |elements| DiffKind::List { elements, nested: false })
}

fn tuple_diff(pair: &Pair<'_>, types: &[Type]) -> Diff {
    let elements = types.iter().enumerate().map(|(i, ty)| typed_diff(&pair.elements(i, i), ty)).collect();
    sequence(pair, elements, |elements| DiffKind::List { elements, nested: false })
}

fn set_diff(pair: &Pair<'_>, element: &Type) -> Diff {
    let pairs = pair_sets(pair.before.items(), pair.after.items());
    let elements = pairs.into_iter().map(|(i, j)| typed_diff(&pair.elements(i, j), element)).collect();
    sequence(pair, elements, |elements| DiffKind::Set { elements, nested: false })
}

fn map_diff(pair: &Pair<'_>, element: &Type) -> Diff {
    let mut action = pair.outer_action();
    let mut elements = BTreeMap::new();
    for key in pair.keys() {
        let diff = typed_diff(&pair.key(&key), element);
        action = action.with(diff.action);
        elements.insert(key, diff);
    }
    pair.diff(action, DiffKind::Map { elements, nested: false })
}

fn object_diff(pair: &Pair<'_>, object: &ObjectType) -> Diff {
    let mut action = pair.outer_action();
    let mut attributes = BTreeMap::new();
    for (name, ty) in &object.attributes {
        let inner = pair.attribute(name);
        let diff = typed_diff(&inner, ty);
        if inner.is_null() {
            continue;
        }
        action = action.with(diff.action);
        attributes.insert(name.clone(), diff);
    }
    pair.diff(action, DiffKind::Object { attributes, nested: false })
}

/// Puts elements together.
pub(super) fn sequence(pair: &Pair<'_>, elements: Vec<Diff>, kind: impl FnOnce(Vec<Diff>) -> DiffKind) -> Diff {
    let action = elements.iter().fold(pair.outer_action(), |action, element| action.with(element.action));
    pair.diff(action, kind(elements))
}

/// Compares values by a type, or as JSON if the type is dynamic.
pub(super) fn attribute_diff(pair: &Pair<'_>, ty: &Type) -> Diff {
    match ty {
        // What is hidden as a whole still tells that it forces a replacement.
        Type::Dynamic => dynamic_diff(pair),
        _ => typed_diff(pair, ty),
    }
}
