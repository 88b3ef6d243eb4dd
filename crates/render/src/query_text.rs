//! What lists have found, for people.

use crate::escape::escape_line;
use formwork_value::{Kind, Value};

/// One line for each object: the list, who the object is, and what people call it. Empty if there is none.
pub fn listed_text(address: &str, objects: &[(&Value, &str)]) -> String {
    let identities: Vec<String> = objects.iter().map(|(identity, _)| identity_text(identity)).collect();
    let width = identities.iter().map(|text| text.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for ((_, name), identity) in objects.iter().zip(&identities) {
        let line = format!("{address}   {identity:width$}   {name}");
        out.push_str(escape_line(line.trim_end()).as_ref());
        out.push('\n');
    }
    out
}

/// `name=a,region=b`.
fn identity_text(identity: &Value) -> String {
    let attributes = identity.as_mapping().into_iter().flatten();
    let text = |value: &Value| match value.kind() {
        Kind::String(text) => text.to_string(),
        _ => crate::value_text(value),
    };
    attributes.map(|(name, value)| format!("{name}={}", text(value))).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let one = Value::object([("name", Value::from("a")), ("n", Value::from(1))]);
        let two = Value::object([("name", Value::from("long\u{1b}")), ("n", Value::from(22))]);
        let text = listed_text("list.x.y", &[(&one, "One"), (&two, "")]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "list.x.y   n=1,name=a        One");
        assert!(lines[1].starts_with("list.x.y   n=22,name=long") && !lines[1].contains('\u{1b}'), "{text:?}");
        assert_eq!(listed_text("list.x.y", &[]), "");
    }
}
