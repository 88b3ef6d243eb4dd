//! The data source `tls_certificate`.

use super::certificate_parse::parse_certificate;
use super::pem;
use super::provider::Proxy;
use super::remote::server_certificates;
use super::subject::name_text;
use crate::checksums::sha1;
use dashu_int::UBig;
use formwork_kit::{Call, DataSource, Failure, Group, Outcome, async_trait, computed, object, optional};

pub(crate) struct CertificateSource;

object! {
    pub(crate) struct Told {
        cert_pem: String = computed(),
        is_ca: bool = computed(),
        issuer: String = computed(),
        max_path_length: i64 = computed(),
        not_after: String = computed(),
        not_before: String = computed(),
        public_key_algorithm: String = computed(),
        serial_number: String = computed(),
        sha1_fingerprint: String = computed(),
        signature_algorithm: String = computed(),
        subject: String = computed(),
        version: i64 = computed(),
    }
}

object! {
    pub(crate) struct State {
        /// The certificates; those of a server from the authority to its own.
        certificates: Option<Vec<Told>> = computed(),
        /// Certificates in PEM.
        content: Option<String> = optional(),
        id: Option<String> = computed(),
        /// The server to ask: `https://...` or `tls://...`.
        url: Option<String> = optional(),
        /// Whether the server must be one that the system's authorities know; true if it is not given.
        verify_chain: Option<bool> = optional(),
    }
}

fn told(der: &[u8]) -> Option<Told> {
    let certificate = parse_certificate(der)?;
    Some(Told {
        cert_pem: pem::encode("CERTIFICATE", der),
        is_ca: certificate.is_ca,
        issuer: name_text(certificate.issuer),
        max_path_length: certificate.max_path_length.unwrap_or_default(),
        not_after: certificate.not_after,
        not_before: certificate.not_before,
        public_key_algorithm: certificate.public_key_algorithm,
        serial_number: UBig::from_be_bytes(certificate.serial).to_string(),
        sha1_fingerprint: sha1(der),
        signature_algorithm: certificate.signature_algorithm,
        subject: name_text(certificate.subject),
        version: certificate.version,
    })
}

#[async_trait]
impl DataSource for CertificateSource {
    type State = State;
    type Client = Proxy;

    const KIND: &'static str = "tls_certificate";

    fn groups(&self) -> Vec<Group> {
        vec![Group::ExactlyOne(&["content", "url"])]
    }

    async fn read(&self, call: &Call<Proxy>, state: &mut State) -> Outcome<()> {
        let (found, attribute) = match (&state.url, &state.content) {
            (Some(url), _) => {
                let mut chain = server_certificates(url, call.client(), state.verify_chain.unwrap_or(true)).await?;
                chain.reverse();
                (chain, "url")
            }
            (None, content) => {
                let blocks = pem::decode_all(content.as_deref().unwrap_or_default()).into_iter();
                let certificates = blocks.filter(|block| block.label == "CERTIFICATE").map(|block| block.content);
                (certificates.collect::<Vec<_>>(), "content")
            }
        };
        let certificates: Option<Vec<Told>> = found.iter().map(|der| told(der)).collect();
        let certificates = certificates.filter(|all| !all.is_empty());
        let certificates =
            certificates.ok_or_else(|| Failure::new("There are no certificates that can be read.").at(attribute))?;
        state.id = Some(sha1(&found.concat()));
        state.certificates = Some(certificates);
        Ok(())
    }
}
