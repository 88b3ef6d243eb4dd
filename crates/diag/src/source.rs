//! Source files and places in them.

use formwork_value::Str;

/// Number of a file in [`Sources`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FileId(pub u32);

/// A range of bytes in a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Span {
    pub file: FileId,
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(file: FileId, start: usize, end: usize) -> Span {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span { file, start: clamp(start), end: clamp(end) }
    }

    /// The smallest span that covers both (of the same file).
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span at the start.
    pub fn at_start(self) -> Span {
        Span { end: self.start, ..self }
    }

    pub fn contains(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

/// A place as users count it: line and column from 1, the column in grapheme clusters (a caller counts them), and
/// the byte from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    pub line: usize,
    pub column: usize,
    pub byte: usize,
}

/// The header of a block and the range of the whole block, so that a problem inside can be shown with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlockContext {
    pub start: u32,
    pub end: u32,
    /// As written in messages: `resource "aws_vpc" "main"`.
    pub header: Str,
}

/// A file's text as it was read.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Path relative to the working directory, as shown to users.
    pub name: Str,
    pub text: Str,
    /// Byte offsets at which lines start.
    line_starts: Vec<u32>,
    /// Top-level blocks, in file order.
    pub contexts: Vec<BlockContext>,
}

/// All files of a run.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    pub fn new() -> Sources {
        Sources::default()
    }

    pub fn add(&mut self, name: impl Into<Str>, text: impl Into<Str>) -> FileId {
        let text = text.into();
        let line_starts = std::iter::once(0)
            .chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1))
            .collect();
        self.files.push(SourceFile { name: name.into(), text, line_starts, contexts: Vec::new() });
        FileId(self.files.len() as u32 - 1)
    }

    pub fn get(&self, file: FileId) -> Option<&SourceFile> {
        self.files.get(file.0 as usize)
    }

    pub fn set_contexts(&mut self, file: FileId, contexts: Vec<BlockContext>) {
        if let Some(file) = self.files.get_mut(file.0 as usize) {
            file.contexts = contexts;
        }
    }

    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The text of a span.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.file).and_then(|f| f.text.get(span.start as usize..span.end as usize)).unwrap_or("")
    }

    /// Header of the top-level block around a place.
    pub fn context(&self, span: Span) -> Option<&Str> {
        let file = self.get(span.file)?;
        let block = file.contexts.iter().find(|c| c.start <= span.start && span.start < c.end)?;
        Some(&block.header)
    }
}

impl SourceFile {
    /// Line number (from 1) of a byte offset.
    pub fn line(&self, byte: u32) -> usize {
        self.line_starts.partition_point(|start| *start <= byte)
    }

    /// Byte offset at which a line (from 1) starts.
    pub fn line_start(&self, line: usize) -> usize {
        self.line_starts.get(line.saturating_sub(1)).map_or(self.text.len(), |s| *s as usize)
    }

    /// Text of a line (from 1) without its line break.
    pub fn line_text(&self, line: usize) -> &str {
        let text = self.text.get(self.line_start(line)..self.line_start(line + 1)).unwrap_or("");
        text.trim_end_matches(['\n', '\r'])
    }
}
