//! Going through the elements of a collection.

use formwork_value::{Kind, Number, Str, Value};
use std::collections::btree_map;

/// Iterates over elements; the key is built only if it is wanted.
pub(super) enum Iteration<'v> {
    Sequence(std::iter::Enumerate<std::slice::Iter<'v, Value>>),
    Set(std::slice::Iter<'v, Value>),
    Mapping(btree_map::Iter<'v, Str, Value>),
}

impl<'v> Iteration<'v> {
    /// None if the collection is unknown; an error (summary, detail) if it is none.
    pub fn over(value: &'v Value) -> Result<Option<Iteration<'v>>, (&'static str, String)> {
        Ok(Some(match value.kind() {
            Kind::List(list) => Iteration::Sequence(list.items.iter().enumerate()),
            Kind::Tuple(items) => Iteration::Sequence(items.iter().enumerate()),
            Kind::Set(set) => Iteration::Set(set.items.iter()),
            Kind::Map(map) => Iteration::Mapping(map.items.iter()),
            Kind::Object(attributes) => Iteration::Mapping(attributes.iter()),
            Kind::Null(_) => {
                return Err((
                    "Iteration over null value",
                    "The collection of a \"for\" expression is null here.".into(),
                ));
            }
            Kind::Unknown(ty, _) if !ty.is_primitive() => return Ok(None),
            _ => {
                let name = value.ty().friendly_name();
                let detail = format!("A value of type {name} has no elements that \"for\" could go through.");
                return Err(("Iteration over non-iterable value", detail));
            }
        }))
    }
}

impl<'v> Iterator for Iteration<'v> {
    type Item = (Key<'v>, &'v Value);

    fn next(&mut self) -> Option<Self::Item> {
        Some(match self {
            Iteration::Sequence(items) => {
                let (index, value) = items.next()?;
                (Key::Index(index), value)
            }
            Iteration::Set(items) => {
                let value = items.next()?;
                (Key::Element(value), value)
            }
            Iteration::Mapping(items) => {
                let (name, value) = items.next()?;
                (Key::Name(name), value)
            }
        })
    }
}

/// The key of an element.
pub(super) enum Key<'v> {
    Index(usize),
    Name(&'v Str),
    /// Of a set: the element itself.
    Element(&'v Value),
}

impl Key<'_> {
    pub fn value(&self) -> Value {
        match self {
            Key::Index(index) => Number::from(*index).into(),
            Key::Name(name) => Kind::String((*name).clone()).into(),
            Key::Element(value) => (*value).clone(),
        }
    }
}
