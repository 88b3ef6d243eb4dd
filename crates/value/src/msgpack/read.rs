//! Reading values.

use super::cursor::Cursor;
use super::refinements::read_unknown;
use crate::json::CodecError;
use crate::set::normalize;
use crate::unify::settle;
use crate::value::Kind;
use crate::{Number, ObjectType, PathStep, Str, Type, Value, type_from_json};
use std::collections::BTreeMap;

type Read = Result<Value, CodecError>;

pub(super) fn decode(bytes: &[u8], ty: &Type) -> Read {
    let mut cursor = Cursor::new(bytes);
    let value = read(&mut cursor, ty)?;
    if !cursor.is_at_end() {
        return Err(CodecError::new("more data follows the value"));
    }
    Ok(value)
}

fn read(cursor: &mut Cursor<'_>, ty: &Type) -> Read {
    if cursor.take_nil() {
        return Ok(Value::null(ty.clone()));
    }
    if let Some((code, payload)) = cursor.take_extension()? {
        return read_unknown(code, payload, ty);
    }
    match ty {
        Type::String => Ok(Kind::String(normalize(cursor.text()?)).into()),
        Type::Number => Ok(Value::from(cursor.number()?)),
        Type::Bool => Ok(Value::from(cursor.bool()?)),
        _ => {
            cursor.descend()?;
            let value = read_compound(cursor, ty)?;
            cursor.ascend();
            Ok(value)
        }
    }
}

fn read_compound(cursor: &mut Cursor<'_>, ty: &Type) -> Read {
    match ty {
        Type::List(element) => {
            let (element, items) = read_items(cursor, element)?;
            Ok(Value::list(element, items))
        }
        Type::Set(element) => {
            let (element, items) = read_items(cursor, element)?;
            Ok(Value::set(element, items))
        }
        Type::Map(element) => read_map(cursor, element),
        Type::Object(object) => read_object(cursor, object),
        Type::Tuple(types) => read_tuple(cursor, types),
        _ => read_dynamic(cursor),
    }
}

fn read_dynamic(cursor: &mut Cursor<'_>) -> Read {
    if cursor.array_length()? != 2 {
        return Err(CodecError::new("a dynamic value must be an array of its type and the value"));
    }
    let ty = type_from_json(cursor.text()?).map_err(CodecError::new)?;
    read(cursor, &ty)
}

fn index_step(index: usize) -> PathStep {
    PathStep::Index(Number::from(index).into())
}

fn read_items(cursor: &mut Cursor<'_>, element: &Type) -> Result<(Type, Vec<Value>), CodecError> {
    let length = cursor.array_length()?;
    // The claimed length is not believed: elements are counted as they come.
    let mut items = Vec::new();
    for index in 0..length {
        items.push(read(cursor, element).map_err(|error| error.inside(index_step(index)))?);
    }
    Ok(settle(element, items))
}

fn read_tuple(cursor: &mut Cursor<'_>, types: &[Type]) -> Read {
    let length = cursor.array_length()?;
    if length != types.len() {
        return Err(CodecError::new(format!("a tuple of {} elements is required, not {length}", types.len())));
    }
    let mut items = Vec::new();
    for (index, ty) in types.iter().enumerate() {
        items.push(read(cursor, ty).map_err(|error| error.inside(index_step(index)))?);
    }
    Ok(Value::tuple(items))
}

fn read_map(cursor: &mut Cursor<'_>, element: &Type) -> Read {
    let mut keys = Vec::new();
    let mut items = Vec::new();
    for _ in 0..cursor.map_length()? {
        let key = normalize(cursor.text()?);
        let step = || PathStep::Index(Kind::String(key.clone()).into());
        items.push(read(cursor, element).map_err(|error| error.inside(step()))?);
        keys.push(key);
    }
    let (element, items) = settle(element, items);
    Ok(Value::map(element, keys.into_iter().zip(items).collect()))
}

fn read_object(cursor: &mut Cursor<'_>, object: &ObjectType) -> Read {
    let mut attributes: Vec<(Str, Value)> = Vec::new();
    for _ in 0..cursor.map_length()? {
        let name = cursor.text()?;
        let Some((name, ty)) = object.attributes.get_key_value(name) else {
            return Err(CodecError::new(format!("unsupported attribute {name:?}")));
        };
        let value = read(cursor, ty).map_err(|error| error.inside(PathStep::Attribute(name.clone())))?;
        attributes.push((name.clone(), value));
    }
    let attributes = BTreeMap::from_iter(attributes);
    match object.attributes.keys().find(|name| !attributes.contains_key(*name)) {
        Some(missing) => Err(CodecError::new(format!("attribute {:?} is required", &**missing))),
        None => Ok(Value::object_map(attributes)),
    }
}
