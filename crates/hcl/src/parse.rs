//! The entry points: texts to bodies, expressions, templates.

use crate::json::reader::read_json;
use crate::json::value::{JsonKind, JsonValue};
use crate::lexer::{Start, tokenize};
use crate::limits::FILE_BYTES;
use crate::parser::{Node, Parsed, Parser, Place, Recovery};
use crate::token::TokenKind;
use crate::{Body, BodyRepr, Expr, ExprKind, Traversal};
use formwork_diag::{BlockContext, Diagnostic, Diagnostics, FileId, Span};
use std::sync::Arc;

/// The text of a file: UTF-8. Bytes that are not are replaced; they are reported unless they stand in a comment.
pub fn decode(file: FileId, bytes: Vec<u8>) -> (String, Diagnostics) {
    match String::from_utf8(bytes) {
        Ok(text) => (text, Diagnostics::new()),
        Err(error) => {
            let (text, replaced) = replace_invalid(error.as_bytes());
            let Some(at) = first_outside_comments(&text, &replaced) else { return (text, Diagnostics::new()) };
            let detail = "The file must be text in UTF-8. Change its encoding, or write the character as \"\\uNNNN\".";
            let span = Span::new(file, at, at + '\u{fffd}'.len_utf8());
            (text, Diagnostic::error("Invalid character encoding", detail).at(span).into())
        }
    }
}

/// A text with U+FFFD in place of what is not UTF-8, and where that was put.
fn replace_invalid(bytes: &[u8]) -> (String, Vec<usize>) {
    let (mut text, mut replaced) = (String::with_capacity(bytes.len()), Vec::new());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            replaced.push(text.len());
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    (text, replaced)
}

/// The first of some offsets, which are in order, that is not in a comment.
fn first_outside_comments(text: &str, offsets: &[usize]) -> Option<usize> {
    if text.len() > FILE_BYTES {
        return offsets.first().copied();
    }
    let (tokens, _) = tokenize(text, Start::Normal);
    let mut comments = tokens.iter().filter(|token| matches!(token.kind, TokenKind::Comment)).peekable();
    offsets.iter().copied().find(|at| {
        while comments.next_if(|comment| comment.end as usize <= *at).is_some() {}
        comments.peek().is_none_or(|comment| *at < comment.start as usize)
    })
}

/// Reads a file in native syntax.
pub fn parse(file: FileId, text: &str) -> (Body, Diagnostics) {
    if let Some(problem) = too_long(file, text) {
        return (Body::empty(Span::new(file, 0, 0)), problem.into());
    }
    let read = |recovery| {
        let mut parser = Parser::new(text, Place::At(file, 0), Start::Normal).recovering(recovery);
        let body = parser.file_body();
        (body, std::mem::take(&mut parser.diagnostics))
    };
    let (body, all) = read(Recovery::NextItem);
    if !all.has_errors() {
        return (body, all);
    }
    let (body, sure) = read(Recovery::ClosingBracket);
    (body, tell_the_rest(text, sure, &all))
}

/// The problems that do not follow from others, the last of them with a list of the others that were found.
fn tell_the_rest(text: &str, sure: Diagnostics, all: &Diagnostics) -> Diagnostics {
    let is_new = |problem: &&Diagnostic| sure.iter().all(|known| known.span != problem.span);
    let list: Vec<String> = (all.iter().filter(is_new))
        .filter_map(|problem| Some((problem.span?.start as usize, &problem.summary)))
        .map(|(start, summary)| {
            let line = 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
            format!("line {line}: {summary}")
        })
        .collect();
    let mut problems: Vec<Diagnostic> = sure.into_iter().collect();
    if let Some(last) = problems.last_mut().filter(|_| !list.is_empty()) {
        last.detail.push_str("\n\nMistakes that may follow from it, or stand for themselves: ");
        last.detail.push_str(&list.join("; "));
        last.detail.push('.');
    }
    problems.into_iter().collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_utf8_are_reported_outside_of_comments_only() {
        let rows: [(&[u8], Option<u32>); 7] = [
            (b"# caf\xe9\na = 1 // \xff\n/* \xc3\x28\n \xff */\n", None),
            (b"a = \"caf\xe9\"\n", Some(8)),
            (b"# \xe9\na = \"# \xe9\"\n", Some(13)),
            (b"caf\xe9 = 1\n", Some(3)),
            (b"a = <<EOT\n# \xff\nEOT\n", Some(12)),
            (b"/* \xff", Some(3)),
            (b"\xff", Some(0)),
        ];
        for (bytes, expected) in rows {
            let (text, problems) = decode(FileId(0), bytes.to_vec());
            assert_eq!(text, String::from_utf8_lossy(bytes));
            let at = problems.iter().next().and_then(|problem| problem.span).map(|span| span.start);
            assert_eq!(at, expected, "{text:?}");
        }
    }
}
