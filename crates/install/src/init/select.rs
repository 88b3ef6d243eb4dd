//! Which version is taken.

use super::ProviderInit;
use crate::PackageLocation;
use formwork_model::{Constraints, ProviderAddress, ProviderLock, Version};

/// A version, and the package that some place has of it.
pub(super) struct Selected {
    pub version: Version,
    /// None if only the cache can have it.
    pub location: Option<PackageLocation>,
}

/// The locked version, or the newest one that meets the constraints. The error is for users.
pub(super) fn select(
    init: &ProviderInit<'_>,
    provider: &ProviderAddress,
    constraints: &Constraints,
    locked: Option<&ProviderLock>,
) -> Result<Selected, String> {
    if &*provider.namespace == "-" {
        return Err(format!(
            "{provider} is an address of Terraform 0.12 and before. Run \"formwork state replace-provider\" to give it \
             its full address."
        ));
    }
    if let Some(entry) = locked
        && !constraints.accepts(&entry.version)
    {
        return Err(format!(
            "The locked version {} of {provider} does not meet the constraints {:?}. Run \"formwork init -upgrade\" to \
             select another version.",
            entry.version,
            constraints.normalized()
        ));
    }
    let available = init
        .sources
        .available(provider, init.platform)
        .map_err(|error| format!("The packages of {provider} could not be looked for: {error}."))?;
    if !available.asked {
        return Err(format!(
            "No installation method of the CLI configuration is responsible for {provider}. Add one to \
             provider_installation."
        ));
    }
    if let Some(entry) = locked {
        let location = available.packages.get(&entry.version).cloned();
        if location.is_some() || in_cache(init, provider, &entry.version) {
            return Ok(Selected { version: entry.version.clone(), location });
        }
        return Err(format!(
            "The locked version {} of {provider} is not available for {}.{}",
            entry.version,
            init.platform,
            hint(&available.remote)
        ));
    }
    let newest = available.packages.iter().rev().find(|(version, _)| constraints.accepts(version));
    if let Some((version, location)) = newest {
        return Ok(Selected { version: version.clone(), location: Some(location.clone()) });
    }
    let found: Vec<String> = available.packages.keys().map(Version::to_string).collect();
    Err(match (found.is_empty(), constraints.0.is_empty()) {
        (true, _) => format!("There is no package of {provider} for {}.{}", init.platform, hint(&available.remote)),
        (false, true) => format!("There are only pre-releases of {provider}: {}. Name one exactly.", found.join(", ")),
        (false, false) => format!(
            "No version of {provider} meets the constraints {:?}; there are {}.{}",
            constraints.normalized(),
            found.join(", "),
            hint(&available.remote)
        ),
    })
}

fn in_cache(init: &ProviderInit<'_>, provider: &ProviderAddress, version: &Version) -> bool {
    init.cache_dir.is_some_and(|cache| crate::installed::package_dir(cache, provider, version, init.platform).is_dir())
}

/// What to do when a package could only come over the network.
fn hint(remote: &[String]) -> String {
    if remote.is_empty() {
        return " Only local mirrors were searched.".to_string();
    }
    format!(
        " This version does not download packages yet, so {} was not asked. Put the package into a filesystem mirror \
         (provider_installation in the CLI configuration), into terraform.d/plugins, or name its directory with \
         -plugin-dir.",
        remote.join(" and ")
    )
}
