//! Packages of modules: from registries, git repositories, servers with archives, and directories
//! (registry-and-locks.md 6).
//!
//! Invariant: a package appears in its place as a whole, after everything that is known of it was checked.

mod address;
mod checksum;
mod extract;
mod fetch;
mod gcs;
mod git;
mod http;
mod netrc;
mod objects;
mod oci;
mod s3;
mod tree;

use crate::archive::remove;
use crate::module_lock::ModuleLock;
use crate::network::Network;
use crate::registry::ModuleRegistry;
use crate::turn::Turn;
use address::PackageAddress;
use fetch::Fetched;
use formwork_model::{Constraints, Version};
use formwork_value::Str;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tree::{copy_tree, hash_tree};

/// Where a module comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModuleOrigin {
    Registry {
        host: String,
        /// `NAMESPACE/NAME/SYSTEM`.
        module: String,
        subdir: String,
    },
    /// Git, archives and the like.
    Remote(String),
}

/// A module to install.
#[derive(Clone, Copy, Debug)]
pub struct WantedModule<'a> {
    /// Names of the calls that lead to it, joined with dots.
    pub key: &'a str,
    pub origin: &'a ModuleOrigin,
    /// The origin in its normal form, for the lock.
    pub source: &'a str,
    pub constraints: Option<&'a Constraints>,
    /// What must come, if that is said.
    pub lock: Option<&'a ModuleLock>,
}

/// A module in its place.
#[derive(Clone, Debug)]
pub struct ModulePackage {
    /// With the subdirectory that was asked for.
    pub dir: PathBuf,
    /// Only of modules from a registry.
    pub version: Option<Version>,
    /// What to lock; nothing for what lies on this machine.
    pub lock: Option<ModuleLock>,
}

/// Why a module cannot be installed.
#[derive(Clone, Debug)]
pub struct ModuleError {
    pub summary: &'static str,
    pub detail: String,
}

impl fmt::Display for ModuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for ModuleError {}

pub(crate) fn error(summary: &'static str, detail: impl Into<String>) -> ModuleError {
    ModuleError { summary, detail: detail.into() }
}

const DOWNLOAD: &str = "Failed to download module";

/// Installs modules. What several calls want is fetched once.
#[derive(Debug)]
pub struct ModuleInstaller {
    network: Arc<Network>,
    modules_dir: PathBuf,
    /// Packages that came with the configuration, by the keys of modules.
    vendor_dir: Option<PathBuf>,
    /// Other processes wait while something is installed.
    turn: Option<Turn>,
    /// Packages of this run by their address and commit.
    packages: BTreeMap<(String, Option<Str>), (PathBuf, Option<String>)>,
    versions: BTreeMap<(String, String), Vec<Version>>,
}

/// Told before something is fetched.
pub type FetchReport<'a> = &'a mut dyn FnMut(&str);

impl ModuleInstaller {
    /// Installs below a directory, normally `.terraform/modules`. Packages in the other one are taken instead of those of
    /// the network, where they are what was locked.
    pub fn new(network: Arc<Network>, modules_dir: PathBuf, vendor_dir: Option<PathBuf>) -> ModuleInstaller {
        let (packages, versions) = (BTreeMap::new(), BTreeMap::new());
        ModuleInstaller { network, modules_dir, vendor_dir, turn: None, packages, versions }
    }

    /// Where the package of a module lies.
    pub fn package_dir(&self, key: &str) -> PathBuf {
        self.modules_dir.join(key)
    }

    /// True if what lies in the place of a module is what was locked.
    pub fn is_locked(&self, key: &str, lock: &ModuleLock) -> bool {
        hash_tree(&self.package_dir(key)).is_ok_and(|hash| lock.hashes.iter().any(|known| **known == *hash))
    }

    /// What to lock of a module that another program has installed.
    pub fn lock_of(&self, key: &str, source: &str, version: Option<Version>, dir: &Path) -> Option<ModuleLock> {
        let package = self.package_dir(key);
        if package.is_symlink() {
            return None;
        }
        let hash = hash_tree(&package).ok()?;
        let head = fs::read_to_string(package.join(".git").join("HEAD")).ok();
        let head = head.filter(|text| text.trim().chars().all(|c| c.is_ascii_hexdigit()));
        let subdir = dir.strip_prefix(&package).ok()?.to_str().filter(|below| !below.is_empty());
        Some(ModuleLock {
            source: source.into(),
            version,
            commit: head.as_deref().map(|text| text.trim().into()),
            subdir: subdir.map(Str::from),
            hashes: vec![hash.as_str().into()],
        })
    }

    /// Fetches a module and puts it into its place.
    ///
    /// # Errors
    /// There is no such version, the package cannot be had, has no such subdirectory, must not be taken as it is, or is
    /// not the one that was locked.
    pub fn install(&mut self, wanted: WantedModule<'_>, tell: FetchReport<'_>) -> Result<ModulePackage, ModuleError> {
        if self.turn.is_none() {
            self.turn = Some(Turn::wait_without_trace(&self.modules_dir));
            self.clear();
        }
        if let Some(package) = self.vendored(wanted, tell)? {
            return Ok(package);
        }
        let (address, version, subdir) = self.locate(wanted, tell)?;
        let place = self.package_dir(wanted.key);
        let aside = self.aside(wanted.key);
        let result = self.prepare(wanted, &address, &aside).and_then(|fetched| {
            let mut lock = self.check(wanted, version.as_ref(), &fetched, &aside)?;
            let below = join(&address.subdir, &subdir).ok_or_else(|| {
                error(
                    DOWNLOAD,
                    format!("The directory {subdir:?} in the address of {} leads out of it.", wanted.source),
                )
            })?;
            let below = existing(&aside, &below, wanted.source)?;
            if let Some(lock) = lock.as_mut().filter(|_| !below.is_empty()) {
                lock.subdir = Some(below.as_str().into());
            }
            put(&aside, &place).map_err(|problem| unwritable(&place, &problem))?;
            Ok((lock, below, fetched))
        });
        if result.is_err() {
            // The error that matters is the first one.
            let _ = remove(&aside);
        }
        let (lock, below, fetched) = result?;
        let commit = wanted.lock.and_then(|lock| lock.commit.clone());
        self.packages.insert((address.package_text(), commit), (place.clone(), fetched.commit));
        let dir = if below.is_empty() { place } else { place.join(below) };
        Ok(ModulePackage { dir, version, lock })
    }

    /// Where a package is prepared.
    fn aside(&self, key: &str) -> PathBuf {
        self.modules_dir.join(format!(".{key}.new"))
    }

    /// Removes what runs have left that were broken off.
    fn clear(&self) {
        for entry in fs::read_dir(&self.modules_dir).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') && [".new", ".part", ".download", ".key"].iter().any(|end| name.ends_with(end)) {
                // If it cannot be removed, what needs the place says so.
                let _ = remove(&entry.path());
            }
        }
    }

    /// The locked package, if it came with the configuration.
    fn vendored(&self, wanted: WantedModule<'_>, tell: FetchReport<'_>) -> Result<Option<ModulePackage>, ModuleError> {
        let (Some(vendor), Some(lock)) = (&self.vendor_dir, wanted.lock) else { return Ok(None) };
        let from = vendor.join(wanted.key);
        let is_right = hash_tree(&from).is_ok_and(|hash| lock.hashes.iter().any(|known| **known == *hash));
        if !is_right {
            return Ok(None);
        }
        tell(&format!("Taking {} for {} from {}...", wanted.source, wanted.key, from.display()));
        let (place, aside) = (self.package_dir(wanted.key), self.aside(wanted.key));
        remove(&aside)
            .and_then(|()| copy_tree(&from, &aside))
            .and_then(|()| put(&aside, &place))
            .map_err(|problem| unwritable(&place, &problem))?;
        let subdir = match &lock.subdir {
            Some(subdir) => existing(&place, subdir, wanted.source)?,
            None => String::new(),
        };
        let dir = if subdir.is_empty() { place } else { place.join(subdir) };
        Ok(Some(ModulePackage { dir, version: lock.version.clone(), lock: Some(lock.clone()) }))
    }

    /// Copies the package of an installed module to where [`ModuleInstaller::install`] finds it without a network.
    pub fn vendor(&self, key: &str, vendor_dir: &Path) -> std::io::Result<()> {
        let (to, aside) = (vendor_dir.join(key), vendor_dir.join(format!(".{key}.new")));
        remove(&aside)?;
        copy_tree(&self.package_dir(key), &aside)?;
        remove(&aside.join(".git"))?;
        put(&aside, &to)
    }

    /// The address of the package, the version that was selected, and the directory in it that the caller wants.
    fn locate(
        &mut self,
        wanted: WantedModule<'_>,
        tell: FetchReport<'_>,
    ) -> Result<(PackageAddress, Option<Version>, String), ModuleError> {
        let parse = |text: &str| {
            PackageAddress::parse(text)
                .map_err(|why| error(DOWNLOAD, format!("The address of {}: {why}.", wanted.source)))
        };
        match wanted.origin {
            ModuleOrigin::Remote(text) => {
                let address = parse(text)?;
                tell(&format!("Downloading {} for {}...", address.shown(), wanted.key));
                Ok((address, None, String::new()))
            }
            ModuleOrigin::Registry { host, module, subdir } => {
                let version = self.select(wanted, host, module)?;
                tell(&format!("Downloading {host}/{module} {version} for {}...", wanted.key));
                let network = self.network.clone();
                let registry = ModuleRegistry { network: &network, host, module };
                let location = registry.location(&version).map_err(|why| {
                    let detail = format!("The package of {host}/{module} {version} cannot be found: {why}.");
                    error(DOWNLOAD, detail)
                })?;
                Ok((parse(&location)?, Some(version), subdir.clone()))
            }
        }
    }

    /// The locked version, or the newest one that is allowed.
    fn select(&mut self, wanted: WantedModule<'_>, host: &str, module: &str) -> Result<Version, ModuleError> {
        if let Some(version) = wanted.lock.and_then(|lock| lock.version.clone()) {
            return Ok(version);
        }
        let known = (host.to_owned(), module.to_owned());
        if !self.versions.contains_key(&known) {
            let registry = ModuleRegistry { network: &self.network, host, module };
            let found = registry.versions().map_err(|why| {
                let summary =
                    if why.is_not_found() { "Module not found" } else { "Error accessing remote module registry" };
                error(summary, format!("The versions of {host}/{module} could not be listed: {why}."))
            })?;
            self.versions.insert(known.clone(), found);
        }
        let versions = self.versions.get(&known).map_or(&[][..], Vec::as_slice);
        let any = Constraints::default();
        let constraints = wanted.constraints.unwrap_or(&any);
        let newest = versions.iter().filter(|version| constraints.accepts(version)).max();
        newest.cloned().ok_or_else(|| {
            let listed: Vec<String> = versions.iter().map(Version::to_string).collect();
            let has = if listed.is_empty() { "no version at all".to_owned() } else { listed.join(", ") };
            let detail = match wanted.constraints {
                Some(constraints) => {
                    format!("{host}/{module} has no version that meets {:?}; it has {has}.", constraints.normalized())
                }
                None => format!("{host}/{module} has no release; it has {has}."),
            };
            error("Unresolvable module version constraint", detail)
        })
    }

    /// Puts the package beside its place: a copy, if there is one already.
    fn prepare(
        &self,
        wanted: WantedModule<'_>,
        address: &PackageAddress,
        aside: &Path,
    ) -> Result<Fetched, ModuleError> {
        fs::create_dir_all(&self.modules_dir).map_err(|problem| unwritable(&self.modules_dir, &problem))?;
        remove(aside).map_err(|problem| unwritable(aside, &problem))?;
        let commit = wanted.lock.and_then(|lock| lock.commit.clone());
        if let Some((dir, commit)) = self.packages.get(&(address.package_text(), commit.clone())) {
            copy_tree(dir, aside).map_err(|problem| unwritable(aside, &problem))?;
            return Ok(Fetched { commit: commit.clone() });
        }
        let (fetched, deeper) = fetch::fetch(&self.network, address, commit.as_deref(), aside)?;
        if !deeper.is_empty() {
            narrow(aside, &deeper).map_err(|problem| unwritable(aside, &problem))?;
        }
        Ok(fetched)
    }

    /// What to lock of a package; an error if another one was locked.
    fn check(
        &self,
        wanted: WantedModule<'_>,
        version: Option<&Version>,
        fetched: &Fetched,
        dir: &Path,
    ) -> Result<Option<ModuleLock>, ModuleError> {
        if dir.is_symlink() {
            return Ok(None);
        }
        let hash = hash_tree(dir).map_err(|problem| unwritable(dir, &problem))?;
        let lock = ModuleLock {
            source: wanted.source.into(),
            version: version.cloned(),
            commit: fetched.commit.as_deref().map(Str::from),
            subdir: None,
            hashes: vec![hash.as_str().into()],
        };
        match wanted.lock.filter(|known| !known.hashes.is_empty()) {
            Some(known) if !known.hashes.iter().any(|known| **known == *hash) => Err(error(
                "Module is not the one that was locked",
                format!(
                    "What {} has for module.{} has the checksum {hash}, but the dependency lock file has {}. It was not \
                     installed. If it was changed on purpose, run \"formwork init -upgrade\".",
                    wanted.source,
                    wanted.key,
                    known.hashes.iter().map(|hash| &**hash).collect::<Vec<_>>().join(" or ")
                ),
            )),
            _ => Ok(Some(lock)),
        }
    }
}

/// Puts what was prepared into its place.
fn put(aside: &Path, place: &Path) -> std::io::Result<()> {
    remove(place)?;
    fs::rename(aside, place)
}

/// Leaves nothing of a package but what one of its directories holds.
fn narrow(package: &Path, subdir: &str) -> std::io::Result<()> {
    let inner = package.join(subdir);
    let aside = package.with_extension("part");
    remove(&aside)?;
    copy_tree(&inner, &aside)?;
    put(&aside, package)
}

fn unwritable(path: &Path, problem: &dyn fmt::Display) -> ModuleError {
    error(DOWNLOAD, format!("{}: {problem}.", path.display()))
}

/// A directory below another one, without steps that lead nowhere. None if it leads out.
fn join(outer: &str, inner: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in outer.split('/').chain(inner.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The subdirectory of a package that an address means. A `*` in it stands for anything, if that is only one.
fn existing(package: &Path, subdir: &str, source: &str) -> Result<String, ModuleError> {
    const SUMMARY: &str = "Unreadable module subdirectory";
    if subdir.contains('*') {
        let found = tree::matching(package, subdir).map_err(|problem| unwritable(package, &problem))?;
        return match found.as_slice() {
            [one] => Ok(one.clone()),
            [] => Err(error(SUMMARY, format!("{source} has no directory that matches {subdir}."))),
            _ => Err(error(SUMMARY, format!("{source} has several directories that match {subdir}."))),
        };
    }
    let path = package.join(subdir);
    let is_inside = match (path.canonicalize(), package.canonicalize()) {
        (Ok(path), Ok(package)) => path.starts_with(package) && path.is_dir(),
        _ => false,
    };
    if is_inside { Ok(subdir.to_owned()) } else { Err(error(SUMMARY, format!("{source} has no directory {subdir}."))) }
}
