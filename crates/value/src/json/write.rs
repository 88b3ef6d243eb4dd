//! Writing values.

use super::{CodecError, MAX_DEPTH, too_deep, write_json_string};
use crate::type_json::{json_depth, write_type};
use crate::value::Kind;
use crate::{Number, PathStep, Str, Type, Value};
use std::fmt::Write;

type Written = Result<(), CodecError>;

/// A text to which JSON is appended, and the open objects and arrays, of which there are no more than can be read.
pub(super) struct Writer<'a> {
    text: &'a mut String,
    depth: usize,
}

impl<'a> Writer<'a> {
    pub(super) fn new(text: &'a mut String) -> Writer<'a> {
        Writer { text, depth: 0 }
    }

    pub(super) fn typed(&mut self, value: &Value, ty: &Type) -> Written {
        match (value.kind(), ty) {
            (Kind::Null(Type::Dynamic), _) => self.plain(value),
            (_, Type::Dynamic) => self.dynamic(value),
            (Kind::Null(_) | Kind::Unknown(..), _) => self.plain(value),
            (Kind::Bool(_), Type::Bool) | (Kind::Number(_), Type::Number) | (Kind::String(_), Type::String) => {
                self.plain(value)
            }
            (Kind::List(c), Type::List(element)) | (Kind::Set(c), Type::Set(element)) => {
                self.array(&c.items, |writer, _, item| writer.typed(item, element))
            }
            (Kind::Tuple(items), Type::Tuple(types)) if items.len() == types.len() => {
                self.array(items, |writer, index, item| types.get(index).map_or(Ok(()), |ty| writer.typed(item, ty)))
            }
            (Kind::Map(map), Type::Map(element)) => {
                self.object(map.items.iter(), key_step, |writer, _, item| writer.typed(item, element))
            }
            (Kind::Object(attributes), Type::Object(object)) => {
                if let Some(name) = object.attributes.keys().find(|name| !attributes.contains_key(*name)) {
                    return Err(CodecError::new(format!("attribute {:?} is required", &**name)));
                }
                self.object(attributes.iter(), attribute_step, |writer, name, item| match object.attributes.get(name) {
                    Some(ty) => writer.typed(item, ty),
                    None => Err(CodecError::new("unsupported attribute")),
                })
            }
            _ => Err(CodecError::wrong_type(value, ty)),
        }
    }

    fn dynamic(&mut self, value: &Value) -> Written {
        let ty = value.ty();
        self.open('{')?;
        if self.depth + json_depth(&ty) > MAX_DEPTH {
            return Err(too_deep());
        }
        self.text.push_str("\"value\":");
        self.typed(value, &ty)?;
        self.text.push_str(",\"type\":");
        write_type(self.text, &ty);
        self.close('}');
        Ok(())
    }

    pub(super) fn plain(&mut self, value: &Value) -> Written {
        match value.kind() {
            Kind::Null(_) => self.text.push_str("null"),
            Kind::Bool(b) => self.text.push_str(if *b { "true" } else { "false" }),
            Kind::Number(n) => return self.number(n),
            Kind::String(s) => write_json_string(self.text, s),
            Kind::Unknown(..) => return Err(CodecError::new("the value is not known yet")),
            Kind::List(c) | Kind::Set(c) => return self.array(&c.items, |writer, _, item| writer.plain(item)),
            Kind::Tuple(items) => return self.array(items, |writer, _, item| writer.plain(item)),
            Kind::Map(map) => return self.object(map.items.iter(), key_step, |writer, _, item| writer.plain(item)),
            Kind::Object(attributes) => {
                return self.object(attributes.iter(), attribute_step, |writer, _, item| writer.plain(item));
            }
        }
        Ok(())
    }

    fn number(&mut self, number: &Number) -> Written {
        if number.is_infinite() {
            return Err(CodecError::new("infinity cannot be written as JSON"));
        }
        // Writing to a string does not fail.
        let _ = write!(self.text, "{number}");
        Ok(())
    }

    fn open(&mut self, bracket: char) -> Written {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_deep());
        }
        self.text.push(bracket);
        Ok(())
    }

    fn close(&mut self, bracket: char) {
        self.depth -= 1;
        self.text.push(bracket);
    }

    fn array(&mut self, items: &[Value], write: impl Fn(&mut Self, usize, &Value) -> Written) -> Written {
        self.open('[')?;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            write(self, index, item).map_err(|e| e.inside(PathStep::Index(Number::from(index).into())))?;
        }
        self.close(']');
        Ok(())
    }

    fn object<'v>(
        &mut self,
        entries: impl Iterator<Item = (&'v Str, &'v Value)>,
        step: impl Fn(&Str) -> PathStep,
        write: impl Fn(&mut Self, &Str, &Value) -> Written,
    ) -> Written {
        self.open('{')?;
        for (index, (name, item)) in entries.enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            write_json_string(self.text, name);
            self.text.push(':');
            write(self, name, item).map_err(|error| error.inside(step(name)))?;
        }
        self.close('}');
        Ok(())
    }
}

fn attribute_step(name: &Str) -> PathStep {
    PathStep::Attribute(name.clone())
}

fn key_step(key: &Str) -> PathStep {
    PathStep::Index(Kind::String(key.clone()).into())
}
