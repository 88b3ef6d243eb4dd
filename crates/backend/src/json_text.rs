//! JSON as text, in the form that the reference writes: two spaces of indentation, empty containers on one line, and
//! in strings what JSON in HTML must not contain escaped.

/// Levels of nesting that are copied.
pub(crate) const MAX_DEPTH: usize = 500;

const SPACES: &[u8] = &[b' '; 64];

/// Writes an indented document from front to back.
pub(crate) struct JsonWriter {
    out: Vec<u8>,
    level: usize,
    /// Nothing has been written yet into the innermost container.
    fresh: bool,
}

impl JsonWriter {
    pub fn with_capacity(bytes: usize) -> JsonWriter {
        JsonWriter { out: Vec::with_capacity(bytes), level: 0, fresh: true }
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// Opens an object or array.
    pub fn open(&mut self, bracket: u8) {
        self.out.push(bracket);
        self.level += 1;
        self.fresh = true;
    }

    pub fn close(&mut self, bracket: u8) {
        self.level = self.level.saturating_sub(1);
        if !self.fresh {
            newline(&mut self.out, self.level);
        }
        self.out.push(bracket);
        self.fresh = false;
    }

    /// Begins the next element of an array.
    pub fn element(&mut self) {
        if !self.fresh {
            self.out.push(b',');
        }
        self.fresh = false;
        newline(&mut self.out, self.level);
    }

    /// Begins the next member of an object.
    pub fn key(&mut self, name: &str) {
        self.element();
        write_string(&mut self.out, name);
        self.out.extend_from_slice(b": ");
    }

    pub fn string(&mut self, text: &str) {
        write_string(&mut self.out, text);
    }

    /// Appends a token as it is.
    pub fn token(&mut self, token: &str) {
        self.out.extend_from_slice(token.as_bytes());
    }

    /// Appends a JSON text of any formatting, indented to this place.
    pub fn json(&mut self, text: &str) {
        copy_indented(&mut self.out, text, self.level);
    }

    pub fn string_member(&mut self, name: &str, text: &str) {
        self.key(name);
        self.string(text);
    }

    pub fn number_member(&mut self, name: &str, number: u64) {
        self.key(name);
        self.token(&number.to_string());
    }
}

fn newline(out: &mut Vec<u8>, level: usize) {
    out.push(b'\n');
    let mut left = level * 2;
    while left > 0 {
        let part = SPACES.get(..left.min(SPACES.len())).unwrap_or(SPACES);
        out.extend_from_slice(part);
        left -= part.len();
    }
}

/// Appends a string in quotes.
pub(crate) fn write_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f) || is_html(b)) {
        let (plain, tail) = rest.split_at(at);
        out.extend_from_slice(plain.as_bytes());
        let mut chars = tail.chars();
        match chars.next() {
            Some('"') => out.extend_from_slice(b"\\\""),
            Some('\\') => out.extend_from_slice(b"\\\\"),
            Some('\n') => out.extend_from_slice(b"\\n"),
            Some('\r') => out.extend_from_slice(b"\\r"),
            Some('\t') => out.extend_from_slice(b"\\t"),
            Some('\u{8}') => out.extend_from_slice(b"\\b"),
            Some('\u{c}') => out.extend_from_slice(b"\\f"),
            Some(c) => write_html_char(out, c),
            None => {}
        }
        rest = chars.as_str();
    }
    out.extend_from_slice(rest.as_bytes());
    out.push(b'"');
}

/// First bytes of characters that may need an escape because JSON may stand in HTML.
fn is_html(byte: u8) -> bool {
    matches!(byte, b'<' | b'>' | b'&' | 0xe2)
}

/// Writes a character, escaped if it is one of HTML, a line or paragraph separator, or a control character.
fn write_html_char(out: &mut Vec<u8>, c: char) {
    if matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}') {
        out.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes());
    } else {
        let mut buffer = [0; 4];
        out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
    }
}

/// Copies the string that begins the text, and returns its length with both quotes.
fn copy_string(out: &mut Vec<u8>, text: &str) -> usize {
    out.push(b'"');
    let mut at = 1;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let Some(run) = rest.bytes().position(|b| matches!(b, b'"' | b'\\') || is_html(b)) else {
            out.extend_from_slice(rest.as_bytes());
            return text.len();
        };
        let (plain, tail) = rest.split_at(run);
        out.extend_from_slice(plain.as_bytes());
        at += run;
        match tail.chars().next() {
            Some('"') => {
                out.push(b'"');
                return at + 1;
            }
            Some('\\') => {
                let length = 1 + tail.chars().nth(1).map_or(0, char::len_utf8);
                out.extend_from_slice(tail.get(..length).unwrap_or(tail).as_bytes());
                at += length;
            }
            Some(c) => {
                write_html_char(out, c);
                at += c.len_utf8();
            }
            None => return at,
        }
    }
}

/// Appends JSON of any formatting, indented for a place at `level`. Linear; nothing is parsed into trees. The text is
/// valid JSON; of anything else the copy is as wrong as the text.
pub(crate) fn copy_indented(out: &mut Vec<u8>, text: &str, mut level: usize) {
    let mut at = 0;
    let mut fresh = false;
    while let Some(&byte) = text.as_bytes().get(at) {
        if matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
            at += 1;
            continue;
        }
        if matches!(byte, b'}' | b']') {
            level = level.saturating_sub(1);
            if !fresh {
                newline(out, level);
            }
            fresh = false;
            out.push(byte);
            at += 1;
            continue;
        }
        if std::mem::take(&mut fresh) {
            newline(out, level);
        }
        match byte {
            b'"' => at += copy_string(out, text.get(at..).unwrap_or_default()),
            b'{' | b'[' => {
                out.push(byte);
                level = (level + 1).min(2 * MAX_DEPTH);
                fresh = true;
                at += 1;
            }
            b',' => {
                out.push(byte);
                newline(out, level);
                at += 1;
            }
            b':' => {
                out.extend_from_slice(b": ");
                at += 1;
            }
            _ => at += copy_scalar(out, text, at),
        }
    }
}

/// Appends JSON without spaces, with the same escapes. `false` if it is nested too deeply.
pub(crate) fn copy_compact(out: &mut Vec<u8>, text: &str) -> bool {
    let mut at = 0;
    let mut level = 0usize;
    while let Some(&byte) = text.as_bytes().get(at) {
        match byte {
            b' ' | b'\n' | b'\r' | b'\t' => at += 1,
            b'"' => at += copy_string(out, text.get(at..).unwrap_or_default()),
            b'{' | b'[' | b'}' | b']' | b',' | b':' => {
                level = match byte {
                    b'{' | b'[' => level + 1,
                    b'}' | b']' => level.saturating_sub(1),
                    _ => level,
                };
                if level > MAX_DEPTH {
                    return false;
                }
                out.push(byte);
                at += 1;
            }
            _ => at += copy_scalar(out, text, at),
        }
    }
    true
}

/// Copies a number or word and returns its length.
fn copy_scalar(out: &mut Vec<u8>, text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    let end = |b: &u8| matches!(b, b' ' | b'\n' | b'\r' | b'\t' | b',' | b':' | b'{' | b'}' | b'[' | b']' | b'"');
    let length = rest.iter().position(end).unwrap_or(rest.len()).max(1);
    out.extend_from_slice(rest.get(..length).unwrap_or(rest));
    length
}

/// The compact form of a JSON text; `None` if it is nested too deeply.
pub(crate) fn compact(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    // Only whole characters are copied, so the text stays UTF-8.
    copy_compact(&mut out, text).then(|| String::from_utf8(out).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indented(text: &str) -> String {
        let mut out = Vec::new();
        copy_indented(&mut out, text, 0);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn layout_is_that_of_the_reference() {
        let cases = [
            ("{}", "{}"),
            ("[ ]", "[]"),
            (
                " { \"a\" :\n[1 , 2.5e3,null ,\"x\"] , \"b\":{ } } ",
                "{\n  \"a\": [\n    1,\n    2.5e3,\n    null,\n    \"x\"\n  ],\n  \"b\": {}\n}",
            ),
            ("[[],[{}]]", "[\n  [],\n  [\n    {}\n  ]\n]"),
            ("\"<a>&\u{2028}\u{2029}€\\\"\\u003c\"", "\"\\u003ca\\u003e\\u0026\\u2028\\u2029€\\\"\\u003c\""),
        ];
        for (text, expected) in cases {
            assert_eq!(indented(text), expected);
            assert_eq!(indented(expected), expected);
            assert_eq!(compact(expected).unwrap(), compact(text).unwrap());
        }
        assert_eq!(compact("{ \"a b\" : [ 1 , true ] }").unwrap(), "{\"a b\":[1,true]}");
    }

    #[test]
    fn depth_is_bounded_and_broken_text_is_harmless() {
        assert_eq!(compact(&"[".repeat(100_000)), None);
        for text in ["\"", "\"\\", "{\"a", "]]]", "\"\u{20ac}\\\u{20ac}", "}{:,", "\u{20ac}"] {
            indented(text);
            compact(text);
        }
    }
}
