//! Reading JSON text. Behind a mistake it goes on where the reference does, so that one run shows the same problems at
//! the same places: what is spoiled becomes `JsonKind::Invalid`, and what is around it is read on.

use super::value::{JsonKind, JsonProperty, JsonValue};
use crate::Ident;
use crate::limits::JSON_NESTING;
use formwork_diag::{Diagnostic, Diagnostics, FileId, Span};
use formwork_value::{Number, Str};

type Read<T> = Result<T, Box<Diagnostic>>;

struct Reader<'t> {
    file: FileId,
    /// Cut off before a character that begins nothing in JSON: behind it nothing is read.
    text: &'t str,
    bytes: &'t [u8],
    pos: usize,
    depth: u32,
    problems: Diagnostics,
}

/// Reads a whole text as one JSON value; none if it is not of the form of a configuration.
pub(crate) fn read_json(file: FileId, text: &str) -> (Option<JsonValue>, Diagnostics) {
    let mut reader = Reader { file, text, bytes: text.as_bytes(), pos: 0, depth: 0, problems: Diagnostics::new() };
    let value = reader.document();
    let is_root = matches!(value.kind, JsonKind::Object(_) | JsonKind::Array(_));
    if !is_root {
        let detail = "The file must hold one JSON object, or an array of objects.";
        reader.problem("Root value must be object", detail, value.open_span());
    }
    (is_root.then_some(value), reader.problems)
}

impl Reader<'_> {
    fn document(&mut self) -> JsonValue {
        let value = self.value();
        self.blanks();
        if self.pos < self.bytes.len() && self.problems.is_empty() {
            self.problem_here("Extraneous data after value", "The JSON value ends before this; nothing may follow it.");
        }
        value
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    /// The first byte of what comes next, behind blanks.
    fn peek_token(&mut self) -> Option<u8> {
        self.blanks();
        self.peek()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.pos += 1;
        }
    }

    fn span(&self, start: usize) -> Span {
        Span::new(self.file, start, self.pos)
    }

    fn problem(&mut self, summary: &str, detail: &str, span: Span) {
        if self.depth <= JSON_NESTING {
            self.problems.push(Diagnostic::error(summary, detail).at(span));
        }
    }

    /// The next character, or the end of the text.
    fn here(&self) -> Span {
        let length = self.text.get(self.pos..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        Span::new(self.file, self.pos, self.pos + length)
    }

    fn problem_here(&mut self, summary: &str, detail: &str) -> JsonKind {
        self.problem(summary, detail, self.here());
        JsonKind::Invalid
    }

    fn fail<T>(&self, summary: &str, detail: &str) -> Read<T> {
        Err(Box::new(Diagnostic::error(summary, detail).at(self.here())))
    }

    /// Passes one token whose first byte is known.
    fn pass(&mut self, first: u8) {
        match first {
            b'"' => self.pass_string(),
            b'-' | b'+' | b'.' | b'0'..=b'9' => self.pass_while(is_number_byte),
            b'a'..=b'z' | b'A'..=b'Z' => self.pass_while(|byte| byte.is_ascii_alphabetic() || byte == b'_'),
            b'{' | b'}' | b'[' | b']' | b',' | b':' | b'=' => self.pos += 1,
            _ => self.cut(),
        }
    }

    fn pass_while(&mut self, belongs: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&belongs) {
            self.pos += 1;
        }
    }

    /// Passes a string up to its closing quote, or to the end of the line if it has none.
    fn pass_string(&mut self) {
        self.pos += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.pos += 1;
                    return;
                }
                Some(b'\\') if self.bytes.get(self.pos + 1).is_some_and(|next| *next >= b' ') => self.pos += 2,
                None | Some(0..=0x1f) => return,
                Some(_) => self.pos += 1,
            }
        }
    }

    /// Ends the text here.
    fn cut(&mut self) {
        self.text = self.text.get(..self.pos).unwrap_or("");
        self.bytes = self.bytes.get(..self.pos).unwrap_or_default();
    }

    /// Passes what is left of a spoiled object or array, as far as its end can be made out.
    fn pass_rest(&mut self, open: u8, close: u8) {
        let mut depth = 1;
        while let Some(first) = self.peek_token() {
            self.pass(first);
            if first == open {
                depth += 1;
            } else if first == close {
                depth -= 1;
                if depth <= 1 {
                    return;
                }
            }
        }
    }

    fn value(&mut self) -> JsonValue {
        let first = self.peek_token();
        let start = self.pos;
        let kind = match first {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => {
                self.string_or_problem().map_or(JsonKind::Invalid, |(text, escaped)| JsonKind::String { text, escaped })
            }
            Some(b'-' | b'+' | b'.' | b'0'..=b'9') => self.number(),
            Some(b'a'..=b'z' | b'A'..=b'Z') => self.keyword(),
            None => self.problem_here("Missing value", "A JSON value is expected here, but the text ends."),
            Some(b'}' | b']') => self.problem_here("Missing value", "A JSON value is expected before this."),
            Some(b'\'') => {
                self.problem_here("Invalid start of value", "JSON strings stand in double quotes, not in single ones.")
            }
            Some(b'#' | b'/') => {
                let detail = "JSON has no comments. A property named \"//\" can hold a note.";
                self.problem_here("Invalid start of value", detail)
            }
            Some(0xef) => {
                let detail = "No JSON value begins with this character. If none is seen here, it is a byte order mark: \
                              save the file without one.";
                self.problem_here("Invalid start of value", detail)
            }
            Some(_) => self.problem_here("Invalid start of value", "No JSON value begins with this character."),
        };
        let end = self.pos.max((start + 1).min(self.bytes.len())).max(start);
        JsonValue { kind, span: Span::new(self.file, start, end) }
    }

    fn nested(&mut self, part: impl FnOnce(&mut Self) -> JsonKind) -> JsonKind {
        if self.depth >= JSON_NESTING {
            let detail = format!(
                "Arrays and objects are nested more than {JSON_NESTING} levels deep here, which is not supported. Move inner \
                 parts to local values."
            );
            self.problem_here("Nesting too deep", &detail);
            // Nothing behind it is worth a word.
            self.depth = u32::MAX;
            self.cut();
            return JsonKind::Invalid;
        }
        self.depth += 1;
        let kind = stacker::maybe_grow(64 * 1024, 1024 * 1024, || part(self));
        self.depth = if self.depth > JSON_NESTING { self.depth } else { self.depth - 1 };
        kind
    }

    fn object(&mut self) -> JsonKind {
        let open = self.span_of_one(self.pos);
        self.pos += 1;
        let mut properties = Vec::new();
        while self.peek_token() != Some(b'}') {
            let Some(property) = self.property() else { return JsonKind::Invalid };
            properties.push(property);
            let end = self.pos;
            match self.peek_token() {
                Some(b',') => {
                    let comma = self.pos;
                    self.pos += 1;
                    if self.peek_token() == Some(b'}') {
                        // What closes this object closes the one around it.
                        let detail = "Behind the last property there is no comma in JSON.";
                        self.problem("Trailing comma in object", detail, self.span_of_one(comma));
                        return JsonKind::Invalid;
                    }
                }
                Some(b'}') => {}
                None => {
                    self.problem("Unclosed object", "This object has no closing brace.", open);
                    return JsonKind::Invalid;
                }
                Some(b']') => {
                    let detail =
                        format!("A brace \"}}\" must close an object, {}.", self.where_is("not the bracket", end));
                    self.pos += 1;
                    self.blanks();
                    return self.problem_here("Mismatched braces", &detail);
                }
                Some(_) => {
                    let found = self.where_is("Properties of an object are separated by commas: one is missing", end);
                    self.pass_rest(b'{', b'}');
                    self.blanks();
                    return self.problem_here("Missing attribute separator comma", &format!("{found}."));
                }
            }
        }
        self.pos += 1;
        JsonKind::Object(properties.into())
    }

    fn span_of_one(&self, at: usize) -> Span {
        Span::new(self.file, at, at + 1)
    }

    /// A text with the line and column of an offset: problems of the recovery are shown where it went on.
    fn where_is(&self, what: &str, offset: usize) -> String {
        // Counting lines takes a look at all that is before: not for thousands of problems.
        if self.problems.len() > 20 {
            return format!("{what} before this");
        }
        let before = self.text.get(..offset).unwrap_or("");
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        format!("{what} at line {line}, column {column}")
    }

    fn property(&mut self) -> Option<JsonProperty> {
        let name = self.value();
        let JsonKind::String { text, escaped } = name.kind else {
            let detail = "The name of a property stands in double quotes.";
            self.problem("Invalid object property name", detail, name.open_span());
            return None;
        };
        if self.peek_token() != Some(b':') {
            self.missing_colon();
            return None;
        }
        self.pos += 1;
        let value = self.value();
        Some(JsonProperty { name: Ident { name: text, span: name.span }, escaped, value })
    }

    fn missing_colon(&mut self) {
        let detail = match self.peek() {
            Some(b'=') => "In JSON a colon separates a name from its value, not an equals sign.",
            Some(b'}' | b',') => "A colon and a value are expected behind the name of a property.",
            _ => "A colon is expected behind the name of a property.",
        };
        let place = self.here();
        self.pass_rest(b'{', b'}');
        self.problem("Missing property value colon", detail, place);
    }

    fn array(&mut self) -> JsonKind {
        let open = self.span_of_one(self.pos);
        self.pos += 1;
        let mut items = Vec::new();
        while self.peek_token() != Some(b']') {
            items.push(self.value());
            let end = self.pos;
            let (summary, detail) = match self.peek_token() {
                Some(b',') => {
                    let comma = self.pos;
                    self.pos += 1;
                    if self.peek_token() == Some(b']') {
                        let detail = "Behind the last element there is no comma in JSON.";
                        self.problem("Trailing comma in array", detail, self.span_of_one(comma));
                        return JsonKind::Invalid;
                    }
                    continue;
                }
                Some(b']') => continue,
                None => {
                    self.problem("Unclosed array", "This array has no closing bracket.", open);
                    return JsonKind::Invalid;
                }
                Some(b'}') => {
                    ("Mismatched brackets", self.where_is("A bracket \"]\" must close an array, not the brace", end))
                }
                Some(b':') => {
                    ("Invalid array value", self.where_is("Elements of an array have no names: a colon stands", end))
                }
                Some(_) => {
                    let found = self.where_is("Elements of an array are separated by commas: one is missing", end);
                    ("Missing attribute separator comma", found)
                }
            };
            self.pass_rest(b'[', b']');
            self.blanks();
            return self.problem_here(summary, &format!("{detail}."));
        }
        self.pos += 1;
        JsonKind::Array(items.into())
    }

    fn keyword(&mut self) -> JsonKind {
        let start = self.pos;
        self.pass(b'a');
        match self.text.get(start..self.pos) {
            Some("true") => JsonKind::Bool(true),
            Some("false") => JsonKind::Bool(false),
            Some("null") => JsonKind::Null,
            word => {
                let word = word.unwrap_or("");
                let known = ["true", "false", "null"].into_iter().find(|known| known.eq_ignore_ascii_case(word));
                let detail = match known {
                    Some(known) => format!("In JSON \"{known}\" is written in small letters."),
                    None => "Without quotes there are only true, false, null and numbers.".to_owned(),
                };
                self.problem("Invalid JSON keyword", &detail, self.span(start));
                JsonKind::Invalid
            }
        }
    }

    fn number(&mut self) -> JsonKind {
        let start = self.pos;
        self.pass(b'0');
        let text = self.text.get(start..self.pos).filter(|text| is_number(text.as_bytes()));
        match text.and_then(|text| Number::parse(text).ok()) {
            Some(number) => JsonKind::Number(number.into()),
            None => {
                let detail = "JSON numbers have digits, with a fraction or an exponent, and no leading zeros.";
                self.problem("Invalid JSON number", detail, self.span(start));
                JsonKind::Invalid
            }
        }
    }

    fn string_or_problem(&mut self) -> Option<(Str, bool)> {
        let start = self.pos;
        match self.string() {
            Ok(text) => Some(text),
            Err(problem) => {
                if self.depth <= JSON_NESTING {
                    self.problems.push(*problem);
                }
                self.pos = start;
                self.pass_string();
                None
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
                None => {
                    let problem = Diagnostic::error("Invalid JSON string", "The string has no closing quote.");
                    return Err(Box::new(problem.at(self.span_of_one(open))));
                }
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

fn is_number_byte(byte: u8) -> bool {
    matches!(byte, b'-' | b'+' | b'.' | b'0'..=b'9' | b'e' | b'E')
}

/// Whether all of a text is one number as JSON writes them.
fn is_number(text: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest.first() == Some(&b'0')) {
        return false;
    }
    let mut rest = rest.get(whole..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix(b".") {
        let count = digits(fraction);
        if count == 0 {
            return false;
        }
        rest = fraction.get(count..).unwrap_or_default();
    }
    match rest.split_first() {
        None => true,
        Some((b'e' | b'E', exponent)) => {
            let exponent = exponent.strip_prefix(b"+").or(exponent.strip_prefix(b"-")).unwrap_or(exponent);
            !exponent.is_empty() && digits(exponent) == exponent.len()
        }
        Some(_) => false,
    }
}
