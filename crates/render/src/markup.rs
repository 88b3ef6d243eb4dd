//! What Markdown and HTML have in common: text from elsewhere in elements.

use crate::labelled::{Label, Labelled};

/// Appends text so that it means itself in elements and attributes.
pub(crate) fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape_into(&mut out, text);
    out
}

/// A sentence on one line. Whatever comes from elsewhere stands in `code` elements, where neither people are mentioned nor
/// links made.
pub(crate) fn sentence(text: &Labelled) -> String {
    let mut out = String::new();
    for (piece, label) in text.all_pieces() {
        let element = match label {
            Some(Label::Name | Label::Quoted) => "code",
            Some(Label::Danger | Label::Warning) => "strong",
            _ => {
                escape_into(&mut out, piece);
                continue;
            }
        };
        out.push_str(&format!("<{element}>{}</{element}>", escaped(piece)));
    }
    out
}
