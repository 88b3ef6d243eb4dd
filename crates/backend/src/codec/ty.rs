//! Types.

use super::basic::Item;
use super::{Code, Damaged, Reader, Writer};
use formwork_value::{ObjectType, Str, Type};
use std::sync::Arc;

/// Instead of the type of a tuple's element: the type of the element before it.
const SAME: u8 = 9;

impl Item for Type {}

impl Code for Type {
    fn write(&self, out: &mut Writer) {
        match self {
            Type::Dynamic => out.byte(0),
            Type::String => out.byte(1),
            Type::Number => out.byte(2),
            Type::Bool => out.byte(3),
            Type::List(element) => {
                out.byte(4);
                element.write(out);
            }
            Type::Set(element) => {
                out.byte(5);
                element.write(out);
            }
            Type::Map(element) => {
                out.byte(6);
                element.write(out);
            }
            Type::Object(object) => {
                out.byte(7);
                object.attributes.write(out);
                object.optional.iter().cloned().collect::<Vec<Str>>().write(out);
            }
            Type::Tuple(types) => {
                out.byte(8);
                out.number(types.len() as u64);
                let mut previous = None;
                for ty in types.iter() {
                    if previous == Some(ty) {
                        out.byte(SAME);
                    } else {
                        ty.write(out);
                    }
                    previous = Some(ty);
                }
            }
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<Type, Damaged> {
        let tag = input.byte()?;
        read_type(input, tag)
    }
}

fn read_type(input: &mut Reader<'_>, tag: u8) -> Result<Type, Damaged> {
    Ok(match tag {
        0 => Type::Dynamic,
        1 => Type::String,
        2 => Type::Number,
        3 => Type::Bool,
        4 => Type::list(input.nested(Type::read)?),
        5 => Type::set(input.nested(Type::read)?),
        6 => Type::map(input.nested(Type::read)?),
        7 => {
            let attributes = input.nested(Code::read)?;
            let optional = Vec::<Str>::read(input)?.into_iter().collect();
            Type::Object(Arc::new(ObjectType { attributes, optional }))
        }
        8 => Type::tuple(input.nested(read_elements)?),
        _ => return Err(Damaged("unknown type")),
    })
}

fn read_elements(input: &mut Reader<'_>) -> Result<Vec<Type>, Damaged> {
    let length = input.length()?;
    let mut types: Vec<Type> = Vec::with_capacity(length.min(1024));
    for _ in 0..length {
        let ty = match (input.byte()?, types.last()) {
            (SAME, Some(previous)) => previous.clone(),
            (tag, _) => read_type(input, tag)?,
        };
        types.push(ty);
    }
    Ok(types)
}
