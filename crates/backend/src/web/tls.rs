//! Certificates.

use formwork_model::StoreError;
use std::sync::Arc;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

/// Whom to trust, and how to show who we are. Certificates and keys are PEM.
#[derive(Clone, Default)]
pub(crate) struct TlsSettings {
    /// In place of those of the system.
    pub roots: Option<Vec<u8>>,
    /// Besides those of the system.
    pub more_roots: Option<Vec<u8>>,
    pub client: Option<(Vec<u8>, Vec<u8>)>,
    pub insecure: bool,
}

fn wrong(what: &str, problem: impl std::fmt::Display) -> StoreError {
    StoreError::new(format!("The {what} cannot be used: {problem}."))
}

fn certificates(pem: &[u8], what: &str) -> Result<Vec<Certificate<'static>>, StoreError> {
    let mut found = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| wrong(what, error))? {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err(wrong(what, "there is no certificate in it (PEM)")) } else { Ok(found) }
}

impl TlsSettings {
    pub(super) fn config(&self) -> Result<TlsConfig, StoreError> {
        let roots = match &self.roots {
            Some(pem) => certificates(pem, "CA certificate")?,
            None => {
                let mut roots: Vec<_> = rustls_native_certs::load_native_certs()
                    .certs
                    .iter()
                    .map(|der| Certificate::from_der(der).to_owned())
                    .collect();
                if let Some(pem) = &self.more_roots {
                    roots.extend(certificates(pem, "CA certificate")?);
                }
                roots
            }
        };
        let client = match &self.client {
            None => None,
            Some((certificate, key)) => {
                let key = PrivateKey::from_pem(key).map_err(|error| wrong("client's key", error))?;
                Some(ClientCert::new_with_certs(&certificates(certificate, "client's certificate")?, key))
            }
        };
        Ok(TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .client_cert(client)
            .disable_verification(self.insecure)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .build())
    }
}
