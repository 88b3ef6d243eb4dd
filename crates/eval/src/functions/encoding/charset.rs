//! Character encodings by their IANA names.
//!
//! Known difference to the reference: of the old code pages of IBM PCs only 866 is there.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

pub(super) enum Charset {
    Utf8,
    /// Big endian unless a byte order mark says otherwise; written with a mark.
    Utf16,
    Utf16Be,
    Utf16Le,
    Ascii,
    /// Each byte is the character of that number.
    Latin1,
    Other(&'static Encoding),
}

impl Charset {
    /// By a name without regard to case.
    pub fn named(name: &str) -> Option<Charset> {
        let lower = name.to_ascii_lowercase();
        Some(match lower.as_str() {
            "utf-8" | "csutf8" => Charset::Utf8,
            "utf-16" | "csutf16" => Charset::Utf16,
            "utf-16be" | "csutf16be" => Charset::Utf16Be,
            "utf-16le" | "csutf16le" => Charset::Utf16Le,
            "us-ascii" | "ascii" | "iso646-us" | "ansi_x3.4-1968" | "ansi_x3.4-1986" | "iso_646.irv:1991" | "us"
            | "ibm367" | "cp367" | "csascii" | "iso-ir-6" => Charset::Ascii,
            "iso-8859-1" | "iso_8859-1" | "iso_8859-1:1987" | "iso-ir-100" | "latin1" | "l1" | "ibm819" | "cp819"
            | "csisolatin1" => Charset::Latin1,
            _ => Charset::Other(known(&lower)?),
        })
    }

    pub fn decode(&self, bytes: &[u8]) -> Result<String, String> {
        let invalid = || "the bytes are not text in this character encoding".to_owned();
        match self {
            Charset::Utf8 => std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| invalid()),
            Charset::Utf16 => match bytes {
                [0xff, 0xfe, rest @ ..] => decode_strictly(UTF_16LE, rest),
                [0xfe, 0xff, rest @ ..] => decode_strictly(UTF_16BE, rest),
                _ => decode_strictly(UTF_16BE, bytes),
            },
            Charset::Utf16Be => decode_strictly(UTF_16BE, bytes),
            Charset::Utf16Le => decode_strictly(UTF_16LE, bytes),
            Charset::Ascii if bytes.is_ascii() => Ok(String::from_utf8_lossy(bytes).into_owned()),
            Charset::Ascii => Err(invalid()),
            Charset::Latin1 => Ok(bytes.iter().copied().map(char::from).collect()),
            Charset::Other(encoding) => {
                let text = decode_strictly(encoding, bytes)?;
                // Where the standard for browsers has control characters, the code page has nothing.
                let has_gaps = encoding.name().starts_with("windows-");
                let in_gap = |c: char| ('\u{80}'..='\u{9f}').contains(&c);
                if has_gaps && text.contains(in_gap) { Err(invalid()) } else { Ok(text) }
            }
        }
    }

    pub fn encode(&self, text: &str) -> Result<Vec<u8>, String> {
        let missing = || "the text has characters that this character encoding does not have".to_owned();
        match self {
            Charset::Utf8 => Ok(text.as_bytes().to_vec()),
            Charset::Utf16 => Ok([0xfe, 0xff].into_iter().chain(utf16(text, u16::to_be_bytes)).collect()),
            Charset::Utf16Be => Ok(utf16(text, u16::to_be_bytes).collect()),
            Charset::Utf16Le => Ok(utf16(text, u16::to_le_bytes).collect()),
            Charset::Ascii if text.is_ascii() => Ok(text.as_bytes().to_vec()),
            Charset::Ascii => Err(missing()),
            Charset::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).map_err(|_| missing())).collect(),
            Charset::Other(encoding) => match encoding.encode(text) {
                (bytes, _, false) => Ok(bytes.into_owned()),
                _ => Err(missing()),
            },
        }
    }
}

/// An encoding that browsers know under a name that is also an IANA name.
fn known(lower: &str) -> Option<&'static Encoding> {
    // Names that only browsers use.
    const NOT_IANA: &[&str] = &["utf8", "unicode-1-1-utf-8", "x-sjis", "x-x-big5", "x-gbk", "x-cp1252", "unicode"];
    let encoding = Encoding::for_label_no_replacement(lower.as_bytes())?;
    if NOT_IANA.contains(&lower) || encoding == UTF_8 || lower.trim() != lower { None } else { Some(encoding) }
}

fn decode_strictly(encoding: &'static Encoding, bytes: &[u8]) -> Result<String, String> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    text.map(|text| text.into_owned()).ok_or_else(|| "the bytes are not text in this character encoding".to_owned())
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> impl Iterator<Item = u8> {
    text.encode_utf16().flat_map(bytes)
}
