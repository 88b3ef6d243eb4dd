//! The CLI configuration file: `.terraformrc` and its relatives.

mod installation;
mod limits;
mod oci;
mod read;
mod syntax;

use crate::{OciSettings, ProviderPattern};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::ProviderAddress;
pub use limits::ProviderLimits;
use read::read_settings;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Settings of the user for all configurations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CliConfig {
    pub plugin_cache_dir: Option<PathBuf>,
    pub plugin_cache_may_break_dependency_lock_file: bool,
    /// Tokens by host.
    pub credentials: BTreeMap<String, String>,
    pub credentials_helper: Option<CredentialsHelper>,
    /// Services by host, instead of asking the host.
    pub hosts: BTreeMap<String, BTreeMap<String, String>>,
    /// Where providers are installed from, in order; `None` if nothing is said.
    pub installation: Option<Vec<InstallationMethod>>,
    /// Directories with executables that are used without being installed.
    pub dev_overrides: BTreeMap<ProviderAddress, PathBuf>,
    /// Credentials for OCI registries.
    pub oci: OciSettings,
    /// How many calls providers are to get at once.
    pub provider_limits: BTreeMap<ProviderAddress, ProviderLimits>,
}

/// `credentials_helper "NAME" { args = [...] }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialsHelper {
    pub name: String,
    pub args: Vec<String>,
}

/// A block of `provider_installation`.
#[derive(Clone, Debug, PartialEq)]
pub struct InstallationMethod {
    pub kind: MethodKind,
    /// Empty: all.
    pub include: Vec<ProviderPattern>,
    pub exclude: Vec<ProviderPattern>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MethodKind {
    FilesystemMirror(PathBuf),
    /// Base URL, ending in a slash.
    NetworkMirror(String),
    /// Repositories of an OCI registry, by a template of their addresses.
    OciMirror(String),
    /// The registry of the provider's host.
    Direct,
}

/// Reads the files that count: the one that `TF_CLI_CONFIG_FILE` names and no other, or `~/.terraformrc` and what is in
/// `~/.terraform.d`. Then settings from the environment. `variable` gives environment variables.
pub fn load_cli_config(variable: &dyn Fn(&str) -> Option<String>, home: Option<&Path>) -> (CliConfig, Diagnostics) {
    let mut config = CliConfig::default();
    let mut diagnostics = Diagnostics::new();
    let named = variable("TF_CLI_CONFIG_FILE").or_else(|| variable("TERRAFORM_CONFIG")).filter(|p| !p.is_empty());
    match named {
        Some(path) => match fs::read_to_string(&path) {
            Ok(text) => load_file(Path::new(&path), &text, variable, &mut config, &mut diagnostics),
            Err(error) => {
                let detail = format!("The file {path}, named by TF_CLI_CONFIG_FILE, could not be read: {error}.");
                diagnostics.push(Diagnostic::warning("Unable to open CLI configuration file", detail));
            }
        },
        None => {
            for path in default_files(home) {
                match fs::read_to_string(&path) {
                    Ok(text) => load_file(&path, &text, variable, &mut config, &mut diagnostics),
                    Err(error) => {
                        let detail = format!("{} could not be read: {error}.", path.display());
                        diagnostics.push(Diagnostic::error("Failed to read CLI configuration file", detail));
                    }
                }
            }
        }
    }
    apply_environment(variable, &mut config);
    if let Some(text) = variable(limits::VARIABLE) {
        limits::read_variable(&text, &mut config.provider_limits, &mut diagnostics);
    }
    check_cache_dir(&config, &mut diagnostics);
    (config, diagnostics)
}

/// `.terraformrc`, then every `*.tfrc` and `*.tfrc.json` of the configuration directory, as far as they exist.
fn default_files(home: Option<&Path>) -> Vec<PathBuf> {
    let Some(home) = home else { return Vec::new() };
    let main = home.join(".terraformrc");
    let mut files: Vec<PathBuf> = fs::read_dir(home.join(".terraform.d"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .filter(|path| path.to_str().is_some_and(|p| p.ends_with(".tfrc") || p.ends_with(".tfrc.json")))
        .collect();
    files.sort();
    if main.is_file() {
        files.insert(0, main);
    }
    files
}

fn load_file(
    path: &Path,
    text: &str,
    variable: &dyn Fn(&str) -> Option<String>,
    config: &mut CliConfig,
    diagnostics: &mut Diagnostics,
) {
    let is_json = path.extension().is_some_and(|e| e == "json");
    let tree = if is_json { syntax::parse_json(text) } else { syntax::parse(text) };
    match tree {
        Ok(tree) => read_settings(&tree, path, variable, config, diagnostics),
        Err(error) => {
            let summary = format!("Error parsing {}", path.display());
            diagnostics.push(Diagnostic::error(summary, error));
        }
    }
}

fn apply_environment(variable: &dyn Fn(&str) -> Option<String>, config: &mut CliConfig) {
    if let Some(dir) = variable("TF_PLUGIN_CACHE_DIR").filter(|d| !d.is_empty()) {
        config.plugin_cache_dir = Some(dir.into());
    }
    if let Some(flag) = variable("TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE") {
        config.plugin_cache_may_break_dependency_lock_file |= !matches!(flag.as_str(), "" | "0" | "false");
    }
}

fn check_cache_dir(config: &CliConfig, diagnostics: &mut Diagnostics) {
    if let Some(dir) = config.plugin_cache_dir.as_ref().filter(|dir| !dir.is_dir()) {
        let detail = format!(
            "The plugin cache directory {} does not exist. Create it, or change plugin_cache_dir.",
            dir.display()
        );
        diagnostics.push(Diagnostic::error("The specified plugin cache dir cannot be opened", detail));
    }
}
