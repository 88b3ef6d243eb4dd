//! The provider registry protocol, `providers.v1` (registry-and-locks.md 3).

use super::Signer;
use super::signature::{NamedKey, signer};
use crate::Platform;
use crate::network::{Answer, Network, NetworkError, NetworkProblem, Request, without_secrets};
use formwork_model::{ProviderAddress, Version};
use serde_json::Value;
use std::collections::BTreeMap;
use url::Url;

/// The registry of a provider's host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProviderRegistry<'a> {
    pub network: &'a Network,
    pub provider: &'a ProviderAddress,
}

/// What a registry has of a provider.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProviderVersions {
    /// Protocol versions by version.
    pub versions: BTreeMap<Version, Vec<String>>,
    /// What the registry wants users to know.
    pub warnings: Vec<String>,
}

/// A package, proven to be what its publisher has signed, as soon as it has the checksum.
#[derive(Clone, Debug)]
pub(crate) struct RegistryPackage {
    pub url: Url,
    /// SHA-256 of the archive, in hexadecimal.
    pub sha256: String,
    pub signer: Signer,
    /// `zh:` of the packages for all platforms.
    pub hashes: Vec<String>,
}

/// Largest signature or checksum document.
const LIMIT: u64 = 4 << 20;

impl ProviderRegistry<'_> {
    /// Versions that there are for any platform.
    pub fn versions(&self) -> Result<ProviderVersions, NetworkError> {
        let document = self.question("versions")?.json()?;
        let list = document.get("versions").and_then(Value::as_array);
        let list = list.ok_or_else(|| self.odd("it has no list of versions"))?;
        let mut found = ProviderVersions { warnings: texts(document.get("warnings")), ..ProviderVersions::default() };
        for entry in list {
            let version = entry.get("version").and_then(Value::as_str).and_then(|text| Version::parse(text).ok());
            if let Some(version) = version {
                found.versions.insert(version, texts(entry.get("protocols")));
            }
        }
        Ok(found)
    }

    /// A package with what proves it. Its checksums are checked against their signature here.
    pub fn package(&self, version: &Version, platform: &Platform) -> Result<RegistryPackage, NetworkError> {
        let answer = self.question(&format!("{version}/download/{}/{}", platform.os, platform.arch))?;
        let document = answer.json()?;
        let text = |key: &str| {
            let text = document.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
            text.ok_or_else(|| self.odd(&format!("it has no {key}")))
        };
        self.check_protocols(version, &texts(document.get("protocols")))?;
        if text("os")? != platform.os || text("arch")? != platform.arch {
            return Err(self.odd(&format!("it is about {}_{}, not {platform}", text("os")?, text("arch")?)));
        }
        let (name, sha256) = (text("filename")?, text("shasum")?.to_lowercase());
        let url = answer.join(text("download_url")?)?;
        let sums = self.fetch(&answer, text("shasums_url")?)?;
        let signature = self.fetch(&answer, text("shasums_signature_url")?)?;
        let keys = signing_keys(&document);
        let sums_text = String::from_utf8_lossy(&sums.body);
        let sums_url = without_secrets(&sums.url);
        let lines: Vec<(&str, &str)> = sums_text.lines().filter_map(sum_and_name).collect();
        match lines.iter().find(|(_, listed)| *listed == name) {
            None => return Err(NetworkError::other(format!("the checksums in {sums_url} have no line for {name}"))),
            Some((sum, _)) if !sum.eq_ignore_ascii_case(&sha256) => {
                let text = format!("the checksum of {name} in {sums_url} is {sum}, but the registry says {sha256}");
                return Err(NetworkError::other(text));
            }
            Some(_) => {}
        }
        let signer = signer(&keys, &sums.body, &signature.body).map_err(|why| {
            let from = without_secrets(&signature.url);
            NetworkError::other(format!("the signature {from} of the checksums is not valid: {why}"))
        })?;
        let mut hashes: Vec<String> = lines.iter().map(|(sum, _)| format!("zh:{}", sum.to_lowercase())).collect();
        hashes.extend(told_hashes(&document, &hashes));
        Ok(RegistryPackage { url, sha256, signer, hashes })
    }

    fn question(&self, path: &str) -> Result<Answer, NetworkError> {
        let provider = self.provider;
        let base = self.network.service(&provider.host, "providers.v1")?;
        let url = base.join(&format!("{}/{}/{path}", provider.namespace, provider.name));
        let url = url.map_err(|error| NetworkError::other(format!("{base}: {error}")))?;
        self.network.ask_for(&self.network.question(url))
    }

    fn fetch(&self, answer: &Answer, url: &str) -> Result<Answer, NetworkError> {
        let file = self.network.file(answer.join(url)?);
        let timeout = self.network.question(file.url.clone()).timeout;
        self.network.ask_for(&Request { limit: LIMIT, timeout, ..file }).map_err(|error| {
            // The package is there; that what proves it is not there is another matter.
            NetworkError { problem: NetworkProblem::Other, ..error }
        })
    }

    fn odd(&self, why: &str) -> NetworkError {
        let (host, provider) = (&self.provider.host, self.provider.for_display());
        NetworkError::other(format!("the registry {host} answers for {provider} with a document that is no use: {why}"))
    }

    /// That the engine can talk to the plugin; an error names the nearest version with which it can.
    fn check_protocols(&self, version: &Version, protocols: &[String]) -> Result<(), NetworkError> {
        if speaks(protocols) {
            return Ok(());
        }
        let known = self.versions().unwrap_or_default().versions;
        let newer = known.range(version.clone()..).find(|(_, protocols)| speaks(protocols));
        let older = known.range(..version.clone()).rev().find(|(_, protocols)| speaks(protocols));
        let wants_newer = protocols.iter().filter_map(|p| major(p)).all(|major| major < 5);
        let nearest = if wants_newer { newer.or(older) } else { older.or(newer) };
        let advice = match nearest {
            Some((nearest, _)) => format!("Version {nearest} can be used: choose it with the version constraint"),
            None => "No version of it can be used".to_owned(),
        };
        Err(NetworkError::other(format!(
            "version {version} speaks the plugin protocol {}, and here 5 and 6 are spoken. {advice}",
            protocols.join(", ")
        )))
    }
}

/// True if one of the protocols is 5 or 6, or none is told.
fn speaks(protocols: &[String]) -> bool {
    protocols.is_empty() || protocols.iter().filter_map(|text| major(text)).any(|major| major == 5 || major == 6)
}

fn major(protocol: &str) -> Option<u64> {
    protocol.split('.').next()?.parse().ok()
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Of a line `HEX  NAME`.
fn sum_and_name(line: &str) -> Option<(&str, &str)> {
    let (sum, name) = line.split_once(char::is_whitespace)?;
    let is_sum = sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_sum.then(|| (sum, name.trim_start().trim_start_matches('*').trim_end()))
}

/// The `h1:` checksums that a registry tells of packages (`packages`), as far as it tells of a package that is signed.
fn told_hashes(document: &Value, signed: &[String]) -> Vec<String> {
    let packages = document.get("packages").and_then(Value::as_object).into_iter().flatten();
    let lists = packages.map(|(_, package)| texts(package.get("hashes")));
    let of_signed = lists.filter(|hashes| hashes.iter().any(|hash| signed.contains(hash)));
    let is_whole = |hash: &String| hash.strip_prefix("h1:").is_some_and(|digest| digest.len() == 44);
    of_signed.flatten().filter(is_whole).collect()
}

fn signing_keys(document: &Value) -> Vec<NamedKey> {
    let keys = document.pointer("/signing_keys/gpg_public_keys").and_then(Value::as_array);
    let text = |key: &Value, name: &str| key.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let named = |key: &Value| NamedKey { key: text(key, "ascii_armor"), trust: text(key, "trust_signature") };
    keys.into_iter().flatten().map(named).collect()
}
