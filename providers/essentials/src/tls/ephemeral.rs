//! The ephemeral resource `tls_private_key`.

use super::private_key::draw;
use super::provider::Proxy;
use formwork_kit::{
    Call, Ephemeral, Failure, Opened, Outcome, async_trait, at_least, computed, object, one_of, optional, required,
};

pub(crate) struct PrivateKey;

object! {
    pub(crate) struct State {
        /// `RSA`, `ECDSA` or `ED25519`.
        algorithm: String = required().check(one_of(&["RSA", "ECDSA", "ED25519"])),
        /// The curve of keys of ECDSA.
        ecdsa_curve: String = optional().default_value("P224").check(one_of(&["P224", "P256", "P384", "P521"])),
        private_key_openssh: Option<String> = computed().sensitive(),
        private_key_pem: Option<String> = computed().sensitive(),
        private_key_pem_pkcs8: Option<String> = computed().sensitive(),
        public_key_fingerprint_md5: Option<String> = computed(),
        public_key_fingerprint_sha256: Option<String> = computed(),
        public_key_openssh: Option<String> = computed(),
        public_key_pem: Option<String> = computed(),
        /// Size of keys of RSA.
        rsa_bits: i64 = optional().default_value(2048).check(at_least(512)),
    }
}

#[async_trait]
impl Ephemeral for PrivateKey {
    type State = State;
    type Client = Proxy;

    const KIND: &'static str = "tls_private_key";

    async fn open(&self, _: &Call<Proxy>, state: &mut State) -> Outcome<Opened> {
        let (algorithm, curve, bits) = (state.algorithm.clone(), state.ecdsa_curve.clone(), state.rsa_bits);
        let drawn = tokio::task::spawn_blocking(move || draw(&algorithm, &curve, bits)).await;
        let key = drawn.map_err(|error| Failure::new(format!("The key was not made: {error}.")))??;
        let public = key.public();
        let (md5, sha256) = public.fingerprints();
        state.private_key_pem = Some(key.pem());
        state.private_key_pem_pkcs8 = Some(key.pkcs8_pem());
        state.private_key_openssh = Some(key.openssh()?);
        state.public_key_pem = Some(public.pem());
        state.public_key_openssh = Some(public.openssh());
        state.public_key_fingerprint_md5 = Some(md5);
        state.public_key_fingerprint_sha256 = Some(sha256);
        Ok(Opened::default())
    }
}
