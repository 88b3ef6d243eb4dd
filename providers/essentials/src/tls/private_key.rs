//! `tls_private_key`.

use super::key::{CURVES, PrivateKey};
use super::key_parse::parse_private;
use super::provider::Proxy;
use crate::checksums::sha1;
use formwork_kit::{
    Call, Failure, Outcome, Resource, async_trait, at_least, computed, object, one_of, optional, required,
};
use formwork_value::Value;

pub(crate) struct PrivateKeyResource;

object! {
    pub(crate) struct State {
        /// `RSA`, `ECDSA` or `ED25519`.
        algorithm: String = required().replaces().check(one_of(&["RSA", "ECDSA", "ED25519"])),
        /// The curve of keys of ECDSA.
        ecdsa_curve: String =
            optional().default_value("P224").replaces().check(one_of(&["P224", "P256", "P384", "P521"])),
        /// Checksum of the public key.
        id: Option<String> = computed(),
        private_key_openssh: Option<String> = computed().sensitive(),
        private_key_pem: Option<String> = computed().sensitive(),
        private_key_pem_pkcs8: Option<String> = computed().sensitive(),
        public_key_fingerprint_md5: Option<String> = computed(),
        public_key_fingerprint_sha256: Option<String> = computed(),
        public_key_openssh: Option<String> = computed(),
        public_key_pem: Option<String> = computed(),
        /// Size of keys of RSA.
        rsa_bits: i64 = optional().default_value(2048).replaces().check(at_least(512)),
    }
}

/// A new key.
pub(super) fn draw(algorithm: &str, curve: &str, bits: i64) -> Outcome<PrivateKey> {
    match algorithm {
        "RSA" => PrivateKey::draw_rsa(bits),
        "ED25519" => PrivateKey::draw_ed25519(),
        _ => {
            let curve = CURVES.into_iter().find(|known| known.name() == curve);
            PrivateKey::draw_ecdsa(curve.ok_or_else(|| Failure::new("There is no such curve.").at("ecdsa_curve"))?)
        }
    }
}

/// What identifies a public key in states.
pub(super) fn id(key: &PrivateKey) -> String {
    sha1(&key.public().spki())
}

impl State {
    fn show(&mut self, key: &PrivateKey) -> Outcome<()> {
        let public = key.public();
        let (md5, sha256) = public.fingerprints();
        self.id = Some(id(key));
        self.private_key_pem = Some(key.pem());
        self.private_key_pem_pkcs8 = Some(key.pkcs8_pem());
        self.private_key_openssh = Some(key.openssh()?);
        self.public_key_pem = Some(public.pem());
        self.public_key_openssh = Some(public.openssh());
        self.public_key_fingerprint_md5 = Some(md5);
        self.public_key_fingerprint_sha256 = Some(sha256);
        Ok(())
    }
}

#[async_trait]
impl Resource for PrivateKeyResource {
    type State = State;
    type Client = Proxy;

    const KIND: &'static str = "tls_private_key";
    const VERSION: u64 = 1;
    const PURE: bool = true;

    async fn create(&self, _: &Call<Proxy>, state: &mut State) -> Outcome<()> {
        let (algorithm, curve, bits) = (state.algorithm.clone(), state.ecdsa_curve.clone(), state.rsa_bits);
        let drawn = tokio::task::spawn_blocking(move || draw(&algorithm, &curve, bits)).await;
        let key = drawn.map_err(|error| Failure::new(format!("The key was not made: {error}.")))??;
        state.show(&key)
    }

    /// Before version 1 there were fewer forms of the key.
    fn upgrade(&self, _: u64, state: Value) -> Outcome<Value> {
        let mut attributes = state.as_mapping().cloned().unwrap_or_default();
        let stored = attributes.get("private_key_pem").and_then(Value::as_str).unwrap_or_default().to_owned();
        let key = parse_private(&stored, "private_key_pem")?;
        let public = key.public();
        let (_, sha256) = public.fingerprints();
        for (name, value) in [
            ("private_key_openssh", key.openssh()?),
            ("private_key_pem_pkcs8", key.pkcs8_pem()),
            ("public_key_fingerprint_sha256", sha256),
        ] {
            let slot = attributes.entry(name.into()).or_insert_with(|| Value::from(""));
            if slot.as_str().is_none_or(str::is_empty) {
                *slot = value.into();
            }
        }
        Ok(Value::object_map(attributes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_states_get_the_forms_that_they_lack() {
        let key = PrivateKey::draw_ed25519().unwrap();
        let old = Value::object([("private_key_pem", Value::from(key.pem())), ("algorithm", "ED25519".into())]);
        let new = PrivateKeyResource.upgrade(0, old).unwrap();
        assert_eq!(new.get("private_key_pem_pkcs8").and_then(Value::as_str), Some(key.pkcs8_pem().as_str()));
        assert!(new.get("private_key_openssh").and_then(Value::as_str).unwrap().contains("OPENSSH PRIVATE KEY"));
        assert!(new.get("public_key_fingerprint_sha256").and_then(Value::as_str).unwrap().starts_with("SHA256:"));
        assert!(PrivateKeyResource.upgrade(0, Value::object([("private_key_pem", Value::from("x"))])).is_err());
    }
}
