//! Values written as expressions, in canonical format.

use formwork_value::{Kind, Str, Value};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Deepest nesting that is written.
const MAX_DEPTH: usize = 500;

/// An expression that gives the (wholly known, unmarked) value again. Lists, sets and tuples all become tuples, maps
/// and objects all become objects. `None` if the value is nested too deeply or has unknown parts.
pub fn expression_text(value: &Value) -> Option<String> {
    let mut text = String::new();
    write_value(&mut text, value, 0, MAX_DEPTH)?;
    Some(text)
}

/// The attributes as assignments, one after the other.
pub(crate) fn assignments_text(attributes: &BTreeMap<Str, Value>) -> Option<String> {
    let mut text = String::new();
    write_items(&mut text, attributes, 0, MAX_DEPTH)?;
    Some(text)
}

fn write_value(text: &mut String, value: &Value, indent: usize, depth: usize) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    match value.kind() {
        Kind::Null(_) => text.push_str("null"),
        Kind::Unknown(..) => return None,
        Kind::Bool(b) => text.push_str(if *b { "true" } else { "false" }),
        Kind::Number(n) => write!(text, "{n}").ok()?,
        Kind::String(s) => write_string(text, s),
        Kind::List(c) | Kind::Set(c) => write_sequence(text, &c.items, indent, depth)?,
        Kind::Tuple(items) => write_sequence(text, items, indent, depth)?,
        Kind::Map(map) => write_object(text, &map.items, indent, depth)?,
        Kind::Object(attributes) => write_object(text, attributes, indent, depth)?,
    }
    Some(())
}

fn write_sequence(text: &mut String, items: &[Value], indent: usize, depth: usize) -> Option<()> {
    text.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        write_value(text, item, indent, depth)?;
    }
    text.push(']');
    Some(())
}

fn write_object(text: &mut String, items: &BTreeMap<Str, Value>, indent: usize, depth: usize) -> Option<()> {
    if items.is_empty() {
        text.push_str("{}");
        return Some(());
    }
    text.push_str("{\n");
    write_items(text, items, indent + 1, depth)?;
    push_indent(text, indent);
    text.push('}');
    Some(())
}

/// Equals signs of neighbouring items that need one line each are aligned.
fn write_items(text: &mut String, items: &BTreeMap<Str, Value>, indent: usize, depth: usize) -> Option<()> {
    let mut run: Vec<(String, String)> = Vec::new();
    for (key, item) in items {
        let mut expression = String::new();
        write_value(&mut expression, item, indent, depth)?;
        let key = key_text(key);
        if expression.contains('\n') {
            flush_run(text, &mut run, indent);
            push_indent(text, indent);
            text.push_str(&format!("{key} = {expression}\n"));
        } else {
            run.push((key, expression));
        }
    }
    flush_run(text, &mut run, indent);
    Some(())
}

fn flush_run(text: &mut String, run: &mut Vec<(String, String)>, indent: usize) {
    let width = run.iter().map(|(key, _)| key.chars().count()).max().unwrap_or(0);
    for (key, expression) in run.drain(..) {
        push_indent(text, indent);
        let padding = " ".repeat(width - key.chars().count());
        text.push_str(&format!("{key}{padding} = {expression}\n"));
    }
}

fn push_indent(text: &mut String, indent: usize) {
    for _ in 0..indent {
        text.push_str("  ");
    }
}

fn key_text(key: &str) -> String {
    if is_identifier(key) {
        return key.to_owned();
    }
    let mut text = String::new();
    write_string(&mut text, key);
    text
}

/// True for names that need no quotes as object keys and may name variables.
pub(crate) fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(unicode_ident::is_xid_start)
        && chars.all(|c| unicode_ident::is_xid_continue(c) || c == '-')
}

fn write_string(text: &mut String, content: &str) {
    text.push('"');
    let mut chars = content.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '$' | '%' => {
                text.push(c);
                if chars.peek() == Some(&'{') {
                    text.push(c);
                }
            }
            c if is_printable(c) => text.push(c),
            c if u32::from(c) < 0x10000 => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    text.push('"');
}

/// False for control, format, private-use and space characters other than the plain space.
fn is_printable(c: char) -> bool {
    match c {
        ' ' => true,
        '\u{ad}'
        | '\u{600}'..='\u{605}'
        | '\u{61c}'
        | '\u{6dd}'
        | '\u{70f}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{e000}'..='\u{f8ff}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{10ffff}' => false,
        c => !c.is_control() && !c.is_whitespace(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(items: &[(&str, Value)]) -> Value {
        Value::object(items.iter().map(|(k, v)| (*k, v.clone())))
    }

    #[test]
    fn writes_what_the_reference_writes() {
        let one = || Value::from(1);
        let nested = object(&[("c", Value::from("multi\nline"))]);
        let cases = [
            (Value::from("é 🚀 \u{1b}\u{200b}"), r#""é 🚀 \u001b\u200b""#),
            (Value::from("${x} %{y} $ % $${"), r#""$${x} %%{y} $ % $$${""#),
            (Value::tuple([one(), Value::from("a"), Value::null(formwork_value::Type::Dynamic)]), r#"[1, "a", null]"#),
            (Value::empty_object(), "{}"),
            (object(&[("odd key", one()), ("1", Value::from(2))]), "{\n  \"1\"       = 2\n  \"odd key\" = 1\n}"),
            (
                object(&[
                    ("a-b", one()),
                    ("a.b", one()),
                    ("bbb", Value::tuple([one(), nested])),
                    ("c", one()),
                    ("for", one()),
                ]),
                "{\n  a-b   = 1\n  \"a.b\" = 1\n  bbb = [1, {\n    c = \"multi\\nline\"\n  }]\n  c   = 1\n  for = 1\n}",
            ),
        ];
        for (value, expected) in cases {
            assert_eq!(expression_text(&value).as_deref(), Some(expected));
        }
    }

    #[test]
    fn refuses_unknown_and_very_deep_values() {
        assert_eq!(expression_text(&Value::tuple([Value::dynamic()])), None);
        let deep = (0..1000).fold(Value::from(1), |inner, _| Value::tuple([inner]));
        assert_eq!(expression_text(&deep), None);
    }
}
