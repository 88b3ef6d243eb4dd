//! The forms in which keys are written.

use super::der::{bits, context, element, group, integer, null, octets, oid, sequence};
use super::key::{Curve, PrivateKey, PublicKey};
use super::pem::encode;

pub(super) const RSA: &str = "1.2.840.113549.1.1.1";
pub(super) const EC: &str = "1.2.840.10045.2.1";
pub(super) const ED25519: &str = "1.3.101.112";

/// SEC 1: a key of ECDSA; with the curve if it is to stand alone.
pub(super) fn sec1(curve: Curve, scalar: &[u8], point: Option<&[u8]>) -> Vec<u8> {
    let mut parts = vec![integer(&[1]), octets(scalar), element(context(0), &oid(curve.oid()))];
    if let Some(point) = point {
        parts.push(element(context(1), &bits(point)));
    }
    sequence(&parts)
}

impl PrivateKey {
    /// The usual form of the algorithm: PKCS#1, SEC 1, or PKCS#8 for Ed25519.
    pub fn pem(&self) -> String {
        match self {
            PrivateKey::Rsa { pkcs1, .. } => encode("RSA PRIVATE KEY", pkcs1),
            PrivateKey::Ecdsa { curve, scalar, public } => {
                encode("EC PRIVATE KEY", &sec1(*curve, scalar, Some(public.bytes())))
            }
            PrivateKey::Ed25519 { .. } => self.pkcs8_pem(),
        }
    }

    pub fn pkcs8_pem(&self) -> String {
        let inner = match self {
            PrivateKey::Rsa { pkcs1, .. } => pkcs1.clone(),
            PrivateKey::Ecdsa { scalar, public, .. } => {
                // The curve stands outside.
                sequence(&[integer(&[1]), octets(scalar), group(context(1), &[bits(public.bytes())])])
            }
            PrivateKey::Ed25519 { seed, .. } => octets(seed),
        };
        let info = sequence(&[integer(&[0]), self.public().algorithm_identifier(), octets(&inner)]);
        encode("PRIVATE KEY", &info)
    }
}

impl PublicKey {
    fn algorithm_identifier(&self) -> Vec<u8> {
        match self {
            PublicKey::Rsa { .. } => sequence(&[oid(RSA), null()]),
            PublicKey::Ecdsa { curve, .. } => sequence(&[oid(EC), oid(curve.oid())]),
            PublicKey::Ed25519(_) => sequence(&[oid(ED25519)]),
        }
    }

    /// What is in the bit string of [`PublicKey::spki`], for points.
    fn bytes(&self) -> &[u8] {
        match self {
            PublicKey::Rsa { modulus, .. } => modulus,
            PublicKey::Ecdsa { point, .. } => point,
            PublicKey::Ed25519(point) => point,
        }
    }

    /// What key identifiers are checksums of.
    pub fn key_bits(&self) -> Vec<u8> {
        match self {
            PublicKey::Rsa { modulus, exponent } => sequence(&[integer(modulus), integer(exponent)]),
            _ => self.bytes().to_vec(),
        }
    }

    /// Algorithm and key, as certificates have them.
    pub fn spki(&self) -> Vec<u8> {
        sequence(&[self.algorithm_identifier(), bits(&self.key_bits())])
    }

    pub fn pem(&self) -> String {
        encode("PUBLIC KEY", &self.spki())
    }

    /// What the key's private half signs with.
    pub fn signature_algorithm(&self) -> Vec<u8> {
        match self {
            PublicKey::Rsa { .. } => sequence(&[oid("1.2.840.113549.1.1.11"), null()]),
            PublicKey::Ecdsa { curve: Curve::P224 | Curve::P256, .. } => sequence(&[oid("1.2.840.10045.4.3.2")]),
            PublicKey::Ecdsa { curve: Curve::P384, .. } => sequence(&[oid("1.2.840.10045.4.3.3")]),
            PublicKey::Ecdsa { curve: Curve::P521, .. } => sequence(&[oid("1.2.840.10045.4.3.4")]),
            PublicKey::Ed25519(_) => sequence(&[oid(ED25519)]),
        }
    }
}
