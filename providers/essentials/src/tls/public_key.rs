//! `tls_public_key`, as data source and as ephemeral resource.

use super::key_parse::parse_private;
use super::private_key::id;
use super::provider::Proxy;
use formwork_kit::{Call, DataSource, Ephemeral, Group, Opened, Outcome, async_trait, computed, object, optional};

pub(crate) struct PublicKeySource;

object! {
    pub(crate) struct State {
        algorithm: Option<String> = computed(),
        id: Option<String> = computed(),
        /// A private key as OpenSSH has it.
        private_key_openssh: Option<String> = optional().sensitive(),
        /// A private key in PEM.
        private_key_pem: Option<String> = optional().sensitive(),
        public_key_fingerprint_md5: Option<String> = computed(),
        public_key_fingerprint_sha256: Option<String> = computed(),
        public_key_openssh: Option<String> = computed(),
        public_key_pem: Option<String> = computed(),
    }
}

fn groups() -> Vec<Group> {
    vec![Group::ExactlyOne(&["private_key_pem", "private_key_openssh"])]
}

impl State {
    fn show(&mut self) -> Outcome<()> {
        let key = match (&self.private_key_pem, &self.private_key_openssh) {
            (Some(text), _) => parse_private(text, "private_key_pem")?,
            (None, text) => parse_private(text.as_deref().unwrap_or_default(), "private_key_openssh")?,
        };
        let public = key.public();
        let (md5, sha256) = public.fingerprints();
        self.algorithm = Some(public.algorithm().to_owned());
        self.id = Some(id(&key));
        self.public_key_pem = Some(public.pem());
        self.public_key_openssh = Some(public.openssh());
        self.public_key_fingerprint_md5 = Some(md5);
        self.public_key_fingerprint_sha256 = Some(sha256);
        Ok(())
    }
}

#[async_trait]
impl DataSource for PublicKeySource {
    type State = State;
    type Client = Proxy;

    const KIND: &'static str = "tls_public_key";

    fn groups(&self) -> Vec<Group> {
        groups()
    }

    async fn read(&self, _: &Call<Proxy>, state: &mut State) -> Outcome<()> {
        state.show()
    }
}

#[async_trait]
impl Ephemeral for PublicKeySource {
    type State = State;
    type Client = Proxy;

    const KIND: &'static str = "tls_public_key";

    fn groups(&self) -> Vec<Group> {
        groups()
    }

    async fn open(&self, _: &Call<Proxy>, state: &mut State) -> Outcome<Opened> {
        state.show().map(|()| Opened::default())
    }
}
