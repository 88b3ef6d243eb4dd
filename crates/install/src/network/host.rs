//! Names of hosts.

use url::Url;

/// A host in the form in which hosts are compared and asked: lower-case ASCII, without the port 443. None if the text
/// is no host with or without a port.
pub(crate) fn normal_host(text: &str) -> Option<String> {
    if text.is_empty() || text.contains(['/', '?', '#', '@', '\\', '%', ' ']) {
        return None;
    }
    host_of(&Url::parse(&format!("https://{text}/")).ok()?)
}

/// The host that a URL leads to, with its port if it is not that of `https`.
pub(crate) fn host_of(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(match url.port_or_known_default() {
        None | Some(443) => host.to_owned(),
        Some(port) => format!("{host}:{port}"),
    })
}

/// True if both lead to the same server by the same protocol.
pub(crate) fn same_host(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme() && host_of(a) == host_of(b)
}

/// A URL as it may be shown: without user, password and arguments, which may be secret.
pub(crate) fn without_secrets(url: &Url) -> String {
    let mut shown = url.clone();
    // They fail for URLs that have no host, and so no secrets of this kind.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_query(None);
    shown.set_fragment(None);
    shown.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_one_form() {
        let cases = [
            ("Example.COM", Some("example.com")),
            ("example.com:443", Some("example.com")),
            ("example.com:8443", Some("example.com:8443")),
            ("bücher.example", Some("xn--bcher-kva.example")),
            ("localhost:1", Some("localhost:1")),
            ("127.0.0.1:80", Some("127.0.0.1:80")),
            ("", None),
            ("a/b", None),
            ("a b", None),
            ("user@host", None),
            ("host:99999", None),
        ];
        for (text, expected) in cases {
            assert_eq!(normal_host(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let url = Url::parse("https://user:secret@host:8443/path?token=secret#part").unwrap();
        assert_eq!(without_secrets(&url), "https://host:8443/path");
    }
}
