//! Values with unknowns, refinements and marks.
//!
//! A value is written with the type that is expected of it, as a schema tells it. Where the value is of that type, names
//! of attributes and types of nulls, unknowns and collections are not written.

use super::basic::Item;
use super::{Code, Damaged, Reader, Writer, record};
use formwork_value::{Kind, MapValue, Marks, Number, ObjectType, Path, PathStep, Refinements, Str, Type, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Set if a byte with marks follows.
const MARKED: u8 = 0x80;
/// Set if the type is not the expected one and follows.
const TYPED: u8 = 0x40;

const NULL: u8 = 0;
const UNKNOWN: u8 = 1;
const REFINED: u8 = 2;
const FALSE: u8 = 3;
const TRUE: u8 = 4;
const INTEGER: u8 = 5;
const FLOAT: u8 = 6;
const DECIMAL: u8 = 7;
const STRING: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const OBJECT: u8 = 12;
const TUPLE: u8 = 13;

/// Without an expected type.
impl Code for Value {
    fn write(&self, out: &mut Writer) {
        write_value(out, self, &Type::Dynamic);
    }

    fn read(input: &mut Reader<'_>) -> Result<Value, Damaged> {
        read_value(input, &Type::Dynamic)
    }
}

impl Item for Value {}
impl Item for PathStep {}
impl Item for Path {}

record! {
    Refinements { not_null, prefix, min, max, min_length, max_length }
}

impl Code for Number {
    fn write(&self, out: &mut Writer) {
        write_number(out, self, 0);
    }

    fn read(input: &mut Reader<'_>) -> Result<Number, Damaged> {
        let tag = input.byte()?;
        read_number(input, tag)
    }
}

impl Code for Path {
    fn write(&self, out: &mut Writer) {
        self.0.write(out);
    }

    fn read(input: &mut Reader<'_>) -> Result<Path, Damaged> {
        Code::read(input).map(Path)
    }
}

impl Code for PathStep {
    fn write(&self, out: &mut Writer) {
        match self {
            PathStep::Attribute(name) => {
                out.byte(0);
                name.write(out);
            }
            PathStep::Index(key) => {
                out.byte(1);
                key.write(out);
            }
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<PathStep, Damaged> {
        match input.byte()? {
            0 => Code::read(input).map(PathStep::Attribute),
            1 => Code::read(input).map(PathStep::Index),
            _ => Err(Damaged("unknown step of a path")),
        }
    }
}

impl Code for Marks {
    fn write(&self, out: &mut Writer) {
        let bit = |mark: Marks, bit: u8| if self.contains(mark) { bit } else { 0 };
        out.byte(bit(Marks::SENSITIVE, 1) | bit(Marks::EPHEMERAL, 2) | bit(Marks::DEPRECATED, 4));
    }

    fn read(input: &mut Reader<'_>) -> Result<Marks, Damaged> {
        let byte = input.byte()?;
        let mark = |mark: Marks, bit: u8| if byte & bit != 0 { mark } else { Marks::NONE };
        Ok(mark(Marks::SENSITIVE, 1) | mark(Marks::EPHEMERAL, 2) | mark(Marks::DEPRECATED, 4))
    }
}

/// Writes a value of which `expected` is the type, or about so.
pub(crate) fn write_value(out: &mut Writer, value: &Value, expected: &Type) {
    let marked = if value.marks().is_none() { 0 } else { MARKED };
    let head = |out: &mut Writer, tag: u8, own: &Type, expected: Option<&Type>| {
        let typed = if Some(own) == expected { 0 } else { TYPED };
        write_head(out, value, tag | marked | typed);
        if typed != 0 {
            own.write(out);
        }
    };
    match value.kind() {
        Kind::Null(ty) => head(out, NULL, ty, Some(expected)),
        Kind::Unknown(ty, None) => head(out, UNKNOWN, ty, Some(expected)),
        Kind::Unknown(ty, Some(refinements)) => {
            head(out, REFINED, ty, Some(expected));
            refinements.write(out);
        }
        Kind::Bool(b) => write_head(out, value, marked | if *b { TRUE } else { FALSE }),
        Kind::Number(number) => {
            // The number's own tag comes behind the marks.
            if marked != 0 {
                write_head(out, value, MARKED | DECIMAL | TYPED);
            }
            write_number(out, number, 0);
        }
        Kind::String(text) => {
            write_head(out, value, marked | STRING);
            // Not as a name: values are mostly different, and compression finds those that are not.
            out.text(text);
        }
        Kind::List(c) => {
            head(out, LIST, &c.element, expected.element());
            out.nested(|out| write_items(out, &c.items, |_| &c.element));
        }
        Kind::Set(c) => {
            head(out, SET, &c.element, expected.element());
            out.nested(|out| write_items(out, &c.items, |_| &c.element));
        }
        Kind::Map(map) => {
            head(out, MAP, &map.element, expected.element());
            out.nested(|out| write_map(out, map));
        }
        Kind::Object(attributes) => out.nested(|out| write_object(out, value, attributes, expected, marked)),
        Kind::Tuple(items) => {
            write_head(out, value, marked | TUPLE);
            let types = if let Type::Tuple(types) = expected { &types[..] } else { &[] };
            out.nested(|out| write_items(out, items, |index| types.get(index).unwrap_or(&Type::Dynamic)));
        }
    }
}

fn write_head(out: &mut Writer, value: &Value, tag: u8) {
    out.byte(tag);
    if tag & MARKED != 0 {
        value.marks().write(out);
    }
}

fn write_items<'t>(out: &mut Writer, items: &[Value], ty: impl Fn(usize) -> &'t Type) {
    out.number(items.len() as u64);
    for (index, item) in items.iter().enumerate() {
        write_value(out, item, ty(index));
    }
}

fn write_map(out: &mut Writer, map: &MapValue) {
    out.number(map.items.len() as u64);
    for (key, item) in &map.items {
        key.write(out);
        write_value(out, item, &map.element);
    }
}

fn write_object(out: &mut Writer, value: &Value, attributes: &BTreeMap<Str, Value>, expected: &Type, marked: u8) {
    if let Some(object) = expected_object(expected)
        && object.attributes.len() == attributes.len()
        && object.attributes.keys().eq(attributes.keys())
    {
        write_head(out, value, marked | OBJECT);
        for (item, ty) in attributes.values().zip(object.attributes.values()) {
            write_value(out, item, ty);
        }
        return;
    }
    write_head(out, value, marked | OBJECT | TYPED);
    out.number(attributes.len() as u64);
    for (name, item) in attributes {
        name.write(out);
        write_value(out, item, expected.attribute(name).unwrap_or(&Type::Dynamic));
    }
}

fn expected_object(ty: &Type) -> Option<&ObjectType> {
    if let Type::Object(object) = ty { Some(object) } else { None }
}

/// Whole numbers, floats if exact, else all digits.
fn write_number(out: &mut Writer, number: &Number, flags: u8) {
    let float = number.to_f64();
    if let Some(integer) = number.to_i64() {
        out.byte(INTEGER | flags);
        out.signed(integer);
    } else if Number::from_f64(float).as_ref() == Some(number) {
        out.byte(FLOAT | flags);
        out.bytes(&float.to_bits().to_le_bytes());
    } else {
        out.byte(DECIMAL | flags);
        out.text(&number.to_string());
    }
}

fn read_number(input: &mut Reader<'_>, tag: u8) -> Result<Number, Damaged> {
    let damaged = Damaged("not a number");
    match tag {
        INTEGER => Ok(Number::from(input.signed()?)),
        FLOAT => {
            let bytes = input.bytes()?.try_into().map_err(|_| damaged)?;
            Number::from_f64(f64::from_bits(u64::from_le_bytes(bytes))).ok_or(damaged)
        }
        DECIMAL => Number::parse(input.text()?).map_err(|_| damaged),
        _ => Err(damaged),
    }
}

/// Reads what [`write_value`] wrote with an equal type.
pub(crate) fn read_value(input: &mut Reader<'_>, expected: &Type) -> Result<Value, Damaged> {
    let head = input.byte()?;
    let marks = if head & MARKED != 0 { Marks::read(input)? } else { Marks::NONE };
    let typed = head & TYPED != 0;
    let value = match head & !(MARKED | TYPED) {
        NULL => Value::null(own_type(input, typed, Some(expected))?),
        UNKNOWN => Kind::Unknown(own_type(input, typed, Some(expected))?, None).into(),
        REFINED => {
            let ty = own_type(input, typed, Some(expected))?;
            Kind::Unknown(ty, Some(Arc::new(Refinements::read(input)?))).into()
        }
        FALSE => Value::from(false),
        TRUE => Value::from(true),
        DECIMAL if typed => Value::from(Number::read(input)?),
        tag @ (INTEGER | FLOAT | DECIMAL) => Value::from(read_number(input, tag)?),
        STRING => Kind::String(input.text()?.into()).into(),
        tag @ (LIST | SET | MAP | OBJECT | TUPLE) => input.nested(|input| compound(input, tag, typed, expected))?,
        _ => return Err(Damaged("unknown kind of value")),
    };
    Ok(value.with_marks(marks))
}

fn own_type(input: &mut Reader<'_>, typed: bool, expected: Option<&Type>) -> Result<Type, Damaged> {
    if typed { Type::read(input) } else { expected.cloned().ok_or(Damaged("a type is missing")) }
}

fn compound(input: &mut Reader<'_>, tag: u8, typed: bool, expected: &Type) -> Result<Value, Damaged> {
    match tag {
        LIST | SET => {
            let element = own_type(input, typed, expected.element())?;
            let items = read_items(input, |_| &element)?;
            if tag == SET {
                return Ok(Value::set(element, items));
            }
            Ok(Value::list(element, items))
        }
        MAP => {
            let element = own_type(input, typed, expected.element())?;
            let length = input.length()?;
            let mut items = Vec::with_capacity(length.min(1024));
            for _ in 0..length {
                items.push((input.name()?, read_value(input, &element)?));
            }
            Ok(Value::map(element, items.into_iter().collect()))
        }
        OBJECT => read_object(input, typed, expected),
        _ => {
            let types = if let Type::Tuple(types) = expected { &types[..] } else { &[] };
            Ok(Value::tuple(read_items(input, |index| types.get(index).unwrap_or(&Type::Dynamic))?))
        }
    }
}

fn read_items<'t>(input: &mut Reader<'_>, ty: impl Fn(usize) -> &'t Type) -> Result<Vec<Value>, Damaged> {
    let length = input.length()?;
    let mut items = Vec::with_capacity(length.min(1024));
    for index in 0..length {
        items.push(read_value(input, ty(index))?);
    }
    Ok(items)
}

fn read_object(input: &mut Reader<'_>, typed: bool, expected: &Type) -> Result<Value, Damaged> {
    if !typed {
        let object = expected_object(expected).ok_or(Damaged("a type is missing"))?;
        let attributes = object.attributes.iter().map(|(name, ty)| Ok((name.clone(), read_value(input, ty)?)));
        return Ok(Value::object_map(attributes.collect::<Result<_, Damaged>>()?));
    }
    let length = input.length()?;
    let mut attributes = Vec::with_capacity(length.min(1024));
    for _ in 0..length {
        let name = input.name()?;
        let item = read_value(input, expected.attribute(&name).unwrap_or(&Type::Dynamic))?;
        attributes.push((name, item));
    }
    Ok(Value::object_map(attributes.into_iter().collect()))
}
