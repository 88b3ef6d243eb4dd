//! The value itself.

use crate::{Marks, Number, Parts, Refinements, Str, Type};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// An immutable value with the marks of its root; inner values carry their own marks.
/// Cloning is cheap: everything large is shared. Its debug form does not show what is sensitive or ephemeral.
#[derive(Clone)]
pub struct Value {
    kind: Kind,
    marks: Marks,
}

/// The shape of a value without its marks.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Null of a type (`Type::Dynamic` for an untyped null).
    Null(Type),
    /// A value to be known later (`Type::Dynamic` when not even the type is known).
    Unknown(Type, Option<Arc<Refinements>>),
    Bool(bool),
    Number(Number),
    /// NFC-normalised text.
    String(Str),
    List(Arc<Collection>),
    /// Elements are distinct and in the language's set order.
    Set(Arc<Collection>),
    Map(Arc<MapValue>),
    Object(Arc<Parts<BTreeMap<Str, Value>>>),
    Tuple(Arc<Parts<Vec<Value>>>),
}

/// A list or set.
#[derive(Clone, Debug)]
pub struct Collection {
    pub element: Type,
    pub items: Parts<Vec<Value>>,
}

/// A map.
#[derive(Clone, Debug)]
pub struct MapValue {
    pub element: Type,
    pub items: Parts<BTreeMap<Str, Value>>,
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.marks.is_sensitive() {
            f.write_str("(sensitive value)")
        } else if self.marks.contains(Marks::EPHEMERAL) {
            f.write_str("(ephemeral value)")
        } else {
            self.kind.fmt(f)
        }
    }
}

impl From<Kind> for Value {
    fn from(kind: Kind) -> Value {
        Value { kind, marks: Marks::NONE }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Kind::Bool(value).into()
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Kind::Number(Number::from(value)).into()
    }
}

impl From<Number> for Value {
    fn from(value: Number) -> Value {
        Kind::Number(value).into()
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::string(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Value {
        Value::string(value)
    }
}

impl Value {
    /// Null of a type.
    pub fn null(ty: Type) -> Value {
        Kind::Null(ty).into()
    }

    /// Unknown of a type, without refinements.
    pub fn unknown(ty: Type) -> Value {
        Kind::Unknown(ty, None).into()
    }

    /// Unknown whose type is unknown as well.
    pub fn dynamic() -> Value {
        Value::unknown(Type::Dynamic)
    }

    /// Unknown of a type that will not be null.
    pub fn unknown_not_null(ty: Type) -> Value {
        Value::unknown_refined(ty, Refinements::not_null())
    }

    /// A list of elements that all have the element type already.
    pub fn list(element: Type, items: Vec<Value>) -> Value {
        Kind::List(Arc::new(Collection { element, items: items.into() })).into()
    }

    /// A map of elements that all have the element type already.
    pub fn map(element: Type, items: BTreeMap<Str, Value>) -> Value {
        Kind::Map(Arc::new(MapValue { element, items: items.into() })).into()
    }

    pub fn object<N: Into<Str>>(attributes: impl IntoIterator<Item = (N, Value)>) -> Value {
        Value::object_map(attributes.into_iter().map(|(n, v)| (n.into(), v)).collect())
    }

    pub fn object_map(attributes: BTreeMap<Str, Value>) -> Value {
        Kind::Object(Arc::new(attributes.into())).into()
    }

    pub fn tuple(items: impl IntoIterator<Item = Value>) -> Value {
        Kind::Tuple(Arc::new(items.into_iter().collect::<Vec<_>>().into())).into()
    }

    pub fn empty_object() -> Value {
        Value::object_map(BTreeMap::new())
    }

    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    pub fn marks(&self) -> Marks {
        self.marks
    }

    /// Adds marks to the root.
    pub fn with_marks(mut self, marks: Marks) -> Value {
        self.marks |= marks;
        self
    }

    /// Adds marks to the root in place.
    pub(crate) fn add_marks(&mut self, marks: Marks) {
        self.marks |= marks;
    }

    /// Takes the root's marks off (inner marks stay).
    pub fn unmark(mut self) -> (Value, Marks) {
        let marks = self.marks;
        self.marks = Marks::NONE;
        (self, marks)
    }

    pub fn is_sensitive(&self) -> bool {
        self.marks.is_sensitive()
    }

    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null(_))
    }

    /// True if the root is known; elements may still be unknown.
    pub fn is_known(&self) -> bool {
        !matches!(self.kind, Kind::Unknown(..))
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self.kind {
            Kind::Bool(b) => Some(b),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(s) => Some(s),
            _ => None,
        }
    }

    pub fn as_number(&self) -> Option<&Number> {
        match &self.kind {
            Kind::Number(n) => Some(n),
            _ => None,
        }
    }

    /// Elements of a known list, set or tuple.
    pub fn as_sequence(&self) -> Option<&[Value]> {
        match &self.kind {
            Kind::List(c) | Kind::Set(c) => Some(&c.items),
            Kind::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// Elements of a known map or object.
    pub fn as_mapping(&self) -> Option<&BTreeMap<Str, Value>> {
        match &self.kind {
            Kind::Map(m) => Some(&m.items),
            Kind::Object(o) => Some(o),
            _ => None,
        }
    }

    /// Attribute of a known object, or element of a known map, with its own marks only.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_mapping()?.get(name)
    }

    /// What is known of an unknown value; `None` for known values and for unknown ones without refinements.
    pub fn refinements(&self) -> Option<&Refinements> {
        match &self.kind {
            Kind::Unknown(_, Some(r)) => Some(r),
            _ => None,
        }
    }

    /// Mutable access for this crate's own rebuilding.
    pub(crate) fn kind_mut(&mut self) -> &mut Kind {
        &mut self.kind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_text_shows_no_secrets() {
        let secret = Value::from("hush").with_marks(Marks::SENSITIVE);
        let brief = Value::from("gone").with_marks(Marks::EPHEMERAL);
        let text = format!("{:?}", Value::object([("a", Value::from("shown")), ("b", secret), ("c", brief)]));
        assert!(text.contains("shown") && text.contains("(sensitive value)") && text.contains("(ephemeral value)"));
        assert!(!text.contains("hush") && !text.contains("gone"), "{text}");
    }
}
