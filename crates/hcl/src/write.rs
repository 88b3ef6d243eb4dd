//! Values as text of the language.

use formwork_value::{Kind, Str, Type, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A value as the console and the output command show it: `tolist([...])`, heredocs for text of several lines,
/// `(sensitive value)`, `(known after apply)`.
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
        return print_quoted(out, text);
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

/// Text for reading: what cannot be seen is escaped, template sequences are not.
fn print_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            c if (c as u32) < 0x20 || c == '\u{7f}' => push_escape(out, "\\x", 2, c),
            c if is_visible(c) => out.push(c),
            c if (c as u32) < 0x10000 => push_escape(out, "\\u", 4, c),
            c => push_escape(out, "\\U", 8, c),
        }
    }
    out.push('"');
}

fn push_escape(out: &mut String, start: &str, digits: usize, c: char) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{start}{:0digits$x}", u32::from(c));
}

/// True for characters that show something; of blanks only the plain one.
fn is_visible(c: char) -> bool {
    let invisible = c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{10ffff}');
    !invisible
}

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
            c if (c as u32) < 0x10000 => push_escape(&mut out, "\\u", 4, c),
            c => push_escape(&mut out, "\\U", 8, c),
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

/// Arguments as a file of variables has them, in the order given.
pub fn arguments_text<'a>(arguments: impl IntoIterator<Item = (&'a str, &'a Value)>) -> String {
    let mut out = String::new();
    for (name, value) in arguments {
        out.push_str(name);
        out.push_str(" = ");
        write_expression(&mut out, value);
        out.push('\n');
    }
    crate::format::format_unchecked(&out)
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
