//! Credentials for OCI registries: from the CLI configuration, and from where other programs keep theirs.

use super::OciRepository;
use crate::network::{NetworkSettings, normal_host};
use base64::Engine;
use serde_json::Value;
use std::fmt;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What a registry may be shown.
#[derive(Clone, PartialEq, Eq)]
pub enum OciCredential {
    Password {
        username: String,
        password: String,
    },
    Tokens {
        access: Option<String>,
        refresh: Option<String>,
    },
    /// A program `docker-credential-NAME` knows it.
    Helper(String),
}

/// Without passwords and tokens.
impl fmt::Debug for OciCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OciCredential::Password { username, .. } => write!(f, "Password of {username:?}"),
            OciCredential::Tokens { .. } => f.write_str("Tokens"),
            OciCredential::Helper(name) => write!(f, "Helper {name:?}"),
        }
    }
}

/// What the CLI configuration says of credentials for OCI registries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OciSettings {
    /// By `HOST[/PATH]`.
    pub credentials: Vec<(String, OciCredential)>,
    /// Look where other programs keep theirs.
    pub discover: bool,
    /// These files instead of the usual ones.
    pub files: Option<Vec<PathBuf>>,
    /// For all that nothing else knows.
    pub helper: Option<String>,
}

impl Default for OciSettings {
    fn default() -> OciSettings {
        OciSettings { credentials: Vec::new(), discover: true, files: None, helper: None }
    }
}

impl OciSettings {
    /// The credential that is closest to a repository; of equal ones, that of the first place.
    pub(super) fn credential(&self, settings: &NetworkSettings, repository: &OciRepository) -> Option<OciCredential> {
        let mut best: Option<(usize, OciCredential)> = None;
        let mut consider = |key: &str, credential: OciCredential| {
            let Some(closeness) = closeness(key, repository) else { return };
            if best.as_ref().is_none_or(|(known, _)| closeness > *known) {
                best = Some((closeness, credential));
            }
        };
        for (key, credential) in &self.credentials {
            consider(key, credential.clone());
        }
        let mut stores: Vec<String> = self.helper.iter().cloned().collect();
        if self.discover {
            for file in self.files.clone().unwrap_or_else(|| usual_files(settings)) {
                let Some(document) = read(&file) else { continue };
                for (key, credential) in stored(&document) {
                    consider(&key, credential);
                }
                stores.extend(document.get("credsStore").and_then(Value::as_str).map(str::to_owned));
            }
        }
        let found = best.map(|(_, credential)| match credential {
            OciCredential::Helper(name) => ask_helper(settings, &name, &repository.host),
            credential => Some(credential),
        });
        match found {
            Some(Some(credential)) => Some(credential),
            Some(None) | None => stores.iter().find_map(|name| ask_helper(settings, name, &repository.host)),
        }
    }
}

/// How many parts of a repository's address a key names; `None` if it names another one.
fn closeness(key: &str, repository: &OciRepository) -> Option<usize> {
    // The oldest form has a URL.
    let key = key.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
    let key = key.strip_suffix("/v1").or_else(|| key.strip_suffix("/v2")).unwrap_or(key);
    let (host, path) = key.split_once('/').unwrap_or((key, ""));
    if normal_host(host)? != repository.host {
        return None;
    }
    let rest = repository.name.strip_prefix(path)?;
    let is_whole = path.is_empty() || rest.is_empty() || rest.starts_with('/');
    is_whole.then(|| if path.is_empty() { 0 } else { path.split('/').count() })
}

/// Where programs of the ecosystem keep credentials.
fn usual_files(settings: &NetworkSettings) -> Vec<PathBuf> {
    let directory = |name: &str| settings.variable(name).map(PathBuf::from);
    let home = settings.home.clone();
    let in_home = |path: &str| home.as_ref().map(|home| home.join(path));
    let config = directory("XDG_CONFIG_HOME").or_else(|| in_home(".config"));
    let files = [
        directory("XDG_RUNTIME_DIR").map(|dir| dir.join("containers/auth.json")),
        config.map(|dir| dir.join("containers/auth.json")),
        directory("DOCKER_CONFIG").map(|dir| dir.join("config.json")),
        in_home(".docker/config.json"),
        in_home(".dockercfg"),
    ];
    files.into_iter().flatten().collect()
}

fn read(path: &PathBuf) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// The credentials in a file of the form that containers-auth.json(5) describes.
fn stored(document: &Value) -> Vec<(String, OciCredential)> {
    let objects = |name: &str| document.get(name).and_then(Value::as_object).into_iter().flatten();
    let helpers = objects("credHelpers")
        .filter_map(|(key, name)| Some((key.clone(), OciCredential::Helper(name.as_str()?.to_owned()))));
    let entries = objects("auths").filter_map(|(key, entry)| Some((key.clone(), entry_credential(entry)?)));
    helpers.chain(entries).collect()
}

fn entry_credential(entry: &Value) -> Option<OciCredential> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    if let Some(refresh) = text("identitytoken") {
        return Some(OciCredential::Tokens { access: None, refresh: Some(refresh.to_owned()) });
    }
    if let Some(access) = text("registrytoken") {
        return Some(OciCredential::Tokens { access: Some(access.to_owned()), refresh: None });
    }
    if let (Some(username), Some(password)) = (text("username"), text("password")) {
        return Some(OciCredential::Password { username: username.to_owned(), password: password.to_owned() });
    }
    let decoded = base64::engine::general_purpose::STANDARD.decode(text("auth")?).ok()?;
    let pair = String::from_utf8(decoded).ok()?;
    let (username, password) = pair.split_once(':')?;
    let password = password.trim_end_matches('\0').to_owned();
    Some(OciCredential::Password { username: username.to_owned(), password })
}

/// One that fails counts as one that knows nothing: the registry says then that credentials are missing.
fn ask_helper(settings: &NetworkSettings, name: &str, host: &str) -> Option<OciCredential> {
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
        return None;
    }
    let program = format!("docker-credential-{name}");
    let path = settings.variable("PATH").unwrap_or_default();
    let program = std::env::split_paths(path).map(|dir| dir.join(&program)).find(|path| path.is_file())?;
    let mut command = Command::new(program);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    // It may know what to say without reading.
    let _ = child.stdin.take()?.write_all(host.as_bytes());
    let output = child.wait_with_output().ok().filter(|output| output.status.success())?;
    let answer: Value = serde_json::from_slice(&output.stdout).ok()?;
    let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
    let (username, secret) = (text("Username")?, text("Secret")?);
    Some(match username.as_str() {
        "<token>" => OciCredential::Tokens { access: None, refresh: Some(secret) },
        _ => OciCredential::Password { username, password: secret },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(username: &str) -> OciCredential {
        OciCredential::Password { username: username.to_owned(), password: "p".to_owned() }
    }

    #[test]
    fn the_closest_credential_counts() {
        let dir = tempfile::tempdir().unwrap();
        let auth = base64::engine::general_purpose::STANDARD.encode("file:p");
        let text = format!(
            r#"{{"auths": {{"example.com/a/b": {{"auth": "{auth}"}}, "https://old.example.com/v1/": {{"auth": "{auth}"}},
            "example.com": {{"auth": "{auth}"}}, "t.example.com": {{"identitytoken": "r"}}}}}}"#
        );
        std::fs::write(dir.path().join("auth.json"), text).unwrap();
        let settings = OciSettings {
            credentials: vec![("example.com".into(), password("host")), ("example.com/a".into(), password("path"))],
            files: Some(vec![dir.path().join("none.json"), dir.path().join("auth.json")]),
            ..OciSettings::default()
        };
        let network = NetworkSettings::default();
        let tokens = OciCredential::Tokens { access: None, refresh: Some("r".into()) };
        for (repository, expected) in [
            ("example.com/x", Some(password("host"))),
            ("example.com/a", Some(password("path"))),
            ("example.com/ab", Some(password("host"))),
            ("example.com/a/c", Some(password("path"))),
            ("example.com/a/b/c", Some(password("file"))),
            ("old.example.com/x", Some(password("file"))),
            ("t.example.com/x", Some(tokens)),
            ("other.example.com/x", None),
        ] {
            let found = settings.credential(&network, &OciRepository::parse(repository).unwrap());
            assert_eq!(found, expected, "{repository}");
        }
        let closed = OciSettings { discover: false, ..settings };
        let repository = OciRepository::parse("example.com/a/b").unwrap();
        assert_eq!(closed.credential(&network, &repository), Some(password("path")));
    }
}
