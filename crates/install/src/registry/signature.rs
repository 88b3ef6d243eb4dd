//! Signatures of checksum documents (OpenPGP, RFC 9580), and whom they come from (registry-and-locks.md 3.3).

use pgp::armor::{BlockType, Dearmor};
use pgp::composed::{Deserializable, DetachedSignature, SignedPublicKey, SignedPublicSubKey};
use pgp::packet::SignatureType;
use pgp::types::{KeyDetails, VerifyingKey};
use std::io::Read;

/// The key of HashiCorp for packages, C874011F0AB405110D02105534365D9472D7468F.
const HASHICORP: &str = include_str!("hashicorp.asc");

/// The key of HashiCorp for keys of its partners, 51890657C5ACDB4B823086567D72D4268E4660FC.
const PARTNERS: &str = include_str!("partners.asc");

/// Largest key: keys come from servers.
const KEY_BYTES: usize = 1 << 20;

/// Who has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Signer {
    HashiCorp,
    /// Somebody for whose key HashiCorp vouches.
    Partner {
        key: String,
    },
    /// Somebody whose key comes from the registry alone.
    Own {
        key: String,
    },
}

/// A key that a registry names.
#[derive(Clone, Debug)]
pub(super) struct NamedKey {
    /// With armor.
    pub key: String,
    /// Of HashiCorp over the key; may be empty.
    pub trust: String,
}

/// Who has signed a document. Keys are tried in order; one that cannot be read matters only if no other fits.
pub(super) fn signer(keys: &[NamedKey], document: &[u8], signature: &[u8]) -> Result<Signer, String> {
    let signature =
        DetachedSignature::from_bytes(signature).map_err(|error| format!("the signature cannot be read: {error}"))?;
    if signature.signature.typ() != Some(SignatureType::Binary) {
        return Err("the signature is not one over a file".to_owned());
    }
    let mut unreadable = None;
    let parsed = keys.iter().flat_map(|named| parse_keys(&named.key).into_iter().map(move |key| (named, key)));
    for (named, key) in parsed {
        let key = match key {
            Ok(key) => key,
            Err(why) => {
                unreadable = Some(why);
                continue;
            }
        };
        if !verifies(&key, document, &signature)? {
            continue;
        }
        let id = key_id(&key);
        if verifies(&parse_key(HASHICORP)?, document, &signature).unwrap_or(false) {
            return Ok(Signer::HashiCorp);
        }
        if named.trust.trim().is_empty() {
            return Ok(Signer::Own { key: id });
        }
        check_trust(named)
            .map_err(|why| format!("the key {id} claims to be that of a HashiCorp partner, but {why}"))?;
        return Ok(Signer::Partner { key: id });
    }
    let none = "it was not made with any of the keys that the registry names for the provider";
    Err(unreadable.map_or_else(|| none.to_owned(), |why| format!("{none}, and {why}")))
}

/// All keys in a text.
fn parse_keys(text: &str) -> Vec<Result<SignedPublicKey, String>> {
    if text.len() > KEY_BYTES {
        return vec![Err("a key of the registry is too large".to_owned())];
    }
    let unreadable = |error: pgp::errors::Error| format!("a key of the registry cannot be read: {error}");
    match SignedPublicKey::from_string_many(text.trim()) {
        Ok((keys, _)) => keys.map(|key| key.map_err(unreadable)).collect(),
        Err(error) => vec![Err(unreadable(error))],
    }
}

fn parse_key(text: &str) -> Result<SignedPublicKey, String> {
    parse_keys(text).into_iter().next().unwrap_or_else(|| Err("there is no key".to_owned()))
}

fn key_id(key: &SignedPublicKey) -> String {
    key.primary_key.legacy_key_id().as_ref().iter().map(|byte| format!("{byte:02X}")).collect()
}

/// True if the signature comes from a key. An error if it says that it does, but the document is another.
fn verifies(key: &SignedPublicKey, document: &[u8], signature: &DetachedSignature) -> Result<bool, String> {
    let result = if is_maker(&key.primary_key, signature) {
        signature.verify(&key.primary_key, document)
    } else if let Some(subkey) = key.public_subkeys.iter().find(|subkey| is_maker(&subkey.key, signature)) {
        check_subkey(key, subkey)?;
        signature.verify(&subkey.key, document)
    } else {
        return Ok(false);
    };
    check_not_revoked(key)?;
    match result {
        Ok(()) => Ok(true),
        Err(_) if is_anonymous(signature) => Ok(false),
        Err(error) => Err(format!(
            "it names the key {} as its maker, but does not fit the document ({error}): one of them was changed",
            key_id(key)
        )),
    }
}

fn is_anonymous(signature: &DetachedSignature) -> bool {
    signature.signature.issuer_key_id().is_empty() && signature.signature.issuer_fingerprint().is_empty()
}

/// True if the signature names the key. One that names none may be of any.
fn is_maker(key: &impl VerifyingKey, signature: &DetachedSignature) -> bool {
    let (ids, prints) = (signature.signature.issuer_key_id(), signature.signature.issuer_fingerprint());
    is_anonymous(signature)
        || ids.iter().any(|id| **id == key.legacy_key_id())
        || prints.iter().any(|print| **print == key.fingerprint())
}

fn check_not_revoked(key: &SignedPublicKey) -> Result<(), String> {
    let by_itself = |revocation: &pgp::packet::Signature| revocation.verify_key(&key.primary_key).is_ok();
    if key.details.revocation_signatures.iter().any(by_itself) {
        return Err(format!("its key {} was revoked by its owner", key_id(key)));
    }
    Ok(())
}

/// A subkey signs for its key if both say so, and the key has not taken that back.
fn check_subkey(key: &SignedPublicKey, subkey: &SignedPublicSubKey) -> Result<(), String> {
    let id = key_id(key);
    let mut is_bound = false;
    for signature in &subkey.signatures {
        if signature.verify_subkey_binding(&key.primary_key, &subkey.key).is_err() {
            continue;
        }
        if signature.typ() == Some(SignatureType::SubkeyRevocation) {
            return Err(format!("the subkey of {id} that made it was revoked"));
        }
        let back = signature.embedded_signature();
        is_bound |= signature.key_flags().sign()
            && back.is_some_and(|back| back.verify_primary_key_binding(&subkey.key, &key.primary_key).is_ok());
    }
    if is_bound { Ok(()) } else { Err(format!("the subkey that made it may not sign for {id}")) }
}

/// That HashiCorp has signed the key of a partner: the packets of it, without armor.
fn check_trust(named: &NamedKey) -> Result<(), String> {
    let (packets, _) = unarmored(&named.key)?;
    let (signature, kind) = unarmored(&named.trust)?;
    if kind != Some(BlockType::Signature) {
        return Err("what should show it is no signature".to_owned());
    }
    let signature = DetachedSignature::from_bytes(signature.as_slice());
    let signature = signature.map_err(|error| format!("the signature that should show it cannot be read: {error}"))?;
    match verifies(&parse_key(PARTNERS)?, &packets, &signature) {
        Ok(true) => Ok(()),
        Ok(false) => Err("HashiCorp has not signed it".to_owned()),
        Err(why) => Err(format!("the signature of HashiCorp is not valid: {why}")),
    }
}

fn unarmored(text: &str) -> Result<(Vec<u8>, Option<BlockType>), String> {
    let mut armor = Dearmor::new(text.trim().as_bytes());
    let mut bytes = Vec::new();
    let read = armor.by_ref().take(KEY_BYTES as u64).read_to_end(&mut bytes);
    read.map_err(|error| format!("it is not armored as it should be ({error})"))?;
    Ok((bytes, armor.typ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_keys_are_the_right_ones() {
        for (text, expected) in [
            (HASHICORP, "c874011f0ab405110d02105534365d9472d7468f"),
            (PARTNERS, "51890657c5acdb4b823086567d72d4268e4660fc"),
        ] {
            let key = parse_key(text).unwrap();
            assert_eq!(format!("{:x}", key.primary_key.fingerprint()), expected);
            assert!(expected.to_uppercase().ends_with(&key_id(&key)));
            check_not_revoked(&key).unwrap();
        }
    }

    /// Key, signature, document, and what comes of them.
    type Case<'a> = (&'a str, &'a [u8], &'a [u8], Result<&'a str, &'a str>);

    /// What GnuPG makes: a key with a subkey that signs, a key of its own, both in one text, and the second one revoked.
    #[test]
    fn signatures_of_other_programs_are_understood() {
        const SUMS: &[u8] = include_bytes!("../../tests/data/SHA256SUMS");
        let (by_subkey, by_key): (&[u8], &[u8]) =
            (include_bytes!("../../tests/data/subkey.sig"), include_bytes!("../../tests/data/rsa.sig"));
        let (subkey, rsa, both, revoked) = (
            include_str!("../../tests/data/subkey.asc"),
            include_str!("../../tests/data/rsa.asc"),
            include_str!("../../tests/data/both.asc"),
            include_str!("../../tests/data/revoked.asc"),
        );
        let cases: &[Case<'_>] = &[
            (subkey, by_subkey, SUMS, Ok("B70FACB222EE956D")),
            (rsa, by_key, SUMS, Ok("B1E064650C099DFB")),
            (both, by_subkey, SUMS, Ok("B70FACB222EE956D")),
            (both, by_key, SUMS, Ok("B1E064650C099DFB")),
            (rsa, by_subkey, SUMS, Err("any of the keys")),
            (rsa, by_key, b"other", Err("does not fit the document")),
            (subkey, by_subkey, b"other", Err("does not fit the document")),
            (revoked, by_key, SUMS, Err("was revoked")),
        ];
        for (number, (key, signature, document, expected)) in cases.iter().enumerate() {
            let named = NamedKey { key: (*key).to_owned(), trust: String::new() };
            match (signer(&[named], document, signature), expected) {
                (Ok(signer), Ok(id)) => assert_eq!(signer, Signer::Own { key: (*id).to_owned() }, "{number}"),
                (Err(why), Err(part)) => assert!(why.contains(part), "{number}: {why}"),
                (result, _) => panic!("{number}: {result:?}"),
            }
        }
    }

    #[test]
    fn garbage_is_refused() {
        let key = NamedKey { key: HASHICORP.to_owned(), trust: String::new() };
        assert!(signer(std::slice::from_ref(&key), b"document", b"no signature").is_err());
        assert!(signer(&[NamedKey { key: "no key".to_owned(), ..key }], b"document", &[]).is_err());
    }
}
