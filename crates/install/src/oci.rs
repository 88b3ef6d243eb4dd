//! Repositories in OCI registries: providers and modules as artifacts.
//!
//! The protocol is that of the OCI distribution specification 1.1; which artifacts mean what is as in OpenTofu 1.10.
//! Invariant: what a digest names is checked against it.

mod credentials;
mod login;
mod mirror;

use crate::network::{Answer, Download, Network, NetworkError, Redirects, Request, normal_host, without_secrets};
pub use credentials::{OciCredential, OciSettings};
pub(crate) use login::OciLogin;
pub(crate) use mirror::{OciMirror, OciTemplate};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt;
use std::path::Path;
use url::Url;

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const ARCHIVE: &str = "archive/zip";

/// Most pages of a list of tags.
const PAGES: usize = 1000;

/// A repository: where it is and what it is called there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OciRepository {
    /// With the port, if it is not that of `https`.
    pub host: String,
    pub name: String,
}

impl fmt::Display for OciRepository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.name)
    }
}

impl OciRepository {
    /// Reads `HOST[:PORT]/NAME`. The error says what is wrong.
    pub fn parse(text: &str) -> Result<OciRepository, String> {
        let wrong = |why: &str| format!("{text:?} is no repository of an OCI registry: {why}");
        let (host, name) = text.split_once('/').ok_or_else(|| wrong("write HOST/NAME"))?;
        let host = normal_host(host).ok_or_else(|| wrong("its host is not valid"))?;
        let is_part = |part: &str| {
            let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            part.starts_with(inner)
                && part.ends_with(inner)
                && part.chars().all(|c| inner(c) || matches!(c, '.' | '_' | '-'))
        };
        if !name.split('/').all(is_part) {
            return Err(wrong("names have lower-case letters, digits, and between them dots, dashes and underscores"));
        }
        Ok(OciRepository { host, name: name.to_owned() })
    }

    fn url(&self, rest: &str) -> Result<Url, NetworkError> {
        let text = format!("https://{}/v2/{}/{rest}", self.host, self.name);
        Url::parse(&text).map_err(|error| NetworkError::other(format!("{text}: {error}")))
    }
}

/// What a manifest says of a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OciBlob {
    /// In hexadecimal digits.
    pub sha256: String,
}

impl Network {
    /// All tags of a repository.
    pub(crate) fn oci_tags(&self, repository: &OciRepository) -> Result<Vec<String>, NetworkError> {
        let mut tags = Vec::new();
        let mut url = repository.url("tags/list")?;
        for _ in 0..PAGES {
            let answer = self.oci_ask(repository, url.clone(), "application/json")?;
            let document = answer.json()?;
            let page = document.get("tags").and_then(Value::as_array).into_iter().flatten();
            tags.extend(page.filter_map(Value::as_str).map(str::to_owned));
            match next_page(&answer) {
                Some(next) => url = answer.join(&next)?,
                None => return Ok(tags),
            }
            if normal_host(url.authority()).as_ref() != Some(&repository.host) {
                let shown = without_secrets(&url);
                return Err(NetworkError::other(format!("{repository} goes on with its tags at {shown}, elsewhere")));
            }
        }
        Err(NetworkError::other(format!("{repository} has more than {PAGES} pages of tags")))
    }

    /// The document that a tag or a digest names, which must be of a kind of artifact.
    fn oci_manifest(&self, repository: &OciRepository, reference: &str, wanted: &str) -> Result<Value, NetworkError> {
        let url = repository.url(&format!("manifests/{reference}"))?;
        let answer = self.oci_ask(repository, url, &format!("{INDEX}, {MANIFEST}"))?;
        if let Some(expected) = reference.strip_prefix("sha256:") {
            let found = hex(&Sha256::digest(&answer.body));
            if found != expected {
                let text = format!("{repository} answers the digest sha256:{expected} with another document ({found})");
                return Err(NetworkError::other(text));
            }
        }
        let document = answer.json()?;
        let kind = document.get("artifactType").and_then(Value::as_str);
        match kind {
            Some(kind) if kind == wanted => Ok(document),
            kind => Err(NetworkError::other(format!(
                "{repository}:{reference} is no artifact of the type {wanted}, but {}",
                kind.map_or_else(|| "one without a type".to_owned(), |kind| format!("{kind:?}"))
            ))),
        }
    }

    /// The archive of the artifact that a tag or a digest names.
    pub(crate) fn oci_archive(
        &self,
        repository: &OciRepository,
        reference: &str,
        wanted: &str,
    ) -> Result<OciBlob, NetworkError> {
        let manifest = self.oci_manifest(repository, reference, wanted)?;
        let layers = manifest.get("layers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let is_archive = |layer: &&Value| layer.get("mediaType").and_then(Value::as_str) == Some(ARCHIVE);
        let mut archives = layers.iter().filter(is_archive);
        let (Some(archive), None) = (archives.next(), archives.next()) else {
            let text =
                format!("the artifact {repository}:{reference} must have exactly one layer of the type {ARCHIVE}");
            return Err(NetworkError::other(text));
        };
        let digest = archive.get("digest").and_then(Value::as_str).and_then(sha256_of);
        let sha256 = digest.ok_or_else(|| {
            NetworkError::other(format!("the artifact {repository}:{reference} does not name its archive by SHA-256"))
        })?;
        Ok(OciBlob { sha256 })
    }

    /// A request for a blob, with what the registry wants to see.
    pub(crate) fn oci_blob(&self, repository: &OciRepository, blob: &OciBlob) -> Result<Request, NetworkError> {
        let url = repository.url(&format!("blobs/sha256:{}", blob.sha256))?;
        Ok(self.oci_login(repository).onto(self.file(url)))
    }

    /// Fetches a blob as a whole, and checks it.
    pub(crate) fn oci_download(
        &self,
        repository: &OciRepository,
        blob: &OciBlob,
        path: &Path,
        limit: u64,
    ) -> Result<(), NetworkError> {
        let request = self.oci_blob(repository, blob)?;
        self.download(&Download { request, path, limit, resumes: false, tell: &|_| {} })?;
        let found = crate::hash::zip_hash(path).map_err(|error| NetworkError::other(error.to_string()))?;
        match found == format!("zh:{}", blob.sha256) {
            true => Ok(()),
            false => Err(NetworkError::other(format!("{repository} answers sha256:{} with {found}", blob.sha256))),
        }
    }

    /// Asks a registry, and once more with what it wants to see.
    fn oci_ask(&self, repository: &OciRepository, url: Url, accept: &str) -> Result<Answer, NetworkError> {
        let mut request = self.question(url.clone());
        (request.token, request.names_engine, request.redirects) = (None, false, Redirects::Any);
        request.accept = Some(accept.to_owned());
        let answer = self.ask(&self.oci_login(repository).onto(request.clone()))?;
        if answer.status != 401 {
            return self.oci_checked(repository, answer);
        }
        let challenge = answer.header("www-authenticate").unwrap_or_default().to_owned();
        self.oci_log_in(repository, &challenge)?;
        let answer = self.ask(&self.oci_login(repository).onto(request))?;
        self.oci_checked(repository, answer)
    }

    fn oci_checked(&self, repository: &OciRepository, answer: Answer) -> Result<Answer, NetworkError> {
        match answer.status {
            200..300 => Ok(answer),
            401 | 403 => Err(login::refused(repository, answer.status)),
            404 => Err(NetworkError::not_found(format!("{} does not exist", without_secrets(&answer.url)))),
            status => {
                let shown = without_secrets(&answer.url);
                Err(NetworkError::other(format!("{shown} cannot be read: the server answers {status}")))
            }
        }
    }
}

/// The digits of a digest of the kind that is known here.
pub(crate) fn sha256_of(digest: &str) -> Option<String> {
    let digits = digest.strip_prefix("sha256:")?;
    let is_valid = digits.len() == 64 && digits.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
    is_valid.then(|| digits.to_owned())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where a list goes on: `Link: </v2/...>; rel="next"`.
fn next_page(answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    let (target, rest) = link.strip_prefix('<')?.split_once('>')?;
    rest.replace(' ', "").contains("rel=\"next\"").then(|| target.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_have_a_host_and_a_name() {
        let good = OciRepository::parse("Example.com:443/a/b-c.d_e").unwrap();
        assert_eq!((good.host.as_str(), good.name.as_str()), ("example.com", "a/b-c.d_e"));
        assert_eq!(OciRepository::parse("localhost:5000/x").unwrap().to_string(), "localhost:5000/x");
        for wrong in
            ["example.com", "example.com/", "example.com/A", "example.com/a//b", "/a", "example.com/a/../b", "h/-a"]
        {
            assert!(OciRepository::parse(wrong).is_err(), "{wrong}");
        }
    }
}
