//! Where a diagnostic points to: lines, columns, and the snippet around.

use formwork_diag::{Position, SourceFile, Sources, Span};
use unicode_segmentation::UnicodeSegmentation;

/// A span resolved in its file. Empty spans are widened by one grapheme cluster, so that there is something to show.
pub(super) struct Place<'a> {
    pub(super) file: &'a SourceFile,
    pub(super) context: Option<&'a str>,
    pub(super) start: Position,
    pub(super) end: Position,
    /// Whole source lines of the span, without the last line break.
    pub(super) code: &'a str,
    /// Byte range of the span in `code`.
    pub(super) highlight: (usize, usize),
}

impl<'a> Place<'a> {
    /// `None` if the file is not known or the span lies outside of it.
    pub(super) fn resolve(sources: &'a Sources, span: Span) -> Option<Place<'a>> {
        let file = sources.get(span.file)?;
        let text: &str = &file.text;
        let start = floor_boundary(text, span.start as usize);
        let mut end = floor_boundary(text, span.end as usize).max(start);
        if end == start {
            end += text.get(start..).and_then(|rest| rest.graphemes(true).next()).map_or(0, str::len);
        }
        let first_line = file.line(u32::try_from(start).unwrap_or(u32::MAX));
        // A span that ends with a line break touches the next line, which then is shown as well, unless the file ends.
        let last_byte = if end == text.len() && end > start { end - 1 } else { end };
        let last_line = file.line(u32::try_from(last_byte).unwrap_or(u32::MAX)).max(first_line);
        let code_start = file.line_start(first_line);
        let code_end = file.line_start(last_line) + file.line_text(last_line).len();
        let code = text.get(code_start..code_end)?;
        let highlight = ((start - code_start).min(code.len()), (end - code_start).min(code.len()));
        Some(Place {
            file,
            context: sources.context(span).map(|c| &**c),
            start: position(file, start),
            end: position(file, end),
            code,
            highlight,
        })
    }
}

fn floor_boundary(text: &str, byte: usize) -> usize {
    let mut byte = byte.min(text.len());
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    byte
}

fn position(file: &SourceFile, byte: usize) -> Position {
    let line = file.line(u32::try_from(byte).unwrap_or(u32::MAX));
    let before = file.text.get(file.line_start(line)..byte).unwrap_or_default();
    Position { line, column: before.graphemes(true).count() + 1, byte }
}
