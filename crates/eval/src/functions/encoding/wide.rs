//! Encodings of several bytes for a character, where what is known of them goes beyond what browsers write, or stays behind
//! it: browsers read all of Big5 and EUC-JP, but write only the more common part.

use encoding_rs::{BIG5, EUC_JP, Encoding, GB18030, GBK, SHIFT_JIS};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The half-width forms of katakana and their punctuation.
const HALF_WIDTH: std::ops::RangeInclusive<char> = '\u{ff61}'..='\u{ff9f}';

/// Bytes by character.
type Table = BTreeMap<char, Vec<u8>>;

/// Of several places of a character the last counts.
static BIG5_BYTES: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::new();
    for bytes in pairs(0x81..=0xfe, 0x40..=0xfe) {
        table.extend(only_character(BIG5, &bytes).map(|c| (c, bytes.to_vec())));
    }
    table
});

static SHIFT_JIS_BYTES: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::new();
    for bytes in pairs(0x81..=0xfc, 0x40..=0xfc) {
        if let Some(c) = only_character(SHIFT_JIS, &bytes) {
            table.entry(c).or_insert_with(|| bytes.to_vec());
        }
    }
    table
});

/// JIS X 0208, and behind a byte 8F what JIS X 0212 has beyond it.
static EUC_JP_BYTES: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::new();
    let half_width = (0xa1..=0xdf).map(|byte| vec![0x8e, byte]);
    let two = pairs(0xa1..=0xfe, 0xa1..=0xfe).map(|bytes| bytes.to_vec());
    let three = pairs(0xa1..=0xfe, 0xa1..=0xfe).map(|[first, second]| vec![0x8f, first, second]);
    for bytes in half_width.chain(two).chain(three) {
        if let Some(c) = only_character(EUC_JP, &bytes) {
            table.entry(c).or_insert(bytes);
        }
    }
    table
});

/// Characters that have four bytes in the first edition of GB 18030, and two in later ones; among them those for private use.
static GB18030_BYTES: LazyLock<Table> = LazyLock::new(|| {
    let bytes = (19_057..=19_064).chain(33_000..=39_416).map(four_bytes);
    let known = bytes.filter_map(|bytes| Some((any_character(GB18030, &bytes)?, bytes.to_vec())));
    known.chain([('\u{1e3f}', FOUR_BYTES_1E3F.to_vec())]).collect()
});

/// Browsers read something else in this one place.
const FOUR_BYTES_1E3F: [u8; 4] = [0x81, 0x35, 0xf4, 0x37];

/// The four bytes with a number.
fn four_bytes(number: u16) -> [u8; 4] {
    let digit = |unit: u16, range: u16| u8::try_from(number / unit % range).unwrap_or_default();
    [0x81 + digit(12_600, 126), 0x30 + digit(1_260, 10), 0x81 + digit(10, 126), 0x30 + digit(1, 10)]
}

fn pairs(first: std::ops::RangeInclusive<u8>, second: std::ops::RangeInclusive<u8>) -> impl Iterator<Item = [u8; 2]> {
    first.flat_map(move |a| second.clone().map(move |b| [a, b]))
}

/// The character that bytes are, if they are one, and not for private use.
fn only_character(encoding: &'static Encoding, bytes: &[u8]) -> Option<char> {
    any_character(encoding, bytes).filter(|c| !is_private(*c))
}

/// The character that bytes are, if they are one.
fn any_character(encoding: &'static Encoding, bytes: &[u8]) -> Option<char> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    let mut chars = text.chars();
    chars.next().filter(|c| chars.next().is_none() && *c != '\u{fffd}')
}

pub(super) fn is_private(c: char) -> bool {
    ('\u{e000}'..='\u{f8ff}').contains(&c)
}

fn encode(text: &str, table: &Table) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        match u8::try_from(u32::from(c)) {
            Ok(byte) if byte.is_ascii() => out.push(byte),
            _ => out.extend(table.get(&c)?),
        }
    }
    Some(out)
}

pub(super) fn encode_big5(text: &str) -> Option<Vec<u8>> {
    encode(text, &BIG5_BYTES)
}

pub(super) fn encode_euc_jp(text: &str) -> Option<Vec<u8>> {
    encode(text, &EUC_JP_BYTES)
}

pub(super) fn encode_shift_jis(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_ascii() => out.push(u8::try_from(u32::from(c)).ok()?),
            c if HALF_WIDTH.contains(&c) => out.push(u8::try_from(u32::from(c) - 0xff61 + 0xa1).ok()?),
            c => out.extend(SHIFT_JIS_BYTES.get(&c)?),
        }
    }
    Some(out)
}

/// Characters that came to GBK late, or are for private use.
fn is_late(c: char) -> bool {
    is_private(c) || matches!(c, '\u{1e3f}' | '\u{9fb4}'..='\u{9fbb}' | '\u{fe10}'..='\u{fe19}')
}

/// Text without late characters.
pub(super) fn without_late(text: &str) -> bool {
    !text.chars().any(is_late)
}

pub(super) fn decode_gb18030(bytes: &[u8]) -> Option<String> {
    let mut out = String::new();
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        let length = match tail {
            _ if *first <= 0x80 => 1,
            [0x30..=0x39, ..] => 4,
            _ => 2,
        };
        let (character, tail) = rest.split_at_checked(length)?;
        out.push(match any_character(GB18030, character) {
            _ if *character == FOUR_BYTES_1E3F => '\u{1e3f}',
            _ if *character == [0x80] => '€',
            Some(c) if length != 2 || !is_late(c) => c,
            _ => return None,
        });
        rest = tail;
    }
    Some(out)
}

pub(super) fn encode_gb18030(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        if is_late(c) {
            out.extend(GB18030_BYTES.get(&c)?);
        } else {
            let mut own = [0; 4];
            let (bytes, _, failed) = GB18030.encode(c.encode_utf8(&mut own));
            if failed {
                return None;
            }
            out.extend(bytes.iter());
        }
    }
    Some(out)
}

/// What the bytes of ISO-2022-JP mean; escape sequences change it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Set {
    Ascii,
    HalfWidth,
    Jis0208,
    Jis0212,
}

pub(super) fn decode_iso_2022_jp(bytes: &[u8]) -> Option<String> {
    let mut out = String::new();
    let mut set = Set::Ascii;
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        rest = match (*first, tail) {
            (0x1b, [b'(', b'B' | b'J', tail @ ..]) => {
                set = Set::Ascii;
                tail
            }
            (0x1b, [b'(', b'I', tail @ ..]) => {
                set = Set::HalfWidth;
                tail
            }
            (0x1b, [b'$', b'@' | b'B', tail @ ..]) => {
                set = Set::Jis0208;
                tail
            }
            (0x1b, [b'$', b'(', b'D', tail @ ..]) => {
                set = Set::Jis0212;
                tail
            }
            (0x1b | 0x80.., _) => return None,
            (byte, tail) if set == Set::Ascii => {
                out.push(char::from(byte));
                tail
            }
            (byte @ 0x21..=0x5f, tail) if set == Set::HalfWidth => {
                out.push(char::from_u32(0xff61 + u32::from(byte) - 0x21)?);
                tail
            }
            (byte, [second, tail @ ..]) if set != Set::HalfWidth => {
                let pair = [0x8f, byte | 0x80, second | 0x80];
                let pair = if set == Set::Jis0212 { pair.as_slice() } else { pair.get(1..)? };
                out.push(only_character(EUC_JP, pair)?);
                tail
            }
            _ => return None,
        };
    }
    Some(out)
}

pub(super) fn encode_iso_2022_jp(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut set = Set::Ascii;
    let mut switch = |out: &mut Vec<u8>, to: Set| {
        if std::mem::replace(&mut set, to) != to {
            out.extend(match to {
                Set::HalfWidth => b"\x1b(I",
                Set::Jis0208 | Set::Jis0212 => b"\x1b$B",
                Set::Ascii => b"\x1b(B",
            });
        }
    };
    for c in text.chars() {
        if c.is_ascii() {
            switch(&mut out, Set::Ascii);
            out.push(u8::try_from(u32::from(c)).ok()?);
        } else if HALF_WIDTH.contains(&c) {
            switch(&mut out, Set::HalfWidth);
            out.push(u8::try_from(u32::from(c) - 0xff61 + 0x21).ok()?);
        } else {
            let [first, second] = EUC_JP_BYTES.get(&c)?.as_slice() else { return None };
            switch(&mut out, Set::Jis0208);
            out.extend([first & 0x7f, second & 0x7f]);
        }
    }
    switch(&mut out, Set::Ascii);
    Some(out)
}

/// The bytes of a GB 2312 character, as GBK has them; only the part of GBK that GB 2312 has.
fn is_gb2312(first: u8, second: u8) -> bool {
    (0xa1..=0xf7).contains(&first) && (0xa1..=0xfe).contains(&second)
}

pub(super) fn decode_hz(bytes: &[u8]) -> Option<String> {
    let mut out = String::new();
    let mut wide = false;
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        rest = match (*first, tail) {
            (0x80.., _) => return None,
            (b'~', [b'{', tail @ ..]) => {
                wide = true;
                tail
            }
            (b'~', [b'}', tail @ ..]) => {
                wide = false;
                tail
            }
            (b'~', [b'~', tail @ ..]) => {
                out.push('~');
                tail
            }
            (b'~', [b'\n', tail @ ..]) => tail,
            (b'~', _) => return None,
            (first, tail) if !wide => {
                out.push(char::from(first));
                tail
            }
            (first, [second, tail @ ..]) if is_gb2312(first | 0x80, second | 0x80) => {
                out.push(only_character(GBK, &[first | 0x80, second | 0x80])?);
                tail
            }
            _ => return None,
        };
    }
    without_late(&out).then_some(out)
}

pub(super) fn encode_hz(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut wide = false;
    for c in text.chars() {
        if c.is_ascii() {
            if std::mem::take(&mut wide) {
                out.extend(b"~}");
            }
            if c == '~' {
                out.push(b'~');
            }
            out.push(u8::try_from(u32::from(c)).ok()?);
            continue;
        }
        let mut own = [0; 4];
        let (bytes, _, failed) = GBK.encode(c.encode_utf8(&mut own));
        let (first, second) = match *bytes {
            // GBK has the euro sign twice.
            _ if c == '€' => (0xa2, 0xe3),
            [first, second] if !failed => (first, second),
            _ => return None,
        };
        if !is_gb2312(first, second) {
            return None;
        }
        if !std::mem::replace(&mut wide, true) {
            out.extend(b"~{");
        }
        out.extend([first & 0x7f, second & 0x7f]);
    }
    without_late(text).then_some(out)
}
