//! Certificates for tests of connections.

use super::certificates::{Order, issue};
use super::key::PrivateKey;
use super::subject::{Subject, alternative_names};

/// A certificate for 127.0.0.1 that is its own authority, and its key, both in PEM.
pub(crate) fn server_identity() -> (String, String) {
    let key = PrivateKey::draw_ecdsa(super::key::Curve::P256).unwrap();
    let subject = Subject { common_name: Some("served".into()), ..Subject::default() }.der();
    let issued = issue(&Order {
        issuer: &subject,
        subject: &subject,
        public: key.public(),
        signer: &key,
        allowed_uses: &["server_auth".to_owned(), "digital_signature".to_owned()],
        validity_hours: 1,
        is_ca: false,
        max_path_length: -1,
        set_subject_key_id: true,
        authority_key_id: None,
        alternative_names: alternative_names(&[], &["127.0.0.1".to_owned()], &[]).unwrap(),
    });
    (issued.unwrap().pem, key.pkcs8_pem())
}
