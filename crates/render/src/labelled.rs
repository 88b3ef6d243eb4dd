//! Text with labels: written once, then coloured for a terminal, fenced for Markdown or marked up for HTML.

use crate::style::{Style, TextOptions};
use std::fmt::Write;
use std::ops::Range;

/// What a piece of text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    /// Names that come from elsewhere: addresses.
    Name,
    /// Text from elsewhere in the midst of a sentence; terminals show it as the sentence.
    Quoted,
    Added,
    Changed,
    Removed,
    Read,
    /// Less important than what is around it.
    Quiet,
    Warning,
    /// Forces a replacement.
    Alarm,
    /// What will be lost.
    Danger,
}

impl Label {
    fn styles(self) -> &'static [Style] {
        match self {
            Label::Name => &[Style::Bold],
            Label::Quoted => &[],
            Label::Added => &[Style::Green],
            Label::Changed | Label::Warning => &[Style::Yellow],
            Label::Removed | Label::Alarm => &[Style::Red],
            Label::Read => &[Style::Cyan],
            Label::Quiet => &[Style::DarkGray],
            Label::Danger => &[Style::Bold, Style::Red],
        }
    }
}

/// A text of one or more lines. All of it is safe to show: control characters were escaped when it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Labelled {
    text: String,
    /// In order, without overlaps.
    labels: Vec<(Range<usize>, Label)>,
    /// Where a line has its symbol, in order.
    symbols: Vec<usize>,
}

impl From<&str> for Labelled {
    fn from(text: &str) -> Labelled {
        Labelled { text: text.to_owned(), ..Labelled::default() }
    }
}

impl Labelled {
    pub(crate) fn new() -> Labelled {
        Labelled::default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The bare text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn push(&mut self, c: char) {
        self.text.push(c);
    }

    pub(crate) fn push_str(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(crate) fn label(&mut self, label: Label, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        self.labels.push((start..self.text.len(), label));
    }

    /// The symbol of a line: one character, which says what happens to what is on the line.
    pub(crate) fn symbol(&mut self, label: Label, symbol: &str) {
        self.symbols.push(self.text.len());
        self.label(label, symbol);
    }

    pub(crate) fn spaces(&mut self, count: usize) {
        const BLANKS: &str = "                                                                ";
        let mut rest = count;
        while rest > 0 {
            let piece = BLANKS.get(..rest).unwrap_or(BLANKS);
            self.text.push_str(piece);
            rest -= piece.len();
        }
    }

    pub(crate) fn append(&mut self, other: &Labelled) {
        let offset = self.text.len();
        self.text.push_str(&other.text);
        self.labels.extend(other.labels.iter().map(|(range, l)| (range.start + offset..range.end + offset, *l)));
        self.symbols.extend(other.symbols.iter().map(|at| at + offset));
    }

    /// As a terminal shows it.
    pub(crate) fn terminal(&self, options: TextOptions) -> String {
        let mut out = String::with_capacity(self.text.len());
        self.write_terminal(&mut out, options);
        out
    }

    /// Appends what a terminal shows.
    pub(crate) fn write_terminal(&self, out: &mut String, options: TextOptions) {
        if !options.colour {
            return out.push_str(&self.text);
        }
        for (text, label) in self.pieces(0..self.text.len()) {
            let styles = label.map_or(&[][..], Label::styles);
            styles.iter().for_each(|style| out.push_str(options.ink(*style)));
            out.push_str(text);
            if !styles.is_empty() {
                out.push_str(options.ink(Style::Reset));
            }
        }
    }

    /// The pieces of a part of the text, each with its label.
    fn pieces(&self, part: Range<usize>) -> impl Iterator<Item = (&str, Option<Label>)> {
        let first = self.labels.partition_point(|(range, _)| range.end <= part.start);
        let labels = self.labels.get(first..).unwrap_or_default();
        let mut at = part.start;
        let mut next = labels.iter().take_while(move |(range, _)| range.start < part.end).peekable();
        std::iter::from_fn(move || {
            if at >= part.end {
                return None;
            }
            let (end, label) = match next.peek() {
                Some((range, label)) if range.start <= at => {
                    let piece = (range.end.min(part.end), Some(*label));
                    next.next();
                    piece
                }
                Some((range, _)) => (range.start, None),
                None => (part.end, None),
            };
            let piece = (self.text.get(at..end).unwrap_or_default(), label);
            at = end;
            Some(piece)
        })
        .filter(|(text, _)| !text.is_empty())
    }

    /// The whole text in pieces.
    pub(crate) fn all_pieces(&self) -> impl Iterator<Item = (&str, Option<Label>)> {
        self.pieces(0..self.text.len())
    }

    /// The lines, without their ends.
    pub(crate) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let mut start = 0;
        let mut symbols = self.symbols.iter().copied().peekable();
        self.text.split('\n').map(move |text| {
            let range = start..start + text.len();
            start = range.end + 1;
            let mut symbol = None;
            while let Some(at) = symbols.next_if(|at| *at < range.end) {
                symbol = symbol.or(Some(at - range.start));
            }
            Line { of: self, range, symbol }
        })
    }
}

impl Write for Labelled {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.text.push_str(text);
        Ok(())
    }
}

/// A line of a text.
pub(crate) struct Line<'a> {
    of: &'a Labelled,
    range: Range<usize>,
    /// Where in the line its symbol is.
    symbol: Option<usize>,
}

impl<'a> Line<'a> {
    pub(crate) fn text(&self) -> &'a str {
        self.of.text.get(self.range.clone()).unwrap_or_default()
    }

    pub(crate) fn pieces(&self) -> impl Iterator<Item = (&'a str, Option<Label>)> {
        self.of.pieces(self.range.clone())
    }

    /// The text before the symbol, the symbol, and what follows.
    pub(crate) fn around_symbol(&self) -> Option<(&'a str, char, &'a str)> {
        let (before, rest) = self.text().split_at_checked(self.symbol?)?;
        let symbol = rest.chars().next()?;
        Some((before, symbol, rest.get(symbol.len_utf8()..).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Labelled {
        let mut text = Labelled::from("a {\n  ");
        text.symbol(Label::Added, "+");
        text.push_str(" b = 1");
        text.label(Label::Alarm, " # x\ny");
        let mut other = Labelled::from("\n");
        other.symbol(Label::Removed, "-");
        text.append(&other);
        text
    }

    #[test]
    fn lines_know_their_symbols_and_labels() {
        let text = sample();
        let lines: Vec<_> = text.lines().map(|line| (line.text(), line.around_symbol())).collect();
        assert_eq!(
            lines,
            [
                ("a {", None),
                ("  + b = 1 # x", Some(("  ", '+', " b = 1 # x"))),
                ("y", None),
                ("-", Some(("", '-', "")))
            ]
        );
        let pieces: Vec<Vec<_>> = text.lines().map(|line| line.pieces().collect()).collect();
        let second = vec![("  ", None), ("+", Some(Label::Added)), (" b = 1", None), (" # x", Some(Label::Alarm))];
        assert_eq!(
            pieces,
            [vec![("a {", None)], second, vec![("y", Some(Label::Alarm))], vec![("-", Some(Label::Removed))]]
        );
    }

    #[test]
    fn terminals_show_colours_or_nothing_but_text() {
        let text = sample();
        assert_eq!(text.terminal(TextOptions::default()), text.text());
        let coloured = text.terminal(TextOptions { colour: true, width: 78 });
        assert_eq!(coloured, "a {\n  \u{1b}[32m+\u{1b}[0m b = 1\u{1b}[31m # x\ny\u{1b}[0m\n\u{1b}[31m-\u{1b}[0m");
    }
}
