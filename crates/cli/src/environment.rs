//! Settings from environment variables, read once at the start.

use std::collections::BTreeMap;

/// The variables that mean something to the command line.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
}

impl Environment {
    /// Of this process. Variables that are not text are left out.
    pub fn of_process() -> Environment {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Environment { variables: std::env::vars_os().filter_map(text).collect() }
    }

    /// All variables.
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Directory for what `init` prepares (`TF_DATA_DIR`).
    pub fn data_dir(&self) -> &str {
        self.get("TF_DATA_DIR").unwrap_or(".terraform")
    }

    /// The workspace, where it is not the stored selection (`TF_WORKSPACE`).
    pub fn workspace(&self) -> Option<&str> {
        self.get("TF_WORKSPACE")
    }

    /// False if questions are forbidden (`TF_INPUT`).
    pub fn input(&self) -> bool {
        !matches!(self.get("TF_INPUT"), Some("0" | "false" | "FALSE" | "False" | "f" | "F"))
    }

    pub fn in_automation(&self) -> bool {
        self.is_set("TF_IN_AUTOMATION")
    }

    /// True if plan and apply may do what `init` would (`FORMWORK_AUTO_INIT`).
    pub fn auto_init(&self) -> bool {
        matches!(self.get("FORMWORK_AUTO_INIT"), Some("1" | "true"))
    }

    /// `TF_VAR_name`, with `name` only. Empty values count.
    pub fn input_variables(&self) -> impl Iterator<Item = (&str, &str)> {
        let prefix = "TF_VAR_";
        let from = self.variables.range(prefix.to_owned()..);
        from.map_while(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_str())))
    }

    /// Extra words for a command (`TF_CLI_ARGS_name`, `TF_CLI_ARGS`), to be put before those given.
    pub fn extra_arguments(&self, command: &str) -> Result<Vec<String>, String> {
        let specific = format!("TF_CLI_ARGS_{}", command.replace([' ', '-'], "_"));
        let mut words = Vec::new();
        for name in [specific.as_str(), "TF_CLI_ARGS"] {
            if let Some(text) = self.get(name) {
                let split = shell_words::split(text);
                words.extend(split.map_err(|_| format!("a quote in {name} is not closed"))?);
            }
        }
        Ok(words)
    }
}

#[cfg(test)]
impl Environment {
    pub fn of(variables: &[(&str, &str)]) -> Environment {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Environment { variables: variables.iter().map(owned).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_variables() {
        let environment = Environment::of(&[
            ("TF_DATA_DIR", ""),
            ("TF_INPUT", "0"),
            ("TF_VAR_a", "1"),
            ("TF_VAR_b", ""),
            ("TF_WORKSPACE", "w"),
        ]);
        assert_eq!(environment.data_dir(), ".terraform");
        assert!(!environment.input());
        assert_eq!(environment.workspace(), Some("w"));
        assert_eq!(environment.input_variables().collect::<Vec<_>>(), [("a", "1"), ("b", "")]);
    }

    #[test]
    fn specific_extra_words_come_first() {
        let environment =
            Environment::of(&[("TF_CLI_ARGS", "-no-color"), ("TF_CLI_ARGS_state_mv", "-var 'a=b c' -lock=false")]);
        let words = environment.extra_arguments("state mv").unwrap();
        assert_eq!(words, ["-var", "a=b c", "-lock=false", "-no-color"]);
        assert!(Environment::of(&[("TF_CLI_ARGS", "'x")]).extra_arguments("plan").is_err());
    }
}
