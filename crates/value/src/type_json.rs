//! Types as JSON: `"string"`, `["list","string"]`, `["object",{"a":"number"}]`.

use crate::json::write_json_string;
use crate::{ObjectType, Str, Type};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Compact JSON of a type, object attributes sorted.
pub fn type_to_json(ty: &Type) -> String {
    let mut text = String::new();
    write_type(&mut text, ty);
    text
}

pub(crate) fn write_type(text: &mut String, ty: &Type) {
    match ty {
        Type::Dynamic => text.push_str("\"dynamic\""),
        Type::String => text.push_str("\"string\""),
        Type::Number => text.push_str("\"number\""),
        Type::Bool => text.push_str("\"bool\""),
        Type::List(element) => write_collection(text, "list", element),
        Type::Set(element) => write_collection(text, "set", element),
        Type::Map(element) => write_collection(text, "map", element),
        Type::Object(object) => write_object(text, object),
        Type::Tuple(types) => {
            text.push_str("[\"tuple\",[");
            for (index, ty) in types.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_type(text, ty);
            }
            text.push_str("]]");
        }
    }
}

fn write_collection(text: &mut String, kind: &str, element: &Type) {
    text.push_str("[\"");
    text.push_str(kind);
    text.push_str("\",");
    write_type(text, element);
    text.push(']');
}

fn write_object(text: &mut String, object: &ObjectType) {
    text.push_str("[\"object\",{");
    for (index, (name, ty)) in object.attributes.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_json_string(text, name);
        text.push(':');
        write_type(text, ty);
    }
    text.push('}');
    for (index, name) in object.optional.iter().enumerate() {
        text.push_str(if index == 0 { ",[" } else { "," });
        write_json_string(text, name);
    }
    text.push_str(if object.optional.is_empty() { "]" } else { "]]" });
}

/// Parses what [`type_to_json`] writes, in any JSON formatting.
pub fn type_from_json(text: &str) -> Result<Type, String> {
    // The parser bounds the depth.
    let json: Json = serde_json::from_str(text).map_err(|error| format!("the type is not valid JSON: {error}"))?;
    from_json(&json)
}

fn from_json(json: &Json) -> Result<Type, String> {
    match json {
        Json::String(name) => match name.as_str() {
            "string" => Ok(Type::String),
            "number" => Ok(Type::Number),
            "bool" => Ok(Type::Bool),
            "dynamic" => Ok(Type::Dynamic),
            other => Err(format!("unknown primitive type {other:?}")),
        },
        Json::Array(parts) => match parts.as_slice() {
            [Json::String(kind), rest @ ..] => compound(kind, rest),
            _ => Err("a compound type must begin with the name of its kind".to_owned()),
        },
        _ => Err("a type must be a string or an array".to_owned()),
    }
}

fn compound(kind: &str, parts: &[Json]) -> Result<Type, String> {
    match (kind, parts) {
        ("list", [element]) => Ok(Type::list(from_json(element)?)),
        ("set", [element]) => Ok(Type::set(from_json(element)?)),
        ("map", [element]) => Ok(Type::map(from_json(element)?)),
        ("tuple", [Json::Array(types)]) => Ok(Type::tuple(types.iter().map(from_json).collect::<Result<Vec<_>, _>>()?)),
        ("object", [Json::Object(attributes)]) => object(attributes, &[]),
        ("object", [Json::Object(attributes), Json::Array(optional)]) => object(attributes, optional),
        ("list" | "set" | "map" | "tuple" | "object", _) => Err(format!("wrong parts for a type of kind {kind:?}")),
        _ => Err(format!("unknown kind of type {kind:?}")),
    }
}

fn object(attributes: &serde_json::Map<String, Json>, optional: &[Json]) -> Result<Type, String> {
    let attributes = attributes
        .iter()
        .map(|(name, ty)| Ok((Str::from(name.as_str()), from_json(ty)?)))
        .collect::<Result<BTreeMap<_, _>, String>>()?;
    let mut names = BTreeSet::new();
    for name in optional {
        match name.as_str().map(|name| attributes.get_key_value(name)) {
            Some(Some((name, _))) => names.insert(name.clone()),
            _ => return Err(format!("{name} is not an attribute of the object and cannot be optional")),
        };
    }
    Ok(Type::Object(Arc::new(ObjectType { attributes, optional: names })))
}
