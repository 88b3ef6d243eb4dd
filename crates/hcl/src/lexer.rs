//! From text to tokens. Total: every byte of the text is in a token or blank, whatever the text is.

use crate::token::{Token, TokenKind};
use unicode_ident::{is_xid_continue, is_xid_start};

/// What the text is as a whole.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// A body or an expression.
    Normal,
    /// A template without quotes around it.
    Template,
}

/// What the text means at a position.
enum Mode {
    /// Expressions and bodies, with the number of open braces.
    Normal {
        braces: u32,
    },
    Quoted,
    /// With the range of the marker.
    Heredoc {
        marker: (usize, usize),
    },
    Bare,
}

pub(crate) struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    pos: usize,
    tokens: Vec<Token>,
    modes: Vec<Mode>,
    invalid: bool,
}

/// The tokens, the last of which is the end of the file, and whether any of them is invalid.
pub(crate) fn tokenize(text: &str, start: Start) -> (Vec<Token>, bool) {
    let first = match start {
        Start::Normal => Mode::Normal { braces: 0 },
        Start::Template => Mode::Bare,
    };
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        pos: 0,
        tokens: Vec::with_capacity(text.len() / 4 + 8),
        modes: vec![first],
        invalid: false,
    };
    if start == Start::Normal && text.starts_with('\u{feff}') {
        lexer.pos = 3;
    }
    while lexer.pos < lexer.bytes.len() {
        lexer.step();
    }
    lexer.push(TokenKind::EndOfFile, lexer.pos);
    (lexer.tokens, lexer.invalid)
}

impl Lexer<'_> {
    fn byte(&self, ahead: usize) -> u8 {
        self.bytes.get(self.pos + ahead).copied().unwrap_or(0)
    }

    /// Adds a token from `start` to the current position.
    fn push(&mut self, kind: TokenKind, start: usize) {
        self.invalid |= kind.is_invalid();
        self.tokens.push(Token { kind, start: start as u32, end: self.pos as u32 });
    }

    /// Adds a token of some length at the current position.
    fn take(&mut self, kind: TokenKind, length: usize) {
        let start = self.pos;
        self.pos += length;
        self.push(kind, start);
    }

    fn step(&mut self) {
        match self.modes.last() {
            Some(Mode::Quoted) => self.quoted(),
            Some(Mode::Heredoc { marker }) => self.heredoc(*marker),
            Some(Mode::Bare) => self.bare(),
            _ => self.normal(),
        }
    }

    fn normal(&mut self) {
        use TokenKind::*;
        let next = self.byte(1);
        match self.byte(0) {
            b' ' | b'\t' => self.pos += 1,
            b'\n' => self.take(Newline, 1),
            b'\r' if next == b'\n' => self.take(Newline, 2),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => self.ident(),
            b'0'..=b'9' => self.number(),
            b'"' => {
                self.take(OpenQuote, 1);
                self.modes.push(Mode::Quoted);
            }
            b'{' => self.open_brace(),
            b'}' => self.close_brace(),
            b'[' => self.take(OpenBracket, 1),
            b']' => self.take(CloseBracket, 1),
            b'(' => self.take(OpenParen, 1),
            b')' => self.take(CloseParen, 1),
            b'#' => self.line_comment(),
            b'/' if next == b'/' => self.line_comment(),
            b'/' if next == b'*' => self.block_comment(),
            b'=' if next == b'=' => self.take(EqualTo, 2),
            b'=' if next == b'>' => self.take(FatArrow, 2),
            b'=' => self.take(Assign, 1),
            b',' => self.take(Comma, 1),
            b'.' if next == b'.' && self.byte(2) == b'.' => self.take(Ellipsis, 3),
            b'.' => self.take(Dot, 1),
            b':' if next == b':' => self.take(DoubleColon, 2),
            b':' => self.take(Colon, 1),
            b'?' => self.take(Question, 1),
            b'<' if next == b'<' && self.heredoc_start() => {}
            _ => self.operator(next),
        }
    }

    fn operator(&mut self, next: u8) {
        use TokenKind::*;
        match self.byte(0) {
            b'<' if next == b'=' => self.take(LessOrEqual, 2),
            b'<' => self.take(Less, 1),
            b'>' if next == b'=' => self.take(GreaterOrEqual, 2),
            b'>' => self.take(Greater, 1),
            b'!' if next == b'=' => self.take(NotEqual, 2),
            b'!' => self.take(Bang, 1),
            b'&' if next == b'&' => self.take(And, 2),
            b'|' if next == b'|' => self.take(Or, 2),
            b'*' if next == b'*' => self.take(ForeignOperator, 2),
            b'+' => self.take(Plus, 1),
            b'-' => self.take(Minus, 1),
            b'*' => self.take(Star, 1),
            b'/' => self.take(Slash, 1),
            b'%' => self.take(Percent, 1),
            b'~' if next == b'}' && self.ends_sequence() => {
                self.modes.pop();
                self.take(SequenceEnd, 2);
            }
            b'&' | b'|' | b'^' | b'~' => self.take(ForeignOperator, 1),
            byte if byte >= 0x80 => self.non_ascii(),
            _ => self.take(Invalid, 1),
        }
    }

    fn non_ascii(&mut self) {
        let c = self.text.get(self.pos..).and_then(|rest| rest.chars().next()).unwrap_or('\u{fffd}');
        if is_xid_start(c) { self.ident() } else { self.take(TokenKind::Invalid, c.len_utf8()) }
    }

    fn ident(&mut self) {
        let start = self.pos;
        while self.pos < self.bytes.len() {
            match self.byte(0) {
                b'_' | b'-' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => self.pos += 1,
                byte if byte >= 0x80 => {
                    let c = self.text.get(self.pos..).and_then(|rest| rest.chars().next());
                    match c {
                        Some(c) if is_xid_continue(c) => self.pos += c.len_utf8(),
                        _ => break,
                    }
                }
                _ => break,
            }
        }
        self.push(TokenKind::Ident, start);
    }

    fn digits(&mut self) {
        while self.byte(0).is_ascii_digit() {
            self.pos += 1;
        }
    }

    /// Digits with any dots and exponents between them: what is no number in the end (`1.2.3`) is still one token.
    fn number(&mut self) {
        let start = self.pos;
        self.digits();
        loop {
            let dots = (0..).take_while(|at| self.byte(*at) == b'.').count();
            let exponent = matches!(self.byte(dots), b'e' | b'E');
            let sign = exponent && matches!(self.byte(dots + 1), b'+' | b'-');
            let digit = dots + usize::from(exponent) + usize::from(sign);
            if digit == 0 || !self.byte(digit).is_ascii_digit() {
                break;
            }
            self.pos += digit;
            self.digits();
        }
        self.push(TokenKind::Number, start);
    }

    fn open_brace(&mut self) {
        if let Some(Mode::Normal { braces }) = self.modes.last_mut() {
            *braces += 1;
        }
        self.take(TokenKind::OpenBrace, 1);
    }

    /// True if a closing brace here would end an interpolation or directive.
    fn ends_sequence(&self) -> bool {
        self.modes.len() > 1 && matches!(self.modes.last(), Some(Mode::Normal { braces: 0 }))
    }

    fn close_brace(&mut self) {
        if self.ends_sequence() {
            self.modes.pop();
            return self.take(TokenKind::SequenceEnd, 1);
        }
        if let Some(Mode::Normal { braces }) = self.modes.last_mut() {
            *braces = braces.saturating_sub(1);
        }
        self.take(TokenKind::CloseBrace, 1);
    }

    fn line_comment(&mut self) {
        let start = self.pos;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let mut end = rest.iter().position(|b| *b == b'\n').map_or(self.bytes.len(), |n| start + n);
        if end < self.bytes.len() && self.bytes.get(end.wrapping_sub(1)) == Some(&b'\r') {
            end -= 1;
        }
        self.pos = end;
        self.push(TokenKind::Comment, start);
    }

    fn block_comment(&mut self) {
        let start = self.pos;
        match self.text.get(start + 2..).and_then(|rest| rest.find("*/")) {
            Some(n) => self.take(TokenKind::Comment, n + 4),
            None => self.take(TokenKind::UnclosedComment, self.bytes.len() - start),
        }
    }

    /// Takes the start of a heredoc if one is here: the marker must be followed by a line break at once.
    fn heredoc_start(&mut self) -> bool {
        let start = self.pos;
        let flush = usize::from(self.byte(2) == b'-');
        let from = start + 2 + flush;
        let rest = self.text.get(from..).unwrap_or("");
        let length = rest
            .char_indices()
            .find(|(i, c)| {
                let inner = *c == '-' || is_xid_continue(*c);
                !(*c == '_' || if *i == 0 { is_xid_start(*c) } else { inner })
            })
            .map_or(rest.len(), |(i, _)| i);
        let line_break = match rest.as_bytes().get(length..) {
            Some([b'\n', ..]) => 1,
            Some([b'\r', b'\n', ..]) => 2,
            _ => return false,
        };
        if length == 0 {
            return false;
        }
        self.take(TokenKind::OpenHeredoc, 2 + flush + length + line_break);
        self.modes.push(Mode::Heredoc { marker: (from, from + length) });
        true
    }

    /// Takes `${`, `%{` with an optional `~`, if one is here.
    fn sequence_start(&mut self) -> bool {
        let kind = match self.byte(0) {
            b'$' => TokenKind::Interpolation,
            b'%' => TokenKind::Directive,
            _ => return false,
        };
        if self.byte(1) != b'{' {
            return false;
        }
        let strip = usize::from(self.byte(2) == b'~' && self.byte(3) != b'}');
        self.take(kind, 2 + strip);
        self.modes.push(Mode::Normal { braces: 0 });
        true
    }

    /// The length of literal text from `at`, up to a sequence, one of the stop bytes, or the end.
    fn literal_length(&self, at: usize, stops: &[u8], escapes: bool) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let mut i = 0;
        while let Some(byte) = rest.get(i) {
            match byte {
                b'$' | b'%' => match (rest.get(i + 1), rest.get(i + 2)) {
                    (Some(b'{'), _) => break,
                    (Some(second), Some(b'{')) if second == byte => i += 3,
                    _ => i += 1,
                },
                b'\\' if escapes => i += if matches!(rest.get(i + 1), None | Some(b'\n' | b'\r')) { 1 } else { 2 },
                byte if stops.contains(byte) => break,
                _ => i += 1,
            }
        }
        // A backslash may stand before a character of several bytes.
        let mut end = (at + i).min(self.bytes.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        end - at
    }

    fn quoted(&mut self) {
        match self.byte(0) {
            b'"' => {
                self.modes.pop();
                self.take(TokenKind::CloseQuote, 1);
            }
            b'\n' => self.take(TokenKind::QuotedNewline, 1),
            b'\r' if self.byte(1) == b'\n' => self.take(TokenKind::QuotedNewline, 2),
            b'\r' => self.take(TokenKind::QuotedLiteral, 1),
            _ if self.sequence_start() => {}
            _ => {
                let length = self.literal_length(self.pos, b"\"\n\r", true);
                self.take(TokenKind::QuotedLiteral, length.max(1));
            }
        }
    }

    fn heredoc(&mut self, marker: (usize, usize)) {
        if self.at_line_start() && self.heredoc_end(marker) {
            return;
        }
        if self.sequence_start() {
            return;
        }
        let mut length = self.literal_length(self.pos, b"\n", false);
        if self.byte(length) == b'\n' {
            length += 1;
        }
        self.take(TokenKind::StringLiteral, length.max(1));
    }

    fn at_line_start(&self) -> bool {
        self.bytes.get(self.pos.wrapping_sub(1)) == Some(&b'\n')
    }

    /// Takes the closing marker if this line is one.
    fn heredoc_end(&mut self, marker: (usize, usize)) -> bool {
        let rest = self.bytes.get(self.pos..).unwrap_or_default();
        let marker = self.bytes.get(marker.0..marker.1).unwrap_or_default();
        let blanks = rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let Some(after) = rest.get(blanks..).and_then(|line| line.strip_prefix(marker)) else { return false };
        let trailing = after.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        if !matches!(after.get(trailing..), Some([] | [b'\n', ..] | [b'\r', b'\n', ..])) {
            return false;
        }
        self.take(TokenKind::CloseHeredoc, blanks + marker.len() + trailing);
        self.modes.pop();
        true
    }

    fn bare(&mut self) {
        if self.sequence_start() {
            return;
        }
        let length = self.literal_length(self.pos, b"", false);
        self.take(TokenKind::StringLiteral, length.max(1));
    }
}
