//! Reading values.

use super::text::Scanner;
use super::{CodecError, MAX_VALUES};
use crate::set::normalize;
use crate::unify::settle;
use crate::value::Kind;
use crate::{Number, ObjectType, PathStep, Str, Type, Value, type_from_json};
use std::borrow::Cow;
use std::collections::BTreeMap;

type Read = Result<Value, CodecError>;

pub(super) struct Reader<'a> {
    scanner: Scanner<'a>,
    /// Drop attributes that the type lacks.
    pub(super) lenient: bool,
    /// Values read without a type.
    values: usize,
}

pub(super) fn read_document<'a>(text: &'a str, read: impl FnOnce(&mut Reader<'a>) -> Read) -> Read {
    let mut reader = Reader { scanner: Scanner::new(text), lenient: false, values: 0 };
    let value = read(&mut reader)?;
    reader.scanner.end()?;
    Ok(value)
}

impl<'a> Reader<'a> {
    pub(super) fn plain(&mut self) -> Read {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(CodecError::new(format!("more than {MAX_VALUES} values")));
        }
        let scanner = &mut self.scanner;
        match scanner.peek() {
            Some(b'"') => Ok(Kind::String(normalize(&scanner.string()?)).into()),
            Some(b'{') => {
                let step = |name: &str| PathStep::Attribute(name.into());
                let entries = self.entries(step, |reader, name| Ok(Some((normalize(name), reader.plain()?))))?;
                Ok(Value::object_map(entries))
            }
            Some(b'[') => Ok(Value::tuple(self.items(|reader, _| reader.plain())?)),
            _ if scanner.take_word("null") => Ok(Value::null(Type::Dynamic)),
            _ if scanner.take_word("true") => Ok(Value::from(true)),
            _ if scanner.take_word("false") => Ok(Value::from(false)),
            _ => parse_number(scanner.number()?),
        }
    }

    pub(super) fn typed(&mut self, ty: &Type) -> Read {
        if self.scanner.take_word("null") {
            return Ok(Value::null(ty.clone()));
        }
        match ty {
            Type::Dynamic => self.dynamic(),
            Type::String => self.string(),
            Type::Number => self.number(),
            Type::Bool => self.bool(),
            Type::List(element) => {
                let (element, items) = settle(element, self.items(|reader, _| reader.typed(element))?);
                Ok(Value::list(element, items))
            }
            Type::Set(element) => {
                let (element, items) = settle(element, self.items(|reader, _| reader.typed(element))?);
                Ok(Value::set(element, items))
            }
            Type::Map(element) => {
                let step = |key: &str| PathStep::Index(Value::string(key));
                let entries = self.entries(step, |reader, key| Ok(Some((normalize(key), reader.typed(element)?))))?;
                let (names, items): (Vec<Str>, Vec<Value>) = entries.into_iter().unzip();
                let (element, items) = settle(element, items);
                Ok(Value::map(element, names.into_iter().zip(items).collect()))
            }
            Type::Object(object) => self.object(object),
            Type::Tuple(types) => self.tuple(types),
        }
    }

    fn string(&mut self) -> Read {
        let scanner = &mut self.scanner;
        match scanner.peek() {
            Some(b'"') => Ok(Kind::String(normalize(&scanner.string()?)).into()),
            Some(b'-' | b'0'..=b'9') => Ok(Value::string(scanner.number()?)),
            _ if scanner.take_word("true") => Ok(Value::string("true")),
            _ if scanner.take_word("false") => Ok(Value::string("false")),
            _ => self.wrong("a string is required"),
        }
    }

    fn number(&mut self) -> Read {
        match self.scanner.peek() {
            Some(b'"') => parse_number(&self.scanner.string()?),
            Some(b'-' | b'0'..=b'9') => parse_number(self.scanner.number()?),
            _ => self.wrong("a number is required"),
        }
    }

    fn bool(&mut self) -> Read {
        let scanner = &mut self.scanner;
        if scanner.take_word("true") {
            return Ok(Value::from(true));
        }
        if scanner.take_word("false") {
            return Ok(Value::from(false));
        }
        if scanner.peek() != Some(b'"') {
            return self.wrong("a bool is required");
        }
        match &*scanner.string()? {
            "true" | "1" => Ok(Value::from(true)),
            "false" | "0" => Ok(Value::from(false)),
            _ => Err(CodecError::new("a bool is required")),
        }
    }

    /// The message, if the document is well-formed here.
    fn wrong(&mut self, message: &str) -> Read {
        self.scanner.skip()?;
        Err(CodecError::new(message))
    }

    fn tuple(&mut self, types: &[Type]) -> Read {
        let items = self.items(|reader, index| match types.get(index) {
            Some(ty) => reader.typed(ty),
            None => Err(CodecError::new(format!("the tuple has only {} elements", types.len()))),
        })?;
        if items.len() < types.len() {
            let message = format!("the tuple has {} elements, but only {} are given", types.len(), items.len());
            return Err(CodecError::new(message));
        }
        Ok(Value::tuple(items))
    }

    fn object(&mut self, object: &ObjectType) -> Read {
        let step = |name: &str| PathStep::Attribute(name.into());
        let mut attributes = self.entries(step, |reader, name| match object.attributes.get_key_value(name) {
            Some((name, ty)) => Ok(Some((name.clone(), reader.typed(ty)?))),
            None if reader.lenient => {
                reader.scanner.skip()?;
                Ok(None)
            }
            None => Err(CodecError::new("unsupported attribute")),
        })?;
        if attributes.len() < object.attributes.len() {
            for (name, ty) in &object.attributes {
                if attributes.contains_key(name) {
                    continue;
                }
                attributes.insert(name.clone(), Value::null(ty.clone()));
            }
        }
        Ok(Value::object_map(attributes))
    }

    /// `{"value":V,"type":T}`, in either order.
    fn dynamic(&mut self) -> Read {
        if self.scanner.peek() != Some(b'{') {
            return self.wrong("an object with \"value\" and \"type\" is required");
        }
        self.scanner.open(b'{')?;
        let (mut value, mut ty) = (None, None);
        let mut first = true;
        while self.scanner.member(&mut first, b'}')? {
            match &*self.scanner.name()? {
                "value" => value = Some(self.scanner.skip()?),
                "type" => ty = Some(self.scanner.skip()?),
                other => return Err(CodecError::new(format!("unsupported property {other:?} beside value and type"))),
            }
        }
        let (Some(value), Some(ty)) = (value, ty) else {
            return Err(CodecError::new("an object with \"value\" and \"type\" is required"));
        };
        let ty = type_from_json(ty).map_err(CodecError::new)?;
        self.reread(value, &ty)
    }

    fn reread(&mut self, text: &'a str, ty: &Type) -> Read {
        read_document(text, |reader| {
            reader.lenient = self.lenient;
            reader.typed(ty)
        })
    }

    fn items(&mut self, mut read: impl FnMut(&mut Self, usize) -> Read) -> Result<Vec<Value>, CodecError> {
        if self.scanner.peek() != Some(b'[') {
            self.scanner.skip()?;
            return Err(CodecError::new("an array is required"));
        }
        self.scanner.open(b'[')?;
        let mut items = Vec::new();
        let mut first = true;
        while self.scanner.member(&mut first, b']')? {
            let index = items.len();
            let item = read(self, index).map_err(|e| e.inside(PathStep::Index(Number::from(index).into())))?;
            items.push(item);
        }
        Ok(items)
    }

    fn entries(
        &mut self,
        step: impl Fn(&str) -> PathStep,
        mut read: impl FnMut(&mut Self, &str) -> Result<Option<(Str, Value)>, CodecError>,
    ) -> Result<BTreeMap<Str, Value>, CodecError> {
        if self.scanner.peek() != Some(b'{') {
            self.scanner.skip()?;
            return Err(CodecError::new("an object is required"));
        }
        self.scanner.open(b'{')?;
        let mut entries = Vec::new();
        let mut first = true;
        while self.scanner.member(&mut first, b'}')? {
            let name: Cow<'_, str> = self.scanner.name()?;
            entries.extend(read(self, &name).map_err(|error| error.inside(step(&name)))?);
        }
        Ok(BTreeMap::from_iter(entries))
    }
}

fn parse_number(text: &str) -> Read {
    Number::parse(text).map(Value::from).map_err(|error| CodecError::new(error.0))
}
