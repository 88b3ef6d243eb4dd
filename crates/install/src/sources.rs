//! Where packages are looked for.

use crate::cli_config::{CliConfig, MethodKind};
use crate::network::{Network, NetworkError};
use crate::network_mirror::NetworkMirror;
use crate::oci::{OciMirror, OciTemplate};
use crate::registry::ProviderRegistry;
use crate::{FilesystemMirror, PackageLocation, Platform, ProviderPattern};
use formwork_model::{ProviderAddress, Version};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

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

/// All places, in order, and the way to those that are elsewhere.
#[derive(Clone, Debug)]
pub struct ProviderSources {
    pub places: Vec<ProviderSource>,
    pub network: Arc<Network>,
}

/// Where a package can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackageOffer {
    Local(PackageLocation),
    /// Base URL.
    NetworkMirror(String),
    /// Address of the repository in an OCI registry.
    OciMirror(String),
    /// That of the provider's host.
    Registry,
}

/// What the places have of a provider.
#[derive(Clone, Debug, Default)]
pub struct Available {
    /// The places that have a version, in order. A registry or a network mirror may turn out not to have it for the
    /// platform.
    pub packages: BTreeMap<Version, Vec<PackageOffer>>,
    /// The places that were asked, for people.
    pub asked: Vec<String>,
    /// What registries want users to know.
    pub warnings: Vec<String>,
}

impl ProviderSources {
    /// Directories given on the command line instead of all others.
    pub fn plugin_dirs(dirs: &[PathBuf], network: Arc<Network>) -> ProviderSources {
        let mirror = |dir: &PathBuf| ProviderSource::everything(MethodKind::FilesystemMirror(dir.clone()));
        ProviderSources { places: dirs.iter().map(mirror).collect(), network }
    }

    /// One network mirror instead of all others.
    pub fn network_mirror(url: &str, network: Arc<Network>) -> ProviderSources {
        let place = ProviderSource::everything(MethodKind::NetworkMirror(url.to_owned()));
        ProviderSources { places: vec![place], network }
    }

    /// What the CLI configuration says; without a word there, the implied directories and then the registries.
    pub fn configured(
        config: &CliConfig,
        implied: &[PathBuf],
        platform: &Platform,
        network: Arc<Network>,
    ) -> ProviderSources {
        if let Some(methods) = &config.installation {
            let source = |method: &crate::InstallationMethod| ProviderSource {
                kind: method.kind.clone(),
                include: method.include.clone(),
                exclude: method.exclude.clone(),
                without: BTreeSet::new(),
                implied: method.kind == MethodKind::Direct && method.include.is_empty(),
            };
            return ProviderSources { places: methods.iter().map(source).collect(), network };
        }
        let dirs = implied.iter().filter(|dir| dir.is_dir());
        let mut places: Vec<ProviderSource> =
            dirs.map(|dir| ProviderSource::implied(MethodKind::FilesystemMirror(dir.clone()))).collect();
        let local = places.iter().flat_map(|place| place.local_providers(platform)).collect();
        places.push(ProviderSource { without: local, ..ProviderSource::implied(MethodKind::Direct) });
        ProviderSources { places, network }
    }

    /// True if the user has named a place for the provider. A plain `direct` names none: it is what counts without a word.
    pub fn are_named_for(&self, provider: &ProviderAddress) -> bool {
        self.places.iter().any(|place| !place.implied && place.serves(provider))
    }

    /// As [`ProviderSources::available`], of the directories alone: nobody is asked over the network.
    ///
    /// # Errors
    /// A directory cannot be read.
    pub fn in_directories(&self, provider: &ProviderAddress, platform: &Platform) -> Result<Available, NetworkError> {
        let is_directory = |place: &&ProviderSource| matches!(place.kind, MethodKind::FilesystemMirror(_));
        let places = self.places.iter().filter(is_directory).cloned().collect();
        ProviderSources { places, network: self.network.clone() }.available(provider, platform)
    }

    /// The registry of a provider alone, if it is asked at all: it knows the most about packages. Else all places.
    pub fn of_origin(&self, provider: &ProviderAddress) -> ProviderSources {
        let direct = |place: &&ProviderSource| place.kind == MethodKind::Direct && place.serves(provider);
        match self.places.iter().find(direct) {
            Some(place) => ProviderSources { places: vec![place.clone()], network: self.network.clone() },
            None => self.clone(),
        }
    }

    /// All versions of a provider, with the places that have them. A place that does not know the provider is passed
    /// over.
    ///
    /// # Errors
    /// A place cannot be read.
    pub fn available(&self, provider: &ProviderAddress, platform: &Platform) -> Result<Available, NetworkError> {
        let mut available = Available::default();
        for place in self.places.iter().filter(|place| place.serves(provider)) {
            available.asked.push(place.kind.for_people(provider));
            match self.offers(place, provider, platform, &mut available.warnings) {
                Ok(offers) => {
                    for (version, offer) in offers {
                        available.packages.entry(version).or_default().push(offer);
                    }
                }
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(available)
    }

    fn offers(
        &self,
        place: &ProviderSource,
        provider: &ProviderAddress,
        platform: &Platform,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<(Version, PackageOffer)>, NetworkError> {
        Ok(match &place.kind {
            MethodKind::FilesystemMirror(base) => {
                let packages = FilesystemMirror::new(base).packages(provider, platform);
                let packages = packages.map_err(|error| NetworkError::other(format!("{}: {error}", base.display())))?;
                packages.into_iter().map(|(version, location)| (version, PackageOffer::Local(location))).collect()
            }
            MethodKind::NetworkMirror(base) => {
                let versions = NetworkMirror { network: &self.network, base }.versions(provider)?;
                versions.into_iter().map(|version| (version, PackageOffer::NetworkMirror(base.clone()))).collect()
            }
            MethodKind::OciMirror(template) => {
                let repository = OciTemplate(template).repository(provider).map_err(NetworkError::other)?;
                let place = repository.to_string();
                let versions = OciMirror { network: &self.network, repository }.versions()?;
                versions.into_iter().map(|version| (version, PackageOffer::OciMirror(place.clone()))).collect()
            }
            MethodKind::Direct => {
                let found = ProviderRegistry { network: &self.network, provider }.versions()?;
                warnings.extend(found.warnings);
                found.versions.into_keys().map(|version| (version, PackageOffer::Registry)).collect()
            }
        })
    }
}

impl MethodKind {
    fn for_people(&self, provider: &ProviderAddress) -> String {
        match self {
            MethodKind::FilesystemMirror(base) => format!("the directory {}", base.display()),
            MethodKind::NetworkMirror(url) => format!("the network mirror {url}"),
            MethodKind::OciMirror(template) => match OciTemplate(template).repository(provider) {
                Ok(repository) => format!("the OCI repository {repository}"),
                Err(_) => format!("the OCI repository {template}"),
            },
            MethodKind::Direct => format!("the registry {}", provider.host),
        }
    }
}

impl ProviderSource {
    fn everything(kind: MethodKind) -> ProviderSource {
        let without = BTreeSet::new();
        ProviderSource { kind, include: Vec::new(), exclude: Vec::new(), without, implied: false }
    }

    fn implied(kind: MethodKind) -> ProviderSource {
        ProviderSource { implied: true, ..ProviderSource::everything(kind) }
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
