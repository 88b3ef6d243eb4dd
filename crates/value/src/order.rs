//! The order in which sets iterate.

use crate::quote::push_quoted;
use crate::value::Kind;
use crate::{Number, Str, Value};
use std::cmp::Ordering;

/// Order of set elements (fact sheet `language.md` 6.3): strings by bytes, numbers by value, false before true,
/// compound values by a canonical text; then unknown, then null.
pub fn compare(a: &Value, b: &Value) -> Ordering {
    SortKey::of(a).cmp(&SortKey::of(b))
}

/// What an element is sorted by. Variants are in their order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SortKey {
    Bool(bool),
    Number(Number),
    String(Str),
    /// The canonical text, and the same with all digits of the numbers to decide between equals.
    Compound(String, String),
    Unknown,
    Null,
}

impl SortKey {
    pub(crate) fn of(value: &Value) -> SortKey {
        match value.kind() {
            Kind::Bool(b) => SortKey::Bool(*b),
            Kind::Number(n) => SortKey::Number(n.clone()),
            Kind::String(s) => SortKey::String(s.clone()),
            Kind::Unknown(..) => SortKey::Unknown,
            Kind::Null(_) => SortKey::Null,
            _ => SortKey::Compound(canonical_text(value, false), canonical_text(value, true)),
        }
    }
}

fn canonical_text(value: &Value, all_digits: bool) -> String {
    let mut text = String::new();
    write_canonical(&mut text, value, all_digits);
    text
}

fn write_canonical(text: &mut String, value: &Value, all_digits: bool) {
    match value.kind() {
        Kind::Unknown(..) => text.push('?'),
        Kind::Null(_) => text.push('~'),
        Kind::Bool(b) => text.push(if *b { 'T' } else { 'F' }),
        Kind::Number(n) if all_digits => text.push_str(&n.to_string()),
        Kind::Number(n) => text.push_str(&n.to_short_text()),
        Kind::String(s) => push_quoted(text, s),
        Kind::List(c) | Kind::Set(c) => write_sequence(text, ('[', ']'), c.items.iter(), all_digits),
        Kind::Tuple(items) => write_sequence(text, ('<', '>'), items.iter(), all_digits),
        Kind::Object(attributes) => write_sequence(text, ('<', '>'), attributes.values(), all_digits),
        Kind::Map(map) => {
            text.push('{');
            for (key, item) in &map.items {
                push_quoted(text, key);
                text.push(':');
                write_canonical(text, item, all_digits);
                text.push(';');
            }
            text.push('}');
        }
    }
}

fn write_sequence<'a>(
    text: &mut String,
    (open, close): (char, char),
    items: impl Iterator<Item = &'a Value>,
    all_digits: bool,
) {
    text.push(open);
    for item in items {
        write_canonical(text, item, all_digits);
        text.push(';');
    }
    text.push(close);
}
