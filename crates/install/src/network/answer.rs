//! What a host has answered.

use super::{NetworkError, without_secrets};
use serde_json::Value;
use url::Url;

/// A small answer, as a whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    /// Where it came from in the end.
    pub url: Url,
    pub headers: ureq::http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// True if the answer says that it is JSON.
    pub fn is_json(&self) -> bool {
        let kind = self.header("content-type").unwrap_or_default();
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
    }

    /// The document in it.
    pub fn json(&self) -> Result<Value, NetworkError> {
        serde_json::from_slice(&self.body)
            .map_err(|error| NetworkError::other(format!("{} is no valid JSON: {error}", without_secrets(&self.url))))
    }

    /// A URL in the answer, which may be relative to it.
    pub fn join(&self, url: &str) -> Result<Url, NetworkError> {
        let refuse = |why: &str| {
            let from = without_secrets(&self.url);
            NetworkError::other(format!("{from} names the URL {url:?}, which {why}"))
        };
        let joined = self.url.join(url).map_err(|error| refuse(&format!("is not valid ({error})")))?;
        if !matches!(joined.scheme(), "http" | "https") {
            return Err(refuse("is neither http nor https"));
        }
        Ok(joined)
    }
}
