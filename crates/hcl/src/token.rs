//! Tokens of the native syntax.

/// A token: a range of bytes of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub kind: TokenKind,
    pub start: u32,
    pub end: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    OpenParen,
    CloseParen,
    OpenQuote,
    CloseQuote,
    /// `<<MARK` or `<<-MARK` with the line break behind it.
    OpenHeredoc,
    /// The closing marker with the blanks before it.
    CloseHeredoc,
    /// `${` or `${~`.
    Interpolation,
    /// `%{` or `%{~`.
    Directive,
    /// The `}` or `~}` that ends an interpolation or directive.
    SequenceEnd,
    /// Raw literal text in a quoted string, with its escapes.
    QuotedLiteral,
    /// Raw literal text in a heredoc (ends after each line break) or a bare template.
    StringLiteral,
    /// A line break inside a quoted string, which is not allowed.
    QuotedNewline,
    Number,
    Ident,
    Star,
    Slash,
    Plus,
    Minus,
    Percent,
    Assign,
    EqualTo,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
    Bang,
    Dot,
    Comma,
    DoubleColon,
    Ellipsis,
    FatArrow,
    Question,
    Colon,
    /// Without the line break that ends a line comment.
    Comment,
    Newline,
    EndOfFile,
    /// An operator of other languages: `&`, `|`, `^`, `~`, `**`.
    ForeignOperator,
    /// `/*` without an end; reaches to the end of the file.
    UnclosedComment,
    /// Any other character that has no meaning.
    Invalid,
}

impl TokenKind {
    /// True for tokens that are a problem wherever they stand.
    pub fn is_invalid(self) -> bool {
        use TokenKind::*;
        matches!(self, QuotedNewline | ForeignOperator | UnclosedComment | Invalid)
    }
}

impl Token {
    pub fn text<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start as usize..self.end as usize).unwrap_or("")
    }
}
