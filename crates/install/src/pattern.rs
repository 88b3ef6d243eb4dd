//! Patterns of provider addresses in `include` and `exclude`.

use formwork_model::ProviderAddress;
use std::fmt;

/// `[HOST/]NAMESPACE/TYPE`, where `*` stands for anything. The namespace may be `*` only if the type is, the host only
/// if both are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderPattern {
    host: String,
    namespace: String,
    name: String,
}

impl ProviderPattern {
    pub fn parse(text: &str) -> Result<ProviderPattern, String> {
        let parts: Vec<&str> = text.split('/').collect();
        let (host, namespace, name) = match parts.as_slice() {
            [namespace, name] => (ProviderAddress::DEFAULT_HOST, *namespace, *name),
            [host, namespace, name] => (*host, *namespace, *name),
            _ => return Err(format!("{text:?} is not a provider pattern; write [HOST/]NAMESPACE/TYPE")),
        };
        if parts.iter().any(|p| p.is_empty()) {
            return Err(format!("{text:?} has an empty part"));
        }
        if namespace == "*" && name != "*" || host == "*" && namespace != "*" {
            return Err(format!("{text:?}: what stands behind a \"*\" must be \"*\" as well"));
        }
        let lower = |s: &str| s.to_lowercase();
        Ok(ProviderPattern { host: lower(host), namespace: lower(namespace), name: lower(name) })
    }

    /// True if it leaves a part open: the host (0), the namespace (1) or the type (2).
    pub(crate) fn is_open(&self, part: usize) -> bool {
        [&self.host, &self.namespace, &self.name].get(part).is_some_and(|text| *text == "*")
    }

    pub fn matches(&self, provider: &ProviderAddress) -> bool {
        let part = |pattern: &str, text: &str| pattern == "*" || pattern == text;
        part(&self.host, &provider.host)
            && part(&self.namespace, &provider.namespace)
            && part(&self.name, &provider.name)
    }
}

impl fmt::Display for ProviderPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.host, self.namespace, self.name)
    }
}
