//! Expressions.

use crate::{Traversal, TraversalStep};
use formwork_diag::{Diagnostics, Span};
use formwork_value::{Str, Value};
use std::sync::Arc;

/// An expression and its place. Cloning is cheap: everything below is shared.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// Number, bool, null, or a string without interpolation.
    Literal(Value),
    /// A quoted or heredoc template with at least one interpolation or directive.
    Template(Arc<[TemplatePart]>),
    /// A template that is exactly one interpolation, `"${x}"`: the value is not converted to a string.
    TemplateWrap(Arc<Expr>),
    /// A reference with constant steps.
    Traversal(Arc<Traversal>),
    /// Constant steps behind any other expression: `f(x).name`, `(a)[0]`.
    Steps {
        source: Arc<Expr>,
        steps: Arc<[TraversalStep]>,
    },
    /// `source[key]` with a computed key.
    Index {
        source: Arc<Expr>,
        key: Arc<Expr>,
    },
    /// `source[*]...` (`full`) or `source.*...`; `each` is applied to every element and reads it as [`ExprKind::SplatItem`].
    Splat {
        source: Arc<Expr>,
        each: Arc<Expr>,
        full: bool,
        operator_span: Span,
    },
    /// The element at hand inside a splat.
    SplatItem,
    Call {
        name: FunctionName,
        args: Arc<[Expr]>,
        expand_last: bool,
    },
    Conditional {
        condition: Arc<Expr>,
        yes: Arc<Expr>,
        no: Arc<Expr>,
    },
    /// Operators from left to right: each one takes all that stands left of it as one operand. So a sum of any length is
    /// one node, not a nesting.
    Binary {
        first: Arc<Expr>,
        rest: Arc<[BinaryStep]>,
    },
    Unary {
        op: UnaryOp,
        operand: Arc<Expr>,
    },
    Tuple(Arc<[Expr]>),
    Object(Arc<[ObjectItem]>),
    For(Arc<ForExpr>),
    Parens(Arc<Expr>),
    /// A string of the JSON syntax: a template where a value is wanted, `text` where something static is.
    JsonString {
        text: Str,
        template: Arc<Expr>,
    },
    /// What could not be read. Evaluation reports the diagnostics (none if they were reported while parsing).
    Invalid(Arc<Diagnostics>),
}

/// `name` or `namespace::...::name`.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionName {
    pub namespace: Vec<Str>,
    pub name: Str,
    pub span: Span,
}

/// An operator and its right operand.
#[derive(Clone, Debug, PartialEq)]
pub struct BinaryStep {
    pub op: BinaryOp,
    pub right: Expr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

impl BinaryOp {
    /// True for `<`, `<=`, `>` and `>=`.
    pub fn compares(self) -> bool {
        matches!(self, BinaryOp::Less | BinaryOp::LessOrEqual | BinaryOp::Greater | BinaryOp::GreaterOrEqual)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    Negate,
    Not,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ObjectItem {
    pub key: ObjectKey,
    pub value: Expr,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ObjectKey {
    /// A bare identifier.
    Name { name: Str, span: Span },
    /// Any other key expression.
    Expr(Expr),
}

/// `[for k, v in c : value if cond]` when `key_expr` is none, else `{for k, v in c : key => value... if cond}`.
#[derive(Clone, Debug, PartialEq)]
pub struct ForExpr {
    pub key_name: Option<Str>,
    pub value_name: Str,
    pub collection: Expr,
    pub key_expr: Option<Expr>,
    pub value_expr: Expr,
    pub condition: Option<Expr>,
    pub grouping: bool,
    /// The introduction `for k, v in c`.
    pub header_span: Span,
}

/// A piece of a template. Strip markers and heredoc indentation are applied while parsing.
#[derive(Clone, Debug, PartialEq)]
pub enum TemplatePart {
    Literal(Str, Span),
    Interpolation(Expr),
    Directive(Box<TemplateDirective>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum TemplateDirective {
    If { condition: Expr, yes: Vec<TemplatePart>, no: Vec<TemplatePart>, span: Span },
    For { key_name: Option<Str>, value_name: Str, collection: Expr, body: Vec<TemplatePart>, span: Span },
}
