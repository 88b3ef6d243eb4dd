//! Where a server is.

use formwork_kit::{Failure, Outcome};
use http::Uri;

/// Scheme, host and port of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub scheme: String,
    /// Without the brackets of an IPv6 address.
    pub host: String,
    pub port: u16,
}

impl Address {
    /// Of a URL with one of the schemes.
    pub fn of(url: &Uri, schemes: &[&str]) -> Outcome<Address> {
        let scheme = url.scheme_str().unwrap_or_default().to_ascii_lowercase();
        if !schemes.contains(&scheme.as_str()) {
            return Err(
                Failure::new(format!("The URL {url} must begin with {}://.", schemes.join(":// or "))).at("url")
            );
        }
        let host = url.host().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if host.is_empty() {
            return Err(Failure::new(format!("The URL {url} names no host.")).at("url"));
        }
        let usual = if scheme == "http" { 80 } else { 443 };
        Ok(Address { host: host.to_owned(), port: url.port_u16().unwrap_or(usual), scheme })
    }

    pub fn is_plain(&self) -> bool {
        self.scheme == "http"
    }

    /// Host and port, as requests name them.
    pub fn authority(&self) -> String {
        let bracketed = self.host.contains(':');
        if bracketed { format!("[{}]:{}", self.host, self.port) } else { format!("{}:{}", self.host, self.port) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_hosts_and_ports() {
        let of = |url: &str| Address::of(&url.parse().unwrap(), &["http", "https"]).map(|a| a.authority()).ok();
        assert_eq!(of("http://a.example/x").as_deref(), Some("a.example:80"));
        assert_eq!(of("https://[::1]:8443/").as_deref(), Some("[::1]:8443"));
        assert_eq!(of("ftp://a.example/"), None);
        assert_eq!(of("/x"), None);
    }
}
