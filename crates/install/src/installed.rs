//! Packages that are installed.

use crate::verified::Verified;
use crate::{Platform, executable};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{Constraints, LockFile, ProviderAddress, ProviderLock, Version};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A provider package that is in place and matches the lock file.
#[derive(Clone, Debug, PartialEq)]
pub struct InstalledPackage {
    pub dir: PathBuf,
    pub executable: PathBuf,
    pub version: Version,
    /// `h1:` checksum of the directory.
    pub hash: String,
}

/// What is there of a locked package.
#[derive(Clone, Debug, PartialEq)]
pub enum PackageState {
    Ready(InstalledPackage),
    Missing,
    /// The package is not the one that was locked; the text says why.
    Wrong(String),
}

/// Directory of a package below the data directory's `providers`.
pub(crate) fn package_dir(
    providers_dir: &Path,
    provider: &ProviderAddress,
    version: &Version,
    platform: &Platform,
) -> PathBuf {
    let dir = providers_dir.join(&*provider.host).join(&*provider.namespace).join(&*provider.name);
    dir.join(version.to_string()).join(platform.to_string())
}

/// Checks a package directory against a lock entry.
pub(crate) fn inspect(
    dir: &Path,
    provider: &ProviderAddress,
    lock: &ProviderLock,
    verified: &mut Verified,
) -> PackageState {
    if !dir.is_dir() {
        return PackageState::Missing;
    }
    let hash = match verified.hash(dir) {
        Ok(hash) => hash,
        Err(error) => return PackageState::Wrong(format!("its files could not be read: {error}")),
    };
    // Only h1 can be checked for directories; a lock file without any accepts what is there.
    let mut known = lock.hashes.iter().filter(|h| h.starts_with("h1:")).peekable();
    if known.peek().is_some() && !known.any(|h| **h == *hash) {
        return PackageState::Wrong("it matches none of the checksums in the dependency lock file".to_string());
    }
    match executable(dir, &provider.name) {
        Ok(Some(executable)) => {
            let dir = dir.to_path_buf();
            PackageState::Ready(InstalledPackage { dir, executable, version: lock.version.clone(), hash })
        }
        Ok(None) => PackageState::Wrong(format!("it has no file terraform-provider-{}", provider.name)),
        Err(error) => PackageState::Wrong(format!("its files could not be read: {error}")),
    }
}

/// The locked packages that are in place. Of those that are `needed` and are not, it is told what to do.
pub fn installed(
    data_dir: &Path,
    lock: &LockFile,
    needed: &BTreeSet<ProviderAddress>,
    platform: &Platform,
) -> (BTreeMap<ProviderAddress, InstalledPackage>, Diagnostics) {
    let providers_dir = data_dir.join("providers");
    let mut verified = Verified::load(&providers_dir);
    let mut packages = BTreeMap::new();
    let mut problems = Vec::new();
    for (provider, entry) in lock.providers.iter().filter(|(provider, _)| needed.contains(provider)) {
        let dir = package_dir(&providers_dir, provider, &entry.version, platform);
        match inspect(&dir, provider, entry, &mut verified) {
            PackageState::Ready(package) => {
                packages.insert(provider.clone(), package);
            }
            PackageState::Missing => {
                problems.push(format!("  - {provider}: there is no package for {} {platform}", entry.version));
            }
            PackageState::Wrong(why) => {
                problems.push(format!(
                    "  - {provider}: the package for {} {platform} cannot be used: {why}",
                    entry.version
                ));
            }
        }
    }
    verified.save();
    let mut diagnostics = Diagnostics::new();
    if !problems.is_empty() {
        let detail = format!(
            "The installed provider packages are not those of the dependency lock file:\n{}\n\nRun \"formwork init\" \
             to install them.",
            problems.join("\n")
        );
        let problem = Diagnostic::error("Required plugins are not installed", detail);
        diagnostics.push(problem.blame(Blame::Environment));
    }
    (packages, diagnostics)
}

/// Checks that the lock file has an acceptable version of every provider that a configuration requires. `unmanaged` ones
/// are run without being installed.
pub fn check_lock(
    requirements: &BTreeMap<ProviderAddress, Constraints>,
    lock: &LockFile,
    unmanaged: &BTreeSet<ProviderAddress>,
) -> Diagnostics {
    let mut problems = Vec::new();
    for (provider, constraints) in requirements {
        if provider.is_builtin() || unmanaged.contains(provider) {
            continue;
        }
        match lock.providers.get(provider) {
            None => problems.push(format!("  - {provider}: required by the configuration, but no version is selected")),
            Some(entry) if !constraints.accepts(&entry.version) => problems.push(format!(
                "  - {provider}: the selected version {} does not meet the constraints {:?}",
                entry.version,
                constraints.normalized()
            )),
            Some(_) => {}
        }
    }
    let mut diagnostics = Diagnostics::new();
    if !problems.is_empty() {
        let detail = format!(
            "The dependency lock file does not fit the configuration:\n{}\n\nRun \"formwork init\" to select versions, \
             or \"formwork init -upgrade\" to select newer ones.",
            problems.join("\n")
        );
        diagnostics.push(Diagnostic::error("Inconsistent dependency lock file", detail));
    }
    diagnostics
}
