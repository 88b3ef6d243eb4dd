//! Filesystem mirrors: directories with provider packages.

use crate::Platform;
use formwork_model::{ProviderAddress, Version};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A directory with packages in the packed or unpacked layout, or both (cli-and-config.md 5.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesystemMirror {
    pub base: PathBuf,
}

/// Where a package is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackageLocation {
    Directory(PathBuf),
    Archive(PathBuf),
}

impl FilesystemMirror {
    pub fn new(base: impl Into<PathBuf>) -> FilesystemMirror {
        FilesystemMirror { base: base.into() }
    }

    pub(crate) fn provider_dir(&self, provider: &ProviderAddress) -> PathBuf {
        self.base.join(&*provider.host).join(&*provider.namespace).join(&*provider.name)
    }

    /// The packages of a provider for a platform, by version. Empty if the mirror does not know the provider.
    pub fn packages(
        &self,
        provider: &ProviderAddress,
        platform: &Platform,
    ) -> io::Result<BTreeMap<Version, PackageLocation>> {
        let mut found = BTreeMap::new();
        let entries = match fs::read_dir(self.provider_dir(provider)) {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(found);
            }
            Err(error) => return Err(error),
        };
        for entry in entries {
            let path = entry?.path();
            let Some(name) = path.file_name().and_then(|n| n.to_str()) else { continue };
            if path.is_dir() {
                let package = path.join(platform.to_string());
                if let Some(version) = exact_version(name).filter(|_| package.is_dir()) {
                    found.insert(version, PackageLocation::Directory(package));
                }
            } else if let Some((version, _)) = archive_name(name, provider).filter(|(_, of)| of == platform) {
                found.entry(version).or_insert(PackageLocation::Archive(path));
            }
        }
        Ok(found)
    }

    /// Providers for which the mirror has any package of a platform.
    pub fn providers(&self, platform: &Platform) -> BTreeSet<ProviderAddress> {
        let mut found = BTreeSet::new();
        for host in child_dirs(&self.base) {
            for namespace in child_dirs(&host) {
                for name in child_dirs(&namespace) {
                    if let (Some(host), Some(namespace), Some(name)) = (text(&host), text(&namespace), text(&name)) {
                        found.insert(ProviderAddress::new(host, namespace, name));
                    }
                }
            }
        }
        found.retain(|provider| self.packages(provider, platform).is_ok_and(|p| !p.is_empty()));
        found
    }
}

fn text(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

fn child_dirs(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|e| e.path()).filter(|p| p.is_dir()).collect()
}

/// A version in its normal form only: directories with other names are not packages.
fn exact_version(text: &str) -> Option<Version> {
    Version::parse(text).ok().filter(|version| version.to_string() == text)
}

/// Version and platform in `terraform-provider-TYPE_VERSION_OS_ARCH.zip`.
pub(crate) fn archive_name(name: &str, provider: &ProviderAddress) -> Option<(Version, Platform)> {
    let name = name.to_lowercase();
    let rest = name.strip_suffix(".zip")?.strip_prefix(&format!("terraform-provider-{}_", provider.name))?;
    let mut parts = rest.split('_');
    let version = exact_version(parts.next()?)?;
    let (os, arch) = (parts.next()?, parts.next()?);
    Some((version, Platform { os: os.to_owned(), arch: arch.to_owned() }))
}
