//! Keys as OpenSSH writes them.

use super::der::{Reader, SEQUENCE, integer, sequence};
use super::key::{Curve, PrivateKey, PublicKey};
use super::pem;
use crate::encoding::hex;
use crate::entropy::Entropy;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use dashu_int::UBig;
use dashu_int::ops::RemEuclid;
use formwork_kit::Outcome;
use md5::Md5;
use sha2::{Digest, Sha256};

const MAGIC: &[u8] = b"openssh-key-v1\0";

/// Bytes to whose multiples the private part is padded.
const BLOCK: usize = 8;

fn text(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), bytes].concat()
}

/// A number, with a zero before it if it would look negative.
fn number(bytes: &[u8]) -> Vec<u8> {
    let sign = if bytes.first().is_some_and(|first| *first >= 0x80) { vec![0] } else { Vec::new() };
    text(&[sign, bytes.to_vec()].concat())
}

/// OpenSSH has no keys of P-224.
fn curve_name(curve: Curve) -> Option<&'static str> {
    match curve {
        Curve::P224 => None,
        Curve::P256 => Some("nistp256"),
        Curve::P384 => Some("nistp384"),
        Curve::P521 => Some("nistp521"),
    }
}

impl PublicKey {
    fn ssh_name(&self) -> Option<String> {
        match self {
            PublicKey::Rsa { .. } => Some("ssh-rsa".into()),
            PublicKey::Ecdsa { curve, .. } => curve_name(*curve).map(|name| format!("ecdsa-sha2-{name}")),
            PublicKey::Ed25519(_) => Some("ssh-ed25519".into()),
        }
    }

    fn ssh_blob(&self) -> Option<Vec<u8>> {
        let name = text(self.ssh_name()?.as_bytes());
        Some(match self {
            PublicKey::Rsa { modulus, exponent } => [name, number(exponent), number(modulus)].concat(),
            PublicKey::Ecdsa { curve, point } => [name, text(curve_name(*curve)?.as_bytes()), text(point)].concat(),
            PublicKey::Ed25519(point) => [name, text(point)].concat(),
        })
    }

    /// A line as in `authorized_keys`, with its end; empty if OpenSSH has no such keys.
    pub fn openssh(&self) -> String {
        let line = || Some(format!("{} {}\n", self.ssh_name()?, STANDARD.encode(self.ssh_blob()?)));
        line().unwrap_or_default()
    }

    /// Checksums of the key, as MD5 and as SHA-256; empty if OpenSSH has no such keys.
    pub fn fingerprints(&self) -> (String, String) {
        let Some(blob) = self.ssh_blob() else { return Default::default() };
        let md5: Vec<String> = Md5::digest(&blob).iter().map(|byte| hex(&[*byte])).collect();
        (md5.join(":"), format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(&blob))))
    }
}

impl PrivateKey {
    /// The key without a passphrase; empty if OpenSSH has no such keys.
    pub fn openssh(&self) -> Outcome<String> {
        let (Some(blob), Some(private)) = (self.public().ssh_blob(), self.ssh_private()) else {
            return Ok(String::new());
        };
        let check = Entropy::System.bytes(4)?;
        let mut section = [check.clone(), check, private, text(b"")].concat();
        for padding in 1.. {
            if section.len() % BLOCK == 0 {
                break;
            }
            section.push(padding);
        }
        let none = text(b"none");
        let whole =
            [MAGIC.to_vec(), none.clone(), none, text(b""), 1_u32.to_be_bytes().to_vec(), text(&blob), text(&section)];
        Ok(pem::encode_lines("OPENSSH PRIVATE KEY", &whole.concat(), 64))
    }

    fn ssh_private(&self) -> Option<Vec<u8>> {
        let name = text(self.public().ssh_name()?.as_bytes());
        Some(match (self, self.public()) {
            (PrivateKey::Rsa { pkcs1, .. }, _) => {
                let numbers = Reader(pkcs1).next_if(SEQUENCE)?.inside().all();
                let [_, n, e, d, p, q, _, _, inverse] = numbers.get(..9)? else { return None };
                let parts = [n, e, d, inverse, p, q].map(|part| number(part.magnitude()));
                [name, parts.concat()].concat()
            }
            (PrivateKey::Ecdsa { curve, scalar, .. }, PublicKey::Ecdsa { point, .. }) => {
                let start = scalar.iter().position(|byte| *byte != 0).unwrap_or(0);
                let scalar = number(scalar.get(start..).unwrap_or_default());
                [name, text(curve_name(*curve)?.as_bytes()), text(point), scalar].concat()
            }
            (PrivateKey::Ed25519 { seed, .. }, PublicKey::Ed25519(point)) => {
                [name, text(point), text(&[seed.as_slice(), point].concat())].concat()
            }
            _ => return None,
        })
    }
}

/// Reads parts with their lengths before them.
struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (part, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(part)
    }

    fn next(&mut self) -> Option<&'a [u8]> {
        let length = u32::from_be_bytes(self.take(4)?.try_into().ok()?);
        self.take(usize::try_from(length).ok()?)
    }
}

/// Reads a key without a passphrase.
pub(super) fn parse(content: &[u8]) -> Option<PrivateKey> {
    let mut parts = Parts(content.strip_prefix(MAGIC)?);
    let cipher = parts.next()?;
    let (_, _, _) = (parts.next()?, parts.next()?, parts.take(4)?);
    let _public = parts.next()?;
    if cipher != b"none" {
        return None;
    }
    let mut private = Parts(parts.next()?);
    private.take(8)?;
    match private.next()? {
        b"ssh-rsa" => {
            let numbers = [(); 6].map(|()| private.next());
            let [n, e, d, inverse, p, q] = numbers;
            pkcs1([n?, e?, d?, inverse?, p?, q?])
        }
        b"ssh-ed25519" => {
            private.next()?;
            PrivateKey::ed25519(private.next()?.get(..32)?)
        }
        _ => {
            let name = private.next()?;
            let curve = [Curve::P256, Curve::P384, Curve::P521]
                .into_iter()
                .find(|curve| curve_name(*curve).is_some_and(|own| own.as_bytes() == name))?;
            private.next()?;
            let scalar = private.next()?;
            let start = scalar.iter().position(|byte| *byte != 0)?;
            PrivateKey::ecdsa(curve, scalar.get(start..)?)
        }
    }
}

/// PKCS#1 of the numbers n, e, d, the inverse of q, p and q.
fn pkcs1([n, e, d, inverse, p, q]: [&[u8]; 6]) -> Option<PrivateKey> {
    let exponent = UBig::from_be_bytes(d);
    let reduced = |prime: &[u8]| {
        let order = UBig::from_be_bytes(prime);
        let order = if order > UBig::ONE { order - UBig::ONE } else { return None };
        Some(exponent.clone().rem_euclid(order).to_be_bytes())
    };
    let (dp, dq) = (reduced(p)?, reduced(q)?);
    let der = sequence(&[[].as_slice(), n, e, d, p, q, &dp, &dq, inverse].map(integer));
    PrivateKey::rsa(&der)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        let keys = [
            PrivateKey::draw_rsa(2048).unwrap(),
            PrivateKey::draw_ecdsa(Curve::P256).unwrap(),
            PrivateKey::draw_ecdsa(Curve::P521).unwrap(),
            PrivateKey::draw_ed25519().unwrap(),
        ];
        for key in keys {
            for form in [key.openssh().unwrap(), key.pem(), key.pkcs8_pem()] {
                let read = super::super::key_parse::parse_private(&form, "x").unwrap();
                assert_eq!(read.public(), key.public(), "{form}");
                assert_eq!(read.pem(), key.pem());
            }
            assert_eq!(super::super::key_parse::parse_spki(&key.public().spki()).as_ref(), Some(key.public()));
        }
        let odd = PrivateKey::draw_ecdsa(Curve::P224).unwrap();
        assert_eq!(odd.openssh().unwrap(), "");
        assert_eq!(super::super::key_parse::parse_private(&odd.pem(), "x").unwrap().public(), odd.public());
    }
}
