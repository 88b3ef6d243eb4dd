//! Messages about types that do not convert, as users of the reference know them.

use crate::convert::convert_type;
use crate::{ObjectType, Type};

/// Why values of one type do not convert to another.
pub(crate) fn mismatch(own: &Type, ty: &Type) -> String {
    let inner = match (own, ty) {
        (Type::Object(own), Type::Object(object)) => Some(mismatched_objects(own, object)),
        (Type::Tuple(_), Type::List(element)) if **element == Type::Dynamic => Some(different("list")),
        (Type::Tuple(_), Type::Set(element)) if **element == Type::Dynamic => Some(different("set")),
        (Type::Object(_), Type::Map(element)) if **element == Type::Dynamic => Some(different("map")),
        (Type::Tuple(types), Type::List(element) | Type::Set(element)) => types
            .iter()
            .enumerate()
            .find(|(_, own)| convert_type(own, element).is_none())
            .map(|(index, own)| format!("element {index}: {}", mismatch(own, element))),
        (Type::Object(own), Type::Map(element)) => own
            .attributes
            .iter()
            .find(|(_, own)| convert_type(own, element).is_none())
            .map(|(name, own)| format!("element {:?}: {}", &**name, mismatch(own, element))),
        (Type::List(own), Type::List(element)) => Some(wrong_elements("list", own, element)),
        (Type::Set(own), Type::Set(element)) => Some(wrong_elements("set", own, element)),
        (Type::Map(own), Type::Map(element)) => Some(wrong_elements("map", own, element)),
        _ => None,
    };
    inner.unwrap_or_else(|| format!("{} required", ty.friendly_name()))
}

fn different(kind: &str) -> String {
    format!("all {kind} elements must have the same type")
}

fn wrong_elements(kind: &str, own: &Type, element: &Type) -> String {
    format!("incorrect {kind} element type: {}", mismatch(own, element))
}

fn mismatched_objects(own: &ObjectType, object: &ObjectType) -> String {
    let is_missing = |name: &&crate::Str| !own.attributes.contains_key(*name) && !object.optional.contains(*name);
    let missing: Vec<String> =
        object.attributes.keys().filter(is_missing).map(|name| format!("{:?}", &**name)).collect();
    match missing.as_slice() {
        [] => {}
        [only] => return format!("attribute {only} is required"),
        [first, second] => return format!("attributes {first} and {second} are required"),
        [first @ .., last] => return format!("attributes {}, and {last} are required", first.join(", ")),
    }
    for (name, ty) in &object.attributes {
        if let Some(own) = own.attributes.get(name)
            && convert_type(own, ty).is_none()
        {
            return format!("attribute {:?}: {}", &**name, mismatch(own, ty));
        }
    }
    "incorrect object attributes".to_owned()
}
