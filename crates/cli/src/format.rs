//! The forms in which plans, states and drift are shown.

use crate::arguments::{Arguments, Flag};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_render::MARKDOWN_MIN_BYTES;

/// Of commands that show one of them.
pub const FORMAT_FLAGS: &[Flag] = &[
    Flag::value("format", "FORMAT", "text, json, markdown or html (default text)."),
    Flag::value("max-bytes", "N", "The size of Markdown at most (default 65000, at least 2048; 0 for no limit)."),
];

/// Comments of the large code hosts may have 65,536 characters.
const DEFAULT_MAX_BYTES: usize = 65_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    Json,
    Markdown { max_bytes: usize },
    Html,
}

impl Format {
    /// What `-format`, `-json` and `-max-bytes` say.
    pub fn of(arguments: &Arguments) -> Result<Format, Diagnostics> {
        let invalid = |detail: String| Diagnostics::from(Diagnostic::error("Invalid command line", detail));
        let name = arguments.value("format");
        if arguments.switch("json") && name.is_some_and(|name| name != "json") {
            return Err(invalid("-json and another -format exclude each other.".to_owned()));
        }
        let is_markdown = name == Some("markdown");
        if arguments.is_given("max-bytes") && !is_markdown {
            return Err(invalid("-max-bytes is for -format=markdown only.".to_owned()));
        }
        match name {
            _ if arguments.switch("json") => Ok(Format::Json),
            None | Some("text") => Ok(Format::Text),
            Some("json") => Ok(Format::Json),
            Some("html") => Ok(Format::Html),
            Some("markdown") => {
                let number = arguments.number_or("max-bytes", DEFAULT_MAX_BYTES, 0);
                match number.map_err(|problem| invalid(format!("{problem}.")))? {
                    0 => Ok(Format::Markdown { max_bytes: usize::MAX }),
                    max_bytes if max_bytes >= MARKDOWN_MIN_BYTES => Ok(Format::Markdown { max_bytes }),
                    max_bytes => Err(invalid(format!(
                        "-max-bytes={max_bytes} is too little: the counts alone may need {MARKDOWN_MIN_BYTES}."
                    ))),
                }
            }
            Some(other) => Err(invalid(format!("-format takes text, json, markdown or html, not {other:?}."))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::parse;

    fn format_of(line: &str) -> Option<Format> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let json = [Flag::switch("json", "x")];
        Format::of(&parse(&words, &[FORMAT_FLAGS, &json]).unwrap()).ok()
    }

    #[test]
    fn formats_exclude_each_other_and_limits_are_sane() {
        for (line, format) in [
            ("", Some(Format::Text)),
            ("-json", Some(Format::Json)),
            ("-json -format=json", Some(Format::Json)),
            ("-format html", Some(Format::Html)),
            ("-format=markdown", Some(Format::Markdown { max_bytes: 65_000 })),
            ("-format=markdown -max-bytes=0", Some(Format::Markdown { max_bytes: usize::MAX })),
            ("-format=markdown -max-bytes=2048", Some(Format::Markdown { max_bytes: 2048 })),
            ("-format=markdown -max-bytes=2047", None),
            ("-format=markdown -max-bytes=many", None),
            ("-format=html -max-bytes=5000", None),
            ("-json -format=html", None),
            ("-format=pdf", None),
        ] {
            assert_eq!(format_of(line), format, "{line}");
        }
    }
}
