//! The canonical layout of configuration files: byte for byte that of the reference.
//!
//! Only blanks change, and three things that old configurations have: values that are nothing but one interpolation
//! lose their quotes, block labels get theirs, and quoted types of variables become types.

mod layout;
mod rewrite;
mod spacing;

use crate::lexer::{Start, tokenize};
use crate::parse;
use crate::token::TokenKind;
use formwork_diag::{Diagnostics, FileId};
use std::borrow::Cow;

/// A token with the blanks before it.
#[derive(Clone, Debug)]
pub(crate) struct Piece<'t> {
    pub kind: TokenKind,
    pub text: Cow<'t, str>,
    pub blanks: usize,
    /// A line ends behind it: a line break, or a line comment with its line break.
    pub ends_line: bool,
}

impl<'t> Piece<'t> {
    pub fn new(kind: TokenKind, text: impl Into<Cow<'t, str>>) -> Piece<'t> {
        let text = text.into();
        let ends_line = match kind {
            TokenKind::Newline => true,
            TokenKind::Comment => !text.starts_with("/*"),
            _ => false,
        };
        Piece { kind, text, blanks: 0, ends_line }
    }

    /// How many brackets the token opens, or closes if negative.
    pub fn bracket_change(&self) -> i64 {
        use TokenKind::*;
        match self.kind {
            OpenBrace | OpenBracket | OpenParen | Interpolation | Directive => 1,
            CloseBrace | CloseBracket | CloseParen | SequenceEnd => -1,
            _ => 0,
        }
    }
}

/// Formats a file in native syntax.
///
/// # Errors
/// Syntax errors; such a file is better not touched.
pub fn format(text: &str) -> Result<String, Diagnostics> {
    let (_, diagnostics) = parse(FileId(0), text);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    Ok(format_unchecked(text))
}

/// Formats text that is known to have no syntax errors.
pub(crate) fn format_unchecked(text: &str) -> String {
    let (pieces, end) = pieces(text);
    let mut pieces = rewrite::rewritten(pieces);
    layout::lay_out(&mut pieces);
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for piece in &pieces {
        out.extend(std::iter::repeat_n(' ', piece.blanks));
        out.push_str(&piece.text);
    }
    // Blanks at the very end stay, as the reference has it.
    out.extend(std::iter::repeat_n(' ', text.len().saturating_sub(end)));
    out
}

/// The tokens of a text, and the position behind the last one. A line comment and the line break behind it are one.
fn pieces(text: &str) -> (Vec<Piece<'_>>, usize) {
    let (tokens, _) = tokenize(text, Start::Normal);
    let mut pieces: Vec<Piece> = Vec::with_capacity(tokens.len());
    let mut end = if text.starts_with('\u{feff}') { 3 } else { 0 };
    for token in tokens {
        let part = token.text(text);
        if token.kind == TokenKind::Newline
            && let Some(last) = pieces.last_mut()
            && last.kind == TokenKind::Comment
            && !last.text.starts_with("/*")
            && !last.text.ends_with('\n')
        {
            last.text = text.get(token.start as usize - last.text.len()..token.end as usize).unwrap_or(part).into();
        } else if token.kind != TokenKind::EndOfFile {
            pieces.push(Piece { blanks: (token.start as usize).saturating_sub(end), ..Piece::new(token.kind, part) });
        }
        if token.kind != TokenKind::EndOfFile {
            end = token.end as usize;
        }
    }
    (pieces, end)
}
