//! Encodings of one byte for each character.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// For each page its names, then the characters of its bytes as four hexadecimal digits each: of all bytes, or of those
/// from 128 on if the others are ASCII. `fffd` stands for bytes without a character.
const PAGES: &str = include_str!("code_pages.txt");

/// What stands in the tables for bytes without a character.
const NONE: char = '\u{fffd}';

pub(super) struct CodePage {
    /// By byte.
    characters: Vec<char>,
    bytes: BTreeMap<char, u8>,
}

struct Pages {
    all: Vec<CodePage>,
    by_name: BTreeMap<&'static str, usize>,
}

static READ: LazyLock<Pages> = LazyLock::new(|| {
    let mut pages = Pages { all: Vec::new(), by_name: BTreeMap::new() };
    let mut lines = PAGES.lines();
    while let (Some(names), Some(characters)) = (lines.next(), lines.next()) {
        pages.by_name.extend(names.split(' ').map(|name| (name, pages.all.len())));
        pages.all.push(CodePage::read(characters));
    }
    pages
});

impl CodePage {
    /// By a name in lower case.
    pub fn named(name: &str) -> Option<&'static CodePage> {
        READ.all.get(*READ.by_name.get(name)?)
    }

    fn read(text: &str) -> CodePage {
        let character = |digits: &[u8]| {
            let digits = std::str::from_utf8(digits).unwrap_or_default();
            u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).unwrap_or(NONE)
        };
        let written = text.as_bytes().chunks(4).map(character);
        let ascii = (0..=0x7f_u8).map(char::from).take(256 - text.len() / 4);
        let characters: Vec<char> = ascii.chain(written).collect();
        let bytes = (0..=0xff_u8).zip(&characters).filter(|(_, c)| **c != NONE).map(|(byte, c)| (*c, byte));
        CodePage { bytes: bytes.collect(), characters }
    }

    /// `None` if there is a byte without a character.
    pub fn decode(&self, bytes: &[u8]) -> Option<String> {
        bytes.iter().map(|byte| self.characters.get(usize::from(*byte)).copied().filter(|c| *c != NONE)).collect()
    }

    /// `None` if there is a character that the page does not have.
    pub fn encode(&self, text: &str) -> Option<Vec<u8>> {
        text.chars().map(|c| self.bytes.get(&c).copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_whole_and_reversible() {
        assert_eq!(READ.all.len(), 40);
        for (name, at) in &READ.by_name {
            let page = &READ.all[*at];
            assert_eq!(page.characters.len(), 256, "{name}");
            for byte in 0..=0xff_u8 {
                if let Some(text) = page.decode(&[byte]) {
                    assert_eq!(page.encode(&text), Some(vec![byte]), "{name} {byte:#x}");
                }
            }
        }
    }
}
