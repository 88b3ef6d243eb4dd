//! Types.

use super::basic::Item;
use super::{Code, Damaged, Reader, Writer};
use formwork_value::{ObjectType, Str, Type};
use std::sync::Arc;

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
                types.iter().for_each(|ty| ty.write(out));
            }
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<Type, Damaged> {
        Ok(match input.byte()? {
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
            8 => Type::tuple(input.nested(Vec::<Type>::read)?),
            _ => return Err(Damaged("unknown type")),
        })
    }
}
