//! What stands behind a term: attributes, indexes, splats.

use super::{Node, Parsed, Parser};
use crate::token::{Token, TokenKind};
use crate::{Expr, ExprKind, Traversal, TraversalStep};
use formwork_diag::Span;
use formwork_value::{Number, Value};
use std::sync::Arc;

impl Parser<'_> {
    pub(super) fn postfix(&mut self, mut node: Node) -> Parsed<Node> {
        let mut steps = Vec::new();
        loop {
            match self.peek_kind() {
                TokenKind::Dot if self.peek_second() == TokenKind::Star => {
                    node = self.attribute_splat(with_steps(node, std::mem::take(&mut steps)))?;
                }
                TokenKind::Dot => {
                    let dot = self.next();
                    self.dotted_step(dot, &mut steps)?;
                }
                TokenKind::OpenBracket => node = self.bracket(node, &mut steps)?,
                _ => return Ok(with_steps(node, steps)),
            }
            self.check_depth(&node)?;
        }
    }

    /// What follows a dot: a name or a legacy index.
    fn dotted_step(&mut self, dot: Token, steps: &mut Vec<TraversalStep>) -> Parsed<()> {
        let token = self.peek();
        match token.kind {
            TokenKind::Ident => {
                self.next();
                let name = token.text(self.text).into();
                steps.push(TraversalStep::Attribute { name, span: self.range(dot.start, token.end) });
                Ok(())
            }
            TokenKind::Number => {
                self.next();
                self.legacy_index(dot, token, steps)
            }
            TokenKind::Star => self.fail_here(
                "Nested splat expression not allowed",
                "Behind \".*\" there can be no second one. Use \"[*]\".",
            ),
            TokenKind::OpenBracket => self.fail_here(
                "Invalid attribute name",
                "The name of an attribute is expected after a dot. For an index leave the dot out.",
            ),
            _ => self.fail_here("Invalid attribute name", "The name of an attribute is expected after a dot."),
        }
    }

    fn legacy_index(&mut self, dot: Token, token: Token, steps: &mut Vec<TraversalStep>) -> Parsed<()> {
        let text = token.text(self.text);
        let span = self.range(dot.start, token.end);
        if let Some((first, second)) = text.split_once('.') {
            let detail =
                format!("There can be only one index behind a dot. Write both in brackets: \"[{first}][{second}]\".");
            self.report("Invalid legacy index syntax", detail, self.span(token));
            return Ok(());
        }
        let Ok(key) = Number::parse(text) else {
            let detail = "The index behind a dot is no number. Write others in brackets: \"[...]\".";
            self.report("Invalid number literal", detail, self.span(token));
            return Ok(());
        };
        steps.push(TraversalStep::Index { key: key.into(), span });
        Ok(())
    }

    /// `.*` and the attribute steps behind it, which apply to each element.
    fn attribute_splat(&mut self, source: Node) -> Parsed<Node> {
        let dot = self.next();
        self.next();
        let operator_span = self.since(dot.start);
        let mut steps = Vec::new();
        while let Some(dot) = self.accept(TokenKind::Dot) {
            self.dotted_step(dot, &mut steps)?;
        }
        let each = with_steps(Node::leaf(ExprKind::SplatItem, operator_span), steps);
        Ok(splat(source, each, false, operator_span, self.last_end_span()))
    }

    fn last_end_span(&self) -> Span {
        let end = self.last_end();
        self.range(end, end)
    }

    /// The key behind an opening bracket, or none for a star, with the closing bracket.
    fn index(&mut self) -> Parsed<Option<Node>> {
        let key = match self.accept(TokenKind::Star) {
            Some(_) => None,
            None => Some(self.expression()?),
        };
        if self.accept(TokenKind::CloseBracket).is_some() {
            return Ok(key);
        }
        if self.is_doubtful() {
            self.next();
            return Ok(key);
        }
        let place = self.end_of_recovery(TokenKind::OpenBracket, TokenKind::CloseBracket);
        let (summary, detail) = match &key {
            None => ("Missing close bracket on splat index", "\"[*\" is closed by \"]\" at once."),
            Some(_) => (
                "Missing close bracket on index",
                "The index in brackets is one expression, with a closing bracket behind it.",
            ),
        };
        Err(self.doubt(summary, detail, place))
    }

    /// `[key]` or `[*]`.
    fn bracket(&mut self, node: Node, steps: &mut Vec<TraversalStep>) -> Parsed<Node> {
        let open = self.next();
        let inner = self.with_newlines(false, |parser| {
            let inner = parser.index();
            parser.closed_by(TokenKind::CloseBracket, inner)
        })?;
        let span = self.since(open.start);
        if let Some(Node { expr: Expr { kind: ExprKind::Literal(value), .. }, .. }) = &inner
            && (value.as_str().is_some() || value.as_number().is_some())
        {
            steps.push(TraversalStep::Index { key: value.clone(), span });
            return Ok(node);
        }
        let node = with_steps(node, std::mem::take(steps));
        let Some(key) = inner else {
            let item = Node::leaf(ExprKind::SplatItem, span);
            let each = self.deeper(|parser| parser.postfix(item))?;
            return Ok(splat(node, each, true, span, self.last_end_span()));
        };
        let depth = node.depth.max(key.depth);
        let whole = node.expr.span.to(span);
        let kind = ExprKind::Index { source: Arc::new(node.expr), key: Arc::new(key.expr) };
        Ok(Node::above(kind, whole, depth))
    }
}

fn splat(source: Node, each: Node, full: bool, operator_span: Span, end: Span) -> Node {
    let depth = source.depth.max(each.depth);
    let span = source.expr.span.to(operator_span).to(end);
    let kind = ExprKind::Splat { source: Arc::new(source.expr), each: Arc::new(each.expr), full, operator_span };
    Node::above(kind, span, depth)
}

/// Adds constant steps to an expression.
fn with_steps(node: Node, mut added: Vec<TraversalStep>) -> Node {
    let Some(last) = added.last() else { return node };
    let span = node.expr.span.to(last.span());
    let depth = node.depth;
    match node.expr.kind {
        ExprKind::Traversal(traversal) => {
            let mut traversal = Arc::try_unwrap(traversal).unwrap_or_else(|shared| Traversal::clone(&shared));
            traversal.steps.append(&mut added);
            traversal.span = span;
            Node { expr: Expr { kind: ExprKind::Traversal(Arc::new(traversal)), span }, depth }
        }
        kind => {
            let source = Arc::new(Expr { kind, span: node.expr.span });
            Node::above(ExprKind::Steps { source, steps: added.into() }, span, depth)
        }
    }
}

impl TraversalStep {
    /// The constant key of an index step.
    pub fn index(&self) -> Option<&Value> {
        match self {
            TraversalStep::Index { key, .. } => Some(key),
            TraversalStep::Attribute { .. } => None,
        }
    }
}
