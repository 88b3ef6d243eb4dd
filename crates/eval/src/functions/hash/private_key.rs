//! RSA private keys in PEM: PKCS #1, PKCS #8 and the format of OpenSSH.

use super::super::encoding::decode_base64;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::{BigUint, RsaPrivateKey};

pub(super) fn parse(pem: &str) -> Result<RsaPrivateKey, String> {
    let pem = pem.trim();
    let invalid = |error: String| format!("the text is not an RSA private key: {error}");
    if pem.contains("BEGIN RSA PRIVATE KEY") {
        if pem.contains("ENCRYPTED") {
            return Err("the private key is protected by a password, which is not supported".into());
        }
        return RsaPrivateKey::from_pkcs1_pem(pem).map_err(|error| invalid(error.to_string()));
    }
    if pem.contains("BEGIN PRIVATE KEY") {
        return RsaPrivateKey::from_pkcs8_pem(pem).map_err(|error| invalid(error.to_string()));
    }
    if pem.contains("BEGIN OPENSSH PRIVATE KEY") {
        return open_ssh(pem);
    }
    if pem.contains("BEGIN ENCRYPTED PRIVATE KEY") {
        return Err("the private key is protected by a password, which is not supported".into());
    }
    Err("the text is not an RSA private key in PEM".into())
}

/// The format of `ssh-keygen`: a header, the public key, and a section with the numbers of the private key.
fn open_ssh(pem: &str) -> Result<RsaPrivateKey, String> {
    let body: String = pem.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
    let bytes = decode_base64(&body)?;
    let broken = || "the private key of OpenSSH is damaged".to_owned();
    let rest = bytes.strip_prefix(b"openssh-key-v1\0").ok_or_else(broken)?;
    let mut fields = Fields { rest };
    let (cipher, _, _) = (fields.bytes().ok_or_else(broken)?, fields.bytes(), fields.bytes());
    if cipher != b"none" {
        return Err("the private key is protected by a password, which is not supported".into());
    }
    fields.number().filter(|count| *count == 1).ok_or_else(broken)?;
    fields.bytes().ok_or_else(broken)?;
    let mut private = Fields { rest: fields.bytes().ok_or_else(broken)? };
    if private.number() != private.number() {
        return Err(broken());
    }
    if private.bytes() != Some(b"ssh-rsa") {
        return Err("the private key is not one of RSA".into());
    }
    let mut integer = || private.bytes().map(BigUint::from_bytes_be).ok_or_else(broken);
    let (modulus, exponent, secret, _, p, q) = (integer()?, integer()?, integer()?, integer()?, integer()?, integer()?);
    RsaPrivateKey::from_components(modulus, exponent, secret, vec![p, q]).map_err(|error| error.to_string())
}

/// Numbers of four bytes, and strings with their length before them.
struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn number(&mut self) -> Option<u32> {
        let (head, rest) = self.rest.split_first_chunk::<4>()?;
        self.rest = rest;
        Some(u32::from_be_bytes(*head))
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (head, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(head)
    }
}
