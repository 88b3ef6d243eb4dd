//! The parser of the native syntax: recursive descent over tokens, with recovery at the next item or block.

mod body;
mod collection;
mod expression;
mod literal;
mod postfix;
mod template;

use crate::lexer::{Start, tokenize};
use crate::limits::{ERRORS, NESTING};
use crate::token::{Token, TokenKind};
use crate::{Expr, ExprKind};
use formwork_diag::{Diagnostic, Diagnostics, FileId, Span};
use std::sync::Arc;

/// The problem has been reported; the caller gives up as well.
pub(crate) struct Failed;

pub(crate) type Parsed<T> = Result<T, Failed>;

/// Where the parser goes on after an error.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// At the next line that looks like the start of an item, so that as much as possible is found.
    NextItem,
    /// Behind the closing brackets of what could not be read, as the reference does; what may follow from the first
    /// error is not told.
    ClosingBracket,
}

/// How positions in the text become spans.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// The text stands in the file at this offset.
    At(FileId, u32),
    /// The text is what something in the file means; problems are shown at that whole.
    Within(Span),
}

pub(crate) struct Parser<'t> {
    text: &'t str,
    place: Place,
    tokens: Vec<Token>,
    /// Index of the next token; comments and insignificant newlines may stand before what [`Parser::peek`] sees.
    pos: usize,
    /// Whether newlines are significant here.
    newlines: bool,
    /// Open recursion of the parser.
    depth: u32,
    /// After an error the rest of nested blocks is given up, and parsing resumes at the top level.
    unwind: bool,
    /// The item before could not be read: what cannot start another one may belong to it.
    astray: bool,
    recovery: Recovery,
    /// Tokens have been skipped: what is unexpected from here on may follow from that.
    lost: bool,
    pub diagnostics: Diagnostics,
}

/// An expression under construction with the depth of its tree.
pub(crate) struct Node {
    pub expr: Expr,
    pub depth: u32,
}

impl Node {
    fn leaf(kind: ExprKind, span: Span) -> Node {
        Node { expr: Expr { kind, span }, depth: 1 }
    }

    fn above(kind: ExprKind, span: Span, below: u32) -> Node {
        Node { expr: Expr { kind, span }, depth: below + 1 }
    }
}

impl<'t> Parser<'t> {
    pub fn new(text: &'t str, place: Place, start: Start) -> Parser<'t> {
        let (tokens, invalid) = tokenize(text, start);
        let mut parser = Parser {
            text,
            place,
            tokens,
            pos: 0,
            newlines: start == Start::Normal,
            depth: 0,
            unwind: false,
            astray: false,
            recovery: Recovery::NextItem,
            lost: false,
            diagnostics: Diagnostics::new(),
        };
        if invalid {
            parser.report_invalid_tokens();
        }
        parser
    }

    pub fn recovering(self, recovery: Recovery) -> Parser<'t> {
        Parser { recovery, ..self }
    }

    fn end_of_file(&self) -> Token {
        let end = self.text.len() as u32;
        Token { kind: TokenKind::EndOfFile, start: end, end }
    }

    /// Moves past what is insignificant here.
    fn settle(&mut self) {
        while let Some(token) = self.tokens.get(self.pos) {
            match token.kind {
                TokenKind::Comment => self.pos += 1,
                TokenKind::Newline if !self.newlines => self.pos += 1,
                _ => break,
            }
        }
    }

    /// The next significant token.
    fn peek(&mut self) -> Token {
        self.settle();
        self.tokens.get(self.pos).copied().unwrap_or_else(|| self.end_of_file())
    }

    fn peek_kind(&mut self) -> TokenKind {
        self.peek().kind
    }

    /// The kind of the token after the next one.
    fn peek_second(&mut self) -> TokenKind {
        self.settle();
        let rest = self.tokens.get(self.pos + 1..).unwrap_or_default();
        let newlines = self.newlines;
        rest.iter()
            .map(|token| token.kind)
            .find(|kind| !matches!(kind, TokenKind::Comment) && (newlines || *kind != TokenKind::Newline))
            .unwrap_or(TokenKind::EndOfFile)
    }

    fn next(&mut self) -> Token {
        let token = self.peek();
        if token.kind != TokenKind::EndOfFile {
            self.pos += 1;
        }
        token
    }

    /// Takes the next token if it is of the kind.
    fn accept(&mut self, kind: TokenKind) -> Option<Token> {
        (self.peek_kind() == kind).then(|| self.next())
    }

    /// True if the next token is this word.
    fn at_word(&mut self, word: &str) -> bool {
        let token = self.peek();
        token.kind == TokenKind::Ident && token.text(self.text) == word
    }

    /// Runs a part of the grammar with newlines significant or not.
    fn with_newlines<T>(&mut self, newlines: bool, part: impl FnOnce(&mut Self) -> T) -> T {
        let saved = std::mem::replace(&mut self.newlines, newlines);
        let result = part(self);
        self.newlines = saved;
        result
    }

    /// Runs a part of the grammar one level deeper; too deep is an error. The stack grows as needed.
    fn deeper<T>(&mut self, part: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= NESTING {
            let token = self.peek();
            return Err(self.too_deep(self.span(token)));
        }
        self.depth += 1;
        let result = stacker::maybe_grow(128 * 1024, 1024 * 1024, || part(self));
        self.depth -= 1;
        result
    }

    /// Gives up the rest of the text: what is nested like that was not written to be read.
    fn too_deep(&mut self, span: Span) -> Failed {
        self.pos = self.tokens.len().saturating_sub(1);
        self.unwind = true;
        let detail = format!(
            "This is nested more than {NESTING} levels deep, which is not supported. Move inner parts to local values."
        );
        self.fail("Nesting too deep", detail, span)
    }

    /// Checks the depth of a tree that grows without recursion, such as `a + b + c`.
    fn check_depth(&mut self, node: &Node) -> Parsed<()> {
        if node.depth > NESTING { Err(self.too_deep(node.expr.span)) } else { Ok(()) }
    }

    fn range(&self, start: u32, end: u32) -> Span {
        match self.place {
            Place::At(file, offset) => Span { file, start: start + offset, end: end + offset },
            Place::Within(span) => span,
        }
    }

    fn span(&self, token: Token) -> Span {
        self.range(token.start, token.end)
    }

    /// The span from a byte position up to the last token taken.
    fn since(&self, start: u32) -> Span {
        self.range(start, self.last_end().max(start))
    }

    fn last_end(&self) -> u32 {
        self.pos.checked_sub(1).and_then(|i| self.tokens.get(i)).map_or(0, |token| token.end)
    }

    fn report(&mut self, summary: impl Into<String>, detail: impl Into<String>, span: Span) {
        if self.diagnostics.len() < ERRORS {
            self.diagnostics.push(Diagnostic::error(summary, detail).at(span));
        }
    }

    /// Fails, whatever has been skipped before.
    fn fail(&mut self, summary: impl Into<String>, detail: impl Into<String>, span: Span) -> Failed {
        self.report(summary, detail, span);
        self.lost = true;
        Failed
    }

    /// Fails because of something that may follow from an error before.
    fn doubt(&mut self, summary: impl Into<String>, detail: impl Into<String>, span: Span) -> Failed {
        if self.is_doubtful() { Failed } else { self.fail(summary, detail, span) }
    }

    /// True if what is unexpected now may follow from an error before, and is not told.
    fn is_doubtful(&self) -> bool {
        self.lost && self.recovery == Recovery::ClosingBracket
    }

    /// Fails at the next token, whatever has been skipped before.
    fn fail_here<T>(&mut self, summary: &str, detail: impl Into<String>) -> Parsed<T> {
        let token = self.peek();
        let span = self.span(token);
        Err(self.fail(summary, detail, span))
    }

    /// Fails at the next token, which may be unexpected because of an error before.
    fn doubt_here<T>(&mut self, summary: &str, detail: impl Into<String>) -> Parsed<T> {
        let token = self.peek();
        let span = self.span(token);
        Err(self.doubt(summary, detail, span))
    }

    /// Hands on the result of a part in brackets. If it has failed, parsing goes on behind the closing bracket, or the text
    /// ends: brackets of other kinds do not count.
    fn closed_by<T>(&mut self, close: TokenKind, result: Parsed<T>) -> Parsed<T> {
        if result.is_err() && self.recovery == Recovery::ClosingBracket {
            self.skip_past(close);
        }
        result
    }

    fn skip_past(&mut self, close: TokenKind) {
        self.lost = true;
        let mut nested = 0u32;
        while let Some(token) = self.tokens.get(self.pos).filter(|token| token.kind != TokenKind::EndOfFile) {
            self.pos += 1;
            if token.kind == close {
                if nested == 0 {
                    return;
                }
                nested -= 1;
            } else if body::pairs(token.kind, close) {
                nested += 1;
            }
        }
    }

    /// Where the reference goes on behind something that was to end with `close`, and shows what is missing.
    fn end_of_recovery(&self, open: TokenKind, close: TokenKind) -> Span {
        let mut nested = 0u32;
        for token in self.tokens.get(self.pos..).unwrap_or_default() {
            if token.kind == close && nested == 0 {
                return self.span(*token);
            }
            if token.kind == open {
                nested += 1;
            } else if token.kind == close {
                nested -= 1;
            }
        }
        self.span(self.end_of_file())
    }

    /// The stand-in for an expression whose problem has been reported.
    fn invalid(&self, span: Span) -> Expr {
        Expr { kind: ExprKind::Invalid(Arc::new(Diagnostics::new())), span }
    }

    fn report_invalid_tokens(&mut self) {
        let mut told: Vec<(u32, &str)> = Vec::new();
        for index in 0..self.tokens.len() {
            let Some(token) = self.tokens.get(index).copied().filter(|token| token.kind.is_invalid()) else { continue };
            let text = token.text(self.text);
            // A character that stands there twice, as quotes do, is one problem.
            if token.kind == TokenKind::Invalid
                && told.last().is_some_and(|(at, last)| {
                    *last == text
                        && !self.text.get(*at as usize..token.start as usize).is_some_and(|gap| gap.contains('\n'))
                })
            {
                continue;
            }
            told.push((token.start, text));
            let (summary, detail) = match token.kind {
                TokenKind::QuotedNewline => (
                    "Invalid multi-line string",
                    "A quoted string must end on the line on which it starts. For text of several lines use a heredoc \
                     (\"<<EOT\"), or write the line break as \"\\n\". A missing closing quote leads here, too."
                        .to_string(),
                ),
                TokenKind::ForeignOperator => ("Unsupported operator", foreign_operator(text)),
                TokenKind::UnclosedComment => {
                    ("Unclosed comment", "The comment that starts here has no \"*/\" at its end.".to_string())
                }
                _ => ("Invalid character", invalid_character(text)),
            };
            let mut span = self.span(token);
            if token.kind == TokenKind::UnclosedComment && matches!(self.place, Place::At(..)) {
                span.end = span.start + 2;
            }
            self.report(summary, detail, span);
        }
    }
}

fn foreign_operator(text: &str) -> String {
    match text {
        "&" => "There are no bitwise operators. For the logical AND write \"&&\".".into(),
        "|" => "There are no bitwise operators. For the logical OR write \"||\".".into(),
        "~" => "There are no bitwise operators. For the logical NOT write \"!\".".into(),
        "**" => "\"**\" is not an operator here. For exponentiation use the function \"pow\".".into(),
        _ => format!("\"{text}\" is not an operator here: there are no bitwise operators."),
    }
}

fn invalid_character(text: &str) -> String {
    match text {
        "'" => "Single quotes are not used here. Strings are written in double quotes (\").".into(),
        "`" => "Backticks are not used here. For text of several lines use a heredoc (\"<<EOT\").".into(),
        ";" => "Semicolons are not used here. Each argument stands on a line of its own.".into(),
        "\u{201c}" | "\u{201d}" => {
            "These are typographic quotes. Strings are written in straight double quotes (\").".into()
        }
        _ => format!("The character {text:?} has no meaning here."),
    }
}
