//! Where packages are looked for.

use crate::cli_config::{CliConfig, MethodKind};
use crate::{FilesystemMirror, PackageLocation, Platform, ProviderPattern};
use formwork_model::{ProviderAddress, Version};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

/// One place, with the providers for which it is asked.
#[derive(Clone, Debug)]
pub struct ProviderSource {
    pub kind: MethodKind,
    /// Empty: all.
    pub include: Vec<ProviderPattern>,
    pub exclude: Vec<ProviderPattern>,
    /// Providers that are taken from elsewhere.
    pub without: BTreeSet<ProviderAddress>,
    /// Asked without a word of the user.
    pub implied: bool,
}

/// All places, in order.
#[derive(Clone, Debug, Default)]
pub struct ProviderSources(pub Vec<ProviderSource>);

/// What the places have of a provider.
#[derive(Clone, Debug, Default)]
pub struct Available {
    /// The package of each version from the first place that has it.
    pub packages: BTreeMap<Version, PackageLocation>,
    /// Places that can only be asked over the network.
    pub remote: Vec<String>,
    /// True if any place is responsible.
    pub asked: bool,
}

impl ProviderSources {
    /// Directories given on the command line instead of all others.
    pub fn plugin_dirs(dirs: &[PathBuf]) -> ProviderSources {
        ProviderSources(dirs.iter().map(|dir| ProviderSource::mirror(dir.clone(), false)).collect())
    }

    /// What the CLI configuration says; without a word there, the implied directories and then the registries.
    pub fn configured(config: &CliConfig, implied: &[PathBuf], platform: &Platform) -> ProviderSources {
        if let Some(methods) = &config.installation {
            let source = |method: &crate::InstallationMethod| ProviderSource {
                kind: method.kind.clone(),
                include: method.include.clone(),
                exclude: method.exclude.clone(),
                without: BTreeSet::new(),
                implied: method.kind == MethodKind::Direct && method.include.is_empty(),
            };
            return ProviderSources(methods.iter().map(source).collect());
        }
        let mut sources: Vec<ProviderSource> =
            implied.iter().filter(|dir| dir.is_dir()).map(|dir| ProviderSource::mirror(dir.clone(), true)).collect();
        let local = sources.iter().flat_map(|s| s.local_providers(platform)).collect();
        let direct = ProviderSource {
            kind: MethodKind::Direct,
            include: Vec::new(),
            exclude: Vec::new(),
            without: local,
            implied: true,
        };
        sources.push(direct);
        ProviderSources(sources)
    }

    /// True if the user has named a place for the provider. A plain `direct` names none: it is what counts without a word.
    pub fn are_named_for(&self, provider: &ProviderAddress) -> bool {
        self.0.iter().any(|source| !source.implied && source.serves(provider))
    }

    /// All packages of a provider for a platform. Fails if a mirror cannot be read.
    pub fn available(&self, provider: &ProviderAddress, platform: &Platform) -> io::Result<Available> {
        let mut available = Available::default();
        for source in self.0.iter().filter(|s| s.serves(provider)) {
            available.asked = true;
            match &source.kind {
                MethodKind::FilesystemMirror(base) => {
                    let packages = FilesystemMirror::new(base).packages(provider, platform);
                    let packages =
                        packages.map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", base.display())))?;
                    for (version, location) in packages {
                        available.packages.entry(version).or_insert(location);
                    }
                }
                MethodKind::NetworkMirror(url) => available.remote.push(format!("the network mirror {url}")),
                MethodKind::Direct => available.remote.push(format!("the registry {}", provider.host)),
            }
        }
        Ok(available)
    }
}

impl ProviderSource {
    fn mirror(base: PathBuf, implied: bool) -> ProviderSource {
        ProviderSource {
            kind: MethodKind::FilesystemMirror(base),
            include: Vec::new(),
            exclude: Vec::new(),
            without: BTreeSet::new(),
            implied,
        }
    }

    fn local_providers(&self, platform: &Platform) -> BTreeSet<ProviderAddress> {
        match &self.kind {
            MethodKind::FilesystemMirror(base) => FilesystemMirror::new(base).providers(platform),
            _ => BTreeSet::new(),
        }
    }

    fn serves(&self, provider: &ProviderAddress) -> bool {
        (self.include.is_empty() || self.include.iter().any(|p| p.matches(provider)))
            && !self.exclude.iter().any(|p| p.matches(provider))
            && !self.without.contains(provider)
    }
}

/// Directories that are searched when nothing is configured (cli-and-config.md 5.2). Relative to the working
/// directory where not absolute.
pub fn implied_dirs(home: Option<&Path>, xdg_data_home: Option<&Path>) -> Vec<PathBuf> {
    let mut dirs = vec![PathBuf::from("terraform.d/plugins")];
    dirs.extend(home.map(|home| home.join(".terraform.d/plugins")));
    let data_home = xdg_data_home.map(Path::to_path_buf).or_else(|| home.map(|home| home.join(".local/share")));
    dirs.extend(data_home.map(|dir| dir.join("terraform/plugins")));
    dirs.extend(["/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins"].map(PathBuf::from));
    dirs
}
