//! Whether a blank stands between two tokens.

use super::Piece;
use crate::token::TokenKind;

/// True if a blank belongs behind `token`, which stands between two others (none before it at the start).
pub(super) fn blank_behind(token: &Piece, before: Option<&Piece>, after: &Piece) -> bool {
    use TokenKind::*;
    match (token.kind, after.kind) {
        (_, Newline) => false,
        (Ident, OpenParen | DoubleColon) | (DoubleColon, Ident) => false,
        (Dot, _) | (_, Dot | Comma | Ellipsis) => false,
        (Comma, _) => true,
        (QuotedLiteral | StringLiteral | OpenQuote | OpenHeredoc, _) => false,
        (_, QuotedLiteral | StringLiteral | CloseQuote | CloseHeredoc) => false,
        // In `for x in [y]` the word is no name that is indexed.
        (Ident, _) if &*token.text == "in" && before.is_some_and(|before| before.kind == Ident) => true,
        (Ident | Number, OpenBracket) => false,
        (_, OpenBracket) if token.bracket_change() < 0 => false,
        (Bang, _) => false,
        (Minus, _) => before.is_some_and(|before| is_operand_end(before.kind)),
        (OpenBrace, CloseBrace) => false,
        (OpenBrace, _) | (_, CloseBrace) => true,
        (Interpolation | Directive, OpenBrace) | (CloseBrace, SequenceEnd) => true,
        (SequenceEnd, Interpolation | Directive) => false,
        _ => token.bracket_change() <= 0 && after.bracket_change() >= 0,
    }
}

/// True if a minus behind this token subtracts; else it negates.
fn is_operand_end(kind: TokenKind) -> bool {
    use TokenKind::*;
    !matches!(
        kind,
        OpenParen
            | OpenBrace
            | OpenBracket
            | Assign
            | Colon
            | Comma
            | Question
            | Plus
            | Star
            | Slash
            | Percent
            | Minus
            | EqualTo
            | NotEqual
            | Greater
            | GreaterOrEqual
            | Less
            | LessOrEqual
            | And
            | Or
            | Bang
    )
}
