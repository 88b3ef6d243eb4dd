//! Mirrors of providers in OCI registries.

use super::{OciBlob, OciRepository, sha256_of};
use crate::network::{Network, NetworkError};
use crate::{Platform, ProviderPattern};
use formwork_model::{ProviderAddress, Version};
use serde_json::Value;

const PROVIDER: &str = "application/vnd.opentofu.provider";
const TARGET: &str = "application/vnd.opentofu.provider-target";

/// The repository of a provider.
#[derive(Clone, Debug)]
pub(crate) struct OciMirror<'a> {
    pub network: &'a Network,
    pub repository: OciRepository,
}

impl OciMirror<'_> {
    /// Tags that are versions, where an underscore stands for the plus sign.
    pub fn versions(&self) -> Result<Vec<Version>, NetworkError> {
        let tags = self.network.oci_tags(&self.repository)?;
        Ok(tags.iter().filter_map(|tag| Version::parse(&tag.replacen('_', "+", 1)).ok()).collect())
    }

    pub fn package(&self, version: &Version, platform: &Platform) -> Result<OciBlob, NetworkError> {
        let (network, repository) = (self.network, &self.repository);
        let tag = version.to_string().replacen('+', "_", 1);
        let index = network.oci_manifest(repository, &tag, PROVIDER)?;
        let manifests = index.get("manifests").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let is_wanted = |manifest: &&Value| {
            let text = |name: &str| manifest.pointer(name).and_then(Value::as_str);
            text("/artifactType") == Some(TARGET)
                && text("/platform/os") == Some(&platform.os)
                && text("/platform/architecture") == Some(&platform.arch)
        };
        let manifest = manifests
            .iter()
            .find(is_wanted)
            .ok_or_else(|| NetworkError::not_found(format!("{repository}:{tag} has no package for {platform}")))?;
        let digest = manifest.get("digest").and_then(Value::as_str).and_then(sha256_of);
        let digest = digest.ok_or_else(|| {
            NetworkError::other(format!("{repository}:{tag} does not name the package for {platform} by SHA-256"))
        })?;
        network.oci_archive(repository, &format!("sha256:{digest}"), TARGET)
    }
}

/// The address of a provider's repository, made from the provider's: `example.com/${namespace}/${type}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OciTemplate<'t>(pub &'t str);

impl OciTemplate<'_> {
    /// What is wrong with it, if anything is: what the patterns leave open must be in it.
    pub fn problem(&self, include: &[ProviderPattern]) -> Option<String> {
        let unknown = self.0.split("${").skip(1).find_map(|part| {
            let name = part.split_once('}').map(|(name, _)| name.trim());
            match name {
                Some("hostname" | "namespace" | "type") => None,
                Some(name) => {
                    Some(format!("repository_template has ${{{name}}}; there are hostname, namespace and type"))
                }
                None => Some("repository_template has a \"${\" without its closing brace".to_owned()),
            }
        });
        let open = |part: usize| include.is_empty() || include.iter().any(|pattern| pattern.is_open(part));
        let missing = ["hostname", "namespace", "type"]
            .into_iter()
            .enumerate()
            .find(|(part, name)| open(*part) && !self.0.replace(' ', "").contains(&format!("${{{name}}}")));
        let missing = missing.map(|(_, name)| {
            format!("repository_template must have ${{{name}}}, because include leaves it open which one is meant")
        });
        let sample = ProviderAddress::new("example.com", "namespace", "type");
        unknown.or(missing).or_else(|| self.repository(&sample).err())
    }

    pub fn repository(&self, provider: &ProviderAddress) -> Result<OciRepository, String> {
        let mut text = String::new();
        let mut rest = self.0;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, tail) = after.split_once('}').unwrap_or((after, ""));
            text.push_str(before);
            text.push_str(match name.trim() {
                "hostname" => &provider.host,
                "namespace" => &provider.namespace,
                _ => &provider.name,
            });
            rest = tail;
        }
        text.push_str(rest);
        OciRepository::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_name_what_is_open() {
        let provider = ProviderAddress::new("h.io", "acme", "tool");
        let repository = OciTemplate("r.io/mirror/${ hostname }/${namespace}-${type}").repository(&provider).unwrap();
        assert_eq!(repository.to_string(), "r.io/mirror/h.io/acme-tool");
        let problem = |template: &str, include: &[&str]| {
            let include: Vec<_> = include.iter().map(|text| ProviderPattern::parse(text).unwrap()).collect();
            OciTemplate(template).problem(&include)
        };
        assert_eq!(problem("r.io/${namespace}/${type}", &["h.io/*/*"]), None);
        assert_eq!(problem("r.io/tool", &["h.io/acme/tool"]), None);
        for (template, include, why) in [
            ("r.io/${namespace}/${type}", vec![], "${hostname}"),
            ("r.io/${type}", vec!["h.io/*/*"], "${namespace}"),
            ("r.io/${name}", vec!["h.io/acme/tool"], "there are hostname"),
            ("r.io/${type", vec!["h.io/acme/tool"], "closing brace"),
            ("tool", vec!["h.io/acme/tool"], "HOST/NAME"),
        ] {
            let problem = problem(template, &include).unwrap_or_default();
            assert!(problem.contains(why), "{template}: {problem}");
        }
    }
}
