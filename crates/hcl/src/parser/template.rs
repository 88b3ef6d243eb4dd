//! Templates: quoted strings, heredocs, and bare template files.

use super::collection::ForHeader;
use super::{Failed, Node, Parsed, Parser, Recovery};
use crate::token::{Token, TokenKind};
use crate::{Expr, ExprKind, TemplateDirective, TemplatePart};
use formwork_diag::Span;
use formwork_value::Value;

/// A template as a flat list, before directives are nested.
enum Piece {
    Literal { text: String, span: Span },
    Interpolation(Node),
    Directive { keyword: Keyword, span: Span },
}

enum Keyword {
    If(Node),
    Else,
    EndIf,
    For(Box<ForHeader>),
    EndFor,
}

/// How a sequence of parts ended.
#[derive(PartialEq)]
enum Ending {
    End,
    Else,
    EndIf,
    EndFor,
}

type Pieces = std::iter::Peekable<std::vec::IntoIter<Piece>>;

impl Parser<'_> {
    /// A text that is one template without quotes.
    pub fn whole_template(&mut self) -> Parsed<Node> {
        let pieces = self.pieces(TokenKind::EndOfFile)?;
        let span = self.range(0, self.text.len() as u32);
        self.build_template(pieces, span, true)
    }

    pub(super) fn quoted_template(&mut self) -> Parsed<Node> {
        let open = self.next();
        let pieces = self.deeper(|parser| parser.pieces(TokenKind::CloseQuote))?;
        let span = self.since(open.start);
        self.build_template(pieces, span, true)
    }

    pub(super) fn heredoc_template(&mut self) -> Parsed<Node> {
        let open = self.next();
        let mut pieces = self.deeper(|parser| parser.pieces(TokenKind::CloseHeredoc))?;
        let span = self.since(open.start);
        if open.text(self.text).starts_with("<<-") {
            remove_indentation(&mut pieces);
        }
        self.build_template(pieces, span, false)
    }

    /// Everything up to the closing token, with strip markers applied.
    fn pieces(&mut self, end: TokenKind) -> Parsed<Vec<Piece>> {
        let mut pieces = Vec::new();
        let (mut strip_next, mut failed) = (false, false);
        loop {
            let strip = std::mem::take(&mut strip_next);
            let token = self.tokens.get(self.pos).copied().unwrap_or_else(|| self.end_of_file());
            if token.kind == end {
                if token.kind != TokenKind::EndOfFile {
                    self.pos += 1;
                }
                return if failed { Err(Failed) } else { Ok(pieces) };
            }
            match token.kind {
                TokenKind::QuotedLiteral | TokenKind::StringLiteral => {
                    self.pos += 1;
                    let mut text = String::new();
                    self.unescape(token, &mut text);
                    if strip {
                        text = text.trim_start().to_string();
                    }
                    pieces.push(Piece::Literal { text, span: self.span(token) });
                }
                TokenKind::Interpolation | TokenKind::Directive => {
                    self.pos += 1;
                    if token.end - token.start == 3 {
                        strip_last(&mut pieces);
                    }
                    let read = self.with_newlines(false, |parser| {
                        let sequence = parser.sequence(token);
                        parser.closed_by(TokenKind::SequenceEnd, sequence)
                    });
                    match read {
                        Ok((piece, strip_behind)) => {
                            pieces.push(piece);
                            strip_next = strip_behind;
                        }
                        Err(Failed) if self.recovery == Recovery::ClosingBracket => failed = true,
                        Err(Failed) => return Err(Failed),
                    }
                }
                // Reported with the invalid tokens; a second message would add nothing.
                TokenKind::QuotedNewline => return self.unterminated(token, end),
                _ => return self.unterminated(token, end),
            }
        }
    }

    fn unterminated<T>(&mut self, token: Token, end: TokenKind) -> Parsed<T> {
        let span = self.span(token);
        let failure =
            Err(self.doubt("Unterminated template string", "The closing marker of this string was not found.", span));
        self.closed_by(end, failure)
    }

    /// An interpolation or directive behind its opening, and whether it ends with a strip marker.
    fn sequence(&mut self, open: Token) -> Parsed<(Piece, bool)> {
        let interpolation = open.kind == TokenKind::Interpolation;
        let piece = if interpolation {
            if self.peek_kind() == TokenKind::SequenceEnd {
                return self.doubt_here("Invalid expression", "Between \"${\" and \"}\" an expression is expected.");
            }
            Piece::Interpolation(self.expression()?)
        } else {
            let keyword = self.directive_keyword()?;
            Piece::Directive { keyword, span: self.span(open) }
        };
        let close = self.peek();
        match close.kind {
            TokenKind::SequenceEnd => {
                self.next();
                let piece = match piece {
                    Piece::Directive { keyword, .. } => Piece::Directive { keyword, span: self.since(open.start) },
                    other => other,
                };
                Ok((piece, close.end - close.start == 2))
            }
            _ if interpolation && matches!(close.kind, TokenKind::EndOfFile | TokenKind::OpenQuote) => self.doubt_here(
                "Unclosed template interpolation sequence",
                "The interpolation that begins with \"${\" has no closing brace before this.",
            ),
            _ if interpolation => self.doubt_here(
                "Extra characters after interpolation expression",
                "An interpolation holds one expression; its closing brace is expected here.",
            ),
            _ => self.doubt_here(
                "Extra characters in template control sequence",
                "The closing brace of the template directive is expected here.",
            ),
        }
    }

    fn directive_keyword(&mut self) -> Parsed<Keyword> {
        let token = self.peek();
        let text = if token.kind == TokenKind::Ident { token.text(self.text) } else { "" };
        if matches!(text, "if" | "else" | "endif" | "for" | "endfor") {
            self.next();
        }
        match text {
            "if" => Ok(Keyword::If(self.expression()?)),
            "else" => Ok(Keyword::Else),
            "endif" => Ok(Keyword::EndIf),
            "for" => Ok(Keyword::For(Box::new(self.for_header("Invalid 'for' directive")?))),
            "endfor" => Ok(Keyword::EndFor),
            _ => self.doubt_here(
                "Invalid template control keyword",
                "A template directive begins with one of: if, else, endif, for, endfor.",
            ),
        }
    }

    /// Nests directives and joins literals.
    fn build_template(&mut self, pieces: Vec<Piece>, span: Span, unwrap_single: bool) -> Parsed<Node> {
        if pieces.iter().all(|piece| matches!(piece, Piece::Literal { .. })) {
            let text: String = pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Literal { text, .. } => text.as_str(),
                    _ => "",
                })
                .collect();
            return Ok(Node::leaf(ExprKind::Literal(Value::string(text)), span));
        }
        if unwrap_single && pieces.len() == 1 && matches!(pieces.first(), Some(Piece::Interpolation(_))) {
            if let Some(Piece::Interpolation(node)) = pieces.into_iter().next() {
                let depth = node.depth;
                return Ok(Node::above(ExprKind::TemplateWrap(node.expr.into()), span, depth));
            }
            return Err(Failed);
        }
        let mut depth = 0;
        let mut pieces = pieces.into_iter().peekable();
        let (parts, _) = self.parts(&mut pieces, None, &mut depth)?;
        let node = Node::above(ExprKind::Template(parts.into()), span, depth);
        self.check_depth(&node)?;
        Ok(node)
    }

    /// Parts up to what ends the directive around, whose keyword and span `inside` gives.
    fn parts(
        &mut self,
        pieces: &mut Pieces,
        inside: Option<(&str, Span)>,
        depth: &mut u32,
    ) -> Parsed<(Vec<TemplatePart>, Ending)> {
        let mut parts: Vec<TemplatePart> = Vec::new();
        let mut literal = String::new();
        let mut literal_span: Option<Span> = None;
        for_each_piece(pieces, |pieces, piece| {
            if let Piece::Literal { text, span } = piece {
                literal.push_str(&text);
                literal_span = Some(literal_span.map_or(span, |all| all.to(span)));
                return Ok(None);
            }
            flush(&mut parts, &mut literal, &mut literal_span);
            match piece {
                Piece::Literal { .. } => Ok(None),
                Piece::Interpolation(node) => {
                    *depth = (*depth).max(node.depth);
                    parts.push(TemplatePart::Interpolation(node.expr));
                    Ok(None)
                }
                Piece::Directive { keyword, span } => self.directive(pieces, keyword, span, inside, depth, &mut parts),
            }
        })?
        .map_or_else(
            || match inside {
                None => Ok(Ending::End),
                Some((keyword, span)) => {
                    let detail = format!("The \"{keyword}\" directive has no \"end{keyword}\" behind it.");
                    let closing = self.pos.checked_sub(1).and_then(|index| self.tokens.get(index)).copied();
                    let span = closing.map_or(span, |token| self.span(token));
                    Err(self.fail("Unexpected end of template", detail, span))
                }
            },
            Ok,
        )
        .map(|ending| {
            flush(&mut parts, &mut literal, &mut literal_span);
            (parts, ending)
        })
    }

    /// A directive with all that belongs to it; or, for one that ends the directive around, that ending.
    fn directive(
        &mut self,
        pieces: &mut Pieces,
        keyword: Keyword,
        span: Span,
        inside: Option<(&str, Span)>,
        depth: &mut u32,
        parts: &mut Vec<TemplatePart>,
    ) -> Parsed<Option<Ending>> {
        let around = inside.map(|(word, _)| word);
        match (keyword, around) {
            (Keyword::If(condition), _) => {
                let directive = self.deeper(|parser| parser.if_directive(pieces, condition, span, depth))?;
                parts.push(TemplatePart::Directive(Box::new(directive)));
                Ok(None)
            }
            (Keyword::For(header), _) => {
                let directive = self.deeper(|parser| parser.for_directive(pieces, *header, span, depth))?;
                parts.push(TemplatePart::Directive(Box::new(directive)));
                Ok(None)
            }
            (Keyword::Else, Some("if")) => Ok(Some(Ending::Else)),
            (Keyword::EndIf, Some("if")) => Ok(Some(Ending::EndIf)),
            (Keyword::EndFor, Some("for")) => Ok(Some(Ending::EndFor)),
            (keyword, _) => {
                let word = match keyword {
                    Keyword::Else => "else",
                    Keyword::EndIf => "endif",
                    _ => "endfor",
                };
                let detail = format!("There is no directive around that \"{word}\" could belong to.");
                Err(self.fail(format!("Unexpected {word} directive"), detail, span))
            }
        }
    }

    fn if_directive(
        &mut self,
        pieces: &mut Pieces,
        condition: Node,
        span: Span,
        depth: &mut u32,
    ) -> Parsed<TemplateDirective> {
        let mut below = condition.depth;
        let (yes, mut ending) = self.parts(pieces, Some(("if", span)), &mut below)?;
        let mut no = Vec::new();
        if ending == Ending::Else {
            (no, ending) = self.parts(pieces, Some(("if", span)), &mut below)?;
        }
        if ending == Ending::Else {
            return Err(self.fail("Unexpected else directive", "This \"if\" directive has a second \"else\".", span));
        }
        *depth = (*depth).max(below + 1);
        Ok(TemplateDirective::If { condition: condition.expr, yes, no, span })
    }

    fn for_directive(
        &mut self,
        pieces: &mut Pieces,
        header: ForHeader,
        span: Span,
        depth: &mut u32,
    ) -> Parsed<TemplateDirective> {
        let ForHeader { key_name, value_name, collection } = header;
        let mut below = collection.depth;
        let (body, _) = self.parts(pieces, Some(("for", span)), &mut below)?;
        *depth = (*depth).max(below + 1);
        Ok(TemplateDirective::For { key_name, value_name, collection: collection.expr, body, span })
    }
}

/// Hands pieces to a function until it returns an ending.
fn for_each_piece(
    pieces: &mut Pieces,
    mut each: impl FnMut(&mut Pieces, Piece) -> Parsed<Option<Ending>>,
) -> Parsed<Option<Ending>> {
    while let Some(piece) = pieces.next() {
        if let Some(ending) = each(pieces, piece)? {
            return Ok(Some(ending));
        }
    }
    Ok(None)
}

/// Ends a run of literal text.
fn flush(parts: &mut Vec<TemplatePart>, literal: &mut String, span: &mut Option<Span>) {
    if let Some(span) = span.take().filter(|_| !literal.is_empty()) {
        parts.push(TemplatePart::Literal(literal.as_str().into(), span));
    }
    literal.clear();
}

/// Takes the whitespace off the end of a literal just before a strip marker.
fn strip_last(pieces: &mut [Piece]) {
    if let Some(Piece::Literal { text, .. }) = pieces.last_mut() {
        text.truncate(text.trim_end().len());
    }
}

/// Removes the indentation that all lines of a `<<-` heredoc share. Blank lines neither count nor change.
fn remove_indentation(pieces: &mut [Piece]) {
    let mut least = usize::MAX;
    let mut indented: Vec<usize> = Vec::new();
    let mut line_start = true;
    for (index, piece) in pieces.iter().enumerate() {
        let literal = match piece {
            Piece::Literal { text, .. } => Some(text),
            _ => None,
        };
        if line_start {
            let blanks = literal.map_or(0, |text| text.chars().take_while(|c| c.is_whitespace()).count());
            let blank_line = literal.is_some_and(|text| text.ends_with('\n') && text.trim().is_empty());
            if !blank_line {
                least = least.min(blanks);
                indented.push(index);
            }
        }
        line_start = literal.is_some_and(|text| text.ends_with('\n'));
    }
    for index in indented {
        if let Some(Piece::Literal { text, .. }) = pieces.get_mut(index) {
            let cut = text.char_indices().nth(least).map_or(text.len(), |(at, _)| at);
            text.drain(..cut);
        }
    }
}

impl Expr {
    /// The text of a string without interpolation.
    pub fn literal_text(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::Literal(value) => value.as_str(),
            _ => None,
        }
    }
}
