//! Values as text of the language.

use formwork_value::{Kind, Str, Value, is_visible, push_unicode_escape};
use std::collections::BTreeMap;

/// A string literal in quotes that means exactly the text.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '$' | '%' => {
                out.push(c);
                if chars.peek() == Some(&'{') {
                    out.push(c);
                }
            }
            c if is_visible(c) => out.push(c),
            c => push_unicode_escape(&mut out, c),
        }
    }
    out.push('"');
    out
}

/// A value as an expression that gives it: lists on one line, objects on several, aligned. Marks do not show; what is
/// unknown becomes null.
pub fn expression_text(value: &Value) -> String {
    let mut out = String::from("x = ");
    write_expression(&mut out, value);
    let formatted = crate::format::format_unchecked(&out);
    formatted.strip_prefix("x = ").unwrap_or(&formatted).to_string()
}

fn write_expression(out: &mut String, value: &Value) {
    match value.kind() {
        Kind::Null(_) | Kind::Unknown(..) => out.push_str("null"),
        Kind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Kind::Number(number) if number.is_infinite() => {
            out.push_str(if number.is_negative() { "-1 / 0" } else { "1 / 0" })
        }
        Kind::Number(number) => out.push_str(&number.to_string()),
        Kind::String(text) => out.push_str(&quoted(text)),
        Kind::List(c) | Kind::Set(c) => write_items(out, &c.items),
        Kind::Tuple(items) => write_items(out, items),
        Kind::Map(m) => write_attributes(out, &m.items),
        Kind::Object(attributes) => write_attributes(out, attributes),
    }
}

fn write_items(out: &mut String, items: &[Value]) {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write_expression(out, item);
    }
    out.push(']');
}

fn write_attributes(out: &mut String, attributes: &BTreeMap<Str, Value>) {
    out.push('{');
    for (name, value) in attributes {
        out.push('\n');
        if is_identifier(name) && &**name != "for" {
            out.push_str(name);
        } else {
            out.push_str(&quoted(name));
        }
        out.push_str(" = ");
        write_expression(out, value);
    }
    if !attributes.is_empty() {
        out.push('\n');
    }
    out.push('}');
}

/// True if a name can stand without quotes.
pub fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    let starts = chars.next().is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c));
    starts && chars.all(|c| c == '-' || unicode_ident::is_xid_continue(c))
}
