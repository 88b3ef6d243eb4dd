//! The changes to tokens: interpolations that are a whole value, labels, old types of variables.

use super::Piece;
use crate::parse::label_text;
use crate::token::TokenKind;
use crate::write::quoted;

/// Goes through the tokens of a file and copies them, changed where needed.
struct Rewriter<'t> {
    input: std::vec::IntoIter<Piece<'t>>,
    output: Vec<Piece<'t>>,
}

pub(super) fn rewritten(pieces: Vec<Piece<'_>>) -> Vec<Piece<'_>> {
    let output = Vec::with_capacity(pieces.len());
    let mut rewriter = Rewriter { input: pieces.into_iter(), output };
    rewriter.body(&[]);
    rewriter.output
}

impl<'t> Rewriter<'t> {
    fn peek(&self) -> Option<&Piece<'t>> {
        self.input.as_slice().first()
    }

    fn copy(&mut self) {
        self.output.extend(self.input.next());
    }

    /// Items up to the brace that closes the body, which is copied as well. `inside` are the types of the blocks
    /// around.
    fn body(&mut self, inside: &[&str]) {
        while let Some(piece) = self.peek() {
            match piece.kind {
                TokenKind::Ident => {
                    let name = piece.text.to_string();
                    self.copy();
                    self.item(&name, inside);
                }
                TokenKind::CloseBrace => return self.copy(),
                _ => self.copy(),
            }
        }
    }

    /// What follows the name of an attribute or the type of a block.
    fn item(&mut self, name: &str, inside: &[&str]) {
        let slice = self.input.as_slice();
        let significant = slice.iter().find(|piece| piece.kind != TokenKind::Comment);
        if significant.is_some_and(|piece| piece.kind == TokenKind::Assign) {
            while self.peek().is_some_and(|piece| piece.kind != TokenKind::Assign) {
                self.copy();
            }
            self.copy();
            while self.peek().is_some_and(|piece| piece.kind == TokenKind::Comment) {
                self.copy();
            }
            let value = self.take_value();
            let value = match inside {
                ["variable"] if name == "type" => variable_type(value),
                _ => unwrapped(value),
            };
            self.output.extend(value);
            return;
        }
        self.labels();
        self.copy();
        let inside: Vec<&str> = inside.iter().copied().chain([name]).collect();
        // Deep nesting has been refused by the parser already.
        self.body(&inside);
    }

    /// Labels in quotes, up to the opening brace. Comments between them are dropped.
    fn labels(&mut self) {
        while let Some(piece) = self.peek().filter(|piece| piece.kind != TokenKind::OpenBrace) {
            match piece.kind {
                TokenKind::Ident => {
                    let label = piece.text.to_string();
                    self.input.next();
                    self.label(&label);
                }
                TokenKind::OpenQuote => {
                    let literal = |piece: &&Piece| piece.kind != TokenKind::CloseQuote;
                    let raw: String = self.input.as_slice().iter().take_while(literal).map(|p| &*p.text).collect();
                    let count = self.input.as_slice().iter().take_while(literal).count();
                    self.input.by_ref().take(count + 1).for_each(drop);
                    self.label(&label_text(&format!("{raw}\"")));
                }
                _ => drop(self.input.next()),
            }
        }
    }

    fn label(&mut self, text: &str) {
        let label = quoted(text);
        let inner = label.get(1..label.len() - 1).unwrap_or("").to_string();
        self.output.push(Piece::new(TokenKind::OpenQuote, "\""));
        self.output.push(Piece::new(TokenKind::QuotedLiteral, inner));
        self.output.push(Piece::new(TokenKind::CloseQuote, "\""));
    }

    /// The tokens of an attribute's value.
    fn take_value(&mut self) -> Vec<Piece<'t>> {
        let slice = self.input.as_slice();
        let mut depth = 0i64;
        let mut length = slice.len();
        for (index, piece) in slice.iter().enumerate() {
            let ends =
                depth == 0 && matches!(piece.kind, TokenKind::Newline | TokenKind::Comment | TokenKind::CloseBrace);
            if ends && !is_inner_comment(slice, index) {
                length = index;
                break;
            }
            depth += match piece.kind {
                TokenKind::OpenQuote | TokenKind::OpenHeredoc => 1,
                TokenKind::CloseQuote | TokenKind::CloseHeredoc => -1,
                _ => piece.bracket_change(),
            };
        }
        self.input.by_ref().take(length).collect()
    }
}

/// True for a comment inside a value: something other than the end of the line follows.
fn is_inner_comment(pieces: &[Piece], index: usize) -> bool {
    let Some(piece) = pieces.get(index).filter(|piece| piece.kind == TokenKind::Comment) else { return false };
    piece.text.starts_with("/*")
        && pieces
            .get(index + 1..)
            .unwrap_or_default()
            .iter()
            .find(|next| next.kind != TokenKind::Comment || !next.text.starts_with("/*"))
            .is_some_and(|next| !matches!(next.kind, TokenKind::Newline | TokenKind::Comment | TokenKind::CloseBrace))
}

/// `"${x}"` as `x`, if the value is nothing else.
fn unwrapped(value: Vec<Piece<'_>>) -> Vec<Piece<'_>> {
    if !is_single_interpolation(&value) {
        return value;
    }
    let inner = value.get(2..value.len() - 2).unwrap_or_default();
    let is_break = |piece: &Piece| piece.kind == TokenKind::Newline;
    let start = inner.iter().take_while(|piece| is_break(piece)).count();
    let end = inner.len() - inner.iter().rev().take_while(|piece| is_break(piece)).count();
    let inner = inner.get(start..end).unwrap_or_default();
    let in_parens = inner.first().is_some_and(|p| p.kind == TokenKind::OpenParen)
        && inner.last().is_some_and(|p| p.kind == TokenKind::CloseParen);
    let several_lines = inner.iter().any(is_break);
    let mut result = inner.to_vec();
    if several_lines && !in_parens {
        result.insert(0, Piece::new(TokenKind::OpenParen, "("));
        result.push(Piece::new(TokenKind::CloseParen, ")"));
    }
    result
}

fn is_single_interpolation(value: &[Piece]) -> bool {
    use TokenKind::*;
    let [first, second, inner @ .., close, last] = value else { return false };
    let kinds = [first.kind, second.kind, close.kind, last.kind];
    if kinds != [OpenQuote, Interpolation, SequenceEnd, CloseQuote] || inner.is_empty() {
        return false;
    }
    // Strings inside the expression may be templates; at the outer level there must be nothing else.
    let mut quotes = 0usize;
    inner.iter().all(|piece| {
        match piece.kind {
            OpenQuote => quotes += 1,
            CloseQuote => quotes = quotes.saturating_sub(1),
            Interpolation | SequenceEnd | QuotedLiteral if quotes == 0 => return false,
            _ => {}
        }
        true
    })
}

/// A type of a variable as it is written today.
fn variable_type(value: Vec<Piece<'_>>) -> Vec<Piece<'_>> {
    let (word, element) = match &*value {
        [word] if word.kind == TokenKind::Ident => (word, "any"),
        [open, word, _] if open.kind == TokenKind::OpenQuote => (word, "string"),
        _ => return value,
    };
    let is_quoted = value.len() == 3;
    match &*word.text {
        "string" if is_quoted => vec![Piece::new(TokenKind::Ident, "string")],
        "list" | "map" | "set" if !is_quoted || &*word.text != "set" => vec![
            Piece::new(TokenKind::Ident, word.text.clone()),
            Piece::new(TokenKind::OpenParen, "("),
            Piece::new(TokenKind::Ident, element),
            Piece::new(TokenKind::CloseParen, ")"),
        ],
        _ => value,
    }
}
