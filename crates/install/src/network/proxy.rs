//! Which proxy is used.

use super::NetworkSettings;
use ureq::Proxy;
use url::{Host, Url};

/// The proxy for a URL. Hosts of this machine, and those that `NO_PROXY` names, are reached without.
pub(super) fn proxy_for(settings: &NetworkSettings, url: &Url) -> Option<Proxy> {
    let either = |names: [&str; 2]| names.into_iter().find_map(|name| settings.variable(name));
    let names = if url.scheme() == "https" { ["HTTPS_PROXY", "https_proxy"] } else { ["HTTP_PROXY", "http_proxy"] };
    let proxy = either(names)?;
    if is_local(url) || either(["NO_PROXY", "no_proxy"]).is_some_and(|list| is_excepted(list, url)) {
        return None;
    }
    let proxy = if proxy.contains("://") { proxy.to_owned() } else { format!("http://{proxy}") };
    Proxy::new(&proxy).ok()
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => true,
    }
}

/// `NO_PROXY` lists names (which stand for all below them), addresses, networks, each with an optional port, or `*`.
fn is_excepted(list: &str, url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_lowercase();
    let port = url.port_or_known_default().unwrap_or_default().to_string();
    list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let entry = entry.to_lowercase();
        if entry == "*" {
            return true;
        }
        if let Some((network, bits)) = entry.split_once('/') {
            return in_network(&host, network, bits);
        }
        let name = match entry.rsplit_once(':') {
            Some((name, wanted)) if !name.contains(':') => {
                if wanted != port {
                    return false;
                }
                name
            }
            _ => entry.as_str(),
        };
        let name = name.trim_start_matches('*');
        let below = name.trim_start_matches('.');
        let is_below = host.strip_suffix(below).is_some_and(|front| front.ends_with('.'));
        is_below || (host == below && !name.starts_with('.'))
    })
}

fn in_network(host: &str, network: &str, bits: &str) -> bool {
    let (Ok(host), Ok(network), Ok(bits)) =
        (host.parse::<std::net::IpAddr>(), network.parse::<std::net::IpAddr>(), bits.parse::<u32>())
    else {
        return false;
    };
    let number = |address: std::net::IpAddr| match address {
        std::net::IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
        std::net::IpAddr::V6(v6) => (v6.to_bits(), 128),
    };
    let ((host, length), (network, of)) = (number(host), number(network));
    length == of && bits <= length && (bits == 0 || (host ^ network) >> (length - bits) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_are_names_networks_and_ports() {
        let cases = [
            ("example.com", "https://example.com/", true),
            ("example.com", "https://a.example.com/", true),
            (".example.com", "https://example.com/", false),
            (".example.com", "https://a.example.com/", true),
            ("*.example.com", "https://a.example.com/", true),
            ("example.com", "https://notexample.com/", false),
            ("other, example.com:8443", "https://example.com:8443/", true),
            ("example.com:8443", "https://example.com/", false),
            ("10.0.0.0/8", "https://10.2.3.4/", true),
            ("10.0.0.0/8", "https://11.2.3.4/", false),
            ("fd00::/8", "https://[fd12::1]/", true),
            ("*", "https://anything/", true),
            ("", "https://anything/", false),
        ];
        for (list, url, expected) in cases {
            assert_eq!(is_excepted(list, &Url::parse(url).unwrap()), expected, "{list} {url}");
        }
    }

    #[test]
    fn this_machine_needs_no_proxy() {
        let mut settings = NetworkSettings::default();
        settings.variables.insert("HTTPS_PROXY".to_owned(), "proxy.example:3128".to_owned());
        let uses = |url: &str| proxy_for(&settings, &Url::parse(url).unwrap()).is_some();
        assert!(uses("https://example.com/"));
        assert!(!uses("http://example.com/"));
        assert!(!uses("https://localhost:8443/") && !uses("https://127.0.0.9/") && !uses("https://[::1]/"));
    }
}
