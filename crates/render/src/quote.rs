//! Names and strings as plans show them.

use std::borrow::Cow;
use std::fmt::Write;

/// The text in double quotes with escapes for whatever is not visible.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
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
            ' '..='~' => out.push(c),
            '\0'..='\u{7f}' => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c if is_visible(c) => out.push(c),
            '\u{10000}'.. => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
            c => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}

/// False for control and format characters, spaces other than the usual one, and private use.
fn is_visible(c: char) -> bool {
    !(c.is_control()
        || c.is_whitespace()
        || matches!(c,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}' | '\u{e0001}'..='\u{e007f}'
            | '\u{f0000}'..='\u{10ffff}'))
}

/// The name itself if it is an identifier, else quoted.
pub(crate) fn attribute_name(name: &str) -> Cow<'_, str> {
    let mut chars = name.chars();
    let starts = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    if starts && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(quote(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_is_not_visible() {
        for (text, quoted) in [
            ("a\"b\\c\t\u{1b}é\u{202e}${x}", "\"a\\\"b\\\\c\\t\\x1bé\\u202e${x}\""),
            ("nbsp\u{a0}日本😀\u{85}", "\"nbsp\\u00a0日本😀\\u0085\""),
            ("\u{7}\u{8}\u{b}\u{c}\u{7f}\u{f0000}", "\"\\a\\b\\v\\f\\x7f\\U000f0000\""),
        ] {
            assert_eq!(quote(text), quoted);
        }
    }

    #[test]
    fn only_identifiers_stand_bare() {
        for (name, shown) in [("a-b_1", "a-b_1"), ("_x", "_x"), ("1a", "\"1a\""), ("", "\"\""), ("a b", "\"a b\"")] {
            assert_eq!(attribute_name(name), shown);
        }
    }
}
