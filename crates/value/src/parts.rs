//! The parts of a compound value, measured once when it is built.

use crate::value::Kind;
use crate::{Marks, Str, Type, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;

/// The bytes that a value, an entry of a map, or a part of a type counts for, besides its text.
const NODE: u64 = 32;

/// What is true of a value with everything in it. It is kept with the parts of every compound value, so that nobody walks a
/// tree for it: values are shared, and a few lines can build a tree whose walk would take years.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// Bytes, roughly, if nothing were shared.
    pub size: u64,
    /// Levels of values in each other.
    pub depth: u32,
    pub marks: Marks,
    pub wholly_known: bool,
}

impl Extent {
    const EMPTY: Extent = Extent { size: 0, depth: 0, marks: Marks::NONE, wholly_known: true };

    fn leaf(size: u64) -> Extent {
        Extent { size, depth: 1, ..Extent::EMPTY }
    }

    fn beside(self, other: Extent) -> Extent {
        Extent {
            size: self.size.saturating_add(other.size),
            depth: self.depth.max(other.depth),
            marks: self.marks | other.marks,
            wholly_known: self.wholly_known && other.wholly_known,
        }
    }

    /// Of a value with these parts.
    fn around(self) -> Extent {
        Extent { size: self.size.saturating_add(NODE), depth: self.depth.saturating_add(1), ..self }
    }
}

/// Parts of a compound value: its elements or entries. They read like the collection they are, and never change.
#[derive(Clone)]
pub struct Parts<T> {
    values: T,
    extent: Extent,
}

impl<T> Parts<T> {
    /// Lets something add marks to one of the parts, or inside of it; it tells whether it did.
    pub(crate) fn add_marks(&mut self, marks: Marks, add: impl FnOnce(&mut T) -> bool) -> bool {
        let added = add(&mut self.values);
        if added {
            self.extent.marks |= marks;
        }
        added
    }
}

impl From<Vec<Value>> for Parts<Vec<Value>> {
    fn from(values: Vec<Value>) -> Self {
        let extent = values.iter().fold(Extent::EMPTY, |all, value| all.beside(value.extent()));
        Parts { values, extent }
    }
}

impl From<BTreeMap<Str, Value>> for Parts<BTreeMap<Str, Value>> {
    fn from(values: BTreeMap<Str, Value>) -> Self {
        let entry = |all: Extent, (name, value): (&Str, &Value)| {
            all.beside(Extent::leaf(NODE + name.len() as u64)).beside(value.extent())
        };
        let extent = values.iter().fold(Extent::EMPTY, entry);
        Parts { values, extent }
    }
}

impl<T> Deref for Parts<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.values
    }
}

impl<'p, T> IntoIterator for &'p Parts<T>
where
    &'p T: IntoIterator,
{
    type Item = <&'p T as IntoIterator>::Item;
    type IntoIter = <&'p T as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        (&self.values).into_iter()
    }
}

impl<T: PartialEq> PartialEq for Parts<T> {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

impl<T: fmt::Debug> fmt::Debug for Parts<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.values.fmt(f)
    }
}

impl Value {
    pub(crate) fn extent(&self) -> Extent {
        let inner = match self.kind() {
            Kind::Null(ty) => of_type(ty),
            Kind::Unknown(ty, _) => Extent { wholly_known: false, ..of_type(ty) },
            Kind::Bool(_) | Kind::Number(_) => Extent::leaf(NODE),
            Kind::String(text) => Extent::leaf(NODE + text.len() as u64),
            Kind::List(c) | Kind::Set(c) => c.items.extent.around(),
            Kind::Map(m) => m.items.extent.around(),
            Kind::Object(attributes) => attributes.extent.around(),
            Kind::Tuple(items) => items.extent.around(),
        };
        Extent { marks: inner.marks | self.marks(), ..inner }
    }

    /// The bytes that the value takes with everything in it, roughly, counting what is shared as often as it occurs. Takes
    /// no walk.
    pub fn size(&self) -> u64 {
        self.extent().size
    }

    /// Levels of values in each other; 1 for a value without parts. Takes no walk.
    pub fn depth(&self) -> u32 {
        self.extent().depth
    }
}

fn of_type(ty: &Type) -> Extent {
    match ty {
        Type::Dynamic | Type::String | Type::Number | Type::Bool => Extent::leaf(NODE),
        Type::List(element) | Type::Set(element) | Type::Map(element) => of_type(element).around(),
        Type::Object(object) => object.attributes.values().map(of_type).fold(Extent::EMPTY, Extent::beside).around(),
        Type::Tuple(types) => types.iter().map(of_type).fold(Extent::EMPTY, Extent::beside).around(),
    }
}
