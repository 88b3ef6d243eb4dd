//! Text of strangers on a terminal: nothing in it may move the cursor, change colours or reorder what is shown.

use std::borrow::Cow;
use std::fmt::Write;

/// True for characters that a terminal would act upon, or that reorder or split the text around them.
fn is_unsafe(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' => true,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => true,
        c => c.is_control(),
    }
}

/// The text with control characters (C0 but line feed and tab, DEL, C1) and direction marks written as escapes.
pub fn escape_controls(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            // A line break of Windows is one.
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' => out.push_str("\\r"),
            c if is_unsafe(c) => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// As [`escape_controls`], for texts that must stay on one line.
pub(crate) fn escape_line(text: &str) -> Cow<'_, str> {
    match escape_controls(text) {
        escaped if escaped.contains(['\n', '\t']) => Cow::Owned(escaped.replace('\n', "\\n").replace('\t', "\\t")),
        escaped => escaped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_that_it_would_act_upon() {
        for (text, expected) in [
            ("plain äöü 日本", "plain äöü 日本"),
            ("a\u{1b}[31mred\u{7}", "a\\u001b[31mred\\u0007"),
            ("c1 \u{9b}2J del \u{7f}", "c1 \\u009b2J del \\u007f"),
            ("bidi \u{202e}x\u{2066}", "bidi \\u202ex\\u2066"),
            ("two\r\nlines\tand\r", "two\nlines\tand\\r"),
        ] {
            assert_eq!(escape_controls(text), expected);
        }
        assert_eq!(escape_line("a\nb\u{0}"), "a\\nb\\u0000");
    }
}
