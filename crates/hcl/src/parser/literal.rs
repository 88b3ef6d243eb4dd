//! Literal text: escapes, and strings without templates.

use super::{Parsed, Parser};
use crate::Label;
use crate::token::{Token, TokenKind};

impl Parser<'_> {
    /// A quoted string that must not be a template, as block labels are.
    pub fn quoted_literal(&mut self) -> Parsed<Label> {
        let open = self.next();
        let mut text = String::new();
        let mut depth = 0usize;
        while let Some(token) = self.tokens.get(self.pos).copied() {
            match token.kind {
                TokenKind::EndOfFile => break,
                TokenKind::QuotedNewline => return Err(super::Failed),
                TokenKind::OpenQuote | TokenKind::OpenHeredoc => depth += 1,
                TokenKind::CloseQuote if depth == 0 => {
                    self.pos += 1;
                    let span = self.since(open.start);
                    return Ok(Label { text: text.into(), span });
                }
                TokenKind::CloseQuote | TokenKind::CloseHeredoc => depth = depth.saturating_sub(1),
                TokenKind::QuotedLiteral if depth == 0 => self.unescape(token, &mut text),
                TokenKind::Interpolation | TokenKind::Directive if depth == 0 => {
                    let span = self.span(token);
                    self.report("Invalid string literal", NO_TEMPLATE, span);
                    self.lost = true;
                    text.push_str(token.text(self.text));
                }
                _ => {}
            }
            self.pos += 1;
        }
        self.fail_here("Unterminated string literal", "The string has no closing quote.")
    }

    /// Adds the text that a literal token means.
    pub(super) fn unescape(&mut self, token: Token, out: &mut String) {
        let raw = token.text(self.text);
        let quoted = token.kind == TokenKind::QuotedLiteral;
        let mut at = 0;
        while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty()) {
            let plain =
                rest.bytes().position(|b| (b == b'\\' && quoted) || b == b'$' || b == b'%').unwrap_or(rest.len());
            out.push_str(rest.get(..plain).unwrap_or(""));
            let Some(special) = rest.get(plain..).filter(|special| !special.is_empty()) else { return };
            at += plain;
            if special.starts_with("$${") || special.starts_with("%%{") {
                out.push_str(special.get(1..3).unwrap_or(""));
                at += 3;
            } else if special.starts_with('\\') {
                at += self.escape(special, token.start + at as u32, out);
            } else {
                out.push_str(special.get(..1).unwrap_or(""));
                at += 1;
            }
        }
    }

    /// Adds what a backslash and the characters behind it mean; returns the length of the sequence.
    fn escape(&mut self, sequence: &str, at: u32, out: &mut String) -> usize {
        let letter = sequence.chars().nth(1);
        let digits = match letter {
            Some('n') => return simple_escape('\n', out),
            Some('r') => return simple_escape('\r', out),
            Some('t') => return simple_escape('\t', out),
            Some('"') => return simple_escape('"', out),
            Some('\\') => return simple_escape('\\', out),
            Some('u') => 4,
            Some('U') => 8,
            _ => {
                let length = 1 + letter.map_or(0, char::len_utf8);
                let shown = sequence.get(..length).unwrap_or("\\");
                let detail = format!(
                    "\"{shown}\" is not an escape sequence. There are \\n, \\r, \\t, \\\", \\\\, \\uNNNN and \\UNNNNNNNN; a \
                     backslash itself is written as \\\\."
                );
                let span = self.range(at, at + length as u32);
                self.report("Invalid escape sequence", detail, span);
                return length;
            }
        };
        let code = sequence.get(2..2 + digits).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = code.and_then(|hex| u32::from_str_radix(hex, 16).ok());
        match (code, code.and_then(char::from_u32)) {
            (_, Some(c)) => {
                out.push(c);
                2 + digits
            }
            (Some(code), None) => {
                let span = self.range(at, at + 2 + digits as u32);
                let detail = format!(
                    "U+{code:04X} is no character. One beyond U+FFFF is written with a single \\U and eight digits, not as \
                     two halves."
                );
                self.report("Invalid escape sequence", detail, span);
                2 + digits
            }
            (None, None) => {
                let span = self.range(at, at + 2);
                let detail = format!("\\{} is followed by {digits} hexadecimal digits.", letter.unwrap_or('u'));
                self.report("Invalid escape sequence", detail, span);
                2
            }
        }
    }
}

fn simple_escape(c: char, out: &mut String) -> usize {
    out.push(c);
    2
}

const NO_TEMPLATE: &str = "This string is taken as it is, so it cannot hold template sequences. For a literal \"${\" or \
                           \"%{\" write \"$${\" or \"%%{\".";
