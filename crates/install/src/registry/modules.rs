//! The module registry protocol, `modules.v1` (registry-and-locks.md 6.6).

use crate::network::{Answer, Network, NetworkError, without_secrets};
use formwork_model::Version;
use serde_json::Value;

/// A module in a registry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ModuleRegistry<'a> {
    pub network: &'a Network,
    pub host: &'a str,
    /// `NAMESPACE/NAME/SYSTEM`.
    pub module: &'a str,
}

impl ModuleRegistry<'_> {
    /// All versions.
    pub fn versions(&self) -> Result<Vec<Version>, NetworkError> {
        let document = self.question("versions")?.json()?;
        let list = document.pointer("/modules/0/versions").and_then(Value::as_array);
        let list = list.ok_or_else(|| {
            let host = self.host;
            NetworkError::other(format!(
                "the registry {host} has no list of versions in its answer for {}",
                self.module
            ))
        })?;
        let text = |entry: &Value| Version::parse(entry.get("version")?.as_str()?).ok();
        Ok(list.iter().filter_map(text).collect())
    }

    /// Where the package of a version is: an address as in `source`.
    pub fn location(&self, version: &Version) -> Result<String, NetworkError> {
        let answer = self.question(&format!("{version}/download"))?;
        let in_body = || answer.json().ok()?.get("location")?.as_str().map(str::to_owned);
        let location = in_body().or_else(|| answer.header("x-terraform-get").map(str::to_owned));
        let location = location.filter(|text| !text.trim().is_empty()).ok_or_else(|| {
            let url = without_secrets(&answer.url);
            NetworkError::other(format!("{url} does not say where version {version} of {} is", self.module))
        })?;
        if !["/", "./", "../"].iter().any(|start| location.starts_with(start)) {
            return Ok(location);
        }
        let (path, rest) = location.split_once("//").map_or((location.as_str(), None), |(p, r)| (p, Some(r)));
        let joined = answer.join(path)?.to_string();
        Ok(match rest {
            Some(rest) => {
                let (package, query) = joined.split_once('?').map_or((joined.as_str(), ""), |(p, q)| (p, q));
                let query = if query.is_empty() { String::new() } else { format!("?{query}") };
                format!("{package}//{rest}{query}")
            }
            None => joined,
        })
    }

    fn question(&self, path: &str) -> Result<Answer, NetworkError> {
        let base = self.network.service(self.host, "modules.v1")?;
        let url = base.join(&format!("{}/{path}", self.module));
        let url = url.map_err(|error| NetworkError::other(format!("{base}: {error}")))?;
        self.network.ask_for(&self.network.question(url))
    }
}
