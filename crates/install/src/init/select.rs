//! Which version is taken.

use super::ProviderInit;
use crate::{Available, PackageOffer};
use formwork_model::{Constraints, ProviderAddress, ProviderLock, Version};

/// A version, and the places that may have the package.
pub(super) struct Selected {
    pub version: Version,
    pub offers: Vec<PackageOffer>,
}

/// That the provider can be installed at all, and that a locked version still suits. The error is for users.
pub(super) fn check_request(
    provider: &ProviderAddress,
    constraints: &Constraints,
    locked: Option<&ProviderLock>,
) -> Result<(), String> {
    if &*provider.namespace == "-" {
        return Err(format!(
            "{provider} is an address of Terraform 0.12 and before. Run \"formwork state replace-provider\" to give it \
             its full address."
        ));
    }
    match locked {
        Some(entry) if !constraints.accepts(&entry.version) => Err(format!(
            "The locked version {} of {provider} does not meet the constraints {:?}. Run \"formwork init -upgrade\" to \
             select another version.",
            entry.version,
            constraints.normalized()
        )),
        _ => Ok(()),
    }
}

/// The locked version, or the newest one that meets the constraints. The error is for users.
pub(super) fn select(
    init: &ProviderInit<'_>,
    provider: &ProviderAddress,
    constraints: &Constraints,
    locked: Option<&ProviderLock>,
    available: &Available,
) -> Result<Selected, String> {
    if available.asked.is_empty() {
        return Err(format!(
            "No installation method of the CLI configuration is responsible for {provider}. Add one to \
             provider_installation."
        ));
    }
    let searched = format!(" This was searched: {}.", available.asked.join(", "));
    if let Some(entry) = locked {
        return match available.packages.get(&entry.version) {
            Some(offers) => Ok(Selected { version: entry.version.clone(), offers: offers.clone() }),
            None => Err(format!(
                "The locked version {} of {provider} is not available for {}.{searched} If it is gone for good, run \
                 \"formwork init -upgrade\" to select another version.",
                entry.version, init.platform
            )),
        };
    }
    let newest = available.packages.iter().rev().find(|(version, _)| constraints.accepts(version));
    if let Some((version, offers)) = newest {
        return Ok(Selected { version: version.clone(), offers: offers.clone() });
    }
    Err(match (available.packages.is_empty(), constraints.0.is_empty()) {
        (true, _) => format!(
            "There is no package of {provider} for {}.{searched} Check the source address in required_providers.",
            init.platform
        ),
        (false, true) => {
            format!("There are only pre-releases of {provider}: {}. Name one exactly.", newest_names(available))
        }
        (false, false) => format!(
            "No version of {provider} meets the constraints {:?}; there are {}.{searched}",
            constraints.normalized(),
            newest_names(available)
        ),
    })
}

/// Most versions that are listed.
const LISTED: usize = 12;

/// The newest versions.
fn newest_names(available: &Available) -> String {
    let mut names: Vec<String> = available.packages.keys().rev().take(LISTED).map(Version::to_string).collect();
    names.reverse();
    match available.packages.len().checked_sub(LISTED) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} older ones", names.join(", ")),
    }
}
