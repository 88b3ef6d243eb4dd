//! `tls_cert_request`.

use super::certificates::extension;
use super::der::{bits, context, element, group, integer, oid, sequence};
use super::key_parse::parse_private;
use super::pem;
use super::provider::Proxy;
use super::subject::{Subject, alternative_names};
use crate::checksums::sha1;
use formwork_kit::{
    Call, Outcome, Resource, async_trait, blocks, computed, length_between, object, optional, required,
};

pub(crate) struct CertRequest;

object! {
    pub(crate) struct State {
        cert_request_pem: Option<String> = computed(),
        /// Host names for which a certificate is asked.
        dns_names: Option<Vec<String>> = optional().replaces(),
        id: Option<String> = computed(),
        /// Addresses for which a certificate is asked.
        ip_addresses: Option<Vec<String>> = optional().replaces(),
        key_algorithm: Option<String> = computed(),
        /// The key that asks.
        private_key_pem: String = required().sensitive().replaces(),
        /// URIs for which a certificate is asked.
        uris: Option<Vec<String>> = optional().replaces(),
        subject: Vec<Subject> = blocks().replaces().check(length_between(0, 1)),
    }
}

#[async_trait]
impl Resource for CertRequest {
    type State = State;
    type Client = Proxy;

    const KIND: &'static str = "tls_cert_request";
    const PURE: bool = true;

    async fn create(&self, _: &Call<Proxy>, state: &mut State) -> Outcome<()> {
        let key = parse_private(&state.private_key_pem, "private_key_pem")?;
        let list = |names: &Option<Vec<String>>| names.clone().unwrap_or_default();
        let names = alternative_names(&list(&state.dns_names), &list(&state.ip_addresses), &list(&state.uris))?;
        let asked = names.map(|names| {
            let extensions = sequence(&[extension("2.5.29.17", false, &names)]);
            sequence(&[oid("1.2.840.113549.1.9.14"), group(super::der::SET, &[extensions])])
        });
        let subject = state.subject.first().cloned().unwrap_or_default();
        let body = sequence(&[
            integer(&[0]),
            subject.der(),
            key.public().spki(),
            element(context(0), &asked.unwrap_or_default()),
        ]);
        let signature = key.sign(&body)?;
        let request = sequence(&[body, key.public().signature_algorithm(), bits(&signature)]);
        state.id = Some(sha1(&request));
        state.key_algorithm = Some(key.public().algorithm().to_owned());
        state.cert_request_pem = Some(pem::encode("CERTIFICATE REQUEST", &request));
        Ok(())
    }
}
