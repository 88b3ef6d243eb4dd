//! Defaults of optional attributes in a type constraint.

use formwork_value::{Kind, Str, Value};
use std::collections::BTreeMap;

/// The defaults that a type constraint holds, as a tree along the type. The default is a tree without any.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Defaults {
    /// Of an object: the values of absent or null attributes.
    values: BTreeMap<Str, Value>,
    /// Of an object: what is inside its attributes.
    attributes: BTreeMap<Str, Defaults>,
    /// Of a tuple: what is inside its elements.
    items: Vec<Defaults>,
    /// Of a list, set or map: what is inside each element.
    elements: Option<Box<Defaults>>,
}

impl Defaults {
    pub(crate) fn of_elements(inner: Defaults) -> Defaults {
        Defaults { elements: (!inner.is_empty()).then(|| Box::new(inner)), ..Defaults::default() }
    }

    pub(crate) fn of_items(items: Vec<Defaults>) -> Defaults {
        let items = if items.iter().all(Defaults::is_empty) { Vec::new() } else { items };
        Defaults { items, ..Defaults::default() }
    }

    pub(crate) fn of_object(values: BTreeMap<Str, Value>, mut attributes: BTreeMap<Str, Defaults>) -> Defaults {
        attributes.retain(|_, inner| !inner.is_empty());
        Defaults { values, attributes, ..Defaults::default() }
    }

    /// True if there are no defaults anywhere in the type.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.attributes.is_empty() && self.items.is_empty() && self.elements.is_none()
    }
}

/// Fills in the defaults for attributes that are absent or null, at any depth, before the value is converted to the
/// type. The result may hold tuples and objects where the type has lists and maps. Null and unknown values stay.
pub fn apply_defaults(value: &Value, defaults: &Defaults) -> Value {
    if defaults.is_empty() {
        return value.clone();
    }
    let filled = match value.kind() {
        Kind::Object(attributes) if defaults.elements.is_none() => fill_object(attributes, defaults),
        Kind::Map(map) if defaults.elements.is_none() => fill_object(&map.items, defaults),
        Kind::Object(attributes) => fill_elements(attributes, defaults),
        Kind::Map(map) => fill_elements(&map.items, defaults),
        Kind::List(c) | Kind::Set(c) => fill_items(&c.items, defaults),
        Kind::Tuple(items) => fill_items(items, defaults),
        _ => return value.clone(),
    };
    filled.with_marks(value.marks())
}

fn fill_object(attributes: &BTreeMap<Str, Value>, defaults: &Defaults) -> Value {
    let mut filled = attributes.clone();
    for (name, default) in &defaults.values {
        // The default has its own inner defaults already.
        match filled.get_mut(name) {
            Some(value) if value.is_null() => *value = default.clone().with_marks(value.marks()),
            Some(_) => {}
            None => {
                filled.insert(name.clone(), default.clone());
            }
        }
    }
    for (name, inner) in &defaults.attributes {
        if let Some(value) = filled.get_mut(name) {
            *value = apply_defaults(value, inner);
        }
    }
    Value::object_map(filled)
}

fn fill_elements(attributes: &BTreeMap<Str, Value>, defaults: &Defaults) -> Value {
    let Some(inner) = &defaults.elements else { return Value::object_map(attributes.clone()) };
    Value::object_map(attributes.iter().map(|(name, value)| (name.clone(), apply_defaults(value, inner))).collect())
}

fn fill_items(items: &[Value], defaults: &Defaults) -> Value {
    let none = Defaults::default();
    let filled = items.iter().enumerate().map(|(index, item)| {
        let inner = defaults.elements.as_deref().or_else(|| defaults.items.get(index)).unwrap_or(&none);
        apply_defaults(item, inner)
    });
    Value::tuple(filled.collect::<Vec<_>>())
}
