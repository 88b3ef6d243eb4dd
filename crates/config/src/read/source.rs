//! Source addresses of modules.

use crate::ModuleSource;
use formwork_model::ProviderAddress;

/// Reads a source address. `registry_only` is set when a version is given. The error says what is wrong.
pub(crate) fn parse_source(text: &str, registry_only: bool) -> Result<ModuleSource, (&'static str, String)> {
    if is_local(text) {
        if registry_only {
            let detail =
                format!("{text:?} is a local path; only modules of a registry have versions. Remove \"version\".");
            return Err(("Invalid registry module source address", detail));
        }
        return Ok(ModuleSource::Local(clean_local(text).into()));
    }
    if let Some(source) = registry(text) {
        return Ok(source);
    }
    if registry_only {
        let detail = format!(
            "{text:?} is not the address of a registry module ([HOST/]NAMESPACE/NAME/SYSTEM); only those have versions."
        );
        return Err(("Invalid registry module source address", detail));
    }
    match remote(text) {
        Some(address) => Ok(ModuleSource::Remote(address.into())),
        None => {
            let hint = if text.is_empty() { String::new() } else { format!(" For a local module write \"./{text}\".") };
            let detail = format!("{text:?} is not a known form of module address.{hint}");
            Err(("Invalid module source address", detail))
        }
    }
}

fn is_local(text: &str) -> bool {
    ["./", "../", ".\\", "..\\"].iter().any(|p| text.starts_with(p))
}

/// A local path in its shortest form, still starting with `./` or `../`.
fn clean_local(text: &str) -> String {
    let text = text.replace('\\', "/");
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match parts.first() {
        None => "./".to_string(),
        Some(&"..") => joined,
        Some(_) => format!("./{joined}"),
    }
}

/// `[HOST/]NAMESPACE/NAME/SYSTEM[//SUBDIR]`.
fn registry(text: &str) -> Option<ModuleSource> {
    let (package, subdir) = text.split_once("//").unwrap_or((text, ""));
    let parts: Vec<&str> = package.split('/').collect();
    let (host, rest) = match parts.as_slice() {
        [_, _, _] => (ProviderAddress::DEFAULT_HOST, parts.as_slice()),
        [host, rest @ ..] if rest.len() == 3 => (*host, rest),
        _ => return None,
    };
    if matches!(host, "github.com" | "bitbucket.org" | "gitlab.com") || !is_host(host) {
        return None;
    }
    let name = |s: &&str| {
        !s.is_empty() && s.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') && !s.starts_with('-')
    };
    if !rest.iter().all(name) || matches!(rest.first(), Some(&"github.com" | &"bitbucket.org")) {
        return None;
    }
    let [namespace, module, system] = rest else { return None };
    if !system.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
        return None;
    }
    Some(ModuleSource::Registry {
        host: host.to_lowercase().into(),
        namespace: (*namespace).into(),
        name: (*module).into(),
        system: (*system).into(),
        subdir: subdir.into(),
    })
}

fn is_host(text: &str) -> bool {
    let name = text.split(':').next().unwrap_or(text);
    (name.contains('.') || name == "localhost")
        && name.split('.').all(|l| !l.is_empty() && l.chars().all(|c| c.is_alphanumeric() || c == '-'))
}

/// Git, HTTP, archive and other addresses, in their long form where a short one is known.
fn remote(text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let hosts = ["github.com/", "gitlab.com/", "bitbucket.org/"];
    if let Some(host) = hosts.iter().find(|host| text.starts_with(*host)) {
        // A repository has an owner and a name.
        let complete =
            text.get(host.len()..).and_then(|rest| rest.split_once('/')).is_some_and(|(_, name)| !name.is_empty());
        return complete.then(|| git_host(text));
    }
    if let Some(rest) = text.strip_prefix("git@")
        && let Some((host, path)) = rest.split_once(':')
    {
        return Some(format!("git::ssh://git@{host}/{path}"));
    }
    let forced = text.split_once("::").is_some_and(|(getter, _)| getter.chars().all(|c| c.is_ascii_alphanumeric()));
    let url = text.split_once("://").is_some_and(|(scheme, rest)| {
        !rest.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '+')
    });
    let absolute = text.starts_with('/');
    if forced || url || text.contains(".amazonaws.com/") || text.contains("www.googleapis.com/storage") {
        Some(text.to_string())
    } else if absolute {
        Some(format!("file://{text}"))
    } else {
        None
    }
}

/// `github.com/OWNER/REPO[//SUBDIR][?QUERY]` as a git address.
fn git_host(text: &str) -> String {
    let (address, query) = text.split_once('?').map_or((text, String::new()), |(a, q)| (a, format!("?{q}")));
    let (repository, subdir) =
        address.split_once("//").map_or((address, String::new()), |(r, s)| (r, format!("//{s}")));
    let mut parts = repository.splitn(4, '/');
    let (host, owner, name) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let deeper = parts.next().map(|d| format!("//{d}")).unwrap_or_default();
    let suffix = if name.ends_with(".git") { "" } else { ".git" };
    format!("git::https://{host}/{owner}/{name}{suffix}{deeper}{subdir}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_normalised() {
        let cases = [
            ("./m", Some("./m")),
            ("./m/", Some("./m")),
            ("./a/../b", Some("./b")),
            ("../x", Some("../x")),
            ("./", Some("./")),
            ("hashicorp/consul/aws", Some("registry.terraform.io/hashicorp/consul/aws")),
            ("app.example.io/a/b/c//sub", Some("app.example.io/a/b/c//sub")),
            ("github.com/a/b//c?ref=v1", Some("git::https://github.com/a/b.git//c?ref=v1")),
            ("git::ssh://h/x.git", Some("git::ssh://h/x.git")),
            ("git@github.com:a/b.git", Some("git::ssh://git@github.com/a/b.git")),
            ("https://h/x.zip", Some("https://h/x.zip")),
            ("m", None),
            ("", None),
            ("a/b", None),
        ];
        for (text, expected) in cases {
            let parsed = parse_source(text, false).ok().map(|s| s.to_string());
            assert_eq!(parsed.as_deref(), expected, "{text}");
        }
        assert!(parse_source("./m", true).is_err());
        assert!(parse_source("git::https://h/x", true).is_err());
    }
}
