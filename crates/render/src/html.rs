//! One HTML file: no network, no scripts.

use crate::escape::escape_line;
use crate::json::StateViewError;
use crate::labelled::{Label, Labelled, Line};
use crate::markup::{escape_into, escaped, sentence};
use crate::sensitive::SchemaMarks;
use crate::view::{Content, Entry, Form, Section, Tone, View};
use std::collections::BTreeMap;

/// The only style. Its hash is in the policy.
const STYLE: &str = include_str!("html/style.css");

/// What a browser may do with the file: apply the style, nothing else.
const POLICY: &str = "default-src 'none'; style-src 'sha256-eVVDQpFwbbVlBdceqtM2Oh3bICmXw3yIG/JXTnLoCK4='; base-uri 'none'; form-action 'none'";

/// Up to this number of entries everything is open.
const FEW: usize = 12;

pub(crate) fn html_page(view: &View<'_>, marks: &mut SchemaMarks<'_>) -> Result<String, StateViewError> {
    let title = escaped(&view.title);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<header class=\"{}\">\n<h1>{title}</h1>\n",
        escaped(POLICY),
        tone_class(view.tone)
    );
    write_counts(&mut out, view);
    for remark in &view.remarks {
        out.push_str(&format!("<p class=\"remark\">{}</p>\n", escaped(remark)));
    }
    out.push_str("</header>\n<main>\n");
    let is_short = view.sections.iter().map(|section| section.entries.len()).sum::<usize>() <= FEW;
    let mut anchors = BTreeMap::new();
    for section in &view.sections {
        write_section(&mut out, section, is_short, &mut anchors, marks)?;
    }
    out.push_str("</main>\n");
    if !view.facts.is_empty() {
        let fact = |(name, fact): &(&str, String)| format!("{name} <code>{}</code>", escaped(&escape_line(fact)));
        let facts: Vec<String> = view.facts.iter().map(fact).collect();
        out.push_str(&format!("<footer>{}</footer>\n", facts.join(" · ")));
    }
    out.push_str("</body>\n</html>\n");
    Ok(out)
}

fn tone_class(tone: Tone) -> &'static str {
    match tone {
        Tone::Calm => "calm",
        Tone::Active => "active",
        Tone::Grave => "grave",
    }
}

/// Numbers, each leading to its section if there is one.
fn write_counts(out: &mut String, view: &View<'_>) {
    out.push_str("<ul class=\"counts\">\n");
    for (name, number) in &view.counts {
        let section = view.sections.iter().find(|section| section.title.starts_with(name));
        let class = if *number == 0 { "none" } else { section.map_or("calm", |section| tone_class(section.tone)) };
        let text = format!("<b>{number}</b> {name}");
        let text = match section {
            Some(section) => format!("<a href=\"#{}\">{text}</a>", section_id(section)),
            None => text,
        };
        out.push_str(&format!("<li class=\"{class}\">{text}</li>\n"));
    }
    out.push_str("</ul>\n");
}

/// Addresses have no spaces outside of quotes, so that no entry has such a name.
fn section_id(section: &Section<'_>) -> String {
    format!("section:{}", section.title.to_lowercase().replace(' ', "-"))
}

fn write_section(
    out: &mut String,
    section: &Section<'_>,
    is_short: bool,
    anchors: &mut BTreeMap<String, usize>,
    marks: &mut SchemaMarks<'_>,
) -> Result<(), StateViewError> {
    let tone = tone_class(section.tone);
    out.push_str(&format!(
        "<section class=\"{tone}\" id=\"{}\">\n<h2>{} <span>{}</span></h2>\n",
        section_id(section),
        section.title,
        section.entries.len()
    ));
    let open = if is_short || section.tone == Tone::Grave { " open" } else { "" };
    for entry in &section.entries {
        let id = unique(anchors, &entry.anchor());
        out.push_str(&format!("<details id=\"{}\"{open}>\n", escaped(&id)));
        write_entry(out, entry, &id, marks)?;
        out.push_str("</details>\n");
    }
    out.push_str("</section>\n");
    Ok(())
}

/// White space must not be in an identifier; two entries must not have the same.
fn unique(anchors: &mut BTreeMap<String, usize>, anchor: &str) -> String {
    let anchor = escape_line(anchor).replace(char::is_whitespace, "_");
    let count = anchors.entry(anchor.clone()).or_default();
    *count += 1;
    if *count == 1 { anchor } else { format!("{anchor}::{count}") }
}

fn write_entry(
    out: &mut String,
    entry: &Entry<'_>,
    id: &str,
    marks: &mut SchemaMarks<'_>,
) -> Result<(), StateViewError> {
    let heading = entry.heading();
    let symbol = pieces(entry.symbol().all_pieces());
    out.push_str(&format!(
        "<summary><span class=\"symbol\">{symbol}</span> <span>{}</span> <a class=\"link\" href=\"#{}\" \
         aria-label=\"Link\">#</a></summary>\n",
        sentence(&heading.sentence),
        fragment(id)
    ));
    for remark in &heading.remarks {
        out.push_str(&format!("<p class=\"note\">{}</p>\n", sentence(remark)));
    }
    let content = entry.content(marks)?;
    if !content.text.is_empty() {
        write_content(out, &entry.symbol(), &content);
    }
    Ok(())
}

/// The identifier in a link to it.
fn fragment(id: &str) -> String {
    let mut out = String::with_capacity(id.len());
    for byte in id.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' | b':' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn write_content(out: &mut String, symbol: &Labelled, content: &Content) {
    out.push_str("<pre>");
    for (number, line) in content.text.lines().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        if content.form == Form::Diff && number == 0 {
            out.push_str(&" ".repeat(3usize.saturating_sub(symbol.text().len())));
            out.push_str(&format!("{} ", pieces(symbol.all_pieces())));
        }
        write_line(out, &line);
    }
    out.push_str("</pre>\n");
}

fn write_line(out: &mut String, line: &Line<'_>) {
    let class = match line.around_symbol() {
        Some((_, '+', _)) => "add",
        Some((_, '-', _)) => "del",
        Some((_, '~', _)) => "chg",
        _ => return out.push_str(&pieces(line.pieces())),
    };
    out.push_str(&format!("<span class=\"{class}\">{}</span>", pieces(line.pieces())));
}

fn pieces<'a>(pieces: impl Iterator<Item = (&'a str, Option<Label>)>) -> String {
    let mut out = String::new();
    for (text, label) in pieces {
        let class = match label {
            Some(Label::Added) => "a",
            Some(Label::Changed) => "c",
            Some(Label::Removed) => "d",
            Some(Label::Read) => "r",
            Some(Label::Quiet) => "q",
            Some(Label::Warning) => "w",
            Some(Label::Alarm | Label::Danger) => "x",
            Some(Label::Name | Label::Quoted) | None => {
                escape_into(&mut out, text);
                continue;
            }
        };
        out.push_str(&format!("<i class=\"{class}\">{}</i>", escaped(text)));
    }
    out
}
