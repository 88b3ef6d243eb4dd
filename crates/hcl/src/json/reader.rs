//! Reading JSON text. Stops at the first problem, since behind it nothing is certain; only a trailing comma spoils no
//! more than the value that it is in.

use super::value::{JsonKind, JsonProperty, JsonValue};
use crate::Ident;
use crate::limits::JSON_NESTING;
use formwork_diag::{Diagnostic, Diagnostics, FileId, Span};
use formwork_value::{Number, Str};

type Read<T> = Result<T, Box<Diagnostic>>;

struct Reader<'t> {
    file: FileId,
    text: &'t str,
    bytes: &'t [u8],
    pos: usize,
    depth: u32,
    /// Trailing commas inside of the value.
    problems: Diagnostics,
}

/// Reads a whole text as one JSON value; none if nothing of it is usable.
pub(crate) fn read_json(file: FileId, text: &str) -> (Option<JsonValue>, Diagnostics) {
    let pos = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let problems = Diagnostics::new();
    let mut reader = Reader { file, text, bytes: text.as_bytes(), pos, depth: 0, problems };
    let value = reader.document();
    let mut problems = reader.problems;
    let value = value.map_err(|problem| problems.push(*problem)).ok();
    (value, problems)
}

impl Reader<'_> {
    fn document(&mut self) -> Read<JsonValue> {
        let value = self.value()?;
        self.blanks();
        if self.pos < self.bytes.len() && self.problems.is_empty() {
            return self.fail("Extraneous data after value", "The JSON value ends before this; nothing may follow it.");
        }
        Ok(value)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.pos += 1;
        }
    }

    fn span(&self, start: usize) -> Span {
        Span::new(self.file, start, self.pos)
    }

    /// Fails at the next character.
    fn fail<T>(&self, summary: &str, detail: &str) -> Read<T> {
        let length = self.text.get(self.pos..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let span = Span::new(self.file, self.pos, self.pos + length);
        Err(Box::new(Diagnostic::error(summary, detail).at(span)))
    }

    fn value(&mut self) -> Read<JsonValue> {
        self.blanks();
        let start = self.pos;
        let kind = match self.peek() {
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::array)?,
            Some(b'"') => {
                let (text, escaped) = self.string()?;
                JsonKind::String { text, escaped }
            }
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b'a'..=b'z' | b'A'..=b'Z') => self.keyword()?,
            None => return self.fail("Missing value", "A JSON value is expected here, but the text ends."),
            Some(b'\'') => {
                return self.fail("Invalid start of value", "JSON strings stand in double quotes, not in single ones.");
            }
            Some(b'}' | b']' | b',') => return self.fail("Missing value", "A JSON value is expected before this."),
            Some(_) => return self.fail("Invalid start of value", "No JSON value begins with this character."),
        };
        Ok(JsonValue { kind, span: self.span(start) })
    }

    fn nested(&mut self, part: impl FnOnce(&mut Self) -> Read<JsonKind>) -> Read<JsonKind> {
        if self.depth >= JSON_NESTING {
            let detail = format!(
                "Arrays and objects are nested more than {JSON_NESTING} levels deep here, which is not supported. Move inner \
                 parts to local values."
            );
            return self.fail("Nesting too deep", &detail);
        }
        self.depth += 1;
        let kind = stacker::maybe_grow(64 * 1024, 1024 * 1024, || part(self))?;
        self.depth -= 1;
        Ok(kind)
    }

    fn object(&mut self) -> Read<JsonKind> {
        let open = self.pos;
        self.pos += 1;
        let mut properties = Vec::new();
        self.blanks();
        if self.peek() == Some(b'}') {
            self.pos += 1;
            return Ok(JsonKind::Object(properties.into()));
        }
        loop {
            properties.push(self.property(open)?);
            self.blanks();
            match self.peek() {
                Some(b',') => {
                    let comma = self.pos;
                    self.pos += 1;
                    self.blanks();
                    if self.peek() == Some(b'}') {
                        let detail = "Behind the last property there is no comma in JSON.";
                        return self.trailing_comma(comma, detail);
                    }
                }
                Some(b'}') => {
                    self.pos += 1;
                    return Ok(JsonKind::Object(properties.into()));
                }
                None => return self.unclosed(open, "Unclosed object", "This object has no closing brace."),
                Some(b']') => {
                    return self
                        .fail("Mismatched braces", "A bracket cannot close an object; a brace \"}\" is expected.");
                }
                Some(_) => {
                    return self
                        .fail("Missing attribute separator comma", "Properties of an object are separated by commas.");
                }
            }
        }
    }

    /// Behind the last property of an object. As in the reference, the value is spoiled, and what closes it closes the
    /// one around it.
    fn trailing_comma(&mut self, comma: usize, detail: &str) -> Read<JsonKind> {
        let problem = Diagnostic::error("Trailing comma in object", detail).at(Span::new(self.file, comma, comma + 1));
        if self.depth <= 1 {
            return Err(Box::new(problem));
        }
        self.problems.push(problem);
        Ok(JsonKind::Invalid)
    }

    fn unclosed<T>(&self, open: usize, summary: &str, detail: &str) -> Read<T> {
        Err(Box::new(Diagnostic::error(summary, detail).at(Span::new(self.file, open, open + 1))))
    }

    fn property(&mut self, open: usize) -> Read<JsonProperty> {
        self.blanks();
        let start = self.pos;
        match self.peek() {
            Some(b'"') => {}
            None => return self.unclosed(open, "Unclosed object", "This object has no closing brace."),
            Some(_) => {
                return self.fail("Invalid object property name", "The name of a property stands in double quotes.");
            }
        }
        let (name, escaped) = self.string()?;
        let name = Ident { name, span: self.span(start) };
        self.blanks();
        match self.peek() {
            Some(b':') => self.pos += 1,
            Some(b'=') => {
                return self.fail("Missing property value colon", "In JSON a colon separates a name from its value.");
            }
            _ => {
                return self.fail("Missing property value colon", "A colon is expected behind the name of a property.");
            }
        }
        let value = self.value()?;
        Ok(JsonProperty { name, escaped, value })
    }

    fn array(&mut self) -> Read<JsonKind> {
        let open = self.pos;
        self.pos += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.peek() == Some(b']') {
            self.pos += 1;
            return Ok(JsonKind::Array(items.into()));
        }
        loop {
            items.push(self.value()?);
            self.blanks();
            match self.peek() {
                Some(b',') => {
                    let comma = self.pos;
                    self.pos += 1;
                    self.blanks();
                    if self.peek() == Some(b']') {
                        let detail = "Behind the last element there is no comma in JSON.";
                        self.pos = comma;
                        return self.fail("Trailing comma in array", detail);
                    }
                }
                Some(b']') => {
                    self.pos += 1;
                    return Ok(JsonKind::Array(items.into()));
                }
                None => return self.unclosed(open, "Unclosed array", "This array has no closing bracket."),
                Some(b'}') => {
                    return self
                        .fail("Mismatched brackets", "A brace cannot close an array; a bracket \"]\" is expected.");
                }
                Some(_) => {
                    return self
                        .fail("Missing attribute separator comma", "Elements of an array are separated by commas.");
                }
            }
        }
    }

    fn keyword(&mut self) -> Read<JsonKind> {
        let rest = self.text.get(self.pos..).unwrap_or("");
        let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let kind = match rest.get(..length) {
            Some("true") => JsonKind::Bool(true),
            Some("false") => JsonKind::Bool(false),
            Some("null") => JsonKind::Null,
            _ => {
                return self
                    .fail("Invalid JSON keyword", "Without quotes there are only true, false, null and numbers.");
            }
        };
        self.pos += length;
        Ok(kind)
    }

    fn digits(&mut self) -> usize {
        let start = self.pos;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.pos += 1;
        }
        self.pos - start
    }

    fn number(&mut self) -> Read<JsonKind> {
        let start = self.pos;
        if self.peek() == Some(b'-') {
            self.pos += 1;
        }
        let leading = self.pos;
        let whole = self.digits();
        let mut valid = whole == 1 || (whole > 1 && self.bytes.get(leading) != Some(&b'0'));
        if self.peek() == Some(b'.') {
            self.pos += 1;
            valid &= self.digits() > 0;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.pos += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.pos += 1;
            }
            valid &= self.digits() > 0;
        }
        let number = self.text.get(start..self.pos).and_then(|text| Number::parse(text).ok()).filter(|_| valid);
        match number {
            Some(number) => Ok(JsonKind::Number(number.into())),
            None => {
                let detail = "JSON numbers have digits, with a fraction or an exponent, and no leading zeros.";
                Err(Box::new(Diagnostic::error("Invalid JSON number", detail).at(self.span(start))))
            }
        }
    }

    /// A string's text, and whether it has escapes.
    fn string(&mut self) -> Read<(Str, bool)> {
        let open = self.pos;
        self.pos += 1;
        let mut decoded: Option<String> = None;
        let mut plain_start = self.pos;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    let text = decoded.get_or_insert_default();
                    text.push_str(self.text.get(plain_start..self.pos).unwrap_or(""));
                    let c = self.escape()?;
                    decoded.get_or_insert_default().push(c);
                    plain_start = self.pos;
                }
                Some(0..=0x1f) => {
                    return self
                        .fail("Invalid JSON string", "A line break or control character in a string must be escaped.");
                }
                Some(_) => self.pos += 1,
                None => return self.unclosed(open, "Invalid JSON string", "The string has no closing quote."),
            }
        }
        let rest = self.text.get(plain_start..self.pos).unwrap_or("");
        self.pos += 1;
        Ok(match decoded {
            Some(mut text) => {
                text.push_str(rest);
                (text.into(), true)
            }
            None => (rest.into(), false),
        })
    }

    fn escape(&mut self) -> Read<char> {
        let letter = self.bytes.get(self.pos + 1).copied();
        let c = match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => {
                return self
                    .fail("Invalid JSON string", "A backslash begins an escape sequence, and this is none of them.");
            }
        };
        self.pos += 2;
        Ok(c)
    }

    /// `\uXXXX`, or two of them for a character outside the basic plane.
    fn unicode_escape(&mut self) -> Read<char> {
        let Some(first) = self.hex(self.pos + 2) else {
            return self.fail("Invalid JSON string", "\"\\u\" is followed by four hexadecimal digits.");
        };
        self.pos += 6;
        if (0xd800..0xdc00).contains(&first) && self.bytes.get(self.pos..self.pos + 2) == Some(b"\\u") {
            let second = self.hex(self.pos + 2).filter(|low| (0xdc00..0xe000).contains(low));
            if let Some(low) = second {
                self.pos += 6;
                let code = 0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or('\u{fffd}'));
            }
        }
        Ok(char::from_u32(first).unwrap_or('\u{fffd}'))
    }

    fn hex(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u32::from_str_radix(digits, 16).ok()
    }
}
