//! Indentation, blanks inside lines, and alignment of neighbouring lines.

use super::Piece;
use super::spacing::blank_behind;
use crate::token::TokenKind;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// A line in up to three cells: `name` `= value` `# comment`. All are ranges of tokens.
struct Line {
    lead: Range<usize>,
    /// Empty if there is none, or if the value goes on in the next line.
    assign: Range<usize>,
    comment: Range<usize>,
}

/// Sets the blanks before each token.
pub(super) fn lay_out(pieces: &mut [Piece]) {
    let lines = lines(pieces);
    indent(pieces, &lines);
    for line in &lines {
        space(pieces, line.lead.clone());
        if let Some(first) = pieces.get_mut(line.assign.clone()).and_then(|cell| cell.first_mut()) {
            first.blanks = 1;
        }
        space(pieces, line.assign.clone());
    }
    align(pieces, &lines, |line| (line.lead.clone(), line.assign.clone()));
    align(pieces, &lines, |line| (line.lead.start..line.assign.end.max(line.lead.end), line.comment.clone()));
}

fn lines(pieces: &[Piece]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (index, piece) in pieces.iter().enumerate() {
        if piece.ends_line {
            lines.push(line(pieces, start..index + 1));
            start = index + 1;
        }
    }
    if start < pieces.len() {
        lines.push(line(pieces, start..pieces.len()));
    }
    lines
}

fn line(pieces: &[Piece], all: Range<usize>) -> Line {
    let cell = pieces.get(all.clone()).unwrap_or_default();
    let has_comment =
        cell.len() > 1 && cell.last().is_some_and(|last| last.kind == TokenKind::Comment && last.ends_line);
    let end = if has_comment { all.end - 1 } else { all.end };
    let code = cell.get(..end - all.start).unwrap_or_default();
    let assign = code.iter().skip(1).position(|piece| piece.kind == TokenKind::Assign).map(|at| at + 1);
    let whole = |at: &usize| code.get(*at..).unwrap_or_default().iter().map(Piece::bracket_change).sum::<i64>() == 0;
    let split = assign.filter(whole).map_or(end, |at| all.start + at);
    Line { lead: all.start..split, assign: split..end, comment: end..all.end }
}

/// A line that opens more brackets than it closes indents the lines behind it by one step, however many they are;
/// the step ends with the line that closes them all.
fn indent(pieces: &mut [Piece], lines: &[Line]) {
    let mut open: Vec<i64> = Vec::new();
    let mut in_heredoc = false;
    for line in lines {
        let Some(code) = pieces.get_mut(line.lead.start..line.assign.end.max(line.lead.end)) else { continue };
        let starts_in_heredoc = in_heredoc;
        let mut change = 0;
        for piece in code.iter() {
            change += piece.bracket_change();
            match piece.kind {
                TokenKind::OpenHeredoc => in_heredoc = true,
                TokenKind::CloseHeredoc => in_heredoc = false,
                _ => {}
            }
        }
        let Some(first) = code.first_mut() else { continue };
        if starts_in_heredoc {
            continue;
        }
        if first.kind == TokenKind::Newline {
            first.blanks = 0;
            continue;
        }
        close(&mut open, -change);
        first.blanks = 2 * open.len();
        if change > 0 {
            open.push(change);
        }
    }
}

/// Takes closed brackets off the steps of indentation.
fn close(open: &mut Vec<i64>, mut closed: i64) {
    while closed > 0 {
        let Some(last) = open.last_mut() else { return };
        if *last > closed {
            *last -= closed;
            return;
        }
        closed -= *last;
        open.pop();
    }
}

/// Sets the blanks between the tokens of a cell.
fn space(pieces: &mut [Piece], cell: Range<usize>) {
    let Some(cell) = pieces.get_mut(cell) else { return };
    for index in 1..cell.len() {
        let (behind, ahead) = cell.split_at_mut(index);
        if let (Some((token, rest)), Some(after)) = (behind.split_last(), ahead.first_mut()) {
            after.blanks = usize::from(blank_behind(token, rest.last(), after));
        }
    }
}

/// Aligns a cell in each run of lines that have it. `cells` gives what stands before the cell, and the cell.
fn align(pieces: &mut [Piece], lines: &[Line], cells: impl Fn(&Line) -> (Range<usize>, Range<usize>)) {
    for run in lines.chunk_by(|a, b| cells(a).1.is_empty() == cells(b).1.is_empty()) {
        if run.first().is_none_or(|line| cells(line).1.is_empty()) {
            continue;
        }
        let widths: Vec<usize> = run.iter().map(|line| width(pieces, cells(line).0)).collect();
        let widest = widths.iter().copied().max().unwrap_or(0);
        for (line, width) in run.iter().zip(widths) {
            if let Some(first) = pieces.get_mut(cells(line).1.start) {
                first.blanks = widest - width + 1;
            }
        }
    }
}

/// Columns that tokens take, counted in grapheme clusters.
fn width(pieces: &[Piece], cell: Range<usize>) -> usize {
    let cell = pieces.get(cell).unwrap_or_default();
    cell.iter().map(|piece| piece.blanks + columns(&piece.text)).sum()
}

fn columns(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).count() }
}
