//! Writing values.

use super::refinements::write_unknown;
use crate::json::CodecError;
use crate::value::Kind;
use crate::{Number, PathStep, Str, Type, Value, type_to_json};
use rmp::encode::{self, ByteBuf};
use std::collections::BTreeMap;

type Written = Result<(), CodecError>;

pub(super) fn encode(value: &Value, ty: &Type) -> Result<Vec<u8>, CodecError> {
    let mut out = ByteBuf::new();
    write(&mut out, value, ty)?;
    Ok(out.into_vec())
}

/// Writing to memory does not fail; what may fail is said by the caller.
fn done<T, E>(_: Result<T, E>) -> Written {
    Ok(())
}

fn write(out: &mut ByteBuf, value: &Value, ty: &Type) -> Written {
    match (value.kind(), ty) {
        (Kind::Null(Type::Dynamic), _) => done(encode::write_nil(out)),
        (Kind::Unknown(Type::Dynamic, _), _) => {
            write_unknown(out, None);
            Ok(())
        }
        (_, Type::Dynamic) => {
            let own = value.ty();
            done(encode::write_array_len(out, 2))?;
            done(encode::write_bin(out, type_to_json(&own).as_bytes()))?;
            write_known_type(out, value, &own)
        }
        _ => write_known_type(out, value, ty),
    }
}

fn write_known_type(out: &mut ByteBuf, value: &Value, ty: &Type) -> Written {
    match (value.kind(), ty) {
        (Kind::Null(_), _) => done(encode::write_nil(out)),
        (Kind::Unknown(_, refinements), _) => {
            write_unknown(out, refinements.as_deref());
            Ok(())
        }
        (Kind::Bool(b), Type::Bool) => done(encode::write_bool(out, *b)),
        (Kind::Number(n), Type::Number) => {
            write_number(out, n);
            Ok(())
        }
        (Kind::String(s), Type::String) => done(encode::write_str(out, s)),
        (Kind::List(c), Type::List(element)) | (Kind::Set(c), Type::Set(element)) => {
            write_array(out, &c.items, |_| Some(element))
        }
        (Kind::Tuple(items), Type::Tuple(types)) if items.len() == types.len() => {
            write_array(out, items, |index| types.get(index))
        }
        (Kind::Map(map), Type::Map(element)) => {
            let step = |key: &Str| PathStep::Index(Kind::String(key.clone()).into());
            write_map(out, &map.items, |_| Some(element), step)
        }
        (Kind::Object(attributes), Type::Object(object)) => {
            if let Some(name) = object.attributes.keys().find(|name| !attributes.contains_key(*name)) {
                return Err(CodecError::new(format!("attribute {:?} is required", &**name)));
            }
            let step = |name: &Str| PathStep::Attribute(name.clone());
            write_map(out, attributes, |name| object.attributes.get(name), step)
        }
        _ => Err(CodecError::new(format!(
            "a value of type {} is required, not {}",
            ty.friendly_name(),
            value.ty().friendly_name()
        ))),
    }
}

/// Whole numbers in their shortest form; others as a float if that is exact, else as text.
pub(super) fn write_number(out: &mut ByteBuf, number: &Number) {
    let float = number.to_f64();
    let is_float = number.is_infinite() || (!number.is_integer() && Number::from_f64(float).as_ref() == Some(number));
    let _ = match number.to_i64() {
        Some(n) => done(encode::write_sint(out, n)),
        None if is_float => done(encode::write_f64(out, float)),
        None => done(encode::write_str(out, &number.to_string())),
    };
}

fn length(n: usize) -> Result<u32, CodecError> {
    u32::try_from(n).map_err(|_| CodecError::new("too many elements"))
}

fn write_array<'t>(out: &mut ByteBuf, items: &[Value], ty: impl Fn(usize) -> Option<&'t Type>) -> Written {
    done(encode::write_array_len(out, length(items.len())?))?;
    for (index, item) in items.iter().enumerate() {
        write(out, item, ty(index).unwrap_or(&Type::Dynamic))
            .map_err(|error| error.inside(PathStep::Index(Number::from(index).into())))?;
    }
    Ok(())
}

fn write_map<'t>(
    out: &mut ByteBuf,
    entries: &BTreeMap<Str, Value>,
    ty: impl Fn(&Str) -> Option<&'t Type>,
    step: impl Fn(&Str) -> PathStep,
) -> Written {
    done(encode::write_map_len(out, length(entries.len())?))?;
    for (name, item) in entries {
        done(encode::write_str(out, name))?;
        let written = match ty(name) {
            Some(ty) => write(out, item, ty),
            None => Err(CodecError::new("unsupported attribute")),
        };
        written.map_err(|error| error.inside(step(name)))?;
    }
    Ok(())
}
