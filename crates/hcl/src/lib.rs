//! Syntax of the configuration language: native and JSON, templates, expression evaluation, formatting.
//!
//! Files are parsed into an AST of our own ([`Body`], [`Expr`]) whose every node has a [`Span`](formwork_diag::Span).
//! Bodies of both syntaxes are read through [`Body::content`], which sorts attributes and blocks by a [`BodySchema`].
//! [`evaluate`] computes an expression in a [`Scope`]; what references and functions mean is the scope's business.
//!
//! Invariant: parsing is total: it returns what could be read, and every problem found.
//! Invariant: depth of nesting is bounded, with a diagnostic.

mod ast;
mod body;
mod defaults;
mod evaluate;
mod format;
mod json;
mod lexer;
pub mod limits;
mod locate;
mod parse;
mod parser;
mod references;
mod static_form;
mod token;
mod traversal;
mod type_constraint;
mod write;

pub use ast::{
    BinaryOp, BinaryStep, Expr, ExprKind, ForExpr, FunctionName, ObjectItem, ObjectKey, TemplateDirective,
    TemplatePart, UnaryOp,
};
pub use body::{Attribute, AttributeSchema, Block, BlockSchema, Body, BodySchema, Content, Ident, Label};
pub use defaults::{Defaults, apply_defaults};
pub use evaluate::{
    AccessError, Bindings, BoundScope, EmptyScope, Evaluated, Function, FunctionFailure, Scope, attribute_of,
    describe_value, element_of, evaluate, evaluate_strictly, value_notes,
};
pub use format::format;
pub use locate::span_at;
pub use parse::{
    block_contexts, decode, parse, parse_expression, parse_expression_within, parse_json, parse_template,
    parse_traversal,
};
pub use references::{body_references, references};
pub use static_form::{as_call, as_keyword, as_list, as_map, as_traversal, static_expr};
pub use traversal::{Traversal, TraversalStep};
pub use type_constraint::type_constraint;
pub use write::{expression_text, is_identifier, quoted};

pub(crate) use body::BodyRepr;
