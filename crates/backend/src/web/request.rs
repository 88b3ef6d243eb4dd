//! Requests and answers.

use ureq::http::{HeaderMap, Request};

/// Text as part of a URL: escaped but for letters, digits, `-_.~`, and what is to be kept.
pub(crate) fn escaped(text: &str, kept: &str) -> String {
    let is_kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || kept.as_bytes().contains(&byte);
    let escape = |byte: u8| if is_kept(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(escape).collect()
}

#[derive(Clone)]
pub(crate) struct WebRequest {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
}

impl WebRequest {
    pub fn new(method: &str, url: impl Into<String>) -> WebRequest {
        WebRequest { method: method.to_owned(), url: url.into(), headers: Vec::new(), body: None }
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> WebRequest {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> WebRequest {
        self.body = Some(body.into());
        self
    }

    /// Without name, password and query, in which there may be signatures and tokens.
    pub fn shown_url(&self) -> String {
        let url = url::Url::parse(&self.url).ok().filter(url::Url::has_host);
        let Some(mut url) = url else { return "an address that is no URL".to_owned() };
        let _ = url.set_password(None).and_then(|()| url.set_username(""));
        url.set_query(None);
        url.to_string()
    }

    pub(super) fn with_body<B>(&self, body: B) -> Result<Request<B>, String> {
        let mut builder = Request::builder().method(self.method.as_str()).uri(&self.url);
        for (name, value) in &self.headers {
            builder = builder.header(name, value);
        }
        builder.body(body).map_err(|error| format!("the request is not valid: {error}"))
    }
}

#[derive(Clone, Debug)]
pub(crate) struct WebAnswer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// Requests that it took.
    pub attempts: u32,
    /// An earlier attempt may have had its effect.
    pub unclear: bool,
}

impl WebAnswer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What the server says, for an error: status and the beginning of the body.
    pub fn describe(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let text: String = text.trim().chars().filter(|c| !c.is_control()).take(500).collect();
        match text.is_empty() {
            true => format!("the server answers {}", self.status),
            false => format!("the server answers {}: {text}", self.status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_without_secrets() {
        let shown = |url: &str| WebRequest::new("GET", url).shown_url();
        assert_eq!(shown("https://u:secret@h:8/a/b?sig=secret&x=y"), "https://h:8/a/b");
        assert_eq!(shown("u:secret@h"), "an address that is no URL");
    }
}
