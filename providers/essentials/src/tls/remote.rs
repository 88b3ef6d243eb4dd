//! Certificates that a server shows.

use super::provider::Proxy;
use crate::web::{Address, ProxyServer, Trust, connect_tcp, handshake, tls_config};
use formwork_kit::{Failure, Outcome};

/// The server's certificates in DER, its own as the first.
pub(super) async fn server_certificates(url: &str, proxy: &Proxy, verify: bool) -> Outcome<Vec<Vec<u8>>> {
    let parsed = url.parse().map_err(|_| Failure::new(format!("{url:?} is no URL.")).at("url"))?;
    let address = Address::of(&parsed, &["https", "tls"])?;
    let proxy = match proxy {
        Proxy::Environment => {
            let variable = |name: &str| std::env::var(name).ok();
            ProxyServer::of_environment(&address, &variable)?
        }
        Proxy::Named { url, credentials } => {
            let credentials = credentials.as_ref().map(|(name, password)| (name.as_str(), password.as_str()));
            Some(ProxyServer::parse(url, credentials)?)
        }
    };
    let config = tls_config(if verify { Trust::System } else { Trust::Anyone }, None)?;
    let blame = |failure: Failure| failure.at("url");
    let stream = connect_tcp(&address, proxy.as_ref()).await.map_err(blame)?;
    let stream = handshake(stream, &address, config).await.map_err(blame)?;
    let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
    Ok(shown.iter().map(|certificate| certificate.to_vec()).collect())
}
