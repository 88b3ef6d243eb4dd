//! Character encodings by their IANA names.
//!
//! Known difference to the reference: some characters for private use are refused for GB 18030, where it writes bytes that
//! mean others.

use super::code_page::CodePage;
use super::wide;
use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, SHIFT_JIS, UTF_16BE, UTF_16LE};

pub(super) enum Charset {
    Utf8,
    /// Big endian unless a byte order mark says otherwise; written with a mark.
    Utf16,
    Utf16Be,
    Utf16Le,
    Ascii,
    /// GB 2312 between `~{` and `~}`, in seven bits.
    Hz,
    Iso2022Jp,
    OneByte(&'static CodePage),
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
            "big5" | "csbig5" => Charset::Other(BIG5),
            "euc-jp" | "extended_unix_code_packed_format_for_japanese" | "cseucpkdfmtjapanese" => {
                Charset::Other(EUC_JP)
            }
            "euc-kr" | "cseuckr" => Charset::Other(EUC_KR),
            "gb18030" | "csgb18030" => Charset::Other(GB18030),
            "gbk" | "cp936" | "ms936" | "windows-936" | "csgbk" => Charset::Other(GBK),
            "hz-gb-2312" => Charset::Hz,
            "iso-2022-jp" | "csiso2022jp" => Charset::Iso2022Jp,
            "shift_jis" | "ms_kanji" | "csshiftjis" => Charset::Other(SHIFT_JIS),
            lower => Charset::OneByte(CodePage::named(lower)?),
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
            Charset::Hz => wide::decode_hz(bytes).ok_or_else(invalid),
            Charset::Iso2022Jp => wide::decode_iso_2022_jp(bytes).ok_or_else(invalid),
            Charset::OneByte(page) => page.decode(bytes).ok_or_else(invalid),
            Charset::Other(encoding) if *encoding == GB18030 => wide::decode_gb18030(bytes).ok_or_else(invalid),
            Charset::Other(encoding) => {
                let text = decode_strictly(encoding, bytes)?;
                let is_good = match *encoding == GBK {
                    true => wide::without_late(&text),
                    false => !text.chars().any(wide::is_private),
                };
                if is_good { Ok(text) } else { Err(invalid()) }
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
            Charset::Hz => wide::encode_hz(text).ok_or_else(missing),
            Charset::Iso2022Jp => wide::encode_iso_2022_jp(text).ok_or_else(missing),
            Charset::OneByte(page) => page.encode(text).ok_or_else(missing),
            Charset::Other(encoding) if *encoding == GB18030 => wide::encode_gb18030(text).ok_or_else(missing),
            Charset::Other(encoding) if *encoding == BIG5 => wide::encode_big5(text).ok_or_else(missing),
            Charset::Other(encoding) if *encoding == EUC_JP => wide::encode_euc_jp(text).ok_or_else(missing),
            Charset::Other(encoding) if *encoding == SHIFT_JIS => wide::encode_shift_jis(text).ok_or_else(missing),
            Charset::Other(encoding) if *encoding == GBK && !wide::without_late(text) => Err(missing()),
            Charset::Other(encoding) => match encoding.encode(text) {
                (bytes, _, false) => Ok(bytes.into_owned()),
                _ => Err(missing()),
            },
        }
    }
}

fn decode_strictly(encoding: &'static Encoding, bytes: &[u8]) -> Result<String, String> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    text.map(|text| text.into_owned()).ok_or_else(|| "the bytes are not text in this character encoding".to_owned())
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> impl Iterator<Item = u8> {
    text.encode_utf16().flat_map(bytes)
}
