//! Automatic mutual TLS: both ends make a throw-away certificate and trust exactly the one of the other end.
//!
//! Certificates of plugins are self-signed authorities used as end entities, which path validation refuses. So the
//! presented certificate is compared byte for byte with the announced one, and only the handshake signature is
//! verified: that is as strong, since whoever completes the handshake holds the announced key.

use aws_lc_rs::signature;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName,
    SignatureVerificationAlgorithm, UnixTime, alg_id,
};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::version::TLS12;
use rustls::{
    ALL_VERSIONS, ClientConfig, DigitallySignedStruct, DistinguishedName as RustlsName, Error, ServerConfig,
    SignatureScheme, SupportedProtocolVersion,
};
use std::sync::{Arc, OnceLock};
use time::{Duration, OffsetDateTime};

/// A certificate with its key, made for one process.
pub(crate) struct Identity {
    pub certificate: CertificateDer<'static>,
    pub pem: String,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Makes a certificate of the form that go-plugin has, with a P-256 key (any curve is accepted, this one is fast).
    pub(crate) fn generate() -> Result<Identity, rcgen::Error> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
        let mut name = DistinguishedName::new();
        name.push(DnType::OrganizationName, "HashiCorp");
        name.push(DnType::CommonName, "localhost");
        params.distinguished_name = name;
        let now = OffsetDateTime::now_utc();
        params.not_before = now - Duration::seconds(30);
        params.not_after = now + Duration::hours(262_980);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
            KeyUsagePurpose::KeyAgreement,
            KeyUsagePurpose::KeyCertSign,
        ];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.self_signed(&key)?;
        Ok(Identity {
            certificate: certificate.der().clone(),
            pem: certificate.pem(),
            key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        })
    }
}

/// Configuration of the host's end for a plugin that announced its certificate.
pub(crate) fn client_config(own: Identity, peer: CertificateDer<'static>) -> Result<ClientConfig, Error> {
    let verifier = Pinned::new(peer);
    let mut config = ClientConfig::builder_with_provider(crypto())
        .with_protocol_versions(verifier.versions())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_auth_cert(vec![own.certificate], own.key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

/// Configuration of the plugin's end for the host whose certificate is given.
pub(crate) fn server_config(own: Identity, peer: CertificateDer<'static>) -> Result<ServerConfig, Error> {
    let verifier = Pinned::new(peer);
    let mut config = ServerConfig::builder_with_provider(crypto())
        .with_protocol_versions(verifier.versions())?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_single_cert(vec![own.certificate], own.key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

fn crypto() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    PROVIDER.get_or_init(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider())).clone()
}

/// Accepts one certificate only.
#[derive(Debug)]
struct Pinned {
    certificate: CertificateDer<'static>,
    algorithms: WebPkiSupportedAlgorithms,
    /// The peer's key is a small RSA key, for which only the signatures of TLS 1.2 can be verified.
    small_rsa: bool,
}

impl Pinned {
    fn new(certificate: CertificateDer<'static>) -> Pinned {
        let small_rsa = has_small_rsa_key(&certificate);
        let algorithms = match small_rsa {
            true => SMALL_RSA,
            false => crypto().signature_verification_algorithms,
        };
        Pinned { certificate, algorithms, small_rsa }
    }

    fn versions(&self) -> &'static [&'static SupportedProtocolVersion] {
        static ONLY_TLS12: [&SupportedProtocolVersion; 1] = [&TLS12];
        match self.small_rsa {
            true => &ONLY_TLS12,
            false => ALL_VERSIONS,
        }
    }

    fn check(&self, presented: &CertificateDer<'_>) -> Result<(), Error> {
        match presented.as_ref() == self.certificate.as_ref() {
            true => Ok(()),
            false => Err(Error::General("the certificate is not the one that was announced".into())),
        }
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.check(end_entity).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for Pinned {
    fn root_hint_subjects(&self) -> &[RustlsName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.check(end_entity).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// True for an RSA key below 2048 bits, which one Python framework uses.
fn has_small_rsa_key(certificate: &CertificateDer<'_>) -> bool {
    const RSA_ENCRYPTION: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    let der = certificate.as_ref();
    let Some(start) = der.windows(RSA_ENCRYPTION.len()).position(|window| window == RSA_ENCRYPTION) else {
        return false;
    };
    // NULL parameters, then the BIT STRING whose length tells the size of the key.
    match der.get(start + RSA_ENCRYPTION.len()..) {
        Some([0x05, 0x00, 0x03, 0x81, _, ..]) => true,
        Some([0x05, 0x00, 0x03, 0x82, high, low, ..]) => u16::from_be_bytes([*high, *low]) < 256,
        _ => false,
    }
}

static RSA_SHA256: &dyn SignatureVerificationAlgorithm = &SmallRsa {
    signature: alg_id::RSA_PKCS1_SHA256,
    algorithm: &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
};

static RSA_SHA512: &dyn SignatureVerificationAlgorithm = &SmallRsa {
    signature: alg_id::RSA_PKCS1_SHA512,
    algorithm: &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
};

static SMALL_RSA: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[RSA_SHA256, RSA_SHA512],
    mapping: &[(SignatureScheme::RSA_PKCS1_SHA256, &[RSA_SHA256]), (SignatureScheme::RSA_PKCS1_SHA512, &[RSA_SHA512])],
};

#[derive(Debug)]
struct SmallRsa {
    signature: AlgorithmIdentifier,
    algorithm: &'static signature::RsaParameters,
}

impl SignatureVerificationAlgorithm for SmallRsa {
    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }

    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let key = signature::UnparsedPublicKey::new(self.algorithm, key);
        key.verify(message, signature).map_err(|_| InvalidSignature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};
    use std::process::{Command, Stdio};
    use tokio_rustls::{TlsAcceptor, TlsConnector};

    fn name() -> ServerName<'static> {
        ServerName::try_from("localhost").unwrap()
    }

    /// A handshake in memory; each side is told whom to expect.
    async fn shake_hands(client: ClientConfig, server: ServerConfig) -> (bool, bool) {
        let (near, far) = tokio::io::duplex(1 << 16);
        let connect = TlsConnector::from(Arc::new(client)).connect(name(), near);
        let accept = TlsAcceptor::from(Arc::new(server)).accept(far);
        let (near, far) = tokio::join!(connect, accept);
        (near.is_ok(), far.is_ok())
    }

    #[tokio::test]
    async fn only_the_announced_certificates_are_accepted() {
        let pair = || (Identity::generate().unwrap(), Identity::generate().unwrap());
        let ((host, plugin), stranger) = (pair(), Identity::generate().unwrap());
        let (host_certificate, plugin_certificate) = (host.certificate.clone(), plugin.certificate.clone());
        let client = client_config(host, plugin_certificate).unwrap();
        let server = server_config(plugin, host_certificate).unwrap();
        assert_eq!(shake_hands(client, server).await, (true, true));

        let (host, plugin) = pair();
        let client = client_config(host, stranger.certificate.clone()).unwrap();
        let server = server_config(plugin, stranger.certificate.clone()).unwrap();
        assert!(!shake_hands(client, server).await.0, "a plugin that is not the announced one");

        let (host, plugin) = pair();
        let client = client_config(host, plugin.certificate.clone()).unwrap();
        let server = server_config(plugin, stranger.certificate).unwrap();
        assert!(!shake_hands(client, server).await.1, "a host that is not the announced one");
    }

    /// A certificate and a key of a kind, in files, made by openssl.
    fn make_certificate(folder: &std::path::Path, key: &[&str]) -> Option<CertificateDer<'static>> {
        let made = Command::new("openssl")
            .args(["req", "-x509", "-nodes", "-days", "9", "-subj", "/CN=localhost", "-keyout", "key", "-out", "cert"])
            .args(["-addext", "subjectAltName=DNS:localhost"])
            .args(key)
            .current_dir(folder)
            .output();
        use rustls::pki_types::pem::PemObject;
        made.ok().filter(|output| output.status.success())?;
        Some(CertificateDer::from_pem_file(folder.join("cert")).unwrap())
    }

    /// Keys of other makers: small and usual RSA, and the curve of Go plugins.
    #[tokio::test]
    async fn peers_with_keys_of_every_kind() {
        let small = ["-newkey", "rsa:1024"];
        let kinds: [(&[&str], bool); 4] = [
            (&small, true),
            (&["-newkey", "rsa:2048"], false),
            (&["-newkey", "rsa:4096"], false),
            (&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"], false),
        ];
        for (key, is_small) in kinds {
            let folder = tempfile::tempdir().unwrap();
            let Some(certificate) = make_certificate(folder.path(), key) else {
                println!("NOT RUN: openssl makes no certificate with {key:?}");
                return;
            };
            assert_eq!(has_small_rsa_key(&certificate), is_small, "{key:?}");
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut server = Command::new("openssl")
                .args(["s_server", "-cert", "cert", "-key", "key", "-Verify", "1", "-alpn", "h2", "-quiet"])
                .args(["-cipher", "DEFAULT@SECLEVEL=0", "-naccept", "1", "-accept", &format!("127.0.0.1:{port}")])
                .current_dir(folder.path())
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let stream = loop {
                if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) {
                    break stream;
                }
                std::thread::yield_now();
            };
            stream.set_nonblocking(true).unwrap();
            let stream = tokio::net::TcpStream::from_std(stream).unwrap();
            let config = client_config(Identity::generate().unwrap(), certificate).unwrap();
            let result = TlsConnector::from(Arc::new(config)).connect(name(), stream).await;
            server.kill().unwrap();
            server.wait().unwrap();
            let alpn = result
                .unwrap_or_else(|error| panic!("{key:?}: {error}"))
                .get_ref()
                .1
                .alpn_protocol()
                .map(<[u8]>::to_vec);
            assert_eq!(alpn.as_deref(), Some(b"h2".as_slice()));
        }
    }
}
