//! Keys and certificates that are not what they seem.

use super::certificate_parse::{parse_certificate, parse_request};
use super::key::{Curve, PrivateKey};
use super::key_parse::{parse_private, parse_spki};
use super::pem;
use proptest::prelude::*;

fn read_all(bytes: &[u8]) {
    let _ = (parse_certificate(bytes).is_some(), parse_spki(bytes).is_some());
    for label in ["RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY"] {
        if let Ok(key) = parse_private(&pem::encode(label, bytes), "x") {
            let _ = (key.openssh().is_ok(), key.pkcs8_pem(), key.public().pem());
        }
    }
    let _ = parse_request(&pem::encode("CERTIFICATE REQUEST", bytes), "x").is_ok();
}

proptest! {
    #[test]
    fn bytes_of_any_kind_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_all(&bytes);
    }

    #[test]
    fn texts_of_any_kind_are_read_or_refused(text in "(-----BEGIN [A-Z ]{0,9}-----\n?)?[A-Za-z0-9+/=:\n -]{0,80}") {
        prop_assert!(parse_private(&text, "x").is_err());
    }

    #[test]
    fn keys_with_other_bytes_are_read_or_refused(at in 0_usize..200, byte in any::<u8>(), kind in 0..2) {
        let key = if kind == 0 { PrivateKey::draw_ecdsa(Curve::P256) } else { PrivateKey::draw_ed25519() };
        let key = key.unwrap();
        for form in [key.pkcs8_pem(), key.openssh().unwrap()] {
            let mut bytes = pem::decode(&form, "x").unwrap().content;
            let at = at % bytes.len();
            bytes[at] = byte;
            read_all(&bytes);
        }
    }
}
