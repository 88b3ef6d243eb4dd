//! Reading keys.

use super::der::{INTEGER, OCTET_STRING, Reader, SEQUENCE, context, dotted};
use super::key::{CURVES, Curve, PrivateKey, PublicKey};
use super::key_form::{EC, ED25519, RSA};
use super::{key_openssh, pem};
use formwork_kit::{Failure, Outcome};

/// A private key in any form of PEM. The attribute is blamed if it is none.
pub(super) fn parse_private(text: &str, attribute: &str) -> Outcome<PrivateKey> {
    let block = pem::decode(text, attribute)?;
    let key = match block.label.as_str() {
        "RSA PRIVATE KEY" => PrivateKey::rsa(&block.content),
        "EC PRIVATE KEY" => parse_sec1(&block.content, None),
        "PRIVATE KEY" => parse_pkcs8(&block.content),
        "OPENSSH PRIVATE KEY" => key_openssh::parse(&block.content),
        label => {
            let detail = format!("A PEM block of the kind {label:?} is no private key without a passphrase.");
            return Err(Failure::new(detail).at(attribute));
        }
    };
    key.ok_or_else(|| Failure::new("The private key cannot be read, or its algorithm is not known.").at(attribute))
}

pub(super) fn parse_pkcs8(der: &[u8]) -> Option<PrivateKey> {
    let mut info = Reader(der).next()?.inside();
    info.next_if(INTEGER)?;
    let mut algorithm = info.next_if(SEQUENCE)?.inside();
    let key = info.next_if(OCTET_STRING)?.content;
    let kind = dotted(algorithm.next()?.content);
    match kind.as_str() {
        RSA => PrivateKey::rsa(key),
        EC => parse_sec1(key, Some(curve(&dotted(algorithm.next()?.content))?)),
        ED25519 => PrivateKey::ed25519(Reader(key).next_if(OCTET_STRING)?.content),
        _ => None,
    }
}

fn curve(oid: &str) -> Option<Curve> {
    CURVES.into_iter().find(|curve| curve.oid() == oid)
}

fn parse_sec1(der: &[u8], outer: Option<Curve>) -> Option<PrivateKey> {
    let mut key = Reader(der).next_if(SEQUENCE)?.inside();
    key.next_if(INTEGER)?;
    let scalar = key.next_if(OCTET_STRING)?.content;
    let own = key.next_if(context(0)).and_then(|named| curve(&dotted(named.inside().next()?.content)));
    PrivateKey::ecdsa(own.or(outer)?, scalar)
}

/// The public half of a key as PKCS#1 has it.
pub(super) fn rsa_public(pkcs1: &[u8]) -> Option<PublicKey> {
    let mut key = Reader(pkcs1).next_if(SEQUENCE)?.inside();
    key.next_if(INTEGER)?;
    let (modulus, exponent) = (key.next_if(INTEGER)?.magnitude(), key.next_if(INTEGER)?.magnitude());
    // All of the private half must be there as well.
    let rest = [(); 6].map(|()| key.next_if(INTEGER));
    rest.iter().all(Option::is_some).then(|| PublicKey::Rsa { modulus: modulus.to_vec(), exponent: exponent.to_vec() })
}

/// A public key as certificates have it.
pub(super) fn parse_spki(der: &[u8]) -> Option<PublicKey> {
    let mut info = Reader(der).next_if(SEQUENCE)?.inside();
    let mut algorithm = info.next_if(SEQUENCE)?.inside();
    let bits = info.next()?.bits();
    match dotted(algorithm.next()?.content).as_str() {
        RSA => {
            let mut key = Reader(bits).next_if(SEQUENCE)?.inside();
            let (modulus, exponent) = (key.next_if(INTEGER)?.magnitude(), key.next_if(INTEGER)?.magnitude());
            Some(PublicKey::Rsa { modulus: modulus.to_vec(), exponent: exponent.to_vec() })
        }
        EC => {
            let curve = curve(&dotted(algorithm.next()?.content))?;
            Some(PublicKey::Ecdsa { curve, point: bits.to_vec() })
        }
        ED25519 => Some(PublicKey::Ed25519(bits.to_vec())),
        _ => None,
    }
}
