//! Functions that encode and decode text.

mod charset;
mod code_page;
mod csv;
mod wide;
mod yaml_decode;
mod yaml_encode;
mod yaml_scalar;

use super::arguments::Arguments;
use super::definition::{Definition, Outcome, Shape, any, blame, failed, text};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use flate2::{Compression, GzBuilder, read::GzDecoder};
use formwork_hcl::limits::TEXT_BYTES;
use formwork_value::{Kind, Refinements, Str, Type, Value, json};
use std::io::{Read, Write};

pub(super) static FUNCTIONS: &[Definition] = &[
    Definition::new("base64decode", "The text that base64 stands for.", &[text("str")], Shape::Text, |args| {
        utf8(decode_base64(args.text(0)).map_err(|message| blame(0, message))?)
    }),
    Definition::new("base64encode", "The bytes of a text in base64.", &[text("str")], Shape::Text, |args| {
        Ok(encode_base64(args.text(0)).into())
    }),
    Definition::new("base64gzip", "The text compressed with gzip, in base64.", &[text("str")], Shape::Text, gzip),
    Definition::new(
        "base64gunzip",
        "The text that was compressed with gzip and put into base64.",
        &[text("str")],
        Shape::Text,
        gunzip,
    ),
    Definition::new(
        "csvdecode",
        "A list of objects out of a table of comma-separated values with a header.",
        &[text("str")],
        Shape::Any,
        |args| csv::decode(args.text(0)).map_err(|message| blame(0, message)),
    ),
    Definition::new("jsondecode", "The value of a JSON document.", &[text("str")], Shape::Any, |args| {
        json::decode_plain(args.text(0)).map_err(|error| blame(0, error.to_string()))
    }),
    Definition::new(
        "jsonencode",
        "A value as a JSON document.",
        &[any("val").nullable().with_unknown()],
        Shape::Text,
        json_encode,
    ),
    Definition::new(
        "textdecodebase64",
        "The text that base64 stands for in a character encoding.",
        &[text("source"), text("encoding")],
        Shape::Text,
        |args| {
            let bytes = decode_base64(args.text(0)).map_err(|message| blame(0, message))?;
            let charset = charset::Charset::named(args.text(1)).ok_or_else(|| unknown_charset(args))?;
            Ok(charset.decode(&bytes).map_err(|message| blame(0, message))?.into())
        },
    ),
    Definition::new(
        "textencodebase64",
        "The bytes of a text in a character encoding, in base64.",
        &[text("string"), text("encoding")],
        Shape::Text,
        |args| {
            let charset = charset::Charset::named(args.text(1)).ok_or_else(|| unknown_charset(args))?;
            Ok(encode_base64(charset.encode(args.text(0)).map_err(|message| blame(0, message))?).into())
        },
    ),
    Definition::new("urldecode", "The text that a URL's query stands for.", &[text("str")], Shape::Text, url_decode),
    Definition::new(
        "urlencode",
        "The text as it is written in a URL's query.",
        &[text("str")],
        Shape::Text,
        url_encode,
    ),
    Definition::new("yamldecode", "The value of a YAML document.", &[text("src")], Shape::Any, |args| {
        yaml_decode::decode(args.text(0)).map_err(|message| blame(0, message))
    }),
    Definition::new(
        "yamlencode",
        "A value as a YAML document.",
        &[any("value").nullable().with_unknown()],
        Shape::Text,
        |args| {
            let value = args.value(0);
            if !value.is_wholly_known() {
                return Ok(Value::unknown_not_null(Type::String));
            }
            check_encoded(&value)?;
            Ok(yaml_encode::encode(&value).map_err(|message| blame(0, message))?.into())
        },
    ),
];

/// Line breaks in the text are skipped; bits behind the end of the last byte do not count.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

pub(super) fn decode_base64(text: &str) -> Result<Vec<u8>, String> {
    let without_breaks: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    BASE64.decode(without_breaks).map_err(|error| format!("the text is not valid base64: {error}"))
}

pub(super) fn encode_base64(bytes: impl AsRef<[u8]>) -> String {
    BASE64.encode(bytes)
}

fn utf8(bytes: Vec<u8>) -> Outcome {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.into()),
        Err(_) => Err(failed("the decoded bytes are not text in UTF-8")),
    }
}

fn unknown_charset(args: &Arguments) -> formwork_hcl::FunctionFailure {
    blame(1, format!("{:?} is not the name of a supported character encoding", args.text(1)))
}

/// As the reference writes it: without time and name, and from an unknown operating system.
fn gzip(args: &Arguments) -> Outcome {
    const UNKNOWN_SYSTEM: u8 = 255;
    let builder = GzBuilder::new().operating_system(UNKNOWN_SYSTEM);
    let mut encoder = builder.write(Vec::new(), Compression::default());
    let compressed = encoder.write_all(args.text(0).as_bytes()).and_then(|()| encoder.finish());
    Ok(encode_base64(compressed.map_err(|error| failed(error.to_string()))?).into())
}

fn gunzip(args: &Arguments) -> Outcome {
    let compressed = decode_base64(args.text(0)).map_err(|message| blame(0, message))?;
    let mut bytes = Vec::new();
    let limit = TEXT_BYTES as u64;
    let read = GzDecoder::new(compressed.as_slice()).take(limit + 1).read_to_end(&mut bytes);
    read.map_err(|error| blame(0, format!("the bytes are not gzip: {error}")))?;
    super::string::check_length(bytes.len())?;
    utf8(bytes)
}

fn json_encode(args: &Arguments) -> Outcome {
    let value = args.value(0);
    if value.is_wholly_known() {
        check_encoded(&value)?;
        return Ok(json::encode_plain(&value).map_err(|error| blame(0, error.to_string()))?.into());
    }
    Ok(Value::unknown_refined(Type::String, Refinements { prefix: first_character(&value), ..Refinements::not_null() }))
}

/// Fails, before much is written, if the text of a value would be far too long. Most values count for more than their text.
fn check_encoded(value: &Value) -> Result<(), formwork_hcl::FunctionFailure> {
    let least = if value.as_str().is_some() { value.size() } else { value.size() / 4 };
    super::string::check_length(usize::try_from(least).unwrap_or(usize::MAX))
}

/// What the JSON of a value that is not wholly known will begin with.
fn first_character(value: &Value) -> Option<Str> {
    let not_null = value.is_known() || value.refinements().is_some_and(|known| known.not_null);
    let ty = match value.kind() {
        Kind::Unknown(ty, _) => ty.clone(),
        _ => value.ty(),
    };
    match ty {
        _ if !not_null => None,
        Type::String => Some("\"".into()),
        Type::Object(_) | Type::Map(_) => Some("{".into()),
        Type::List(_) | Type::Set(_) | Type::Tuple(_) => Some("[".into()),
        _ => None,
    }
}

fn url_encode(args: &Arguments) -> Outcome {
    let mut out = String::new();
    for byte in args.text(0).bytes() {
        match byte {
            b' ' => out.push('+'),
            b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(out.into())
}

fn url_decode(args: &Arguments) -> Outcome {
    let mut bytes = Vec::new();
    let mut rest = args.text(0).bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| byte.and_then(|b| char::from(b).to_digit(16));
                match (digit(rest.next()), digit(rest.next())) {
                    (Some(high), Some(low)) => u8::try_from(high * 16 + low).unwrap_or(0),
                    _ => return Err(blame(0, "a percent sign must be followed by two hexadecimal digits")),
                }
            }
            byte => byte,
        });
    }
    utf8(bytes)
}
