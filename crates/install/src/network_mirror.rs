//! Network mirrors: static files that say which packages there are (registry-and-locks.md 4.2).

use crate::Platform;
use crate::network::{Answer, Network, NetworkError, Redirects, without_secrets};
use formwork_model::{ProviderAddress, Version};
use serde_json::Value;
use url::Url;

/// A network mirror.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NetworkMirror<'a> {
    pub network: &'a Network,
    /// Ends in a slash.
    pub base: &'a str,
}

/// A package in a mirror.
#[derive(Clone, Debug)]
pub(crate) struct MirrorArchive {
    pub url: Url,
    /// Checksums of which one must fit; may be empty.
    pub hashes: Vec<String>,
}

impl NetworkMirror<'_> {
    pub fn versions(&self, provider: &ProviderAddress) -> Result<Vec<Version>, NetworkError> {
        let answer = self.question(provider, "index.json")?;
        let document = answer.json()?;
        let versions = document.get("versions").and_then(Value::as_object);
        let versions = versions.ok_or_else(|| odd(&answer, "it has no versions"))?;
        Ok(versions.keys().filter_map(|text| Version::parse(text).ok()).collect())
    }

    pub fn package(
        &self,
        provider: &ProviderAddress,
        version: &Version,
        platform: &Platform,
    ) -> Result<MirrorArchive, NetworkError> {
        let answer = self.question(provider, &format!("{version}.json"))?;
        let document = answer.json()?;
        let archives = document.get("archives").and_then(Value::as_object);
        let archives = archives.ok_or_else(|| odd(&answer, "it has no archives"))?;
        let archive = archives.get(&platform.to_string()).ok_or_else(|| {
            let place = without_secrets(&answer.url);
            NetworkError::not_found(format!("{place} has no package for {platform}"))
        })?;
        let url = archive.get("url").and_then(Value::as_str).ok_or_else(|| odd(&answer, "an archive has no URL"))?;
        let hashes = archive.get("hashes").and_then(Value::as_array).into_iter().flatten();
        let hashes: Vec<String> = hashes.filter_map(Value::as_str).map(str::to_owned).collect();
        if !hashes.is_empty() && !hashes.iter().any(|hash| hash.starts_with("h1:") || hash.starts_with("zh:")) {
            return Err(odd(&answer, "its checksums are of no kind that is known here (h1, zh)"));
        }
        Ok(MirrorArchive { url: answer.join(url)?, hashes })
    }

    fn question(&self, provider: &ProviderAddress, name: &str) -> Result<Answer, NetworkError> {
        let url = format!("{}{provider}/{name}", self.base);
        let url = Url::parse(&url).map_err(|error| NetworkError::other(format!("{url}: {error}")))?;
        let mut request = self.network.question(url);
        if request.token.is_none() {
            request.redirects = Redirects::Any;
        }
        let answer = self.network.ask_for(&request)?;
        if answer.is_json() { Ok(answer) } else { Err(odd(&answer, "its type is not application/json")) }
    }
}

fn odd(answer: &Answer, why: &str) -> NetworkError {
    NetworkError::other(format!("{} is no document of a network mirror: {why}", without_secrets(&answer.url)))
}
