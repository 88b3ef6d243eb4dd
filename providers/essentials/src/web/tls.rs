//! TLS towards servers.

use super::Address;
use formwork_kit::{Failure, Outcome};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Which servers are believed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trust<'a> {
    /// Those that the system's authorities know.
    System,
    /// Those that the authorities of a PEM text know.
    Authorities(&'a str),
    /// All.
    Anyone,
}

/// The settings for a connection; `identity` is a certificate with its key, both in PEM.
pub(crate) fn tls_config(trust: Trust<'_>, identity: Option<(&str, &str)>) -> Outcome<Arc<ClientConfig>> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::new(format!("TLS cannot be used: {error}.")))?;
    let builder = match trust {
        Trust::Anyone => builder.dangerous().with_custom_certificate_verifier(Arc::new(Credulous(provider))),
        Trust::System => builder.with_root_certificates(system_roots()),
        Trust::Authorities(pem) => builder.with_root_certificates(roots(pem)?),
    };
    let config = match identity {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate.as_bytes()).collect();
            let chain = chain.map_err(|error| {
                Failure::new(format!("The certificate cannot be read: {error}.")).at("client_cert_pem")
            })?;
            let wrong_key =
                |error: String| Failure::new(format!("The key cannot be used: {error}.")).at("client_key_pem");
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| wrong_key(error.to_string()))?;
            builder.with_client_auth_cert(chain, key).map_err(|error| wrong_key(error.to_string()))?
        }
    };
    Ok(Arc::new(config))
}

/// The system's authorities, as far as they can be read.
fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn roots(pem: &str) -> Outcome<RootCertStore> {
    let failed = |why: String| {
        Failure::new(format!("The certificates of the authorities cannot be read: {why}.")).at("ca_cert_pem")
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| failed(error.to_string()))?;
        roots.add(certificate).map_err(|error| failed(error.to_string()))?;
    }
    if roots.is_empty() { Err(failed("there is none in the text".into())) } else { Ok(roots) }
}

/// Begins TLS on a connection.
pub(crate) async fn handshake(
    stream: TcpStream,
    target: &Address,
    config: Arc<ClientConfig>,
) -> Outcome<TlsStream<TcpStream>> {
    let failed = |why: String| Failure::new(format!("There is no secure connection to {}: {why}.", target.authority()));
    let name = ServerName::try_from(target.host.clone()).map_err(|error| failed(error.to_string()))?;
    TlsConnector::from(config).connect(name, stream).await.map_err(|error| failed(error.to_string()))
}

/// Believes every certificate, but no signature that does not fit it.
#[derive(Debug)]
struct Credulous(Arc<CryptoProvider>);

impl ServerCertVerifier for Credulous {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
