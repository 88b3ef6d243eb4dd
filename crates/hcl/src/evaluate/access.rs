//! Attributes and elements of values.

use formwork_diag::nearest;
use formwork_value::{Kind, Marks, Number, Str, Type, Value, convert};

/// Why an attribute or element cannot be had.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessError {
    pub summary: &'static str,
    pub detail: String,
}

type Access = Result<Value, AccessError>;

fn fail(summary: &'static str, detail: impl Into<String>) -> Access {
    Err(AccessError { summary, detail: detail.into() })
}

const UNSUPPORTED: &str = "Unsupported attribute";
const INVALID: &str = "Invalid index";

/// `value.name`: an attribute of an object or element of a map, with the marks of the whole.
pub fn attribute_of(value: &Value, name: &str) -> Access {
    find_attribute(value, name).map_err(|error| discreet(error, value.marks()))
}

impl AccessError {
    /// The error without names and keys that are there, or were asked for.
    pub fn discreet(self) -> AccessError {
        let detail = "There is no such attribute or element. The value is sensitive or ephemeral, so no more is told.";
        AccessError { detail: detail.to_string(), ..self }
    }
}

fn discreet(error: AccessError, marks: Marks) -> AccessError {
    if marks.is_sensitive() || marks.is_ephemeral() { error.discreet() } else { error }
}

fn find_attribute(value: &Value, name: &str) -> Access {
    let found = match value.kind() {
        Kind::Object(attributes) => match attributes.get(name) {
            Some(found) => found.clone(),
            None => return no_attribute(name, attributes.keys().map(|k| &**k)),
        },
        Kind::Map(map) => match map.items.get(name) {
            Some(found) => found.clone(),
            None => return fail("Missing map element", format!("The map has no element with the key \"{name}\".")),
        },
        Kind::Unknown(Type::Dynamic, _) => Value::dynamic(),
        Kind::Unknown(Type::Map(element), _) => Value::unknown(Type::clone(element)),
        Kind::Unknown(Type::Object(object), _) => match object.attributes.get(name) {
            Some(ty) => Value::unknown(ty.clone()),
            None => return no_attribute(name, object.attributes.keys().map(|k| &**k)),
        },
        Kind::Null(_) => {
            return fail("Attempt to get attribute from null value", "The value is null, so it has no attributes.");
        }
        _ => return attribute_of_other(&value.ty(), name),
    };
    Ok(found.with_marks(value.marks()))
}

fn no_attribute<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Access {
    let hint = nearest(name, names).map_or_else(String::new, |found| format!(" Did you mean \"{found}\"?"));
    fail(UNSUPPORTED, format!("The object has no attribute named \"{name}\".{hint}"))
}

fn attribute_of_other(ty: &Type, name: &str) -> Access {
    let has_it = |element: &Type| element.attribute(name).is_some();
    let detail = match ty {
        Type::List(element) if has_it(element) => format!(
            "This is a list of objects. For \"{name}\" of one of them write an index, [0].{name}; for that of all of them \
             write [*].{name}."
        ),
        Type::Set(element) if has_it(element) => {
            format!("This is a set of objects. For \"{name}\" of all of them write [*].{name}.")
        }
        Type::List(element) | Type::Set(element) if matches!(**element, Type::Object(_)) => {
            format!("This is a collection of objects, and they have no attribute named \"{name}\".")
        }
        Type::String | Type::Number | Type::Bool => {
            format!("A value of the primitive type {} has no attributes.", ty.friendly_name())
        }
        _ => "The value has no attributes.".to_string(),
    };
    fail(UNSUPPORTED, detail)
}

/// `value[key]`: an element, with the marks of the whole and of the key (but for attributes of objects).
pub fn element_of(value: &Value, key: &Value) -> Access {
    let all = value.marks() | key.marks();
    // The name of an attribute, unlike a key, leaves no marks.
    let by_name = matches!(value.kind(), Kind::Object(_) | Kind::Unknown(Type::Object(_), _));
    let marks = if by_name { value.marks() } else { all };
    find_element(value, key).map(|found| found.with_marks(marks)).map_err(|error| discreet(error, all))
}

fn find_element(value: &Value, key: &Value) -> Access {
    if value.is_null() {
        return fail("Attempt to index null value", "The value is null, so it has no elements.");
    }
    if key.is_null() {
        return fail(INVALID, "The key is null, and nothing has that key.");
    }
    if matches!(key.kind(), Kind::Unknown(Type::Dynamic, _)) {
        // Nothing is said before it is clear what the key is.
        return Ok(Value::dynamic());
    }
    let found = match value.kind() {
        Kind::Unknown(Type::Dynamic, _) => Value::dynamic(),
        Kind::List(list) => match position(key)? {
            Some(at) => item(list.items.get(at), list.items.len())?,
            None => Value::unknown(list.element.clone()),
        },
        Kind::Tuple(items) => match position(key)? {
            Some(at) => item(items.get(at), items.len())?,
            None => Value::dynamic(),
        },
        Kind::Map(map) => match text(key)? {
            Some(name) => named(map.items.get(&*name), &name, map.items.keys().map(|k| &**k))?,
            None => Value::unknown(map.element.clone()),
        },
        Kind::Object(attributes) => match text(key)? {
            Some(name) => named(attributes.get(&*name), &name, attributes.keys().map(|k| &**k))?,
            None => Value::dynamic(),
        },
        Kind::Unknown(ty, _) => element_of_unknown(ty, key)?,
        _ => return no_elements(&value.ty()),
    };
    Ok(found)
}

fn element_of_unknown(ty: &Type, key: &Value) -> Access {
    match ty {
        Type::List(element) => position(key).map(|_| Value::unknown(Type::clone(element))),
        Type::Map(element) => text(key).map(|_| Value::unknown(Type::clone(element))),
        Type::Tuple(types) => match position(key)? {
            Some(at) => item(types.get(at).map(|ty| Value::unknown(ty.clone())).as_ref(), types.len()),
            None => Ok(Value::dynamic()),
        },
        Type::Object(object) => match text(key)? {
            Some(name) => {
                let found = object.attributes.get(&*name).map(|ty| Value::unknown(ty.clone()));
                named(found.as_ref(), &name, object.attributes.keys().map(|k| &**k))
            }
            None => Ok(Value::dynamic()),
        },
        _ => no_elements(ty),
    }
}

fn no_elements(ty: &Type) -> Access {
    match ty {
        Type::Set(_) => fail(
            INVALID,
            "Elements of a set have no index or key. Use a \"for\" expression or a splat, or convert the set to a list.",
        ),
        _ => fail(INVALID, format!("A value of type {} has no elements.", ty.friendly_name())),
    }
}

/// The whole number that a key stands for; none if it is unknown.
fn position(key: &Value) -> Result<Option<usize>, AccessError> {
    let invalid = |detail: String| AccessError { summary: INVALID, detail };
    let number = match key.kind() {
        Kind::Number(number) => number.clone(),
        Kind::Unknown(Type::Dynamic, _) => return Ok(None),
        _ => {
            let converted = convert(key, &Type::Number).map_err(|error| {
                invalid(format!(
                    "Elements of a list are numbered, and the given key is not a number: {}.",
                    error.message
                ))
            })?;
            match converted.as_number() {
                Some(number) => number.clone(),
                None => return Ok(None),
            }
        }
    };
    if number < Number::from(0) {
        return Err(invalid(format!("The index {number} is negative; elements are counted from 0.")));
    }
    if !number.is_integer() {
        return Err(invalid(format!("The index {number} is not a whole number.")));
    }
    Ok(Some(number.to_usize().unwrap_or(usize::MAX)))
}

/// The string that a key stands for; none if it is unknown.
fn text(key: &Value) -> Result<Option<Str>, AccessError> {
    if let Kind::String(text) = key.kind() {
        return Ok(Some(text.clone()));
    }
    match convert(key, &Type::String) {
        Ok(converted) => Ok(match converted.kind() {
            Kind::String(text) => Some(text.clone()),
            _ => None,
        }),
        Err(error) => {
            Err(AccessError { summary: INVALID, detail: format!("The key must be a string: {}.", error.message) })
        }
    }
}

fn item(found: Option<&Value>, length: usize) -> Access {
    match found {
        Some(found) => Ok(found.clone()),
        None => {
            let elements = match length {
                0 => "It has no elements.".to_string(),
                1 => "It has one element, with the index 0.".to_string(),
                _ => format!("It has {length} elements, with the indexes 0 to {}.", length - 1),
            };
            fail(INVALID, format!("There is no element with this index. {elements}"))
        }
    }
}

fn named<'a>(found: Option<&Value>, name: &str, names: impl Iterator<Item = &'a str>) -> Access {
    match found {
        Some(found) => Ok(found.clone()),
        None => {
            let hint = nearest(name, names).map_or_else(String::new, |near| format!(" Did you mean \"{near}\"?"));
            fail(INVALID, format!("There is no element with the key \"{name}\".{hint}"))
        }
    }
}
