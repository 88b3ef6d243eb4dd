//! What a certificate may be used for.

use super::der::{BIT_STRING, element, oid, sequence};

/// Bits of the extension for keys, from the first.
const KEY_USAGES: [&str; 9] = [
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "cert_signing",
    "crl_signing",
    "encipher_only",
    "decipher_only",
];

/// Identifiers of the other uses.
const EXTENDED_USAGES: [(&str, &str); 14] = [
    ("any_extended", "2.5.29.37.0"),
    ("server_auth", "1.3.6.1.5.5.7.3.1"),
    ("client_auth", "1.3.6.1.5.5.7.3.2"),
    ("code_signing", "1.3.6.1.5.5.7.3.3"),
    ("email_protection", "1.3.6.1.5.5.7.3.4"),
    ("ipsec_end_system", "1.3.6.1.5.5.7.3.5"),
    ("ipsec_tunnel", "1.3.6.1.5.5.7.3.6"),
    ("ipsec_user", "1.3.6.1.5.5.7.3.7"),
    ("timestamping", "1.3.6.1.5.5.7.3.8"),
    ("ocsp_signing", "1.3.6.1.5.5.7.3.9"),
    ("microsoft_server_gated_crypto", "1.3.6.1.4.1.311.10.3.3"),
    ("netscape_server_gated_crypto", "2.16.840.1.113730.4.1"),
    ("microsoft_commercial_code_signing", "1.3.6.1.4.1.311.2.1.22"),
    ("microsoft_kernel_code_signing", "1.3.6.1.4.1.311.61.1.1"),
];

/// True for a name that `allowed_uses` may have.
pub(super) fn is_known(name: &str) -> bool {
    KEY_USAGES.contains(&name) || EXTENDED_USAGES.iter().any(|(known, _)| *known == name)
}

/// The extension for keys; `None` if no use of it is allowed.
pub(super) fn key_usage(allowed: &[String]) -> Option<Vec<u8>> {
    let mut bytes = [0_u8; 2];
    let mut last = None;
    for (bit, name) in KEY_USAGES.iter().enumerate() {
        if allowed.iter().any(|allowed| allowed == name) {
            if let Some(byte) = bytes.get_mut(bit / 8) {
                *byte |= 0x80 >> (bit % 8);
            }
            last = Some(bit);
        }
    }
    // A bit string ends with its last bit that is set.
    let last = last?;
    let unused = (7 - last % 8) as u8;
    let used = bytes.get(..=last / 8).unwrap_or_default();
    Some(element(BIT_STRING, &[&[unused], used].concat()))
}

/// The extension for other uses, in the order in which they are given.
pub(super) fn extended_usage(allowed: &[String]) -> Option<Vec<u8>> {
    let found = allowed.iter().filter_map(|name| EXTENDED_USAGES.iter().find(|(known, _)| known == name));
    let identifiers: Vec<Vec<u8>> = found.map(|(_, dotted)| oid(dotted)).collect();
    (!identifiers.is_empty()).then(|| sequence(&identifiers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_of_uses() {
        let usage = |names: &[&str]| key_usage(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(usage(&["digital_signature", "key_encipherment"]).unwrap(), [3, 2, 5, 0xa0]);
        assert_eq!(usage(&["decipher_only"]).unwrap(), [3, 3, 7, 0, 0x80]);
        assert_eq!(usage(&["server_auth"]), None);
    }
}
