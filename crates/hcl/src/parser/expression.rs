//! Operators, conditionals and terms.

use super::{Node, Parsed, Parser};
use crate::token::{Token, TokenKind};
use crate::{BinaryOp, BinaryStep, ExprKind, FunctionName, Traversal, UnaryOp};
use formwork_value::{Number, Str, Type, Value};
use std::sync::Arc;

impl Parser<'_> {
    /// A text that is one expression.
    pub fn whole_expression(&mut self) -> Parsed<Node> {
        self.newlines = false;
        let node = self.expression()?;
        if self.peek_kind() == TokenKind::EndOfFile {
            return Ok(node);
        }
        self.fail_here("Extra characters after expression", "The expression ends before this; nothing may follow it.")
    }

    pub(super) fn expression(&mut self) -> Parsed<Node> {
        self.deeper(|parser| parser.conditional())
    }

    fn conditional(&mut self) -> Parsed<Node> {
        let condition = self.binary(0)?;
        if self.accept(TokenKind::Question).is_none() {
            return Ok(condition);
        }
        let yes = self.expression()?;
        if self.accept(TokenKind::Colon).is_none() {
            let token = self.peek();
            self.report(
                "Missing false expression in conditional",
                "A conditional has the form \"condition ? value : other value\". The colon is missing.",
                self.span(token),
            );
            return Ok(Node::leaf(self.invalid(condition.expr.span).kind, condition.expr.span));
        }
        let no = self.expression()?;
        let depth = condition.depth.max(yes.depth).max(no.depth);
        let span = condition.expr.span.to(no.expr.span);
        let kind = ExprKind::Conditional {
            condition: Arc::new(condition.expr),
            yes: Arc::new(yes.expr),
            no: Arc::new(no.expr),
        };
        let node = Node::above(kind, span, depth);
        self.check_depth(&node)?;
        Ok(node)
    }

    /// Binary operators of at least some precedence; all of them associate to the left.
    fn binary(&mut self, lowest: u8) -> Parsed<Node> {
        let first = self.operand()?;
        let mut depth = first.depth;
        let mut rest = Vec::new();
        while let Some((op, precedence)) = binary_operator(self.peek_kind()).filter(|(_, p)| *p >= lowest) {
            self.next();
            let right = self.deeper(|parser| parser.binary(precedence + 1))?;
            depth = depth.max(right.depth);
            rest.push(BinaryStep { op, right: right.expr });
        }
        let Some(last) = rest.last() else { return Ok(first) };
        let span = first.expr.span.to(last.right.span);
        let kind = ExprKind::Binary { first: Arc::new(first.expr), rest: rest.into() };
        let node = Node::above(kind, span, depth);
        self.check_depth(&node)?;
        Ok(node)
    }

    /// A term with its prefix operators and everything behind it.
    fn operand(&mut self) -> Parsed<Node> {
        let token = self.peek();
        let op = match token.kind {
            TokenKind::Minus => UnaryOp::Negate,
            TokenKind::Bang => UnaryOp::Not,
            _ => {
                let term = self.term()?;
                return self.postfix(term);
            }
        };
        self.next();
        let operand = self.deeper(|parser| parser.operand())?;
        let span = self.span(token).to(operand.expr.span);
        let depth = operand.depth;
        let node = Node::above(ExprKind::Unary { op, operand: Arc::new(operand.expr) }, span, depth);
        self.check_depth(&node)?;
        Ok(node)
    }

    fn term(&mut self) -> Parsed<Node> {
        let token = self.peek();
        match token.kind {
            TokenKind::Ident => self.name(),
            TokenKind::Number => {
                self.next();
                self.number(token)
            }
            TokenKind::OpenQuote => self.quoted_template(),
            TokenKind::OpenHeredoc => self.heredoc_template(),
            TokenKind::OpenParen => self.parens(),
            TokenKind::OpenBracket => self.deeper(|parser| parser.tuple_or_for()),
            TokenKind::OpenBrace => self.deeper(|parser| parser.object_or_for()),
            _ => self.no_term(token),
        }
    }

    /// Fails because no term starts here.
    fn no_term(&mut self, token: Token) -> Parsed<Node> {
        if self.is_doubtful() {
            let span = self.span(token);
            return Ok(Node::leaf(self.invalid(span).kind, span));
        }
        let detail = match token.kind {
            TokenKind::EndOfFile => "An expression is expected here, but the text ends.",
            TokenKind::Newline => "An expression is expected here, on the same line.",
            TokenKind::Comma | TokenKind::CloseParen | TokenKind::CloseBracket | TokenKind::CloseBrace => {
                "An expression is expected before this."
            }
            _ => "An expression is expected here, and this cannot start one.",
        };
        self.doubt_here("Invalid expression", detail)
    }

    pub(super) fn number(&mut self, token: Token) -> Parsed<Node> {
        let span = self.span(token);
        match Number::parse(token.text(self.text)) {
            Ok(number) => Ok(Node::leaf(ExprKind::Literal(number.into()), span)),
            Err(error) => {
                let detail = format!("This number cannot be represented: {}.", error.0);
                self.report("Invalid number literal", detail, span);
                Ok(Node::leaf(self.invalid(span).kind, span))
            }
        }
    }

    fn parens(&mut self) -> Parsed<Node> {
        let open = self.next();
        let (inner, closed) = self.with_newlines(false, |parser| {
            let inner = parser.expression();
            let inner = parser.closed_by(TokenKind::CloseParen, inner)?;
            Ok((inner, parser.accept(TokenKind::CloseParen).is_some()))
        })?;
        if !closed {
            return self.with_newlines(false, |parser| {
                parser.fail_here("Unbalanced parentheses", "A closing parenthesis is expected here.")
            });
        }
        let span = self.since(open.start);
        let depth = inner.depth;
        Ok(Node::above(ExprKind::Parens(Arc::new(inner.expr)), span, depth))
    }

    /// A keyword, function call or the root of a reference.
    fn name(&mut self) -> Parsed<Node> {
        let token = self.next();
        let span = self.span(token);
        let text = token.text(self.text);
        match self.peek_kind() {
            TokenKind::OpenParen => {
                let name = FunctionName { namespace: Vec::new(), name: text.into(), span };
                return self.deeper(|parser| parser.call(name, token));
            }
            TokenKind::DoubleColon => {
                let name = self.namespaced(token)?;
                return self.deeper(|parser| parser.call(name, token));
            }
            _ => {}
        }
        let kind = match text {
            "true" => ExprKind::Literal(true.into()),
            "false" => ExprKind::Literal(false.into()),
            "null" => ExprKind::Literal(Value::null(Type::Dynamic)),
            _ => {
                let traversal = Traversal { root: text.into(), root_span: span, steps: Vec::new(), span };
                ExprKind::Traversal(Arc::new(traversal))
            }
        };
        Ok(Node::leaf(kind, span))
    }

    /// The rest of `a::b::c`, up to the parenthesis.
    fn namespaced(&mut self, first: Token) -> Parsed<FunctionName> {
        let mut parts: Vec<Str> = vec![first.text(self.text).into()];
        while self.accept(TokenKind::DoubleColon).is_some() {
            let Some(part) = self.accept(TokenKind::Ident) else {
                return self.fail_here("Missing function name", "The name of a function is expected after \"::\".");
            };
            parts.push(part.text(self.text).into());
        }
        let span = self.since(first.start);
        if self.peek_kind() != TokenKind::OpenParen {
            return self.fail_here(
                "Missing open parenthesis",
                "A name with \"::\" is the name of a function; its arguments in parentheses are expected here.",
            );
        }
        let name = parts.pop().unwrap_or_else(|| "".into());
        Ok(FunctionName { namespace: parts, name, span })
    }

    fn call(&mut self, name: FunctionName, first: Token) -> Parsed<Node> {
        self.next();
        let (args, expand_last, depth) = self.with_newlines(false, |parser| {
            let arguments = parser.arguments(first);
            parser.closed_by(TokenKind::CloseParen, arguments)
        })?;
        let span = self.since(first.start);
        Ok(Node::above(ExprKind::Call { name, args: args.into(), expand_last }, span, depth))
    }

    /// The arguments and the closing parenthesis.
    fn arguments(&mut self, name: Token) -> Parsed<(Vec<crate::Expr>, bool, u32)> {
        let mut args = Vec::new();
        let mut depth = 0;
        loop {
            if self.accept(TokenKind::CloseParen).is_some() {
                return Ok((args, false, depth));
            }
            let argument = self.expression()?;
            depth = depth.max(argument.depth);
            args.push(argument.expr);
            if self.accept(TokenKind::Ellipsis).is_some() {
                self.accept(TokenKind::Comma);
                if self.accept(TokenKind::CloseParen).is_some() {
                    return Ok((args, true, depth));
                }
                return self.doubt_here(
                    "Missing closing parenthesis",
                    "An argument expanded by \"...\" is the last one; the closing parenthesis is expected behind it.",
                );
            }
            match self.peek_kind() {
                TokenKind::Comma => {
                    self.next();
                }
                TokenKind::CloseParen => {}
                TokenKind::EndOfFile => {
                    let detail = "The call has no closing parenthesis.";
                    return Err(self.fail("Unterminated function call", detail, self.span(name)));
                }
                _ => {
                    return self.fail_here(
                        "Missing argument separator",
                        "Arguments of a function are separated by commas, and a parenthesis ends them.",
                    );
                }
            }
        }
    }
}

fn binary_operator(kind: TokenKind) -> Option<(BinaryOp, u8)> {
    use BinaryOp::*;
    Some(match kind {
        TokenKind::Or => (Or, 1),
        TokenKind::And => (And, 2),
        TokenKind::EqualTo => (Equal, 3),
        TokenKind::NotEqual => (NotEqual, 3),
        TokenKind::Greater => (Greater, 4),
        TokenKind::GreaterOrEqual => (GreaterOrEqual, 4),
        TokenKind::Less => (Less, 4),
        TokenKind::LessOrEqual => (LessOrEqual, 4),
        TokenKind::Plus => (Add, 5),
        TokenKind::Minus => (Subtract, 5),
        TokenKind::Star => (Multiply, 6),
        TokenKind::Slash => (Divide, 6),
        TokenKind::Percent => (Modulo, 6),
        _ => return None,
    })
}
