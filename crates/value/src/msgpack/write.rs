//! Writing values.

use super::refinements::write_unknown;
use crate::json::{CodecError, MAX_DEPTH, too_deep};
use crate::type_json::json_depth;
use crate::value::Kind;
use crate::{Number, PathStep, Str, Type, Value, type_to_json};
use rmp::encode::{self, ByteBuf};
use std::collections::BTreeMap;

type Written = Result<(), CodecError>;

pub(super) fn encode(value: &Value, ty: &Type) -> Result<Vec<u8>, CodecError> {
    let mut writer = Writer { out: ByteBuf::new(), depth: 0 };
    writer.value(value, ty)?;
    Ok(writer.out.into_vec())
}

/// Bytes to which values are appended, and the open arrays and maps, of which there are no more than can be read.
struct Writer {
    out: ByteBuf,
    depth: usize,
}

/// Writing to memory does not fail.
fn done<T, E>(_: Result<T, E>) -> Written {
    Ok(())
}

impl Writer {
    fn value(&mut self, value: &Value, ty: &Type) -> Written {
        match (value.kind(), ty) {
            (Kind::Null(Type::Dynamic), _) => done(encode::write_nil(&mut self.out)),
            (Kind::Unknown(Type::Dynamic, _), _) => {
                write_unknown(&mut self.out, None);
                Ok(())
            }
            (_, Type::Dynamic) => self.dynamic(value),
            _ => self.typed(value, ty),
        }
    }

    fn dynamic(&mut self, value: &Value) -> Written {
        let own = value.ty();
        if json_depth(&own) > MAX_DEPTH {
            return Err(too_deep());
        }
        self.open()?;
        done(encode::write_array_len(&mut self.out, 2))?;
        done(encode::write_bin(&mut self.out, type_to_json(&own).as_bytes()))?;
        self.typed(value, &own)?;
        self.depth -= 1;
        Ok(())
    }

    fn typed(&mut self, value: &Value, ty: &Type) -> Written {
        match (value.kind(), ty) {
            (Kind::Null(_), _) => done(encode::write_nil(&mut self.out)),
            (Kind::Unknown(_, refinements), _) => {
                write_unknown(&mut self.out, refinements.as_deref());
                Ok(())
            }
            (Kind::Bool(b), Type::Bool) => done(encode::write_bool(&mut self.out, *b)),
            (Kind::Number(n), Type::Number) => {
                write_number(&mut self.out, n);
                Ok(())
            }
            (Kind::String(s), Type::String) => done(encode::write_str(&mut self.out, s)),
            (Kind::List(c), Type::List(element)) | (Kind::Set(c), Type::Set(element)) => {
                self.array(&c.items, |_| Some(element))
            }
            (Kind::Tuple(items), Type::Tuple(types)) if items.len() == types.len() => {
                self.array(items, |index| types.get(index))
            }
            (Kind::Map(map), Type::Map(element)) => {
                let step = |key: &Str| PathStep::Index(Kind::String(key.clone()).into());
                self.map(&map.items, |_| Some(element), step)
            }
            (Kind::Object(attributes), Type::Object(object)) => {
                if let Some(name) = object.attributes.keys().find(|name| !attributes.contains_key(*name)) {
                    return Err(CodecError::new(format!("attribute {:?} is required", &**name)));
                }
                let step = |name: &Str| PathStep::Attribute(name.clone());
                self.map(attributes, |name| object.attributes.get(name), step)
            }
            _ => Err(CodecError::wrong_type(value, ty)),
        }
    }

    fn open(&mut self) -> Written {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(too_deep()) } else { Ok(()) }
    }

    fn array<'t>(&mut self, items: &[Value], ty: impl Fn(usize) -> Option<&'t Type>) -> Written {
        self.open()?;
        done(encode::write_array_len(&mut self.out, length(items.len())?))?;
        for (index, item) in items.iter().enumerate() {
            let step = || PathStep::Index(Number::from(index).into());
            self.value(item, ty(index).unwrap_or(&Type::Dynamic)).map_err(|error| error.inside(step()))?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn map<'t>(
        &mut self,
        entries: &BTreeMap<Str, Value>,
        ty: impl Fn(&Str) -> Option<&'t Type>,
        step: impl Fn(&Str) -> PathStep,
    ) -> Written {
        self.open()?;
        done(encode::write_map_len(&mut self.out, length(entries.len())?))?;
        for (name, item) in entries {
            done(encode::write_str(&mut self.out, name))?;
            let written = match ty(name) {
                Some(ty) => self.value(item, ty),
                None => Err(CodecError::new("unsupported attribute")),
            };
            written.map_err(|error| error.inside(step(name)))?;
        }
        self.depth -= 1;
        Ok(())
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
