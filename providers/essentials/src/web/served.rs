//! Exchanges with a server over TLS, and through a proxy.

use super::{Question, Trust, ask, tls_config};
use crate::tls::sample::server_identity;
use bytes::Bytes;
use http::{HeaderMap, Method};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Answers every connection with `hello`; tells its port.
async fn serve(certificate: &str, key: &str) -> u16 {
    let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Clients that do not believe the certificate end the handshake.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 4096];
            if stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
                stream.write_all(answer).await.unwrap();
                stream.flush().await.unwrap();
            }
        }
    });
    port
}

/// A proxy for one connection that wants credentials; tells its port.
async fn proxy(answer: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.contains("Proxy-Authorization: Basic dTpw\r\n"), "{head}");
        let target = head.strip_prefix("CONNECT a.example:").unwrap().split(' ').next().unwrap().to_owned();
        client.write_all(answer.as_bytes()).await.unwrap();
        if let Ok(mut server) = TcpStream::connect(format!("127.0.0.1:{target}")).await {
            let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
        }
    });
    port
}

async fn answer(url: String, trust: Trust<'_>, proxy: Option<u16>) -> Result<Bytes, String> {
    let question =
        Question { method: Method::GET, url: url.parse().unwrap(), headers: HeaderMap::new(), body: Bytes::new() };
    let variable =
        move |name: &str| proxy.filter(|_| name == "HTTPS_PROXY").map(|port| format!("http://u:p@127.0.0.1:{port}"));
    let config = tls_config(trust, None).unwrap();
    ask(question, &config, &variable).await.map(|answer| answer.body).map_err(|failure| failure.detail)
}

#[tokio::test]
async fn servers_are_believed_as_the_settings_say() {
    let (certificate, key) = server_identity();
    let port = serve(&certificate, &key).await;
    let url = || format!("https://127.0.0.1:{port}/");
    assert_eq!(answer(url(), Trust::Authorities(&certificate), None).await.unwrap(), "hello");
    assert_eq!(answer(url(), Trust::Anyone, None).await.unwrap(), "hello");
    assert!(answer(url(), Trust::System, None).await.unwrap_err().contains("certificate"));
    let (other, _) = server_identity();
    assert!(answer(url(), Trust::Authorities(&other), None).await.is_err());
    assert!(tls_config(Trust::Authorities("x"), None).is_err());
}

#[tokio::test]
async fn proxies_are_asked_to_connect() {
    let (certificate, key) = server_identity();
    let port = serve(&certificate, &key).await;
    let url = || format!("https://a.example:{port}/");
    let through = proxy("HTTP/1.1 200 Connected\r\n\r\n").await;
    assert_eq!(answer(url(), Trust::Anyone, Some(through)).await.unwrap(), "hello");
    let through = proxy("HTTP/1.1 407 Who are you\r\n\r\n").await;
    let refused = answer(url(), Trust::Anyone, Some(through)).await.unwrap_err();
    assert!(refused.contains("407 Who are you"), "{refused}");
}
