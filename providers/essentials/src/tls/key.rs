//! Private keys: drawing them, signing with them.

use crate::entropy::Entropy;
use aws_lc_rs::encoding::{AsBigEndian, AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use formwork_kit::{Failure, Outcome};
use p224::elliptic_curve::sec1::ToSec1Point;
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey};
use sha2::{Digest, Sha256};

/// A curve for ECDSA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P224,
    P256,
    P384,
    P521,
}

pub(super) const CURVES: [Curve; 4] = [Curve::P224, Curve::P256, Curve::P384, Curve::P521];

/// A private key with its public half.
#[derive(Clone)]
pub(super) enum PrivateKey {
    /// As PKCS#1 has it.
    Rsa {
        pkcs1: Vec<u8>,
        public: PublicKey,
    },
    Ecdsa {
        curve: Curve,
        scalar: Vec<u8>,
        public: PublicKey,
    },
    Ed25519 {
        seed: [u8; 32],
        public: PublicKey,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PublicKey {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// The point is not compressed.
    Ecdsa {
        curve: Curve,
        point: Vec<u8>,
    },
    Ed25519(Vec<u8>),
}

fn refused(what: &str) -> Failure {
    Failure::new(format!("The cryptographic library refuses {what}."))
}

impl Curve {
    pub fn name(self) -> &'static str {
        match self {
            Curve::P224 => "P224",
            Curve::P256 => "P256",
            Curve::P384 => "P384",
            Curve::P521 => "P521",
        }
    }

    pub fn oid(self) -> &'static str {
        match self {
            Curve::P224 => "1.3.132.0.33",
            Curve::P256 => "1.2.840.10045.3.1.7",
            Curve::P384 => "1.3.132.0.34",
            Curve::P521 => "1.3.132.0.35",
        }
    }

    /// Bytes of a scalar.
    pub fn size(self) -> usize {
        match self {
            Curve::P224 => 28,
            Curve::P256 => 32,
            Curve::P384 => 48,
            Curve::P521 => 66,
        }
    }

    /// `None` for P-224, which the library of the others does not sign with.
    fn signing(self) -> Option<&'static EcdsaSigningAlgorithm> {
        match self {
            Curve::P224 => None,
            Curve::P256 => Some(&ECDSA_P256_SHA256_ASN1_SIGNING),
            Curve::P384 => Some(&ECDSA_P384_SHA384_ASN1_SIGNING),
            Curve::P521 => Some(&ECDSA_P521_SHA512_ASN1_SIGNING),
        }
    }
}

impl PublicKey {
    /// The name that attributes have.
    pub fn algorithm(&self) -> &'static str {
        match self {
            PublicKey::Rsa { .. } => "RSA",
            PublicKey::Ecdsa { .. } => "ECDSA",
            PublicKey::Ed25519(_) => "ED25519",
        }
    }
}

impl PrivateKey {
    pub fn public(&self) -> &PublicKey {
        match self {
            PrivateKey::Rsa { public, .. } | PrivateKey::Ecdsa { public, .. } | PrivateKey::Ed25519 { public, .. } => {
                public
            }
        }
    }

    pub fn draw_rsa(bits: i64) -> Outcome<PrivateKey> {
        let size = match bits {
            2048 => KeySize::Rsa2048,
            3072 => KeySize::Rsa3072,
            4096 => KeySize::Rsa4096,
            8192 => KeySize::Rsa8192,
            _ => return PrivateKey::draw_odd_rsa(bits),
        };
        let failed = || refused("to make the key").at("rsa_bits");
        let pair = aws_lc_rs::rsa::KeyPair::generate(size).map_err(|_| failed())?;
        let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(|_| failed())?;
        super::key_parse::parse_pkcs8(pkcs8.as_ref()).ok_or_else(failed)
    }

    /// Sizes that the fast library does not make.
    fn draw_odd_rsa(bits: i64) -> Outcome<PrivateKey> {
        let failed = |why: &str| Failure::new(format!("A key of {bits} bits cannot be made: {why}.")).at("rsa_bits");
        let bits = usize::try_from(bits).ok().filter(|bits| (512..=8192).contains(bits));
        let bits = bits.ok_or_else(|| failed("RSA keys have 512 to 8192 bits"))?;
        let key =
            rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, bits).map_err(|error| failed(&error.to_string()))?;
        let pkcs1 = key.to_pkcs1_der().map_err(|error| failed(&error.to_string()))?;
        PrivateKey::rsa(pkcs1.as_bytes()).ok_or_else(|| failed("it is not consistent"))
    }

    pub fn draw_ecdsa(curve: Curve) -> Outcome<PrivateKey> {
        if let Some(algorithm) = curve.signing() {
            let pair = EcdsaKeyPair::generate(algorithm).map_err(|_| refused("to make the key"))?;
            let scalar = pair.private_key().as_be_bytes().map_err(|_| refused("to give the key"))?;
            let key = PrivateKey::ecdsa(curve, scalar.as_ref());
            return key.ok_or_else(|| refused("the key that it made"));
        }
        loop {
            // Few numbers of this size are too large.
            if let Some(key) = PrivateKey::ecdsa(curve, &Entropy::System.bytes(curve.size())?) {
                return Ok(key);
            }
        }
    }

    pub fn draw_ed25519() -> Outcome<PrivateKey> {
        let mut seed = [0; 32];
        Entropy::System.fill(&mut seed)?;
        PrivateKey::ed25519(&seed).ok_or_else(|| refused("the key"))
    }

    pub fn rsa(pkcs1: &[u8]) -> Option<PrivateKey> {
        let public = super::key_parse::rsa_public(pkcs1)?;
        Some(PrivateKey::Rsa { pkcs1: pkcs1.to_vec(), public })
    }

    pub fn ecdsa(curve: Curve, scalar: &[u8]) -> Option<PrivateKey> {
        let missing = curve.size().checked_sub(scalar.len())?;
        let scalar = [vec![0; missing], scalar.to_vec()].concat();
        let point = match curve.signing() {
            None => p224::SecretKey::from_slice(&scalar).ok()?.public_key().to_sec1_point(false).as_bytes().to_vec(),
            Some(algorithm) => {
                let sec1 = super::key_form::sec1(curve, &scalar, None);
                let pair = EcdsaKeyPair::from_private_key_der(algorithm, &sec1).ok()?;
                pair.public_key().as_ref().to_vec()
            }
        };
        Some(PrivateKey::Ecdsa { curve, scalar, public: PublicKey::Ecdsa { curve, point } })
    }

    pub fn ed25519(seed: &[u8]) -> Option<PrivateKey> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
        let public = PublicKey::Ed25519(pair.public_key().as_ref().to_vec());
        Some(PrivateKey::Ed25519 { seed: seed.try_into().ok()?, public })
    }

    /// Signs with the algorithm of [`super::key_form::signature_algorithm`].
    pub fn sign(&self, message: &[u8]) -> Outcome<Vec<u8>> {
        match self {
            PrivateKey::Rsa { pkcs1, .. } => sign_rsa(pkcs1, message),
            PrivateKey::Ecdsa { curve: Curve::P224, scalar, .. } => sign_p224(scalar, message),
            PrivateKey::Ecdsa { curve, scalar, .. } => {
                let algorithm = curve.signing().ok_or_else(|| refused("the curve"))?;
                let sec1 = super::key_form::sec1(*curve, scalar, None);
                let pair = EcdsaKeyPair::from_private_key_der(algorithm, &sec1).map_err(|_| refused("the key"))?;
                let signature = pair.sign(&SystemRandom::new(), message).map_err(|_| refused("to sign"))?;
                Ok(signature.as_ref().to_vec())
            }
            PrivateKey::Ed25519 { seed, .. } => {
                let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| refused("the key"))?;
                Ok(pair.sign(message).as_ref().to_vec())
            }
        }
    }
}

/// What PKCS#1 puts before a checksum of SHA-256.
const SHA256_INFO: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

fn sign_rsa(pkcs1: &[u8], message: &[u8]) -> Outcome<Vec<u8>> {
    if let Ok(pair) = RsaKeyPair::from_der(pkcs1) {
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(|_| refused("to sign"))?;
        return Ok(signature);
    }
    // Keys below 2048 bits.
    let key = rsa::RsaPrivateKey::from_pkcs1_der(pkcs1).map_err(|_| refused("the key"))?;
    let scheme = rsa::Pkcs1v15Sign { hash_len: Some(32), prefix: Box::new(SHA256_INFO) };
    key.sign(scheme, &Sha256::digest(message)).map_err(|_| refused("to sign"))
}

fn sign_p224(scalar: &[u8], message: &[u8]) -> Outcome<Vec<u8>> {
    use p224::ecdsa::signature::hazmat::PrehashSigner;
    let key = p224::ecdsa::SigningKey::from_slice(scalar).map_err(|_| refused("the key"))?;
    let signature: p224::ecdsa::Signature =
        key.sign_prehash(&Sha256::digest(message)).map_err(|_| refused("to sign"))?;
    Ok(signature.to_der().as_bytes().to_vec())
}
