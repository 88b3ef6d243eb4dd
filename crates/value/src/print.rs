//! Values as the console and the output command show them.

use crate::quote::push_quoted;
use crate::{Kind, Str, Type, Value};
use std::collections::BTreeMap;

/// The value as an expression: `tolist([...])`, heredocs for text of several lines; `(sensitive value)`, `(known after
/// apply)` for what cannot be shown.
pub fn print(value: &Value) -> String {
    let mut out = String::new();
    print_value(&mut out, value, 0);
    out
}

fn print_value(out: &mut String, value: &Value, indent: usize) {
    if !value.is_known() {
        return out.push_str("(known after apply)");
    }
    if value.is_sensitive() {
        return out.push_str("(sensitive value)");
    }
    if value.marks().is_ephemeral() {
        return out.push_str("(ephemeral value)");
    }
    match value.kind() {
        Kind::Null(ty) => print_null(out, ty),
        Kind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Kind::Number(number) if number.is_infinite() => {
            out.push_str(if number.is_negative() { "-Inf" } else { "+Inf" })
        }
        Kind::Number(number) => out.push_str(&number.to_string()),
        Kind::String(text) => print_text(out, text, indent),
        Kind::List(c) => wrap(out, "tolist(", |out| print_items(out, &c.items, indent)),
        Kind::Set(c) => wrap(out, "toset(", |out| print_items(out, &c.items, indent)),
        Kind::Map(m) => wrap(out, "tomap(", |out| print_attributes(out, &m.items, indent)),
        Kind::Tuple(items) => print_items(out, items, indent),
        Kind::Object(attributes) => print_attributes(out, attributes, indent),
        Kind::Unknown(..) => {}
    }
}

fn wrap(out: &mut String, open: &str, inner: impl FnOnce(&mut String)) {
    out.push_str(open);
    inner(out);
    out.push(')');
}

fn print_null(out: &mut String, ty: &Type) {
    let text = match ty {
        Type::Dynamic => "null".to_string(),
        Type::String => "tostring(null)".to_string(),
        Type::Number => "tonumber(null)".to_string(),
        Type::Bool => "tobool(null)".to_string(),
        Type::List(element) => format!("tolist(null) /* of {} */", element.friendly_name()),
        Type::Set(element) => format!("toset(null) /* of {} */", element.friendly_name()),
        Type::Map(element) => format!("tomap(null) /* of {} */", element.friendly_name()),
        Type::Object(_) | Type::Tuple(_) => format!("null /* {} */", ty.friendly_name()),
    };
    out.push_str(&text);
}

fn new_line(out: &mut String, indent: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

fn print_items(out: &mut String, items: &[Value], indent: usize) {
    out.push('[');
    for item in items {
        new_line(out, indent + 2);
        print_value(out, item, indent + 2);
        out.push(',');
    }
    if !items.is_empty() {
        new_line(out, indent);
    }
    out.push(']');
}

fn print_attributes(out: &mut String, attributes: &BTreeMap<Str, Value>, indent: usize) {
    out.push('{');
    for (name, value) in attributes {
        new_line(out, indent + 2);
        print_text(out, name, indent + 2);
        out.push_str(" = ");
        print_value(out, value, indent + 2);
    }
    if !attributes.is_empty() {
        new_line(out, indent);
    }
    out.push('}');
}

/// Text in quotes, or of several lines as a heredoc with a marker that no line is.
fn print_text(out: &mut String, text: &str, indent: usize) {
    if !text.contains('\n') {
        return push_quoted(out, text);
    }
    let mut marker = "EOT".to_string();
    while text.split('\n').any(|line| line.trim() == marker) {
        marker.push('_');
    }
    out.push_str(if indent > 0 { "<<-" } else { "<<" });
    out.push_str(&marker);
    for line in text.split('\n').chain([&*marker]) {
        new_line(out, indent);
        out.push_str(line);
    }
}
