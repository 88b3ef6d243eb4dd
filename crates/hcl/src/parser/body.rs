//! Bodies: attributes and blocks.

use super::{Failed, Parsed, Parser, Recovery};
use crate::body::NativeBody;
use crate::token::{Token, TokenKind};
use crate::{Attribute, Block, Body, Ident, Label};
use formwork_diag::Span;
use formwork_value::Str;
use std::collections::BTreeMap;

impl Parser<'_> {
    /// A whole file.
    pub fn file_body(&mut self) -> Body {
        let end = self.text.len() as u32;
        let start = if self.text.starts_with('\u{feff}') { 3 } else { 0 };
        let body = self.body_until(TokenKind::EndOfFile, self.range(start, start));
        Body::native(body, self.range(start, end))
    }

    /// Items up to the closing token, which is taken. `opening` is shown when it is missing.
    fn body_until(&mut self, end: TokenKind, opening: Span) -> NativeBody {
        let mut body = NativeBody::default();
        let mut names: BTreeMap<Str, Span> = BTreeMap::new();
        loop {
            let token = self.peek();
            match token.kind {
                kind if kind == end => {
                    self.next();
                    return body;
                }
                TokenKind::Newline => self.pos += 1,
                TokenKind::Ident => self.item(&mut body, &mut names),
                TokenKind::EndOfFile => {
                    if !self.unwind {
                        let detail = "This block has no closing brace before the end of the file. A brace may be missing \
                                      here, or at a block or object inside.";
                        self.doubt("Unclosed configuration block", detail, opening);
                    }
                    return body;
                }
                _ => {
                    self.stray(token);
                    if self.recovery == Recovery::ClosingBracket {
                        self.skip_past(end);
                        return body;
                    }
                }
            }
            if self.unwind {
                if end != TokenKind::EndOfFile {
                    return body;
                }
                self.unwind = false;
                self.accept(TokenKind::CloseBrace);
            }
        }
    }

    /// One attribute or block.
    fn item(&mut self, body: &mut NativeBody, names: &mut BTreeMap<Str, Span>) {
        let first = self.pos;
        let name = self.next();
        let result = match self.peek_kind() {
            TokenKind::Assign => self.attribute(name, body, names),
            TokenKind::OpenQuote | TokenKind::OpenBrace | TokenKind::Ident => self.block(name, body),
            _ => self.fail_here(
                "Argument or block definition required",
                "An argument or a block is expected here. An argument is set by an equals sign behind its name.",
            ),
        };
        self.astray = result.is_err();
        if self.astray {
            self.recover(first);
        }
    }

    /// Something that cannot start an item.
    fn stray(&mut self, token: Token) {
        let first = self.pos;
        let span = self.span(token);
        match token.kind {
            TokenKind::OpenQuote => {
                self.doubt("Invalid argument name", "Names of arguments are written without quotes.", span);
            }
            TokenKind::UnclosedComment => {}
            _ if self.astray && self.recovery == Recovery::NextItem => {}
            // It may belong to any of the blocks that could not be read.
            TokenKind::CloseBrace if self.diagnostics.has_errors() && self.recovery == Recovery::NextItem => {}
            TokenKind::CloseBrace => {
                let detail = "This closing brace belongs to no open block. An argument or a block is expected here.";
                self.doubt("Argument or block definition required", detail, span);
            }
            _ => {
                let detail = "An argument or a block is expected here.";
                self.doubt("Argument or block definition required", detail, span);
            }
        }
        self.astray = true;
        self.next();
        if token.kind != TokenKind::CloseBrace && self.recovery == Recovery::NextItem {
            self.recover(first);
        }
    }

    fn attribute(&mut self, name: Token, body: &mut NativeBody, names: &mut BTreeMap<Str, Span>) -> Parsed<()> {
        self.next();
        let value = self.expression();
        self.add_attribute(name, value, body, names)?;
        self.end_of_item("Missing newline after argument", "An argument ends at the end of its line.")
    }

    /// Adds an attribute to the body, also if its expression could not be read.
    fn add_attribute(
        &mut self,
        name: Token,
        value: Parsed<super::Node>,
        body: &mut NativeBody,
        names: &mut BTreeMap<Str, Span>,
    ) -> Parsed<()> {
        let failed = value.is_err();
        let ident = self.ident(name);
        let span = self.since(name.start);
        let expr = match value {
            Ok(node) => node.expr,
            Err(Failed) => self.invalid(span),
        };
        match names.get(&ident.name) {
            Some(_) => {
                let detail =
                    format!("The argument \"{}\" is set a second time in this block; it may be set once.", ident.name);
                self.report("Attribute redefined", detail, ident.span);
            }
            None => {
                names.insert(ident.name.clone(), ident.span);
                body.attributes.push(Attribute { span, name: ident, expr });
            }
        }
        if failed { Err(Failed) } else { Ok(()) }
    }

    fn ident(&self, token: Token) -> Ident {
        Ident { name: token.text(self.text).into(), span: self.span(token) }
    }

    fn end_of_item(&mut self, summary: &str, detail: &str) -> Parsed<()> {
        match self.peek_kind() {
            TokenKind::Newline => {
                self.next();
                Ok(())
            }
            TokenKind::EndOfFile => Ok(()),
            _ => self.doubt_here(summary, detail),
        }
    }

    fn block(&mut self, kind: Token, body: &mut NativeBody) -> Parsed<()> {
        let mut labels = Vec::new();
        let header = self.block_labels(&mut labels);
        let header_span = self.since(kind.start);
        let kind_ident = self.ident(kind);
        let Ok(open) = header else {
            let inner = Body::native(NativeBody::default(), header_span);
            body.blocks.push(Block { kind: kind_ident, labels, body: inner, header_span, span: header_span });
            return Err(Failed);
        };
        let open_span = self.span(open);
        let header_span = labels.last().map_or(kind_ident.span, |label| kind_ident.span.to(label.span));
        let inner = self.deeper(|parser| Ok(parser.block_body(open, header_span)));
        let failed = inner.is_err();
        let content = inner.unwrap_or_default();
        let end = self.range(self.last_end().saturating_sub(1).max(open.start), self.last_end().max(open.end));
        let span = self.since(kind.start);
        let inner = Body::native(content, open_span.to(end));
        body.blocks.push(Block { kind: kind_ident, labels, body: inner, header_span, span });
        if failed {
            return Err(Failed);
        }
        if self.unwind {
            return Ok(());
        }
        self.end_of_item(
            "Missing newline after block definition",
            "A block ends at the end of the line of its closing brace.",
        )
    }

    /// Labels up to the opening brace, which is given back.
    fn block_labels(&mut self, labels: &mut Vec<Label>) -> Parsed<Token> {
        loop {
            let token = self.peek();
            match token.kind {
                TokenKind::OpenBrace => return Ok(self.next()),
                TokenKind::Ident => {
                    self.next();
                    labels.push(Label { text: token.text(self.text).into(), span: self.span(token) });
                }
                TokenKind::OpenQuote => {
                    let label = self.quoted_literal()?;
                    labels.push(label);
                }
                TokenKind::Assign => {
                    return self.fail_here(
                        "Invalid block definition",
                        "An equals sign sets an argument; in the header of a block there is none.",
                    );
                }
                TokenKind::Newline => {
                    return self.fail_here(
                        "Invalid block definition",
                        "The opening brace of a block stands on the same line as the block's type and labels.",
                    );
                }
                _ => {
                    return self.doubt_here(
                        "Invalid block definition",
                        "A label in quotes or the opening brace \"{\" of the block is expected here.",
                    );
                }
            }
        }
    }

    /// The body behind an opening brace.
    fn block_body(&mut self, open: Token, header: Span) -> NativeBody {
        self.with_newlines(true, |parser| match parser.peek_kind() {
            TokenKind::Newline | TokenKind::EndOfFile | TokenKind::CloseBrace => {
                parser.body_until(TokenKind::CloseBrace, header)
            }
            _ => parser.one_line_body(open),
        })
    }

    /// `{ name = value }`.
    fn one_line_body(&mut self, open: Token) -> NativeBody {
        let mut body = NativeBody::default();
        let read = self.one_line_attribute(&mut body);
        if read.is_err() && self.recovery == Recovery::ClosingBracket {
            if self.accept(TokenKind::CloseBrace).is_none() {
                self.skip_past(TokenKind::CloseBrace);
            }
        } else if read.is_err() {
            // Skip to the brace that closes the block.
            let index = self.tokens.partition_point(|token| token.start < open.start);
            self.pos = self.matching_close(index).unwrap_or(self.tokens.len().saturating_sub(1));
            self.accept(TokenKind::CloseBrace);
        }
        body
    }

    fn one_line_attribute(&mut self, body: &mut NativeBody) -> Parsed<()> {
        if self.peek_kind() != TokenKind::Ident || self.peek_second() != TokenKind::Assign {
            let failure = self.fail_here(
                "Argument definition required",
                "A block on one line can hold a single argument, \"name = value\". Blocks inside, and anything more, need \
                 lines of their own.",
            );
            self.leave_item();
            return failure;
        }
        let name = self.next();
        self.next();
        let value = self.expression();
        if let Err(failed) = self.add_attribute(name, value, body, &mut BTreeMap::new()) {
            self.leave_item();
            return Err(failed);
        }
        if self.accept(TokenKind::CloseBrace).is_some() {
            return Ok(());
        }
        let detail = match self.peek_kind() {
            TokenKind::Comma => {
                "A block on one line can hold a single argument. Put each argument on a line of its own."
            }
            _ => "A block on one line has its closing brace on that line, right behind its single argument.",
        };
        self.fail_here("Invalid single-argument block definition", detail)
    }

    /// The index of the token that closes what the token at an index opens.
    fn matching_close(&self, open: usize) -> Option<usize> {
        let mut depth = 0usize;
        for (offset, token) in self.tokens.get(open..)?.iter().enumerate() {
            if opens(token.kind) {
                depth += 1;
            } else if closes(token.kind) {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(open + offset);
                }
            }
        }
        None
    }

    /// Goes on after an error in the item that started at a token: at the end of its line, where its brackets are
    /// balanced; or before a brace that closes the block around; or, if brackets stay open, at the next line that
    /// looks like the start or end of a top-level block.
    fn recover(&mut self, first: usize) {
        self.newlines = true;
        if self.recovery == Recovery::ClosingBracket {
            return self.leave_item();
        }
        let failed_at = self.pos;
        let mut open: Vec<TokenKind> = Vec::new();
        let mut index = first;
        while let Some(token) = self.tokens.get(index).copied() {
            match token.kind {
                TokenKind::EndOfFile => break,
                TokenKind::Newline if open.is_empty() && index >= failed_at => {
                    self.pos = index + 1;
                    return self.skip_orphan_braces(index);
                }
                kind if opens(kind) => open.push(kind),
                kind if closes(kind) => {
                    if index >= failed_at && self.resumes_at(index) && open.len() > 1 {
                        return self.resume(index);
                    }
                    match open.iter().rposition(|opener| pairs(*opener, kind)) {
                        Some(at) => open.truncate(at),
                        None if kind == TokenKind::CloseBrace && index >= failed_at => {
                            self.pos = index;
                            return;
                        }
                        None => {}
                    }
                }
                TokenKind::Ident if index >= failed_at && !open.is_empty() && self.resumes_at(index) => {
                    return self.resume(index);
                }
                _ => {}
            }
            index += 1;
        }
        self.pos = index.min(self.tokens.len().saturating_sub(1)).max(failed_at);
        self.unwind = true;
    }

    /// Goes on behind the end of a line outside of brackets, if that is how errors are dealt with.
    fn leave_item(&mut self) {
        if self.recovery == Recovery::NextItem {
            return;
        }
        self.lost = true;
        let mut open: Vec<TokenKind> = Vec::new();
        while let Some(token) = self.tokens.get(self.pos).filter(|token| token.kind != TokenKind::EndOfFile) {
            self.pos += 1;
            match token.kind {
                TokenKind::Newline if open.is_empty() => return,
                kind if opens(kind) => open.push(kind),
                kind if closes(kind) => {
                    let opener = open.iter().rposition(|opener| pairs(*opener, kind));
                    open.truncate(opener.unwrap_or(0));
                }
                _ => {}
            }
        }
    }

    /// Resumes at the top level.
    fn resume(&mut self, index: usize) {
        self.pos = index;
        self.unwind = true;
    }

    /// After a block header without a brace: skips a body in braces on the next line.
    fn skip_orphan_braces(&mut self, newline: usize) {
        let next = self.tokens.get(newline + 1).map(|token| token.kind);
        if next == Some(TokenKind::OpenBrace) {
            match self.matching_close(newline + 1) {
                Some(close) => self.pos = close + 1,
                None => {
                    self.pos = self.tokens.len().saturating_sub(1);
                    self.unwind = true;
                }
            }
        }
    }

    /// True if a token at the very start of a line looks like the header or the end of a top-level block.
    fn resumes_at(&self, index: usize) -> bool {
        let Some(token) = self.tokens.get(index) else { return false };
        let before = (token.start as usize).checked_sub(1).and_then(|i| self.text.as_bytes().get(i));
        if before != Some(&b'\n') {
            return false;
        }
        match token.kind {
            TokenKind::CloseBrace => true,
            TokenKind::Ident => self.is_block_header(index + 1),
            _ => false,
        }
    }

    /// True if only labels stand between a token and an opening brace on the same line.
    fn is_block_header(&self, from: usize) -> bool {
        self.tokens
            .get(from..)
            .unwrap_or_default()
            .iter()
            .map(|token| token.kind)
            .find(|kind| {
                use TokenKind::*;
                !matches!(kind, Ident | OpenQuote | QuotedLiteral | CloseQuote)
            })
            .is_some_and(|kind| kind == TokenKind::OpenBrace)
    }
}

fn opens(kind: TokenKind) -> bool {
    use TokenKind::*;
    matches!(kind, OpenBrace | OpenBracket | OpenParen | OpenQuote | OpenHeredoc | Interpolation | Directive)
}

fn closes(kind: TokenKind) -> bool {
    use TokenKind::*;
    matches!(kind, CloseBrace | CloseBracket | CloseParen | CloseQuote | CloseHeredoc | SequenceEnd)
}

pub(super) fn pairs(open: TokenKind, close: TokenKind) -> bool {
    use TokenKind::*;
    matches!(
        (open, close),
        (OpenBrace, CloseBrace)
            | (OpenBracket, CloseBracket)
            | (OpenParen, CloseParen)
            | (OpenQuote, CloseQuote)
            | (OpenHeredoc, CloseHeredoc)
            | (Interpolation | Directive, SequenceEnd)
    )
}
