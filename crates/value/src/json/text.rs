//! JSON as text: writing strings, and scanning a document token by token.
//!
//! The scanner is our own because values need what parsers hide: all digits of numbers, errors with the path of the
//! value, and a depth bound of our choice.

use super::{CodecError, MAX_DEPTH};
use std::borrow::Cow;

/// Appends a string in quotes, with what the reference escapes so that JSON can stand in HTML.
pub(crate) fn write_json_string(text: &mut String, content: &str) {
    text.push('"');
    let mut rest = content;
    while let Some(at) = rest.find(needs_escape) {
        let (plain, tail) = rest.split_at(at);
        text.push_str(plain);
        let mut chars = tail.chars();
        match chars.next() {
            Some('"') => text.push_str("\\\""),
            Some('\\') => text.push_str("\\\\"),
            Some('\n') => text.push_str("\\n"),
            Some('\r') => text.push_str("\\r"),
            Some('\t') => text.push_str("\\t"),
            Some('\u{8}') => text.push_str("\\b"),
            Some('\u{c}') => text.push_str("\\f"),
            Some(c) => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            None => {}
        }
        rest = chars.as_str();
    }
    text.push_str(rest);
    text.push('"');
}

fn needs_escape(c: char) -> bool {
    matches!(c, '"' | '\\' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}')
}

/// A position in a document.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Scanner<'a> {
        Scanner { text, at: 0, depth: 0 }
    }

    /// The first byte of the next token.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    /// Takes a token of one byte if it is next.
    pub(crate) fn take(&mut self, token: u8) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    pub(crate) fn expect(&mut self, token: u8) -> Result<(), CodecError> {
        if self.take(token) { Ok(()) } else { Err(self.unexpected(&format!("{:?}", char::from(token)))) }
    }

    /// Takes a word if it is next.
    pub(crate) fn take_word(&mut self, word: &str) -> bool {
        self.peek();
        let found = self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word));
        self.at += if found { word.len() } else { 0 };
        found
    }

    /// An error that tells what was expected at this position.
    pub(crate) fn unexpected(&mut self, expected: &str) -> CodecError {
        match self.peek() {
            None => self.error(&format!("unexpected end, expected {expected}")),
            Some(_) => self.error(&format!("expected {expected}")),
        }
    }

    fn error(&self, message: &str) -> CodecError {
        let before = self.text.get(..self.at).unwrap_or(self.text);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        CodecError::new(format!("invalid JSON at line {line}, column {column}: {message}"))
    }

    /// Begins an object or array. Errors: something else is next; too deep.
    pub(crate) fn open(&mut self, token: u8) -> Result<(), CodecError> {
        self.expect(token)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(&format!("more than {MAX_DEPTH} levels of nesting")));
        }
        Ok(())
    }

    /// Ends an object or array.
    pub(crate) fn close(&mut self, token: u8) -> Result<(), CodecError> {
        self.expect(token)?;
        self.depth -= 1;
        Ok(())
    }

    /// True if there is one more member before the closing token, which is taken otherwise.
    pub(crate) fn member(&mut self, first: &mut bool, close: u8) -> Result<bool, CodecError> {
        if self.take(close) {
            self.depth -= 1;
            return Ok(false);
        }
        if !std::mem::take(first) {
            self.expect(b',')?;
            if self.peek() == Some(close) {
                return Err(self.unexpected("another member after the comma"));
            }
        }
        Ok(true)
    }

    /// The name of an object's member, and the colon.
    pub(crate) fn name(&mut self) -> Result<Cow<'a, str>, CodecError> {
        let name = self.string()?;
        self.expect(b':')?;
        Ok(name)
    }

    /// A string without its escapes.
    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>, CodecError> {
        if !self.take(b'"') {
            return Err(self.unexpected("a string"));
        }
        let mut unescaped: Option<String> = None;
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(length) = rest.bytes().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f)) else {
                self.at = self.text.len();
                return Err(self.error("the string does not end"));
            };
            let (plain, tail) = rest.split_at(length);
            self.at += length + 1;
            match tail.as_bytes().first() {
                Some(b'"') => {
                    return Ok(match unescaped {
                        Some(text) => Cow::Owned(text + plain),
                        None => Cow::Borrowed(plain),
                    });
                }
                Some(b'\\') => {
                    let text = unescaped.get_or_insert_default();
                    text.push_str(plain);
                    let escaped = self.escape()?;
                    text.push(escaped);
                }
                _ => return Err(self.error("a control character must be escaped in a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, CodecError> {
        let byte = self.text.as_bytes().get(self.at).copied();
        let simple = match byte {
            Some(b @ (b'"' | b'\\' | b'/')) => char::from(b),
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'u') => {
                self.at += 1;
                return self.unicode_escape();
            }
            _ => return Err(self.error("unknown escape in a string")),
        };
        self.at += 1;
        Ok(simple)
    }

    /// Half a surrogate pair stands for the replacement character.
    fn unicode_escape(&mut self) -> Result<char, CodecError> {
        let first = self.hex4()?;
        if let Some(c) = char::from_u32(first) {
            return Ok(c);
        }
        let before = self.at;
        if first < 0xdc00 && self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\\u")) {
            self.at += 2;
            let second = self.hex4()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hex4(&mut self) -> Result<u32, CodecError> {
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(code) = digits.and_then(|d| u32::from_str_radix(d, 16).ok()) else {
            return Err(self.error("\\u must be followed by four hexadecimal digits"));
        };
        self.at += 4;
        Ok(code)
    }

    /// The text of a number.
    pub(crate) fn number(&mut self) -> Result<&'a str, CodecError> {
        self.peek();
        let rest = self.text.get(self.at..).unwrap_or_default();
        let is_part = |b: u8| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = rest.bytes().position(|b| !is_part(b)).unwrap_or(rest.len());
        let text = rest.get(..length).unwrap_or_default();
        if !is_number(text) {
            return Err(self.unexpected("a value"));
        }
        self.at += length;
        Ok(text)
    }

    /// The text of any value, which is checked.
    pub(crate) fn skip(&mut self) -> Result<&'a str, CodecError> {
        self.peek();
        let start = self.at;
        self.skip_value()?;
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    fn skip_value(&mut self) -> Result<(), CodecError> {
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            Some(b'{') => {
                self.open(b'{')?;
                let mut first = true;
                while self.member(&mut first, b'}')? {
                    self.name()?;
                    self.skip_value()?;
                }
                Ok(())
            }
            Some(b'[') => {
                self.open(b'[')?;
                let mut first = true;
                while self.member(&mut first, b']')? {
                    self.skip_value()?;
                }
                Ok(())
            }
            _ if self.take_word("null") || self.take_word("true") || self.take_word("false") => Ok(()),
            _ => self.number().map(drop),
        }
    }

    /// Errors: something follows.
    pub(crate) fn end(&mut self) -> Result<(), CodecError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error("expected the end, but more follows")),
        }
    }
}

/// JSON's grammar of numbers.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole.len() == 1 || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}
