//! The entry points: texts to bodies, expressions, templates.

use crate::json::reader::read_json;
use crate::json::value::{JsonKind, JsonValue};
use crate::lexer::Start;
use crate::limits::FILE_BYTES;
use crate::parser::{Node, Parsed, Parser, Place};
use crate::{Body, BodyRepr, Expr, ExprKind, Traversal};
use formwork_diag::{BlockContext, Diagnostic, Diagnostics, FileId, Span};
use std::sync::Arc;

/// The text of a file: UTF-8, where bytes that are not are replaced and reported.
pub fn decode(file: FileId, bytes: Vec<u8>) -> (String, Diagnostics) {
    match String::from_utf8(bytes) {
        Ok(text) => (text, Diagnostics::new()),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let detail = "The file must be text in UTF-8. Change its encoding, or write the character as \"\\uNNNN\".";
            let span = Span::new(file, at, at + '\u{fffd}'.len_utf8());
            (text, Diagnostic::error("Invalid character encoding", detail).at(span).into())
        }
    }
}

/// Reads a file in native syntax.
pub fn parse(file: FileId, text: &str) -> (Body, Diagnostics) {
    if let Some(problem) = too_long(file, text) {
        return (Body::empty(Span::new(file, 0, 0)), problem.into());
    }
    let mut parser = Parser::new(text, Place::At(file, 0), Start::Normal);
    let body = parser.file_body();
    (body, std::mem::take(&mut parser.diagnostics))
}

/// Reads a file in JSON syntax.
pub fn parse_json(file: FileId, text: &str) -> (Body, Diagnostics) {
    let (value, problems) = match too_long(file, text) {
        Some(problem) => (None, problem.into()),
        None => read_json(file, text),
    };
    let empty = || JsonValue { kind: JsonKind::Object(Vec::new().into()), span: Span::new(file, 0, 0) };
    (Body::json(value.unwrap_or_else(empty)), problems)
}

/// Reads one expression that stands in a file at an offset.
pub fn parse_expression(file: FileId, text: &str, offset: u32) -> (Expr, Diagnostics) {
    parse_part(file, text, offset, Start::Normal, Parser::whole_expression)
}

/// Reads a template without quotes around it, such as a template file.
pub fn parse_template(file: FileId, text: &str, offset: u32) -> (Expr, Diagnostics) {
    parse_part(file, text, offset, Start::Template, Parser::whole_template)
}

/// Reads an expression where every problem is shown at one place: for text that is not in the file as it is.
pub fn parse_expression_within(text: &str, span: Span) -> (Expr, Diagnostics) {
    let mut parser = Parser::new(text, Place::Within(span), Start::Normal);
    finish(&mut parser, span, Parser::whole_expression)
}

/// Reads a static reference such as `module.m["k"].x`.
pub fn parse_traversal(file: FileId, text: &str, offset: u32) -> Result<Traversal, Diagnostics> {
    let (expr, diagnostics) = parse_expression(file, text, offset);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    crate::as_traversal(&expr).map_err(Diagnostics::from)
}

fn parse_part<'t>(
    file: FileId,
    text: &'t str,
    offset: u32,
    start: Start,
    part: impl FnOnce(&mut Parser<'t>) -> Parsed<Node>,
) -> (Expr, Diagnostics) {
    let span = Span::new(file, offset as usize, offset as usize + text.len());
    if let Some(problem) = too_long(file, text) {
        return (Expr { kind: ExprKind::Invalid(Arc::default()), span }, problem.into());
    }
    let mut parser = Parser::new(text, Place::At(file, offset), start);
    finish(&mut parser, span, part)
}

fn finish<'t>(
    parser: &mut Parser<'t>,
    span: Span,
    part: impl FnOnce(&mut Parser<'t>) -> Parsed<Node>,
) -> (Expr, Diagnostics) {
    let expr = match part(parser) {
        Ok(node) => node.expr,
        Err(_) => Expr { kind: ExprKind::Invalid(Arc::default()), span },
    };
    (expr, std::mem::take(&mut parser.diagnostics))
}

fn too_long(file: FileId, text: &str) -> Option<Diagnostic> {
    (text.len() > FILE_BYTES).then(|| {
        let detail = format!(
            "This text has {} MiB; more than {} MiB are not read. Split it into several files, or keep data out of the \
             configuration: file() reads it where it is needed.",
            text.len().div_ceil(1024 * 1024),
            FILE_BYTES / 1024 / 1024
        );
        Diagnostic::error("File too large", detail).at(Span::new(file, 0, 0))
    })
}

/// The top-level blocks of a file with their headers, for showing where a problem is
/// (see [`Sources::set_contexts`](formwork_diag::Sources::set_contexts)). None for JSON.
pub fn block_contexts(body: &Body) -> Vec<BlockContext> {
    let BodyRepr::Native(native) = &body.repr else { return Vec::new() };
    let context = |block: &crate::Block| {
        let mut header = block.kind.name.to_string();
        for label in &block.labels {
            header.push_str(&format!(" \"{}\"", label.text));
        }
        BlockContext { start: block.span.start, end: block.span.end, header: header.into() }
    };
    native.blocks.iter().map(context).collect()
}

/// What a quoted label means.
pub(crate) fn label_text(quoted: &str) -> String {
    let mut parser = Parser::new(quoted, Place::At(FileId(0), 0), Start::Normal);
    parser.quoted_literal().map_or_else(|_| String::new(), |label| label.text.to_string())
}
