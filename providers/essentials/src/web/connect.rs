//! Connections, directly or through a proxy.

use super::Address;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use formwork_kit::{Failure, Outcome};
use http::Uri;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest answer of a proxy.
const LONGEST_ANSWER: usize = 16 * 1024;

/// A proxy that connects by the method CONNECT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProxyServer {
    address: Address,
    /// Value of the header.
    authorization: Option<String>,
}

impl ProxyServer {
    pub fn parse(url: &str, credentials: Option<(&str, &str)>) -> Outcome<ProxyServer> {
        let invalid = || {
            Failure::new(format!("{:?} is no URL of a proxy such as \"http://proxy.example.com:3128\".", shown(url)))
        };
        let full = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        let uri: Uri = full.parse().map_err(|_| invalid())?;
        let address = Address::of(&uri, &["http"]).map_err(|_| invalid())?;
        let own =
            uri.authority().and_then(|authority| authority.as_str().rsplit_once('@')).map(|(user, _)| user.to_owned());
        let given = credentials.map(|(name, password)| format!("{name}:{password}"));
        let authorization = given.or(own).map(|text| format!("Basic {}", STANDARD.encode(text)));
        Ok(ProxyServer { address, authorization })
    }

    /// What the environment names for a server: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in either case.
    pub fn of_environment(target: &Address, variable: &dyn Fn(&str) -> Option<String>) -> Outcome<Option<ProxyServer>> {
        let either = |name: &str| {
            variable(name).or_else(|| variable(&name.to_ascii_lowercase())).filter(|value| !value.is_empty())
        };
        let Some(url) = either(if target.is_plain() { "HTTP_PROXY" } else { "HTTPS_PROXY" }) else { return Ok(None) };
        let is_local =
            target.host == "localhost" || target.host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if is_local || either("NO_PROXY").is_some_and(|list| is_listed(&target.host, &list)) {
            return Ok(None);
        }
        ProxyServer::parse(&url, None).map(Some)
    }
}

/// A URL without what may be a password.
fn shown(url: &str) -> &str {
    url.rsplit_once('@').map_or(url, |(_, rest)| rest)
}

fn is_listed(host: &str, list: &str) -> bool {
    list.split(',').map(str::trim).any(|entry| {
        let domain = entry.trim_start_matches("*.").trim_start_matches('.');
        entry == "*" || (!domain.is_empty() && (host == domain || host.ends_with(&format!(".{domain}"))))
    })
}

/// A connection to a server.
pub(crate) async fn connect_tcp(target: &Address, proxy: Option<&ProxyServer>) -> Outcome<TcpStream> {
    let through = proxy.map_or(target, |proxy| &proxy.address);
    let failed = |error: std::io::Error| Failure::new(format!("{} cannot be reached: {error}.", through.authority()));
    let mut stream = TcpStream::connect((through.host.as_str(), through.port)).await.map_err(failed)?;
    if let Some(proxy) = proxy {
        let authority = target.authority();
        let mut question = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
        if let Some(value) = &proxy.authorization {
            question.push_str(&format!("Proxy-Authorization: {value}\r\n"));
        }
        question.push_str("\r\n");
        stream.write_all(question.as_bytes()).await.map_err(failed)?;
        let answer = read_head(&mut stream).await.map_err(failed)?;
        let status = answer.split(' ').nth(1).unwrap_or_default();
        if !status.starts_with('2') {
            let line = answer.lines().next().unwrap_or_default();
            return Err(Failure::new(format!(
                "The proxy {} refuses to connect to {authority}: {line}.",
                through.authority()
            )));
        }
    }
    Ok(stream)
}

/// Everything up to the empty line, and not a byte more.
async fn read_head(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < LONGEST_ANSWER {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_names_proxies() {
        let target = |host: &str| Address { scheme: "https".into(), host: host.into(), port: 443 };
        let variable = |name: &str| match name {
            "https_proxy" => Some("http://u:p@proxy.example:3128".to_owned()),
            "NO_PROXY" => Some("inner.example, .other.example".to_owned()),
            _ => None,
        };
        let proxied = |host: &str| ProxyServer::of_environment(&target(host), &variable).unwrap().is_some();
        assert!(proxied("a.example") && proxied("xinner.example"));
        assert!(
            !proxied("inner.example") && !proxied("a.other.example") && !proxied("localhost") && !proxied("127.0.0.1")
        );
        let server = ProxyServer::parse("http://u:p@proxy.example:3128", None).unwrap();
        assert_eq!(server.authorization.as_deref(), Some("Basic dTpw"));
        let problem = ProxyServer::parse("socks5://u:secret@x", None).unwrap_err().detail;
        assert!(!problem.contains("secret"), "{problem}");
    }
}
