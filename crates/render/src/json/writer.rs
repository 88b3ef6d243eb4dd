//! Writing JSON text in a given order, escaped as the reference does it.

use formwork_value::{Number, Type, type_to_json};
use std::fmt::Write;

/// Appends JSON to a text; commas come by themselves.
#[derive(Default)]
pub(crate) struct JsonWriter {
    text: String,
    /// A value was written on this level already.
    follows: bool,
}

impl JsonWriter {
    pub(crate) fn new() -> JsonWriter {
        JsonWriter::default()
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }

    fn separate(&mut self) {
        if self.follows {
            self.text.push(',');
        }
        self.follows = true;
    }

    /// An object whose members `write` gives.
    pub(crate) fn object(&mut self, write: impl FnOnce(&mut JsonWriter)) {
        self.compound('{', '}', write);
    }

    /// An array whose elements `write` gives.
    pub(crate) fn array(&mut self, write: impl FnOnce(&mut JsonWriter)) {
        self.compound('[', ']', write);
    }

    fn compound(&mut self, open: char, close: char, write: impl FnOnce(&mut JsonWriter)) {
        self.separate();
        self.text.push(open);
        self.follows = false;
        write(self);
        self.text.push(close);
        self.follows = true;
    }

    /// The name of the member whose value is written next.
    pub(crate) fn key(&mut self, name: &str) -> &mut JsonWriter {
        self.separate();
        push_string(&mut self.text, name);
        self.text.push(':');
        self.follows = false;
        self
    }

    pub(crate) fn string(&mut self, text: &str) {
        self.separate();
        push_string(&mut self.text, text);
    }

    /// Strings as an array.
    pub(crate) fn strings<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) {
        self.array(|w| texts.into_iter().for_each(|text| w.string(text)));
    }

    pub(crate) fn bool(&mut self, value: bool) {
        self.raw(if value { "true" } else { "false" });
    }

    pub(crate) fn null(&mut self) {
        self.raw("null");
    }

    pub(crate) fn unsigned(&mut self, value: u64) {
        self.separate();
        // Writing to a string does not fail.
        let _ = write!(self.text, "{value}");
    }

    /// All digits; infinities, which JSON lacks, become null.
    pub(crate) fn number(&mut self, value: &Number) {
        if value.is_infinite() {
            return self.null();
        }
        self.separate();
        let _ = write!(self.text, "{value}");
    }

    pub(crate) fn ty(&mut self, ty: &Type) {
        self.raw(&type_to_json(ty));
    }

    /// A finished piece of JSON.
    pub(crate) fn raw(&mut self, json: &str) {
        self.separate();
        self.text.push_str(json);
    }
}

/// Appends a string in quotes, with what the reference escapes so that JSON can stand in HTML.
fn push_string(text: &mut String, content: &str) {
    text.push('"');
    let mut plain_from = 0;
    for (at, c) in content.char_indices() {
        let escape: Option<&str> = match c {
            '"' => Some("\\\""),
            '\\' => Some("\\\\"),
            '\n' => Some("\\n"),
            '\r' => Some("\\r"),
            '\t' => Some("\\t"),
            '\u{8}' => Some("\\b"),
            '\u{c}' => Some("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => None,
            _ => continue,
        };
        text.push_str(content.get(plain_from..at).unwrap_or_default());
        match escape {
            Some(escape) => text.push_str(escape),
            None => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
        }
        plain_from = at + c.len_utf8();
    }
    text.push_str(content.get(plain_from..).unwrap_or_default());
    text.push('"');
}

/// The same JSON on several lines, two spaces a level; empty objects and arrays stay on one line.
pub(crate) fn indent_json(compact: &str) -> String {
    let mut out = String::with_capacity(compact.len() * 2);
    let mut depth = 0usize;
    let mut in_string = false;
    let mut escaped = false;
    let mut chars = compact.chars().peekable();
    while let Some(c) = chars.next() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            out.push(c);
            continue;
        }
        match c {
            '{' | '[' => {
                out.push(c);
                if let Some(close) = chars.next_if(|n| matches!(n, '}' | ']')) {
                    out.push(close);
                    continue;
                }
                depth += 1;
                new_line(&mut out, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => {
                in_string = c == '"';
                out.push(c);
            }
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_for_html() {
        let mut w = JsonWriter::new();
        w.array(|w| {
            w.string("a\"\\\n\r\t\u{8}\u{c}\u{1}");
            w.string("<é&>\u{2028}\u{2029}\u{7f}");
        });
        assert_eq!(w.finish(), "[\"a\\\"\\\\\\n\\r\\t\\b\\f\\u0001\",\"\\u003cé\\u0026\\u003e\\u2028\\u2029\u{7f}\"]");
    }

    #[test]
    fn indents_as_the_reference() {
        let compact = r#"{"a":[],"b":{},"c":[1,{"d":"x,{[\"\\"}],"e":null}"#;
        let expected = "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1,\n    {\n      \"d\": \"x,{[\\\"\\\\\"\n    }\n  ],\n  \"e\": null\n}";
        assert_eq!(indent_json(compact), expected);
    }
}
