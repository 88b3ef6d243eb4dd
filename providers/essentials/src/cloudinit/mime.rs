//! Messages of several parts, in the form that cloud-init reads.

use std::fmt::Write;

pub(super) struct Part<'a> {
    pub content: &'a str,
    pub content_type: &'a str,
    pub filename: Option<&'a str>,
    pub merge_type: Option<&'a str>,
}

/// The message. Headers are sorted by name, and lines end as the published provider ends them.
pub(super) fn render<'a>(boundary: &str, parts: impl IntoIterator<Item = Part<'a>>) -> String {
    let mut text = format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\nMIME-Version: 1.0\r\n\r\n");
    for (index, part) in parts.into_iter().enumerate() {
        let before = if index == 0 { "" } else { "\r\n" };
        let _ = write!(text, "{before}--{boundary}\r\n");
        if let Some(name) = part.filename {
            let _ = write!(text, "Content-Disposition: attachment; filename=\"{name}\"\r\n");
        }
        let _ = write!(text, "Content-Transfer-Encoding: 7bit\r\nContent-Type: {}\r\n", part.content_type);
        text.push_str("Mime-Version: 1.0\r\n");
        if let Some(merge) = part.merge_type {
            let _ = write!(text, "X-Merge-Type: {merge}\r\n");
        }
        let _ = write!(text, "\r\n{}", part.content);
    }
    let _ = write!(text, "\r\n--{boundary}--\r\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_one_another() {
        let parts = [
            Part { content: "a", content_type: "text/plain", filename: None, merge_type: None },
            Part { content: "b\n", content_type: "text/cloud-config", filename: Some("f"), merge_type: Some("list()") },
        ];
        let expected = "Content-Type: multipart/mixed; boundary=\"X\"\nMIME-Version: 1.0\r\n\r\n\
            --X\r\nContent-Transfer-Encoding: 7bit\r\nContent-Type: text/plain\r\nMime-Version: 1.0\r\n\r\na\r\n\
            --X\r\nContent-Disposition: attachment; filename=\"f\"\r\nContent-Transfer-Encoding: 7bit\r\n\
            Content-Type: text/cloud-config\r\nMime-Version: 1.0\r\nX-Merge-Type: list()\r\n\r\nb\n\r\n--X--\r\n";
        assert_eq!(render("X", parts), expected);
    }
}
