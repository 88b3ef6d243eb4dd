//! Which providers are taken from the program itself, instead of a package.
//!
//! A bundled provider is used if the configuration accepts its version and nobody says otherwise: neither an entry of the
//! lock file, nor an executable put in its place, nor a place for packages that the user has named for it, nor an
//! acceptable package in a directory that is searched without being named.

use crate::initialization::{configured_sources, network};
use crate::session::Session;
use formwork_essentials::{Bundled, find};
use formwork_install::{CliConfig, ProviderSources, current_platform};
use formwork_model::{Constraints, LockFile, ProviderAddress, Version};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of the installation.
pub struct Surroundings<'a> {
    pub lock: &'a LockFile,
    /// Providers that are run without being installed.
    pub unmanaged: &'a BTreeSet<ProviderAddress>,
    pub sources: &'a ProviderSources,
}

/// The bundled ones among the required providers.
pub fn chosen<'a>(
    requirements: impl IntoIterator<Item = (&'a ProviderAddress, &'a Constraints)>,
    surroundings: &Surroundings<'_>,
) -> BTreeMap<ProviderAddress, &'static Bundled> {
    let mut chosen = BTreeMap::new();
    for (provider, constraints) in requirements {
        let bundled = find(provider).filter(|bundled| surroundings.leave(provider, constraints, bundled));
        if let Some(bundled) = bundled {
            chosen.insert(provider.clone(), bundled);
        }
    }
    chosen
}

impl Surroundings<'_> {
    /// True if nothing speaks for a published package.
    fn leave(&self, provider: &ProviderAddress, constraints: &Constraints, bundled: &Bundled) -> bool {
        let accepted = Version::parse(bundled.version).is_ok_and(|version| constraints.accepts(&version));
        if !accepted
            || self.lock.providers.contains_key(provider)
            || self.unmanaged.contains(provider)
            || self.sources.are_named_for(provider)
        {
            return false;
        }
        // A place that cannot be read is told of when packages are installed.
        self.sources
            .in_directories(provider, &current_platform())
            .is_ok_and(|available| !available.packages.keys().any(|version| constraints.accepts(version)))
    }
}

/// The places that count for a run after `init`.
pub fn sources(session: &Session, cli: &CliConfig) -> ProviderSources {
    match session.data_dir().remembered_plugin_dirs() {
        dirs if dirs.is_empty() => configured_sources(session, cli),
        dirs => ProviderSources::plugin_dirs(&dirs, network(session, cli)),
    }
}
