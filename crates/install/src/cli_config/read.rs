//! From the syntax to settings.

use super::installation::read_installation;
use super::limits::read_limits;
use super::syntax::{Item, Node};
use super::{CliConfig, CredentialsHelper, oci};
use formwork_diag::{Diagnostic, Diagnostics};
use std::path::Path;

/// Merges the settings of one file into what others have said. Unknown settings are ignored, as the ecosystem does.
pub(super) fn read_settings(
    items: &[Item],
    path: &Path,
    variable: &dyn Fn(&str) -> Option<String>,
    config: &mut CliConfig,
    diagnostics: &mut Diagnostics,
) {
    let mut seen_installation = config.installation.is_some() || !config.dev_overrides.is_empty();
    for item in items {
        let Some((key, labels)) = item.keys.split_first() else { continue };
        match key.as_str() {
            "plugin_cache_dir" => {
                if let (Some(dir), None) = (text(&item.value), &config.plugin_cache_dir) {
                    config.plugin_cache_dir = Some(expand(dir, variable).into());
                }
            }
            "plugin_cache_may_break_dependency_lock_file" => {
                config.plugin_cache_may_break_dependency_lock_file |= flag(&item.value);
            }
            "credentials" => read_credentials(labels, &item.value, config),
            "credentials_helper" => read_helper(labels, &item.value, config),
            "host" => read_host(labels, &item.value, config),
            "oci_credentials" | "oci_default_credentials" => {
                let read = match key.as_str() {
                    "oci_credentials" => labelled(labels, &item.value)
                        .into_iter()
                        .try_for_each(|(label, body)| oci::read_credentials(label, &body, &mut config.oci)),
                    _ => oci::read_defaults(&self::items(&item.value), variable, &mut config.oci),
                };
                if let Err(why) = read {
                    let detail = format!("{}: {why}.", path.display());
                    diagnostics.push(Diagnostic::error(format!("Invalid {key} block"), detail));
                }
            }
            "provider_limits" => {
                read_limits(labelled(labels, &item.value), path, &mut config.provider_limits, diagnostics);
            }
            "provider_installation" if seen_installation => {
                let detail = format!("{}: there can be one provider_installation block in all files.", path.display());
                diagnostics.push(Diagnostic::error("Invalid provider_installation block", detail));
            }
            "provider_installation" => {
                seen_installation = true;
                read_installation(&item.value, path, variable, config, diagnostics);
            }
            _ => {}
        }
    }
}

/// The items of an object, or of all objects in a list.
pub(super) fn items(node: &Node) -> Vec<&Item> {
    match node {
        Node::Object(items) => items.iter().collect(),
        Node::List(nodes) => nodes.iter().flat_map(items).collect(),
        _ => Vec::new(),
    }
}

/// Bodies below labels: `credentials "h" { }`, or in JSON `{"h": { }}`.
fn labelled<'n>(labels: &'n [String], node: &'n Node) -> Vec<(&'n str, Vec<&'n Item>)> {
    match labels.first() {
        Some(label) => vec![(label.as_str(), items(node))],
        None => {
            items(node).into_iter().filter_map(|item| Some((item.keys.first()?.as_str(), items(&item.value)))).collect()
        }
    }
}

fn read_credentials(labels: &[String], node: &Node, config: &mut CliConfig) {
    for (host, body) in labelled(labels, node) {
        if let Some(token) = body.iter().find(|i| is(i, "token")).and_then(|i| text(&i.value)) {
            config.credentials.insert(host.to_lowercase(), token.to_string());
        }
    }
}

fn read_helper(labels: &[String], node: &Node, config: &mut CliConfig) {
    for (name, body) in labelled(labels, node) {
        let args = body.iter().find(|i| is(i, "args")).map(|i| texts(&i.value)).unwrap_or_default();
        config.credentials_helper = Some(CredentialsHelper { name: name.to_string(), args });
    }
}

fn read_host(labels: &[String], node: &Node, config: &mut CliConfig) {
    for (host, body) in labelled(labels, node) {
        let services = config.hosts.entry(host.to_lowercase()).or_default();
        for item in body.iter().filter(|i| is(i, "services")).flat_map(|i| items(&i.value)) {
            if let (Some(name), Some(url)) = (item.keys.first(), text(&item.value)) {
                services.insert(name.clone(), url.to_string());
            }
        }
    }
}

pub(super) fn is(item: &Item, name: &str) -> bool {
    matches!(item.keys.as_slice(), [key] if key == name)
}

pub(super) fn text(node: &Node) -> Option<&str> {
    match node {
        Node::Text(text) => Some(text),
        _ => None,
    }
}

pub(super) fn texts(node: &Node) -> Vec<String> {
    match node {
        Node::List(items) => items.iter().filter_map(text).map(str::to_string).collect(),
        Node::Text(text) => vec![text.clone()],
        _ => Vec::new(),
    }
}

pub(super) fn flag(node: &Node) -> bool {
    match node {
        Node::Bool(b) => *b,
        Node::Text(text) => text == "true" || text == "1",
        _ => false,
    }
}

/// Replaces `$NAME` and `${NAME}`; unset variables are empty.
pub(super) fn expand(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let braced = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let (name, tail) = braced.unwrap_or_else(|| {
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
            after.split_at(end)
        });
        if name.is_empty() {
            out.push('$');
        }
        out.push_str(&variable(name).filter(|_| !name.is_empty()).unwrap_or_default());
        rest = tail;
    }
    out.push_str(rest);
    out
}
