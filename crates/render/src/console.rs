//! Values as expressions of the language, as outputs and the console show them.

use crate::escape::escape_controls;
use formwork_value::{Kind, Value, print};

/// Renders a value as [`print`] does; nothing in it acts upon a terminal.
pub fn value_text(value: &Value) -> String {
    escape_controls(&print(value)).into_owned()
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

#[cfg(test)]
mod tests {
    use super::*;
    use formwork_value::{Marks, Type};

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
