//! PEM: bytes between two lines.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use formwork_kit::{Failure, Outcome};

/// Characters in a line.
const WIDTH: usize = 64;

pub(super) struct Pem {
    pub label: String,
    pub content: Vec<u8>,
}

pub(super) fn encode(label: &str, content: &[u8]) -> String {
    encode_lines(label, content, WIDTH)
}

pub(super) fn encode_lines(label: &str, content: &[u8], width: usize) -> String {
    let text = STANDARD.encode(content);
    let mut pem = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(width.min(rest.len()));
        pem.push_str(line);
        pem.push('\n');
        rest = tail;
    }
    pem.push_str(&format!("-----END {label}-----\n"));
    pem
}

/// All blocks of a text. Lines between the marks that are headers are skipped.
pub(super) fn decode_all(text: &str) -> Vec<Pem> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let label = line.trim().strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----"));
        let Some(label) = label else { continue };
        let body: String = lines
            .by_ref()
            .take_while(|line| !line.trim().starts_with("-----END"))
            .filter(|line| !line.contains(':'))
            .collect();
        let packed: String = body.chars().filter(|c| !c.is_whitespace()).collect();
        if let Ok(content) = STANDARD.decode(packed) {
            blocks.push(Pem { label: label.to_owned(), content });
        }
    }
    blocks
}

/// The first block of a text, blaming the attribute if there is none.
pub(super) fn decode(text: &str, attribute: &str) -> Outcome<Pem> {
    let first = decode_all(text).into_iter().next();
    first.ok_or_else(|| Failure::new("There is no PEM block in the text.").at(attribute))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_among_other_lines() {
        let text = format!("x\n{}y\n{}", encode("A", &[1; 100]), encode("B B", b""));
        let blocks: Vec<_> = decode_all(&text).into_iter().map(|pem| (pem.label, pem.content.len())).collect();
        assert_eq!(blocks, [("A".to_owned(), 100), ("B B".to_owned(), 0)]);
        assert!(decode("-----BEGIN A-----\n!\n-----END A-----", "x").is_err());
    }
}
