//! Text in quotes for reading.

use std::fmt::Write as _;

/// The text in double quotes, with escapes for whatever cannot be seen (as Go's `%q`). Template sequences stay as they
/// are.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_quoted(&mut out, text);
    out
}

pub(crate) fn push_quoted(out: &mut String, text: &str) {
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
            c if is_visible(c) => out.push(c),
            '\0'..='\u{7f}' => push_escape(out, "\\x", 2, c),
            c => push_unicode_escape(out, c),
        }
    }
    out.push('"');
}

/// Appends a character as `\u` or `\U` and its number.
pub fn push_unicode_escape(out: &mut String, c: char) {
    if u32::from(c) < 0x10000 { push_escape(out, "\\u", 4, c) } else { push_escape(out, "\\U", 8, c) }
}

fn push_escape(out: &mut String, start: &str, digits: usize, c: char) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{start}{:0digits$x}", u32::from(c));
}

/// False for control and format characters, spaces other than the usual one, and private use.
pub fn is_visible(c: char) -> bool {
    let invisible = c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}'
            | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e007f}')
        || matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}');
    !invisible
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
            ("\u{e0100}\u{e0001}\0", "\"\u{e0100}\\U000e0001\\x00\""),
        ] {
            assert_eq!(quote(text), quoted);
        }
    }
}
