//! Writing values.

use super::{CodecError, write_json_string};
use crate::type_json::write_type;
use crate::value::Kind;
use crate::{Number, PathStep, Str, Type, Value};
use std::fmt::Write;

type Written = Result<(), CodecError>;

pub(super) fn write_typed(text: &mut String, value: &Value, ty: &Type) -> Written {
    match (value.kind(), ty) {
        (Kind::Null(Type::Dynamic), _) => {
            text.push_str("null");
            Ok(())
        }
        (_, Type::Dynamic) => write_dynamic(text, value),
        (Kind::Null(_), _) => {
            text.push_str("null");
            Ok(())
        }
        (Kind::Unknown(..), _) => Err(unknown()),
        (Kind::Bool(_), Type::Bool) | (Kind::Number(_), Type::Number) | (Kind::String(_), Type::String) => {
            write_plain(text, value)
        }
        (Kind::List(c), Type::List(element)) | (Kind::Set(c), Type::Set(element)) => {
            write_array(text, &c.items, |text, _, item| write_typed(text, item, element))
        }
        (Kind::Tuple(items), Type::Tuple(types)) if items.len() == types.len() => {
            write_array(text, items, |text, index, item| {
                types.get(index).map_or(Ok(()), |ty| write_typed(text, item, ty))
            })
        }
        (Kind::Map(map), Type::Map(element)) => {
            write_object(text, map.items.iter(), key_step, |text, _, item| write_typed(text, item, element))
        }
        (Kind::Object(attributes), Type::Object(object)) => {
            if let Some(name) = object.attributes.keys().find(|name| !attributes.contains_key(*name)) {
                return Err(CodecError::new(format!("attribute {:?} is required", &**name)));
            }
            write_object(text, attributes.iter(), attribute_step, |text, name, item| {
                match object.attributes.get(name) {
                    Some(ty) => write_typed(text, item, ty),
                    None => Err(CodecError::new("unsupported attribute")),
                }
            })
        }
        _ => Err(CodecError::new(format!(
            "a value of type {} is required, not {}",
            ty.friendly_name(),
            value.ty().friendly_name()
        ))),
    }
}

fn write_dynamic(text: &mut String, value: &Value) -> Written {
    let ty = value.ty();
    text.push_str("{\"value\":");
    write_typed(text, value, &ty)?;
    text.push_str(",\"type\":");
    write_type(text, &ty);
    text.push('}');
    Ok(())
}

pub(super) fn write_plain(text: &mut String, value: &Value) -> Written {
    match value.kind() {
        Kind::Null(_) => text.push_str("null"),
        Kind::Bool(b) => text.push_str(if *b { "true" } else { "false" }),
        Kind::Number(n) => return write_number(text, n),
        Kind::String(s) => write_json_string(text, s),
        Kind::Unknown(..) => return Err(unknown()),
        Kind::List(c) | Kind::Set(c) => return write_array(text, &c.items, |text, _, item| write_plain(text, item)),
        Kind::Tuple(items) => return write_array(text, items, |text, _, item| write_plain(text, item)),
        Kind::Map(map) => {
            return write_object(text, map.items.iter(), key_step, |text, _, item| write_plain(text, item));
        }
        Kind::Object(attributes) => {
            return write_object(text, attributes.iter(), attribute_step, |text, _, item| write_plain(text, item));
        }
    }
    Ok(())
}

fn unknown() -> CodecError {
    CodecError::new("the value is not known yet")
}

fn write_number(text: &mut String, number: &Number) -> Written {
    if number.is_infinite() {
        return Err(CodecError::new("infinity cannot be written as JSON"));
    }
    // Writing to a string does not fail.
    let _ = write!(text, "{number}");
    Ok(())
}

fn write_array(text: &mut String, items: &[Value], write: impl Fn(&mut String, usize, &Value) -> Written) -> Written {
    text.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write(text, index, item).map_err(|e| e.inside(PathStep::Index(Number::from(index).into())))?;
    }
    text.push(']');
    Ok(())
}

fn write_object<'a>(
    text: &mut String,
    entries: impl Iterator<Item = (&'a Str, &'a Value)>,
    step: impl Fn(&Str) -> PathStep,
    write: impl Fn(&mut String, &Str, &Value) -> Written,
) -> Written {
    text.push('{');
    for (index, (name, item)) in entries.enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_json_string(text, name);
        text.push(':');
        write(text, name, item).map_err(|error| error.inside(step(name)))?;
    }
    text.push('}');
    Ok(())
}

fn attribute_step(name: &Str) -> PathStep {
    PathStep::Attribute(name.clone())
}

fn key_step(key: &Str) -> PathStep {
    PathStep::Index(Kind::String(key.clone()).into())
}
