//! What is told while providers are installed.

use formwork_model::{ProviderAddress, Version};
use std::fmt;

/// A step of the installation; `Display` gives the line that users know.
#[derive(Clone, Debug, PartialEq)]
pub enum InstallEvent {
    BuiltIn {
        provider: ProviderAddress,
    },
    Finding {
        provider: ProviderAddress,
        /// Empty if there are none.
        constraints: String,
    },
    Reusing {
        provider: ProviderAddress,
    },
    Present {
        provider: ProviderAddress,
        version: Version,
    },
    FromCache {
        provider: ProviderAddress,
        version: Version,
    },
    Installing {
        provider: ProviderAddress,
        version: Version,
    },
    Installed {
        provider: ProviderAddress,
        version: Version,
        /// The package matched a checksum that was known before.
        verified: bool,
    },
}

impl fmt::Display for InstallEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InstallEvent::BuiltIn { provider } => write!(f, "- {provider} is built in to Formwork"),
            InstallEvent::Finding { provider, constraints } if constraints.is_empty() => {
                write!(f, "- Finding latest version of {}...", provider.for_display())
            }
            InstallEvent::Finding { provider, constraints } => {
                write!(f, "- Finding {} versions matching {constraints:?}...", provider.for_display())
            }
            InstallEvent::Reusing { provider } => {
                write!(f, "- Reusing previous version of {} from the dependency lock file", provider.for_display())
            }
            InstallEvent::Present { provider, version } => {
                write!(f, "- Using previously-installed {} v{version}", provider.for_display())
            }
            InstallEvent::FromCache { provider, version } => {
                write!(f, "- Using {} v{version} from the shared cache directory", provider.for_display())
            }
            InstallEvent::Installing { provider, version } => {
                write!(f, "- Installing {} v{version}...", provider.for_display())
            }
            InstallEvent::Installed { provider, version, verified } => {
                let how = if *verified { "verified checksum" } else { "unauthenticated" };
                write!(f, "- Installed {} v{version} ({how})", provider.for_display())
            }
        }
    }
}
