//! Digests, and functions of cryptography.

mod private_key;

use super::arguments::Arguments;
use super::definition::{Definition, Outcome, Shape, blame, failed, number, text};
use super::encoding::{decode_base64, encode_base64};
use crate::Phase;
use formwork_value::{Type, Value};
use md5::Md5;
use rsa::Pkcs1v15Encrypt;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

pub(super) static FUNCTIONS: &[Definition] = &[
    Definition::new("base64sha256", "The SHA-256 digest of a text, in base64.", &[text("str")], Shape::Text, |args| {
        Ok(encode_base64(Sha256::digest(args.text(0))).into())
    }),
    Definition::new("base64sha512", "The SHA-512 digest of a text, in base64.", &[text("str")], Shape::Text, |args| {
        Ok(encode_base64(Sha512::digest(args.text(0))).into())
    }),
    Definition::new(
        "bcrypt",
        "A hash of a password with a random salt; the cost is 10 unless given. Different each time.",
        &[text("str")],
        Shape::Text,
        hash_password,
    )
    .variadic(number("cost")),
    Definition::new("md5", "The MD5 digest of a text, in hexadecimal.", &[text("str")], Shape::Text, |args| {
        Ok(hexadecimal(Md5::digest(args.text(0))).into())
    }),
    Definition::new(
        "rsadecrypt",
        "The text that was encrypted with RSA (PKCS #1 v1.5) and put into base64.",
        &[text("ciphertext"), text("privatekey")],
        Shape::Text,
        decrypt,
    ),
    Definition::new("sha1", "The SHA-1 digest of a text, in hexadecimal.", &[text("str")], Shape::Text, |args| {
        Ok(hexadecimal(Sha1::digest(args.text(0))).into())
    }),
    Definition::new("sha256", "The SHA-256 digest of a text, in hexadecimal.", &[text("str")], Shape::Text, |args| {
        Ok(hexadecimal(Sha256::digest(args.text(0))).into())
    }),
    Definition::new("sha512", "The SHA-512 digest of a text, in hexadecimal.", &[text("str")], Shape::Text, |args| {
        Ok(hexadecimal(Sha512::digest(args.text(0))).into())
    }),
    Definition::new("uuid", "A random UUID, different each time.", &[], Shape::Text, |args| {
        if is_planning(args) {
            return Ok(Value::unknown_not_null(Type::String));
        }
        let mut bytes = [0; 16];
        args.environment.entropy.fill(&mut bytes);
        Ok(uuid_text(bytes, 4).into())
    }),
    Definition::new(
        "uuidv5",
        "The UUID of a name in a namespace: dns, url, oid, x500 or a UUID.",
        &[text("namespace"), text("name")],
        Shape::Text,
        uuid_of_name,
    ),
];

/// What is random has no value before apply, lest it differ there.
fn is_planning(args: &Arguments) -> bool {
    matches!(args.environment.phase, Phase::Validate | Phase::Plan)
}

pub(super) fn hexadecimal(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Greatest cost: each step doubles the time, and this one takes about a second.
const MAX_COST: i64 = 14;

/// Longest password, in bytes, that the algorithm takes into account.
const MAX_PASSWORD: usize = 72;

fn hash_password(args: &Arguments) -> Outcome {
    const DEFAULT_COST: i64 = 10;
    if args.len() > 2 {
        return Err(blame(2, "there is only one cost"));
    }
    let given = if args.len() > 1 { args.whole(1)? } else { DEFAULT_COST };
    // The reference takes the default for costs below the least.
    let cost = if given < 4 { DEFAULT_COST } else { given };
    if cost > MAX_COST {
        return Err(blame(1, format!("the cost must be at most {MAX_COST}: each step doubles the time")));
    }
    if args.text(0).len() > MAX_PASSWORD {
        return Err(blame(0, format!("the password is longer than {MAX_PASSWORD} bytes")));
    }
    if is_planning(args) {
        return Ok(Value::unknown_not_null(Type::String));
    }
    let mut salt = [0; 16];
    args.environment.entropy.fill(&mut salt);
    let hash = bcrypt::hash_with_salt(args.text(0), u32::try_from(cost).unwrap_or(10), salt);
    let hash = hash.map_err(|error| failed(format!("the password cannot be hashed: {error}")))?;
    Ok(hash.format_for_version(bcrypt::Version::TwoA).into())
}

fn decrypt(args: &Arguments) -> Outcome {
    let bytes = decode_base64(args.text(0)).map_err(|message| blame(0, message))?;
    let key = private_key::parse(args.text(1)).map_err(|message| blame(1, message))?;
    let text =
        key.decrypt(Pkcs1v15Encrypt, &bytes).map_err(|error| blame(0, format!("cannot be decrypted: {error}")))?;
    Ok(String::from_utf8_lossy(&text).into_owned().into())
}

fn uuid_of_name(args: &Arguments) -> Outcome {
    let namespace = match args.text(0) {
        "dns" | "url" | "oid" | "x500" => {
            // The namespaces of RFC 4122 differ in one byte only.
            let mut bytes: [u8; 16] =
                [0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8];
            let distinguishing = match args.text(0) {
                "dns" => 0x10,
                "url" => 0x11,
                "oid" => 0x12,
                _ => 0x14,
            };
            if let Some(byte) = bytes.get_mut(3) {
                *byte = distinguishing;
            }
            bytes
        }
        text => parse_uuid(text).ok_or_else(|| blame(0, "must be a UUID, or one of dns, url, oid, x500"))?,
    };
    let digest = Sha1::new().chain_update(namespace).chain_update(args.text(1)).finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(byte, digested)| *byte = digested);
    Ok(uuid_text(bytes, 5).into())
}

/// With or without dashes, braces around, or `urn:uuid:` before.
fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let text = text.strip_prefix("urn:uuid:").unwrap_or(text);
    let text = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    if lengths != [8, 4, 4, 4, 12] && lengths != [32] {
        return None;
    }
    let digits = groups.concat();
    let mut bytes = [0; 16];
    for (index, byte) in bytes.iter_mut().enumerate() {
        let pair = digits.get(index * 2..index * 2 + 2).filter(|pair| pair.bytes().all(|b| b.is_ascii_hexdigit()))?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(bytes)
}

/// The bytes as a UUID of a version.
fn uuid_text(mut bytes: [u8; 16], version: u8) -> String {
    if let Some(byte) = bytes.get_mut(6) {
        *byte = (*byte & 0x0f) | (version << 4);
    }
    if let Some(byte) = bytes.get_mut(8) {
        *byte = (*byte & 0x3f) | 0x80;
    }
    let digits = hexadecimal(bytes);
    let mut text = String::with_capacity(36);
    for (index, digit) in digits.chars().enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}
