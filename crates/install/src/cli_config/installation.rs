//! `provider_installation`.

use super::read::{expand, is, items, text, texts};
use super::syntax::{Item, Node};
use super::{CliConfig, InstallationMethod, MethodKind};
use crate::ProviderPattern;
use crate::oci::OciTemplate;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::ProviderAddress;
use std::path::Path;

struct Reader<'a> {
    path: &'a Path,
    variable: &'a dyn Fn(&str) -> Option<String>,
    diagnostics: &'a mut Diagnostics,
}

/// The methods of the block, and the overrides for developers of providers.
pub(super) fn read_installation(
    node: &Node,
    path: &Path,
    variable: &dyn Fn(&str) -> Option<String>,
    config: &mut CliConfig,
    diagnostics: &mut Diagnostics,
) {
    let mut reader = Reader { path, variable, diagnostics };
    let mut methods = Vec::new();
    for item in items(node) {
        let Some(kind) = item.keys.first() else { continue };
        let bodies: Vec<Vec<&Item>> = match &item.value {
            Node::List(nodes) => nodes.iter().map(items).collect(),
            node => vec![items(node)],
        };
        for body in bodies {
            match kind.as_str() {
                "dev_overrides" => reader.overrides(&body, !methods.is_empty(), config),
                "filesystem_mirror" | "network_mirror" | "oci_mirror" | "direct" => {
                    methods.extend(reader.method(kind, &body))
                }
                other => reader.fail(&format!("there is no installation method {other:?}")),
            }
        }
    }
    config.installation = Some(methods);
}

impl Reader<'_> {
    fn fail(&mut self, why: &str) {
        let detail = format!("{}: {why}.", self.path.display());
        self.diagnostics.push(Diagnostic::error("Invalid provider_installation block", detail));
    }

    fn overrides(&mut self, body: &[&Item], late: bool, config: &mut CliConfig) {
        if late {
            self.fail("dev_overrides must stand before all other methods");
        }
        for item in body {
            let (Some(key), Some(dir)) = (item.keys.first(), text(&item.value)) else {
                self.fail("each entry of dev_overrides is a provider address with a directory");
                continue;
            };
            match ProviderAddress::parse(key) {
                Ok(address) => {
                    config.dev_overrides.insert(address, expand(dir, self.variable).into());
                }
                Err(error) => self.fail(&error.0),
            }
        }
    }

    fn method(&mut self, kind: &str, body: &[&Item]) -> Option<InstallationMethod> {
        let allowed: &[&str] = match kind {
            "filesystem_mirror" => &["path", "include", "exclude"],
            "network_mirror" => &["url", "include", "exclude"],
            "oci_mirror" => &["repository_template", "include", "exclude"],
            _ => &["include", "exclude"],
        };
        for item in body {
            if !allowed.iter().any(|name| is(item, name)) {
                let name = item.keys.join(" ");
                self.fail(&format!("{kind} has no argument {name:?}; there are {}", allowed.join(", ")));
            }
        }
        let argument = |name: &str| body.iter().find(|i| is(i, name)).and_then(|i| text(&i.value));
        let kind = match kind {
            "filesystem_mirror" => match argument("path") {
                Some(path) => MethodKind::FilesystemMirror(expand(path, self.variable).into()),
                None => {
                    self.fail("filesystem_mirror needs a path");
                    return None;
                }
            },
            "network_mirror" => match argument("url") {
                Some(url) if url.starts_with("https://") && url.ends_with('/') => {
                    MethodKind::NetworkMirror(url.to_string())
                }
                _ => {
                    self.fail("network_mirror needs a url that starts with https:// and ends with a slash");
                    return None;
                }
            },
            "oci_mirror" => MethodKind::OciMirror(argument("repository_template").unwrap_or_default().to_owned()),
            _ => MethodKind::Direct,
        };
        let include = self.patterns(body, "include");
        if let MethodKind::OciMirror(template) = &kind
            && let Some(problem) = OciTemplate(template).problem(&include)
        {
            self.fail(&problem);
            return None;
        }
        Some(InstallationMethod { kind, include, exclude: self.patterns(body, "exclude") })
    }

    fn patterns(&mut self, body: &[&Item], name: &str) -> Vec<ProviderPattern> {
        let mut patterns = Vec::new();
        for text in body.iter().filter(|i| is(i, name)).flat_map(|i| texts(&i.value)) {
            match ProviderPattern::parse(&text) {
                Ok(pattern) => patterns.push(pattern),
                Err(error) => self.fail(&error),
            }
        }
        patterns
    }
}
