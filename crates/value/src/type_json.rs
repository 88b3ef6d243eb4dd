//! Types as JSON: `"string"`, `["list","string"]`, `["object",{"a":"number"}]`.

use crate::json::{CodecError, Scanner, write_json_string};
use crate::{ObjectType, Str, Type};
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

/// Objects and arrays that are open at once in the JSON of a type.
pub(crate) fn json_depth(ty: &Type) -> usize {
    match ty {
        Type::Dynamic | Type::String | Type::Number | Type::Bool => 0,
        Type::List(element) | Type::Set(element) | Type::Map(element) => 1 + json_depth(element),
        Type::Object(object) => 2 + object.attributes.values().map(json_depth).max().unwrap_or(0),
        Type::Tuple(types) => 2 + types.iter().map(json_depth).max().unwrap_or(0),
    }
}

/// Parses what [`type_to_json`] writes, in any JSON formatting.
pub fn type_from_json(text: &str) -> Result<Type, String> {
    let mut scanner = Scanner::new(text);
    let ty = read_type(&mut scanner).map_err(|error| error.message)?;
    scanner.end().map_err(|error| error.message)?;
    Ok(ty)
}

fn read_type(scanner: &mut Scanner<'_>) -> Result<Type, CodecError> {
    match scanner.peek() {
        Some(b'"') => match &*scanner.string()? {
            "string" => Ok(Type::String),
            "number" => Ok(Type::Number),
            "bool" => Ok(Type::Bool),
            "dynamic" => Ok(Type::Dynamic),
            other => Err(CodecError::new(format!("unknown primitive type {other:?}"))),
        },
        Some(b'[') => read_compound(scanner),
        _ => Err(scanner.unexpected("a type, which is a string or an array")),
    }
}

fn read_compound(scanner: &mut Scanner<'_>) -> Result<Type, CodecError> {
    scanner.open(b'[')?;
    let kind = scanner.string()?;
    scanner.expect(b',')?;
    let ty = match &*kind {
        "list" => Type::list(read_type(scanner)?),
        "set" => Type::set(read_type(scanner)?),
        "map" => Type::map(read_type(scanner)?),
        "tuple" => {
            scanner.open(b'[')?;
            let mut types = Vec::new();
            let mut first = true;
            while scanner.member(&mut first, b']')? {
                types.push(read_type(scanner)?);
            }
            Type::tuple(types)
        }
        "object" => read_object(scanner)?,
        other => return Err(CodecError::new(format!("unknown kind of type {other:?}"))),
    };
    scanner.close(b']')?;
    Ok(ty)
}

fn read_object(scanner: &mut Scanner<'_>) -> Result<Type, CodecError> {
    let mut object = ObjectType::default();
    scanner.open(b'{')?;
    let mut first = true;
    while scanner.member(&mut first, b'}')? {
        let name = Str::from(&*scanner.name()?);
        object.attributes.insert(name, read_type(scanner)?);
    }
    if scanner.take(b',') {
        scanner.open(b'[')?;
        let mut first = true;
        while scanner.member(&mut first, b']')? {
            let name = scanner.string()?;
            match object.attributes.get_key_value(&*name) {
                Some((name, _)) => object.optional.insert(name.clone()),
                None => return Err(CodecError::new(format!("{name:?} is optional, but not an attribute"))),
            };
        }
    }
    Ok(Type::Object(Arc::new(object)))
}
