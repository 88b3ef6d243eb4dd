//! Values as expressions of the language, as outputs and the console show them.

use crate::escape::escape_controls;
use crate::quote::quote;
use formwork_value::{Kind, Type, Value};

/// Renders a value: `tolist([...])`, `{ "a" = 1 }`, text of several lines as a heredoc, and what cannot be shown in
/// parentheses.
pub fn value_text(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value, 0);
    out
}

/// Renders a value for `output -raw`: text without quotes. Errors: the value is no string, number or bool.
pub fn raw_text(value: &Value) -> Result<String, String> {
    match value.kind() {
        Kind::String(s) => Ok(s.to_string()),
        Kind::Number(n) => Ok(n.to_string()),
        Kind::Bool(b) => Ok(b.to_string()),
        Kind::Null(_) => Err("the value is null, which has no raw form; use -json".into()),
        Kind::Unknown(..) => Err("the value is not known yet".into()),
        _ => Err(format!(
            "the raw form is for strings, numbers and bools, but the value is a {}; use -json",
            value.ty().friendly_name()
        )),
    }
}

fn write_value(out: &mut String, value: &Value, indent: usize) {
    if value.is_sensitive() {
        return out.push_str("(sensitive value)");
    }
    if value.marks().is_ephemeral() {
        return out.push_str("(ephemeral value)");
    }
    match value.kind() {
        Kind::Unknown(..) => out.push_str("(known after apply)"),
        Kind::Null(ty) => out.push_str(&null_text(ty)),
        Kind::Bool(b) => out.push_str(&b.to_string()),
        Kind::Number(n) => out.push_str(&n.to_string()),
        Kind::String(s) if s.contains('\n') => write_heredoc(out, s, indent),
        Kind::String(s) => out.push_str(&quote(s)),
        Kind::List(c) => in_call(out, "tolist", |out| write_sequence(out, &c.items, indent)),
        Kind::Set(c) => in_call(out, "toset", |out| write_sequence(out, &c.items, indent)),
        Kind::Map(m) => in_call(out, "tomap", |out| write_mapping(out, m.items.iter(), indent)),
        Kind::Object(o) => write_mapping(out, o.iter(), indent),
        Kind::Tuple(items) => write_sequence(out, items, indent),
    }
}

fn null_text(ty: &Type) -> String {
    match ty {
        Type::Dynamic => "null".into(),
        Type::String => "tostring(null)".into(),
        Type::Number => "tonumber(null)".into(),
        Type::Bool => "tobool(null)".into(),
        Type::List(element) => format!("tolist(null) /* of {} */", element.friendly_name()),
        Type::Set(element) => format!("toset(null) /* of {} */", element.friendly_name()),
        Type::Map(element) => format!("tomap(null) /* of {} */", element.friendly_name()),
        other => format!("null /* {} */", other.friendly_name()),
    }
}

fn in_call(out: &mut String, name: &str, write: impl FnOnce(&mut String)) {
    out.push_str(name);
    out.push('(');
    write(out);
    out.push(')');
}

fn new_line(out: &mut String, indent: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

fn write_sequence(out: &mut String, items: &[Value], indent: usize) {
    out.push('[');
    for item in items {
        new_line(out, indent + 2);
        write_value(out, item, indent + 2);
        out.push(',');
    }
    if !items.is_empty() {
        new_line(out, indent);
    }
    out.push(']');
}

fn write_mapping<'a>(
    out: &mut String,
    entries: impl ExactSizeIterator<Item = (&'a formwork_value::Str, &'a Value)>,
    indent: usize,
) {
    let is_empty = entries.len() == 0;
    out.push('{');
    for (key, item) in entries {
        new_line(out, indent + 2);
        out.push_str(&quote(key));
        out.push_str(" = ");
        write_value(out, item, indent + 2);
    }
    if !is_empty {
        new_line(out, indent);
    }
    out.push('}');
}

/// The end marker grows until no line is equal to it.
fn write_heredoc(out: &mut String, text: &str, indent: usize) {
    let mut marker = "EOT".to_string();
    while text.split('\n').any(|line| line.trim() == marker) {
        marker.push('_');
    }
    out.push_str(if indent > 0 { "<<-" } else { "<<" });
    out.push_str(&marker);
    for line in text.split('\n') {
        new_line(out, indent);
        out.push_str(&escape_controls(line));
    }
    new_line(out, indent);
    out.push_str(&marker);
}

#[cfg(test)]
mod tests {
    use super::*;
    use formwork_value::Marks;

    #[test]
    fn values_are_shown_as_expressions() {
        let s = |text: &str| Value::string(text);
        for (value, expected) in [
            (Value::list(Type::String, vec![s("a"), s("b\nc")]), "tolist([\n  \"a\",\n  <<-EOT\n  b\n  c\n  EOT,\n])"),
            (Value::set(Type::Number, vec![]), "toset([])"),
            (Value::map(Type::String, [("k".into(), s("v"))].into()), "tomap({\n  \"k\" = \"v\"\n})"),
            (Value::null(Type::Map(std::sync::Arc::new(Type::Bool))), "tomap(null) /* of bool */"),
            (Value::tuple([Value::null(Type::Dynamic), Value::from(true)]), "[\n  null,\n  true,\n]"),
            (Value::object([("a", s("x").with_marks(Marks::SENSITIVE))]), "{\n  \"a\" = (sensitive value)\n}"),
            (Value::dynamic(), "(known after apply)"),
            (s("EOT\n\u{1b}[0m"), "<<EOT_\nEOT\n\\u001b[0m\nEOT_"),
        ] {
            assert_eq!(value_text(&value), expected);
        }
    }

    #[test]
    fn raw_texts_are_for_single_values() {
        assert_eq!(raw_text(&Value::from(5)), Ok("5".into()));
        assert_eq!(raw_text(&Value::string("a\nb")), Ok("a\nb".into()));
        assert!(raw_text(&Value::null(Type::String)).is_err());
        assert!(raw_text(&Value::empty_object()).is_err());
    }
}
