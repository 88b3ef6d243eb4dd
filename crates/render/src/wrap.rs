//! Wrapping of running text.

use unicode_width::UnicodeWidthStr;

/// Breaks lines longer than `width` columns between words; words that are too long stay whole. Lines that begin with
/// white space are kept as they are, since somebody has laid them out.
pub(crate) fn wrap(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        if line.starts_with([' ', '\t']) || line.width() <= width {
            out.push_str(line);
        } else {
            wrap_line(&mut out, line, width);
        }
    }
    out
}

fn wrap_line(out: &mut String, line: &str, width: usize) {
    let mut column = 0;
    for (index, word) in line.split(' ').enumerate() {
        let word_width = word.width();
        let space = usize::from(index > 0);
        if column > 0 && column + space + word_width > width {
            out.push('\n');
            column = 0;
        } else if space == 1 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word_width;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_between_words() {
        for (text, width, expected) in [
            ("one two three", 7, "one two\nthree"),
            ("one two three", 13, "one two three"),
            ("a verylongword b", 6, "a\nverylongword\nb"),
            ("  laid out by hand", 6, "  laid out by hand"),
            ("日本 日本", 5, "日本\n日本"),
            ("x\n\ny", 2, "x\n\ny"),
        ] {
            assert_eq!(wrap(text, width), expected);
        }
    }
}
