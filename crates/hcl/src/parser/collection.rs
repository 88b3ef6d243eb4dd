//! Tuples, objects and `for` expressions.

use super::{Node, Parsed, Parser};
use crate::token::{Token, TokenKind};
use crate::{ExprKind, ForExpr, ObjectItem, ObjectKey};
use formwork_value::Str;
use std::sync::Arc;

/// What stands between `for` and `:`.
pub(super) struct ForHeader {
    pub key_name: Option<Str>,
    pub value_name: Str,
    pub collection: Node,
}

impl Parser<'_> {
    pub(super) fn tuple_or_for(&mut self) -> Parsed<Node> {
        let open = self.next();
        let (kind, depth) = self.with_newlines(false, |parser| {
            let read =
                if parser.at_word("for") { parser.for_expression(open, false) } else { parser.tuple_items(open) };
            parser.closed_by(TokenKind::CloseBracket, read)
        })?;
        Ok(Node::above(kind, self.since(open.start), depth))
    }

    fn tuple_items(&mut self, open: Token) -> Parsed<(ExprKind, u32)> {
        let mut items = Vec::new();
        let mut depth = 0;
        loop {
            if self.accept(TokenKind::CloseBracket).is_some() {
                return Ok((ExprKind::Tuple(items.into()), depth));
            }
            let item = self.expression()?;
            depth = depth.max(item.depth);
            items.push(item.expr);
            match self.peek_kind() {
                TokenKind::Comma => {
                    self.next();
                }
                TokenKind::CloseBracket => {}
                TokenKind::EndOfFile => {
                    let detail = "The bracket \"[\" is not closed.";
                    return Err(self.doubt("Unterminated tuple constructor expression", detail, self.span(open)));
                }
                _ => {
                    return self.doubt_here(
                        "Missing item separator",
                        "Items of a list are separated by commas, and a bracket \"]\" ends the list.",
                    );
                }
            }
        }
    }

    pub(super) fn object_or_for(&mut self) -> Parsed<Node> {
        let open = self.next();
        let is_for = self.with_newlines(false, |parser| parser.at_word("for"));
        let read = if is_for {
            self.with_newlines(false, |parser| parser.for_expression(open, true))
        } else {
            self.with_newlines(true, |parser| parser.object_items(open))
        };
        let (kind, depth) = self.closed_by(TokenKind::CloseBrace, read)?;
        Ok(Node::above(kind, self.since(open.start), depth))
    }

    fn object_items(&mut self, open: Token) -> Parsed<(ExprKind, u32)> {
        let mut items = Vec::new();
        let mut depth = 0;
        loop {
            while self.accept(TokenKind::Newline).is_some() {}
            if self.accept(TokenKind::CloseBrace).is_some() {
                return Ok((ExprKind::Object(items.into()), depth));
            }
            let (key, key_depth) = self.object_key()?;
            self.key_separator()?;
            let value = self.expression()?;
            depth = depth.max(value.depth).max(key_depth);
            items.push(ObjectItem { key, value: value.expr });
            match self.peek_kind() {
                TokenKind::Comma | TokenKind::Newline => {
                    self.next();
                }
                TokenKind::CloseBrace => {}
                TokenKind::EndOfFile => {
                    let detail = "The brace \"{\" is not closed.";
                    return Err(self.doubt("Unterminated object constructor expression", detail, self.span(open)));
                }
                _ => {
                    return self.doubt_here(
                        "Missing attribute separator",
                        "A line break or a comma separates the attributes of an object, and a brace \"}\" ends it.",
                    );
                }
            }
        }
    }

    fn object_key(&mut self) -> Parsed<(ObjectKey, u32)> {
        let token = self.peek();
        if token.kind == TokenKind::Ident && matches!(self.peek_second(), TokenKind::Assign | TokenKind::Colon) {
            self.next();
            let name = token.text(self.text).into();
            return Ok((ObjectKey::Name { name, span: self.span(token) }, 0));
        }
        let key = self.expression()?;
        if let ExprKind::Traversal(traversal) = &key.expr.kind
            && traversal.steps.is_empty()
        {
            return Ok((ObjectKey::Name { name: traversal.root.clone(), span: key.expr.span }, 0));
        }
        Ok((ObjectKey::Expr(key.expr), key.depth))
    }

    fn key_separator(&mut self) -> Parsed<()> {
        let detail = match self.peek_kind() {
            TokenKind::Assign | TokenKind::Colon => {
                self.next();
                return Ok(());
            }
            TokenKind::FatArrow => {
                "The arrow \"=>\" belongs to \"for\" expressions. A key is followed by an equals sign."
            }
            TokenKind::Newline | TokenKind::Comma | TokenKind::CloseBrace => {
                "A key needs a value behind it: \"key = value\"."
            }
            _ => "A key is followed by an equals sign and its value.",
        };
        self.doubt_here("Missing key/value separator", detail)
    }

    /// A `for` expression behind its opening bracket, with its closing one.
    fn for_expression(&mut self, open: Token, object: bool) -> Parsed<(ExprKind, u32)> {
        let introduction = self.next();
        let header = self.for_header(FOR_EXPRESSION)?;
        if self.accept(TokenKind::Colon).is_none() {
            return self.fail_for("A colon is expected behind the collection.");
        }
        let header_span = self.since(introduction.start);
        let mut depth = header.collection.depth;
        let mut value = self.expression()?;
        let mut key = None;
        if let Some(arrow) = self.accept(TokenKind::FatArrow) {
            if !object {
                let span = self.span(arrow);
                return Err(self.fail(
                    FOR_EXPRESSION,
                    "A key with \"=>\" makes an object; such an expression stands in braces, not in brackets.",
                    span,
                ));
            }
            depth = depth.max(value.depth);
            key = Some(value.expr);
            value = self.expression()?;
        } else if object {
            return self.fail_for("In braces it makes an object and needs a key: \"key => value\".");
        }
        depth = depth.max(value.depth);
        let grouping = self.accept_grouping(object)?;
        let mut condition = None;
        if self.at_word("if") {
            self.next();
            let test = self.expression()?;
            depth = depth.max(test.depth);
            condition = Some(test.expr);
        }
        self.end_of_for(open, object)?;
        let ForHeader { key_name, value_name, collection } = header;
        let expression = ForExpr {
            key_name,
            value_name,
            collection: collection.expr,
            key_expr: key,
            value_expr: value.expr,
            condition,
            grouping,
            header_span,
        };
        Ok((ExprKind::For(Arc::new(expression)), depth))
    }

    fn accept_grouping(&mut self, object: bool) -> Parsed<bool> {
        if self.peek_kind() != TokenKind::Ellipsis {
            return Ok(false);
        }
        if !object {
            return self.fail_for("Grouping with \"...\" is for those that make an object.");
        }
        self.next();
        Ok(true)
    }

    fn end_of_for(&mut self, open: Token, object: bool) -> Parsed<()> {
        let close = if object { TokenKind::CloseBrace } else { TokenKind::CloseBracket };
        if self.accept(close).is_some() {
            return Ok(());
        }
        let open = open.text(self.text);
        self.fail_for(&format!("It ends here; the bracket that closes \"{open}\" is expected."))
    }

    /// `k, v in collection`, behind `for`.
    pub(super) fn for_header(&mut self, summary: &str) -> Parsed<ForHeader> {
        let first = self.for_name(summary)?;
        let second = match self.accept(TokenKind::Comma) {
            Some(_) => Some(self.for_name(summary)?),
            None => None,
        };
        if !self.at_word("in") {
            return self.doubt_here(summary, "The word \"in\" is expected behind the names.");
        }
        self.next();
        let collection = self.expression()?;
        let (key_name, value_name) = match second {
            Some(value) => (Some(first), value),
            None => (None, first),
        };
        Ok(ForHeader { key_name, value_name, collection })
    }

    fn for_name(&mut self, summary: &str) -> Parsed<Str> {
        match self.accept(TokenKind::Ident) {
            Some(token) => Ok(token.text(self.text).into()),
            None => self.doubt_here(summary, "A name for the element is expected here."),
        }
    }

    fn fail_for<T>(&mut self, detail: &str) -> Parsed<T> {
        self.doubt_here(FOR_EXPRESSION, detail)
    }
}

const FOR_EXPRESSION: &str = "Invalid 'for' expression";
