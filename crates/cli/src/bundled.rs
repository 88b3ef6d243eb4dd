//! Which providers are taken from the program itself, instead of a package.
//!
//! A bundled provider is used if the configuration accepts its version and nobody says otherwise: neither an entry of the
//! lock file, nor an executable put in its place, nor a place for packages that the user has named for it, nor an
//! acceptable package in a directory that is searched without being named.

use crate::initialization::{configured_sources, network};
use crate::providers::LOCK_FILE;
use crate::session::Session;
use formwork_diag::Diagnostic;
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

/// A problem with packages, and how the bundled provider could be used instead.
pub fn with_hint(
    mut problem: Diagnostic,
    requirements: &BTreeMap<ProviderAddress, Constraints>,
    lock: &LockFile,
) -> Diagnostic {
    let concerned = requirements.iter().find(|(provider, _)| problem.detail.contains(&provider.to_string()));
    let Some((provider, constraints)) = concerned else { return problem };
    let Some(bundled) = find(provider) else { return problem };
    let is_accepted = Version::parse(bundled.version).is_ok_and(|version| constraints.accepts(&version));
    let what = match (is_accepted, lock.providers.contains_key(provider)) {
        (false, _) => format!("let the version constraints ({}) accept it", constraints.normalized()),
        (true, true) => format!("remove the provider's entry from {LOCK_FILE}"),
        (true, false) => "exclude it from the methods in provider_installation".to_owned(),
    };
    problem.detail.push_str(&format!(
        "\n\nVersion {} of {} is part of this program and needs no package. To use it, {what}.",
        bundled.version,
        provider.for_display()
    ));
    problem
}

/// The places that count for a run after `init`.
pub fn sources(session: &Session, cli: &CliConfig) -> ProviderSources {
    match session.data_dir().remembered_plugin_dirs() {
        dirs if dirs.is_empty() => configured_sources(session, cli),
        dirs => ProviderSources::plugin_dirs(&dirs, network(session, cli)),
    }
}
