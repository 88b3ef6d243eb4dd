//! What a registry wants to see: nothing, a name and a password, or a token from another server.

use super::OciRepository;
use super::credentials::OciCredential;
use crate::network::{Network, NetworkError, NetworkProblem, Redirects, Request, held, without_secrets};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use url::Url;

/// What requests to a repository carry.
#[derive(Clone, Default)]
pub(crate) struct OciLogin {
    token: Option<String>,
    password: Option<(String, String)>,
}

/// Without password and token.
impl fmt::Debug for OciLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OciLogin")
    }
}

impl OciLogin {
    pub fn onto(self, request: Request) -> Request {
        Request { token: self.token, login: self.password, ..request }
    }
}

impl Network {
    /// What is known to be wanted for a repository.
    pub(super) fn oci_login(&self, repository: &OciRepository) -> OciLogin {
        held(&self.oci_logins).get(repository).cloned().unwrap_or_default()
    }

    /// Does what a challenge (`WWW-Authenticate`) asks for.
    pub(super) fn oci_log_in(&self, repository: &OciRepository, challenge: &str) -> Result<(), NetworkError> {
        let credential = self.settings.oci.credential(&self.settings, repository);
        let (scheme, arguments) = challenge.split_once(' ').unwrap_or((challenge, ""));
        let login = match (scheme.to_ascii_lowercase().as_str(), credential) {
            ("bearer", Some(OciCredential::Tokens { access: Some(access), .. })) => {
                OciLogin { token: Some(access), password: None }
            }
            ("bearer", credential) => {
                let token = self.oci_token(repository, &parse_arguments(arguments), credential)?;
                OciLogin { token: Some(token), password: None }
            }
            ("basic", Some(OciCredential::Password { username, password })) => {
                OciLogin { token: None, password: Some((username, password)) }
            }
            _ => return Err(refused(repository, 401)),
        };
        held(&self.oci_logins).insert(repository.clone(), login);
        Ok(())
    }

    /// A token for reading a repository, from the server that its registry names.
    fn oci_token(
        &self,
        repository: &OciRepository,
        arguments: &BTreeMap<String, String>,
        credential: Option<OciCredential>,
    ) -> Result<String, NetworkError> {
        let realm = arguments.get("realm").map(String::as_str).unwrap_or_default();
        let mut url = Url::parse(realm).ok().filter(|url| url.scheme() == "https").ok_or_else(|| {
            let text = format!("the registry {} names no server of tokens that can be asked by https", repository.host);
            NetworkError::other(format!("{text}: {realm:?}"))
        })?;
        let scope = match arguments.get("scope") {
            Some(scope) => scope.clone(),
            None => format!("repository:{}:pull", repository.name),
        };
        let service = arguments.get("service").cloned();
        let answer = match credential {
            Some(OciCredential::Tokens { refresh: Some(refresh), .. }) => {
                let mut form = vec![
                    ("grant_type", "refresh_token".to_owned()),
                    ("refresh_token", refresh),
                    ("client_id", "formwork".to_owned()),
                    ("scope", scope),
                ];
                form.extend(service.map(|service| ("service", service)));
                self.post_form(&url, &form)?
            }
            credential => {
                if let Some(service) = &service {
                    url.query_pairs_mut().append_pair("service", service);
                }
                url.query_pairs_mut().append_pair("scope", &scope);
                let mut request = self.question(url.clone());
                (request.token, request.names_engine, request.redirects) = (None, false, Redirects::SameHost);
                if let Some(OciCredential::Password { username, password }) = credential {
                    request.login = Some((username, password));
                }
                self.ask(&request)?
            }
        };
        if matches!(answer.status, 401 | 403) {
            return Err(refused(repository, answer.status));
        }
        let document = answer.json()?;
        let token = ["token", "access_token"].iter().find_map(|name| document.get(name).and_then(Value::as_str));
        token.filter(|token| !token.is_empty()).map(str::to_owned).ok_or_else(|| {
            NetworkError::other(format!("{} has given no token for {repository}", without_secrets(&url)))
        })
    }
}

/// `key="value",...`, where a comma may stand in a value.
fn parse_arguments(text: &str) -> BTreeMap<String, String> {
    let mut arguments = BTreeMap::new();
    let mut rest = text.trim();
    while let Some((key, tail)) = rest.split_once('=') {
        let (value, after) = match tail.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => tail.split_once(',').unwrap_or((tail, "")),
        };
        arguments.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
        rest = after.trim_start_matches([',', ' ']);
    }
    arguments
}

pub(super) fn refused(repository: &OciRepository, status: u16) -> NetworkError {
    let host = &repository.host;
    let text = format!(
        "the registry {host} answers {status} for {repository}: it wants other credentials. Log in with a tool such as \
         \"docker login {host}\" or \"oras login {host}\", or give them in an oci_credentials block of the CLI \
         configuration"
    );
    NetworkError { problem: NetworkProblem::Unauthorized, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_have_arguments() {
        let text = r#"realm="https://auth.example.com/token",service="registry", scope="repository:a/b:pull,push",x=y"#;
        let arguments = parse_arguments(text);
        let expected = [
            ("realm", "https://auth.example.com/token"),
            ("scope", "repository:a/b:pull,push"),
            ("service", "registry"),
            ("x", "y"),
        ];
        let found: Vec<(&str, &str)> = arguments.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(found, expected);
        assert!(parse_arguments("").is_empty() && parse_arguments("nothing").is_empty());
    }
}
