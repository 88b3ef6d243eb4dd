//! Whether an expression goes on in the next line.

/// What is open at a place in a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Bracket,
    Quote,
    /// `${` or `%{` inside of a quote.
    Interpolation,
}

/// True if brackets, an interpolation or a heredoc are still open at the end of the text. A mistake is for whoever parses
/// it: then the text counts as complete.
pub fn goes_on(text: &str) -> bool {
    let mut open: Vec<Open> = Vec::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let in_quote = open.last() == Some(&Open::Quote);
        let mut length = next.len_utf8();
        match next {
            '\\' if in_quote => length += rest.chars().nth(1).map_or(0, char::len_utf8),
            '$' | '%' if in_quote && (rest.starts_with("$${") || rest.starts_with("%%{")) => length = 3,
            '$' | '%' if in_quote && rest.get(1..2) == Some("{") => {
                open.push(Open::Interpolation);
                length = 2;
            }
            '"' if in_quote => {
                open.pop();
            }
            _ if in_quote => {}
            '"' => open.push(Open::Quote),
            '(' | '[' | '{' => open.push(Open::Bracket),
            ')' | ']' | '}' if open.pop().is_none() => return false,
            '#' => length = line(rest),
            '/' if rest.starts_with("//") => length = line(rest),
            '/' if rest.starts_with("/*") => match rest.find("*/") {
                Some(end) => length = end + 2,
                None => return true,
            },
            '<' if rest.starts_with("<<") => match heredoc(rest) {
                Heredoc::None => {}
                Heredoc::Open => return true,
                Heredoc::Closed(end) => length = end,
            },
            _ => {}
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    // A quote ends with its line; one that does not is a mistake, unless it holds an open interpolation.
    open.last().is_some_and(|last| *last != Open::Quote)
}

fn line(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

enum Heredoc {
    None,
    Open,
    /// With its length.
    Closed(usize),
}

/// The heredoc that begins a text.
fn heredoc(text: &str) -> Heredoc {
    let head = line(text);
    let marker = text.get(..head).unwrap_or_default().trim_start_matches("<<").trim_start_matches('-').trim_end();
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    if marker.is_empty() || !marker.chars().all(is_name) {
        return Heredoc::None;
    }
    let mut end = head;
    while let Some(below) = text.get(end + 1..).filter(|below| !below.is_empty()) {
        let length = line(below);
        end += 1 + length;
        if below.get(..length).unwrap_or_default().trim() == marker {
            return Heredoc::Closed(end);
        }
    }
    Heredoc::Open
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_brackets_interpolations_and_heredocs_go_on() {
        let open =
            ["{", "[1,", "(", "f({a = 1", "\"a${", "\"a${[\"b\"", "<<E", "<<-E\n a", "[<<E\nx\nE", "/* a", "{ # }"];
        let complete = [
            "",
            "1",
            "1 +",
            "{}",
            "[1]\n",
            "\"{\"",
            "\"\\\"{\"",
            "\"$${\"",
            "\"a${1}\"",
            "\"{",
            "]",
            "1 << 2",
            "<<E\nx\nE",
            "<<-E\n  x\n  E\n",
            "# {",
            "/* { */ 1",
            "a // (",
            "\"é${\"}\"}\"",
        ];
        for text in open {
            assert!(goes_on(text), "{text}");
        }
        for text in complete {
            assert!(!goes_on(text), "{text}");
        }
    }
}
