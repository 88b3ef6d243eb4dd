//! Character encodings by their IANA names.
//!
//! Known differences to the reference: of the old code pages of IBM PCs only 866 is there, and HZ-GB-2312 and
//! ISO-8859-9 are not.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

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
            "us-ascii" | "iso646-us" | "ansi_x3.4-1968" | "ansi_x3.4-1986" | "iso_646.irv:1991" | "us" | "ibm367"
            | "cp367" | "csascii" | "iso-ir-6" => Charset::Ascii,
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

/// IANA names, and aliases of them, of encodings that browsers know as well.
const NAMES: &[(&str, &[&str])] = &[
    ("big5", &["csbig5"]),
    ("euc-jp", &["extended_unix_code_packed_format_for_japanese", "cseucpkdfmtjapanese"]),
    ("euc-kr", &["cseuckr"]),
    ("gb18030", &["csgb18030"]),
    ("gbk", &["cp936", "ms936", "windows-936", "csgbk"]),
    ("ibm866", &["cp866", "866", "csibm866"]),
    ("iso-2022-jp", &["csiso2022jp"]),
    ("iso-8859-2", &["iso_8859-2", "iso_8859-2:1987", "iso-ir-101", "latin2", "l2", "csisolatin2"]),
    ("iso-8859-3", &["iso_8859-3", "iso_8859-3:1988", "iso-ir-109", "latin3", "l3", "csisolatin3"]),
    ("iso-8859-4", &["iso_8859-4", "iso_8859-4:1988", "iso-ir-110", "latin4", "l4", "csisolatin4"]),
    ("iso-8859-5", &["iso_8859-5", "iso_8859-5:1988", "iso-ir-144", "cyrillic", "csisolatincyrillic"]),
    (
        "iso-8859-6",
        &[
            "iso_8859-6",
            "iso_8859-6:1987",
            "iso-ir-127",
            "ecma-114",
            "asmo-708",
            "arabic",
            "iso-8859-6-e",
            "iso-8859-6-i",
        ],
    ),
    ("iso-8859-7", &["iso_8859-7", "iso_8859-7:1987", "iso-ir-126", "elot_928", "ecma-118", "greek", "greek8"]),
    ("iso-8859-8", &["iso_8859-8", "iso_8859-8:1988", "iso-ir-138", "hebrew", "iso-8859-8-e", "csisolatinhebrew"]),
    ("iso-8859-8-i", &["csiso88598i"]),
    ("iso-8859-10", &["iso-ir-157", "l6", "latin6", "csisolatin6", "iso_8859-10:1992"]),
    ("iso-8859-13", &["csiso885913"]),
    ("iso-8859-14", &["iso-ir-199", "iso_8859-14", "iso_8859-14:1998", "latin8", "l8", "iso-celtic"]),
    ("iso-8859-15", &["iso_8859-15", "latin-9", "csiso885915"]),
    ("iso-8859-16", &["iso-ir-226", "iso_8859-16", "iso_8859-16:2001", "latin10", "l10"]),
    ("koi8-r", &["cskoi8r"]),
    ("koi8-u", &["cskoi8u"]),
    ("macintosh", &["mac", "csmacintosh"]),
    ("shift_jis", &["ms_kanji", "csshiftjis"]),
    ("windows-874", &["cswindows874"]),
    ("windows-1250", &["cswindows1250"]),
    ("windows-1251", &["cswindows1251"]),
    ("windows-1252", &["cswindows1252"]),
    ("windows-1253", &["cswindows1253"]),
    ("windows-1254", &["cswindows1254"]),
    ("windows-1255", &["cswindows1255"]),
    ("windows-1256", &["cswindows1256"]),
    ("windows-1257", &["cswindows1257"]),
    ("windows-1258", &["cswindows1258"]),
];

fn known(lower: &str) -> Option<&'static Encoding> {
    let (label, _) = NAMES.iter().find(|(name, aliases)| *name == lower || aliases.contains(&lower))?;
    Encoding::for_label_no_replacement(label.as_bytes())
}

fn decode_strictly(encoding: &'static Encoding, bytes: &[u8]) -> Result<String, String> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    text.map(|text| text.into_owned()).ok_or_else(|| "the bytes are not text in this character encoding".to_owned())
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> impl Iterator<Item = u8> {
    text.encode_utf16().flat_map(bytes)
}
