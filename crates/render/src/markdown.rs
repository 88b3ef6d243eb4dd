//! Markdown for comments: short enough for a code host, and safe whatever the values are.

use crate::json::StateViewError;
use crate::labelled::{Labelled, Line};
use crate::markup::{escaped, sentence};
use crate::sensitive::SchemaMarks;
use crate::view::{Content, Entry, Form, View};

/// No limit below this is kept to: the counts, and what was left out, need room.
pub const MARKDOWN_MIN_BYTES: usize = 2048;

/// The least that an entry takes.
const SMALLEST_ENTRY: usize = 60;

/// The part of a cut document that names what was left out.
const NAMES_SHARE: usize = 5;

/// An entry: the number of its section, and its own in there.
type Place = (usize, usize);

pub(crate) fn markdown_document(
    view: &View<'_>,
    marks: &mut SchemaMarks<'_>,
    max_bytes: usize,
) -> Result<String, StateViewError> {
    let limit = max_bytes.max(MARKDOWN_MIN_BYTES);
    let head = head(view);
    let (body, left_out) = body(view, marks, limit.saturating_sub(head.len()))?;
    if left_out.is_empty() {
        return Ok(head + &body);
    }
    // The longest notice is the one about everything.
    let everything: Vec<Place> = places(view).collect();
    let room = limit.saturating_sub(head.len() + notice(view, &everything).len());
    let (body, left_out) = self::body(view, marks, room - room / NAMES_SHARE)?;
    let names = names(view, &left_out, room.saturating_sub(body.len()));
    Ok(head + &notice(view, &left_out) + &body + &names)
}

fn places<'a>(view: &'a View<'_>) -> impl Iterator<Item = Place> + 'a {
    let of_section = |(number, section): (usize, &crate::view::Section<'_>)| {
        (0..section.entries.len()).map(move |entry| (number, entry))
    };
    view.sections.iter().enumerate().flat_map(of_section)
}

/// Title, counts, remarks.
fn head(view: &View<'_>) -> String {
    let cells =
        |cell: &dyn Fn(&(&'static str, usize)) -> String| view.counts.iter().map(cell).collect::<Vec<_>>().join(" | ");
    let names = cells(&|(name, _)| (*name).to_owned());
    let rule = cells(&|_| "---:".to_owned());
    let numbers = cells(&|(_, number)| number.to_string());
    let mut out = format!("### {}\n\n| {names} |\n| {rule} |\n| {numbers} |\n\n", view.title);
    for remark in &view.remarks {
        out.push_str(&format!("> {remark}\n\n"));
    }
    out
}

/// The entries that fit, and the places of those that do not.
fn body(view: &View<'_>, marks: &mut SchemaMarks<'_>, limit: usize) -> Result<(String, Vec<Place>), StateViewError> {
    let mut out = String::new();
    let mut left_out = Vec::new();
    for (number, section) in view.sections.iter().enumerate() {
        let mut heading = format!("#### {} ({})\n\n", section.title, section.entries.len());
        for (position, entry) in section.entries.iter().enumerate() {
            let room = limit.saturating_sub(out.len() + heading.len());
            let block = match room < SMALLEST_ENTRY {
                true => None,
                false => Some(block(entry, marks)?).filter(|block| block.len() <= room),
            };
            match block {
                Some(block) => out.push_str(&(std::mem::take(&mut heading) + &block)),
                None => left_out.push((number, position)),
            }
        }
    }
    Ok((out, left_out))
}

/// What a cut document lacks, by kind.
fn notice(view: &View<'_>, left_out: &[Place]) -> String {
    let mut numbers = vec![0usize; view.sections.len()];
    for (section, _) in left_out {
        if let Some(number) = numbers.get_mut(*section) {
            *number += 1;
        }
    }
    let parts: Vec<String> = view
        .sections
        .iter()
        .zip(numbers)
        .filter(|(_, number)| *number > 0)
        .map(|(section, number)| format!("{number} of {} {}", section.entries.len(), section.unit))
        .collect();
    format!(
        "> **There was no room for everything.** The counts above are complete. Left out: {}.\n\n",
        parts.join(", ")
    )
}

/// Names of what was left out, as many as there is room for.
fn names(view: &View<'_>, left_out: &[Place], limit: usize) -> String {
    let entries = left_out.iter().filter_map(|(section, entry)| view.sections.get(*section)?.entries.get(*entry));
    let wrapped = |shown: usize, items: &str| {
        let total = left_out.len();
        format!(
            "<details>\n<summary>Left out: {shown} of {total} by name</summary>\n<ul>\n{items}</ul>\n</details>\n\n"
        )
    };
    let room = limit.saturating_sub(wrapped(left_out.len(), "").len());
    let (mut items, mut shown) = (String::new(), 0);
    for entry in entries {
        let item = format!("<li>{}</li>\n", summary(entry));
        if items.len() + item.len() <= room {
            items.push_str(&item);
            shown += 1;
        } else if room - items.len() < SMALLEST_ENTRY {
            break;
        }
    }
    if shown == 0 { String::new() } else { wrapped(shown, &items) }
}

/// The entry's symbol and sentence.
fn summary(entry: &Entry<'_>) -> String {
    let symbol = entry.symbol();
    let symbol = match symbol.is_empty() {
        true => String::new(),
        false => format!("<code>{}</code> ", escaped(symbol.text())),
    };
    format!("{symbol}{}", sentence(&entry.heading().sentence))
}

/// A collapsible block. Up to the empty line it is HTML, in which Markdown means nothing; then comes the fence.
fn block(entry: &Entry<'_>, marks: &mut SchemaMarks<'_>) -> Result<String, StateViewError> {
    let mut out = format!("<details>\n<summary>{}</summary>\n", summary(entry));
    for remark in &entry.heading().remarks {
        out.push_str(&format!("<p>{}</p>\n", sentence(remark)));
    }
    let content = entry.content(marks)?;
    if !content.text.is_empty() {
        out.push_str(&format!("\n{}", fence(entry, &content)));
    }
    out.push_str("\n</details>\n\n");
    Ok(out)
}

/// The content in a fence that is longer than anything in it.
fn fence(entry: &Entry<'_>, content: &Content) -> String {
    let (language, text) = match content.form {
        Form::Diff => ("diff", diff_lines(&entry.symbol(), &content.text)),
        Form::Code => ("hcl", content.text.text().to_owned()),
        Form::Text => ("text", content.text.text().to_owned()),
    };
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}\n")
}

/// Length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Lines with their symbols in the first column, where highlighters look for them. What stays does not begin with one.
fn diff_lines(symbol: &Labelled, text: &Labelled) -> String {
    let mut out = String::with_capacity(text.text().len() + 8);
    for (number, line) in text.lines().enumerate() {
        match number {
            0 => {
                let symbol = symbol.text();
                // A highlighter takes a line with this for a removed one.
                out.push_str(if symbol.starts_with('<') { " " } else { "" });
                out.push_str(&symbol.replace('~', "!"));
                out.push_str(if symbol.is_empty() { "  " } else { " " });
                out.push_str(line.text());
            }
            _ => {
                out.push('\n');
                push_diff_line(&mut out, &line);
            }
        }
    }
    out
}

/// Columns of indentation that all lines behind the first have, and that are not needed here.
const MARGIN: usize = 2;

fn push_diff_line(out: &mut String, line: &Line<'_>) {
    let Some((before, symbol, after)) = line.around_symbol().filter(|(before, ..)| before.len() >= MARGIN) else {
        let text = line.text();
        out.push_str(text.strip_prefix("  ").filter(|rest| rest.starts_with(' ')).unwrap_or(text));
        return;
    };
    out.push(if symbol == '~' { '!' } else { symbol });
    out.push_str(before.get(MARGIN..).unwrap_or_default());
    out.push_str(after);
}
