//! Tokens of hosts (registry-and-locks.md 1.3).

use super::{Network, held, normal_host};
use crate::current_platform;
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const PREFIX: &str = "TF_TOKEN_";

impl Network {
    /// The token for a host in its normal form, from the first place that has one: a variable, the CLI configuration,
    /// the file that `login` writes, the helper program.
    pub(crate) fn token(&self, host: &str) -> Option<String> {
        if let Some(known) = held(&self.tokens).get(host) {
            return known.clone();
        }
        let found = self
            .token_in_environment(host)
            .or_else(|| self.token_in_settings(host))
            .or_else(|| self.token_in_file(host))
            .or_else(|| self.token_in_helper(host));
        held(&self.tokens).insert(host.to_owned(), found.clone());
        found
    }

    fn token_in_environment(&self, host: &str) -> Option<String> {
        self.settings.variables.iter().find_map(|(name, token)| {
            let name = name.strip_prefix(PREFIX)?;
            let name = name.replace("__", "-").replace('_', ".");
            (normal_host(&name)? == host && !token.is_empty()).then(|| token.clone())
        })
    }

    fn token_in_settings(&self, host: &str) -> Option<String> {
        let entry = self.settings.credentials.iter().find(|(name, _)| normal_host(name).as_deref() == Some(host));
        entry.map(|(_, token)| token.clone())
    }

    fn token_in_file(&self, host: &str) -> Option<String> {
        let path = self.settings.home.as_ref()?.join(".terraform.d").join("credentials.tfrc.json");
        let document: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        let hosts = document.get("credentials")?.as_object()?;
        let (_, entry) = hosts.iter().find(|(name, _)| normal_host(name).as_deref() == Some(host))?;
        token_of(entry)
    }

    /// One that fails counts as one that knows nothing: the host says then that a token is missing.
    fn token_in_helper(&self, host: &str) -> Option<String> {
        let helper = self.settings.credentials_helper.as_ref()?;
        let program = self.helper_program(&format!("terraform-credentials-{}", helper.name))?;
        let mut command = Command::new(program);
        let command = command.args(&helper.args).args(["get", host]);
        let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        if !output.status.success() {
            return None;
        }
        token_of(&serde_json::from_slice(&output.stdout).ok()?)
    }

    fn helper_program(&self, name: &str) -> Option<PathBuf> {
        let own = self.settings.home.iter().flat_map(|home| {
            let plugins = home.join(".terraform.d").join("plugins");
            [plugins.join(current_platform().to_string()), plugins]
        });
        let path = self.settings.variable("PATH").unwrap_or_default();
        own.chain(std::env::split_paths(path)).map(|dir| dir.join(name)).find(|path| path.is_file())
    }
}

fn token_of(entry: &Value) -> Option<String> {
    entry.get("token")?.as_str().filter(|token| !token.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::NetworkSettings;
    use super::*;

    #[test]
    fn the_first_place_with_a_token_counts() {
        let mut settings = NetworkSettings::default();
        let mut variable = |name: &str, value: &str| settings.variables.insert(name.to_owned(), value.to_owned());
        variable("TF_TOKEN_one_example__x_com", "environment");
        variable("TF_TOKEN_localhost:8443", "port");
        variable("TF_TOKEN_empty_example_com", "");
        for host in ["one.example-x.com", "Two.example.com", "empty.example.com"] {
            settings.credentials.insert(host.to_owned(), "settings".to_owned());
        }
        let network = Network::new(settings);
        let cases = [
            ("one.example-x.com", Some("environment")),
            ("two.example.com", Some("settings")),
            ("empty.example.com", Some("settings")),
            ("localhost:8443", Some("port")),
            ("localhost", None),
            ("three.example.com", None),
        ];
        for (host, expected) in cases {
            assert_eq!(network.token(host).as_deref(), expected, "{host}");
        }
    }
}
