//! What is told while providers are installed.

use crate::PackageProof;
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
        proof: PackageProof,
    },
    /// A download takes its time.
    Downloading {
        provider: ProviderAddress,
        version: Version,
        /// Bytes that are there.
        done: u64,
        size: Option<u64>,
    },
}

impl InstallEvent {
    /// The text that tools know, which differs from the one for people. Source: the reference's `init -json`.
    pub fn message(&self) -> String {
        match self {
            InstallEvent::BuiltIn { provider } => format!("{provider} is built in to Terraform"),
            InstallEvent::Finding { provider, constraints } if constraints.is_empty() => {
                format!("{}: Finding latest version...", provider.for_display())
            }
            InstallEvent::Finding { provider, constraints } => format!(
                "Finding matching versions for provider: {}, version_constraint: {constraints:?}",
                provider.for_display()
            ),
            InstallEvent::Reusing { provider } => {
                format!("{}: Reusing previous version from the dependency lock file", provider.for_display())
            }
            InstallEvent::Present { provider, version } => {
                format!("{} v{version}: Using previously-installed provider version", provider.for_display())
            }
            InstallEvent::FromCache { provider, version } => {
                format!("{} v{version}: Using from the shared cache directory", provider.for_display())
            }
            InstallEvent::Installing { provider, version } => {
                format!("Installing provider version: {} v{version}...", provider.for_display())
            }
            InstallEvent::Installed { provider, version, proof } => {
                format!("Installed provider version: {} v{version} ({proof})", provider.for_display())
            }
            InstallEvent::Downloading { .. } => self.to_string(),
        }
    }
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
            InstallEvent::Installed { provider, version, proof } => {
                write!(f, "- Installed {} v{version} ({proof})", provider.for_display())
            }
            InstallEvent::Downloading { provider, version, done, size } => {
                let done_text = mebibytes(*done);
                write!(f, "- Downloading {} v{version}: {done_text}", provider.for_display())?;
                match size.filter(|size| *size > 0) {
                    Some(size) => write!(f, " of {} ({}%)", mebibytes(size), done.saturating_mul(100) / size),
                    None => Ok(()),
                }
            }
        }
    }
}

fn mebibytes(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) >> 20;
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}
