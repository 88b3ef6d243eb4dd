//! Values in JSON documents: the value itself without what is unknown, and what in it is unknown or sensitive.

use super::writer::JsonWriter;
use formwork_value::{Kind, Str, Type, Value};

/// Writes a value without type wrappers. Unknown attributes and map elements are left out, other unknown elements are
/// null. The root must be known (an unknown one becomes null).
pub(crate) fn write_known(w: &mut JsonWriter, value: &Value) {
    match value.kind() {
        Kind::Null(_) | Kind::Unknown(..) => w.null(),
        Kind::Bool(b) => w.bool(*b),
        Kind::Number(n) => w.number(n),
        Kind::String(s) => w.string(s),
        Kind::List(c) | Kind::Set(c) => w.array(|w| c.items.iter().for_each(|v| write_known(w, v))),
        Kind::Tuple(items) => w.array(|w| items.iter().for_each(|v| write_known(w, v))),
        Kind::Map(m) => w.object(|w| known_entries(w, m.items.iter())),
        Kind::Object(o) => w.object(|w| known_entries(w, o.iter())),
    }
}

fn known_entries<'a>(w: &mut JsonWriter, entries: impl Iterator<Item = (&'a Str, &'a Value)>) {
    for (name, value) in entries.filter(|(_, v)| v.is_known()) {
        write_known(w.key(name), value);
    }
}

/// Writes the shape of a value with `true` for what is unknown; known scalars are left out of objects and maps.
pub(crate) fn write_unknown(w: &mut JsonWriter, value: &Value) {
    match value.kind() {
        Kind::Unknown(..) => w.bool(true),
        Kind::Null(_) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => w.bool(false),
        Kind::List(c) | Kind::Set(c) => w.array(|w| c.items.iter().for_each(|v| write_unknown(w, v))),
        Kind::Tuple(items) => w.array(|w| items.iter().for_each(|v| write_unknown(w, v))),
        Kind::Map(m) => w.object(|w| unknown_entries(w, m.items.iter())),
        Kind::Object(o) => w.object(|w| unknown_entries(w, o.iter())),
    }
}

fn unknown_entries<'a>(w: &mut JsonWriter, entries: impl Iterator<Item = (&'a Str, &'a Value)>) {
    let is_scalar = |v: &Value| matches!(v.kind(), Kind::Null(_) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_));
    for (name, value) in entries.filter(|(_, v)| !is_scalar(v)) {
        write_unknown(w.key(name), value);
    }
}

/// Writes the shape of a value with `true` for what is sensitive; what is not is left out of objects and maps.
pub(crate) fn write_sensitive(w: &mut JsonWriter, value: &Value) {
    if is_sensitive(value) {
        return w.bool(true);
    }
    match value.kind() {
        Kind::Null(_) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => w.bool(false),
        Kind::Unknown(ty, _) => match ty {
            Type::List(_) | Type::Set(_) | Type::Tuple(_) => w.array(|_| {}),
            Type::Map(_) | Type::Object(_) => w.object(|_| {}),
            _ => w.bool(false),
        },
        Kind::List(c) | Kind::Set(c) => w.array(|w| c.items.iter().for_each(|v| write_sensitive(w, v))),
        Kind::Tuple(items) => w.array(|w| items.iter().for_each(|v| write_sensitive(w, v))),
        Kind::Map(m) => w.object(|w| sensitive_entries(w, m.items.iter())),
        Kind::Object(o) => w.object(|w| sensitive_entries(w, o.iter())),
    }
}

fn sensitive_entries<'a>(w: &mut JsonWriter, entries: impl Iterator<Item = (&'a Str, &'a Value)>) {
    for (name, value) in entries.filter(|(_, v)| !is_plain_scalar(v)) {
        write_sensitive(w.key(name), value);
    }
}

/// True if [`write_sensitive`] gives `false`.
fn is_plain_scalar(value: &Value) -> bool {
    !value.is_sensitive()
        && match value.kind() {
            Kind::Null(_) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => true,
            Kind::Unknown(ty, _) => ty.is_primitive() || *ty == Type::Dynamic,
            _ => false,
        }
}

/// Marks inside a set count for the whole set, as its elements have no address.
fn is_sensitive(value: &Value) -> bool {
    value.is_sensitive()
        || matches!(value.kind(), Kind::Set(c) if c.items.iter().any(|item| item.marks_deep().is_sensitive()))
}
