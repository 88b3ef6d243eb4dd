//! The form for people.

use super::place::Place;
use crate::escape::{escape_controls, escape_line};
use crate::style::{Style, TextOptions};
use crate::wrap::wrap;
use formwork_diag::{Diagnostic, Diagnostics, Severity, Sources};
use formwork_model::path_text;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// Columns that the box takes at the left.
const BOX_WIDTH: usize = 2;

/// Renders diagnostics one after the other, similar warnings as one (plan-formats.md 8). With colour each stands in a
/// box; without, an empty line comes before each. Whatever comes from elsewhere is escaped.
pub fn diagnostics_text(diagnostics: &Diagnostics, sources: &Sources, options: TextOptions) -> String {
    let mut out = String::new();
    for (diagnostic, similar) in consolidate(diagnostics) {
        out.push_str(&one(diagnostic, similar, sources, options));
    }
    out
}

/// Renders one diagnostic.
pub fn diagnostic_text(diagnostic: &Diagnostic, sources: &Sources, options: TextOptions) -> String {
    one(diagnostic, 0, sources, options)
}

/// Renders warnings as a list of summaries with their places, as `-compact-warnings` asks. Errors are left out.
pub fn compact_warnings_text(diagnostics: &Diagnostics, sources: &Sources, options: TextOptions) -> String {
    let warnings: Vec<_> = consolidate(diagnostics).into_iter().filter(|(d, _)| !d.is_error()).collect();
    if warnings.is_empty() {
        return String::new();
    }
    let mut out = format!("{}{}Warnings:{}\n\n", options.ink(Style::Bold), options.ink(Style::Yellow), reset(options));
    for (diagnostic, similar) in warnings {
        let _ = writeln!(out, "- {}", escape_line(&diagnostic.summary));
        if let Some(place) = diagnostic.span.and_then(|span| Place::resolve(sources, span)) {
            let more = if similar > 0 { format!(" (and {similar} more)") } else { String::new() };
            let _ = writeln!(out, "  on {} line {}{more}", escape_line(&place.file.name), place.start.line);
        }
    }
    out.push_str("\nRun the command without -compact-warnings to see them in full.\n");
    out
}

fn reset(options: TextOptions) -> &'static str {
    options.ink(Style::Reset)
}

/// Each error; of warnings with the same summary the first, with the number of the others.
fn consolidate(diagnostics: &Diagnostics) -> Vec<(&Diagnostic, usize)> {
    let mut kept: Vec<(&Diagnostic, usize)> = Vec::new();
    let mut warnings: BTreeMap<&str, usize> = BTreeMap::new();
    for diagnostic in diagnostics {
        let first = warnings.get(diagnostic.summary.as_str()).copied();
        if !is_mergeable(diagnostic) {
            kept.push((diagnostic, 0));
        } else if let Some((_, similar)) = first.and_then(|index| kept.get_mut(index)) {
            *similar += 1;
        } else {
            warnings.insert(&diagnostic.summary, kept.len());
            kept.push((diagnostic, 0));
        }
    }
    kept
}

/// Failed checks have one summary, but each tells something of its own.
fn is_mergeable(diagnostic: &Diagnostic) -> bool {
    !diagnostic.is_error() && diagnostic.summary != "Check block assertion failed"
}

fn one(diagnostic: &Diagnostic, similar: usize, sources: &Sources, options: TextOptions) -> String {
    let (label, colour) = match diagnostic.severity {
        Severity::Error => ("Error: ", Style::Red),
        Severity::Warning => ("Warning: ", Style::Yellow),
    };
    let summary = escape_line(&diagnostic.summary);
    let mut body = format!(
        "{bold}{}{label}{reset}{bold}{summary}{reset}\n\n",
        options.ink(colour),
        bold = options.ink(Style::Bold),
        reset = reset(options)
    );
    write_place(&mut body, diagnostic, sources, options);
    let margin = if options.colour { BOX_WIDTH + 1 } else { 1 };
    let detail = escape_controls(&diagnostic.detail);
    if !detail.is_empty() {
        body.push_str(&wrap(&detail, options.width.saturating_sub(margin).max(20)));
        body.push('\n');
    }
    match similar {
        0 => {}
        1 => body.push_str("\n(and one more similar warning elsewhere)\n"),
        n => {
            let _ = writeln!(body, "\n(and {n} more similar warnings elsewhere)");
        }
    }
    if !options.colour {
        return format!("\n{body}");
    }
    boxed(&body, colour, options)
}

fn boxed(body: &str, colour: Style, options: TextOptions) -> String {
    let mut out = options.paint(colour, "╷");
    let bar = options.paint(colour, "│");
    for line in body.trim_end_matches('\n').split('\n') {
        out.push('\n');
        out.push_str(&bar);
        if !line.is_empty() {
            out.push(' ');
            out.push_str(line);
        }
    }
    let _ = writeln!(out, "\n{}", options.paint(colour, "╵"));
    out
}

fn write_place(body: &mut String, diagnostic: &Diagnostic, sources: &Sources, options: TextOptions) {
    let place = diagnostic.span.and_then(|span| Place::resolve(sources, span));
    if let Some(address) = &diagnostic.address {
        let attribute = match (&diagnostic.attribute, &place) {
            (Some(path), None) if !path.is_root() => format!(" attribute {},", escape_line(&path_text(path))),
            _ => String::new(),
        };
        let _ = writeln!(body, "  with {},{attribute}", escape_line(address));
    }
    match &place {
        Some(place) => {
            write_snippet(body, place, options);
            write_values(body, diagnostic, options);
        }
        None if diagnostic.address.is_none() => return,
        None => {}
    }
    body.push('\n');
}

fn write_snippet(body: &mut String, place: &Place<'_>, options: TextOptions) {
    let context = place.context.map(|c| format!(", in {}", escape_line(c))).unwrap_or_default();
    let _ = writeln!(body, "  on {} line {}{context}:", escape_line(&place.file.name), place.start.line);
    let mut line_start = 0;
    for (index, line) in place.code.split('\n').enumerate() {
        let line_end = line_start + line.len();
        let shown = line.trim_end_matches('\r');
        let clamp = |at: usize| at.clamp(line_start, line_start + shown.len()) - line_start;
        let (from, to) = (clamp(place.highlight.0), clamp(place.highlight.1));
        let [before, marked, after] = parts(shown, from, to).map(|part| escape_controls(&part).into_owned());
        let _ = write!(body, "{:4}: {before}", place.start.line + index);
        if marked.is_empty() {
            let _ = writeln!(body, "{after}");
        } else {
            let _ = writeln!(body, "{}{after}", options.paint(Style::Underline, &marked));
        }
        line_start = line_end + 1;
    }
    write_carets(body, place, options);
}

/// Lines longer than this, in bytes, are shown around the range only.
const LONG_LINE: usize = 1000;
/// What is shown of each part of a long line, in characters.
const LONG_PART: usize = 160;

/// A line before, in and behind a range; of long lines only the surroundings of its start.
fn parts(line: &str, from: usize, to: usize) -> [Cow<'_, str>; 3] {
    let (before, rest) = line.split_at_checked(from).unwrap_or((line, ""));
    let (marked, after) = rest.split_at_checked(to - from).unwrap_or((rest, ""));
    if line.len() <= LONG_LINE {
        return [before.into(), marked.into(), after.into()];
    }
    let head = |text: &str| match text.char_indices().nth(LONG_PART) {
        Some((at, _)) => format!("{}…", text.split_at(at).0),
        None => text.to_owned(),
    };
    let tail = match before.char_indices().rev().nth(LONG_PART) {
        Some((at, _)) => format!("…{}", before.split_at(at).1),
        None => before.to_owned(),
    };
    let cut = marked.chars().nth(LONG_PART).is_some();
    [tail.into(), head(marked).into(), if cut { Cow::from("") } else { head(after).into() }]
}

/// Without colours, carets show the range, if it is a part of one line.
fn write_carets(body: &mut String, place: &Place<'_>, options: TextOptions) {
    if options.colour || place.code.contains('\n') {
        return;
    }
    let [before, marked, _] = parts(place.code, place.highlight.0, place.highlight.1);
    if marked.trim().is_empty() || marked.trim() == place.code.trim() {
        return;
    }
    let pad =
        |text: &str| -> String { text.split('\t').map(|part| " ".repeat(part.width())).collect::<Vec<_>>().join("\t") };
    let carets = "^".repeat(escape_controls(&marked).width().max(1));
    let _ = writeln!(body, "      {}{carets}", pad(&escape_controls(&before)));
}

fn write_values(body: &mut String, diagnostic: &Diagnostic, options: TextOptions) {
    if diagnostic.values.is_empty() && diagnostic.function_call.is_none() {
        return;
    }
    let bar = options.paint(Style::DarkGray, "│");
    let _ = writeln!(body, "    {}", options.paint(Style::DarkGray, "├────────────────"));
    if let Some(call) = &diagnostic.function_call {
        let name = options.paint(Style::Bold, &escape_line(&call.called_as));
        let parameters = parameters_of(&call.signature);
        let _ = writeln!(body, "    {bar} while calling {name}{}", escape_line(parameters));
    }
    for note in &diagnostic.values {
        let traversal = options.paint(Style::Bold, &escape_line(&note.traversal));
        let _ = writeln!(body, "    {bar} {traversal} {}", escape_line(&note.statement));
    }
}

/// The part of a signature in parentheses.
fn parameters_of(signature: &str) -> &str {
    let range = signature.find('(').zip(signature.rfind(')'));
    range.and_then(|(open, close)| signature.get(open..=close)).unwrap_or("()")
}
