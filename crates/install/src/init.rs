//! Selection and installation of providers.

mod event;
mod fetch;
mod place;
mod select;

use crate::installed::{PackageState, inspect, package_dir};
use crate::turn::Turn;
use crate::verified::Verified;
use crate::{DownloadDir, ObtainedPackage, PackageProof, Platform, ProviderSources};
pub use event::InstallEvent;
use fetch::Order;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{Constraints, LockFile, ProviderAddress, ProviderLock};
use formwork_value::Str;
use place::{place, place_cached};
use select::{Selected, check_request, select};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What is to be installed, and how.
#[derive(Clone, Copy, Debug)]
pub struct ProviderInit<'a> {
    /// All providers of the configuration and of the state, with what is required of their versions.
    pub requirements: &'a BTreeMap<ProviderAddress, Constraints>,
    pub lock: &'a LockFile,
    pub sources: &'a ProviderSources,
    /// `.terraform`, or what replaces it.
    pub data_dir: &'a Path,
    pub platform: &'a Platform,
    /// Select the newest versions, whatever is locked.
    pub upgrade: bool,
    pub cache_dir: Option<&'a Path>,
    /// Take packages from the cache even if the lock file does not know their checksum.
    pub cache_may_break_lock: bool,
    /// Providers that are run without being installed.
    pub unmanaged: &'a BTreeSet<ProviderAddress>,
}

/// The outcome.
#[derive(Clone, Debug, Default)]
pub struct InitReport {
    /// The lock file as it should be now; the old one if there were errors or nothing has changed.
    pub lock: LockFile,
    pub diagnostics: Diagnostics,
}

/// Selects versions for all providers, puts their packages into place and finds out the new lock entries. Writes
/// nothing but packages. The network is used only for what is not in place already.
pub fn init_providers(init: ProviderInit<'_>, tell: &mut dyn FnMut(InstallEvent)) -> InitReport {
    let needs_package = |p: &ProviderAddress| !p.is_builtin() && !init.unmanaged.contains(p);
    let needed = init.requirements.keys().any(needs_package);
    let _turn = needed.then(|| Turn::wait(&init.data_dir.join("providers")));
    let verified = Verified::load(&init.data_dir.join("providers"));
    let mut run = Run {
        init,
        tell,
        diagnostics: Diagnostics::new(),
        incomplete: Vec::new(),
        lock: LockFile::default(),
        verified,
    };
    let open = run.without_network();
    let chosen = run.choose(&open);
    run.install(&chosen);
    run.verified.save();
    let Run { mut diagnostics, incomplete, lock, .. } = run;
    if diagnostics.has_errors() {
        return InitReport { lock: init.lock.clone(), diagnostics };
    }
    if !incomplete.is_empty() {
        diagnostics.push(incomplete_lock(&incomplete, init.platform));
    }
    // Changed constraints alone are not written.
    let lock = if same_selection(&lock, init.lock) { init.lock.clone() } else { lock };
    InitReport { lock, diagnostics }
}

fn same_selection(new: &LockFile, old: &LockFile) -> bool {
    let same = |(a, b): ((&ProviderAddress, &ProviderLock), (&ProviderAddress, &ProviderLock))| {
        a.0 == b.0 && a.1.version == b.1.version && a.1.hashes == b.1.hashes
    };
    new.providers.len() == old.providers.len() && new.providers.iter().zip(&old.providers).all(same)
}

fn incomplete_lock(providers: &[String], platform: &Platform) -> Diagnostic {
    let detail = format!(
        "Only the checksums of the packages for {platform} are known, because the packages did not come with signed \
         ones:\n{}\n\nOn other platforms these providers cannot be checked against this lock file.",
        providers.join("\n")
    );
    Diagnostic::warning("Incomplete lock file information for providers", detail)
}

struct Run<'a, 't> {
    init: ProviderInit<'a>,
    tell: &'t mut dyn FnMut(InstallEvent),
    diagnostics: Diagnostics,
    /// Providers whose checksums were recorded for this platform only.
    incomplete: Vec<String>,
    /// The entries of providers whose packages are in place.
    lock: LockFile,
    verified: Verified,
}

/// A provider that is not in place.
struct Open<'a> {
    provider: &'a ProviderAddress,
    constraints: &'a Constraints,
    old: Option<&'a ProviderLock>,
    /// The old entry, if it must be kept to.
    locked: Option<&'a ProviderLock>,
}

/// With the version that is to be put into place.
struct Chosen<'a> {
    open: &'a Open<'a>,
    selected: Selected,
}

impl<'a> Run<'a, '_> {
    fn fail(&mut self, summary: &str, detail: String) {
        self.diagnostics.push(Diagnostic::error(summary, detail).blame(Blame::Environment));
    }

    /// Puts into place what can be without asking anybody. Returns the rest.
    fn without_network(&mut self) -> Vec<Open<'a>> {
        let mut open = Vec::new();
        for (provider, constraints) in self.init.requirements {
            if provider.is_builtin() {
                self.builtin(provider, constraints);
                continue;
            }
            let old = self.init.lock.providers.get(provider);
            if self.init.unmanaged.contains(provider) {
                self.lock.providers.extend(old.map(|old| (provider.clone(), old.clone())));
                continue;
            }
            let locked = old.filter(|_| !self.init.upgrade);
            (self.tell)(match locked {
                Some(_) => InstallEvent::Reusing { provider: provider.clone() },
                None => InstallEvent::Finding { provider: provider.clone(), constraints: constraints.normalized() },
            });
            if let Err(detail) = check_request(provider, constraints, locked) {
                self.fail("Failed to query available provider packages", detail);
                continue;
            }
            let request = Open { provider, constraints, old, locked };
            match locked.and_then(|entry| self.already_there(&request, entry)) {
                Some(entry) => drop(self.lock.providers.insert(provider.clone(), entry)),
                None => open.push(request),
            }
        }
        open
    }

    /// Finds out which versions there are, and selects.
    fn choose<'o>(&mut self, open: &'o [Open<'a>]) -> Vec<Chosen<'o>> {
        let providers: Vec<&ProviderAddress> = open.iter().map(|open| open.provider).collect();
        let answers = fetch::ask(self.init.sources, self.init.platform, &providers);
        let mut chosen = Vec::new();
        for (open, answer) in open.iter().zip(answers) {
            let provider = open.provider;
            let available = match answer {
                Ok(available) => available,
                Err(error) => {
                    let detail = format!("The packages of {provider} could not be looked for: {error}.");
                    self.fail("Failed to query available provider packages", detail);
                    continue;
                }
            };
            for warning in &available.warnings {
                let detail = format!("The registry {} says of {}:\n- {warning}", provider.host, provider.for_display());
                let summary = "Additional provider information from registry";
                self.diagnostics.push(Diagnostic::warning(summary, detail));
            }
            match select(&self.init, provider, open.constraints, open.locked, &available) {
                Ok(selected) => chosen.push(Chosen { open, selected }),
                Err(detail) => self.fail("Failed to query available provider packages", detail),
            }
        }
        chosen
    }

    /// Fetches packages and puts them into place.
    fn install(&mut self, chosen: &[Chosen<'_>]) {
        let mut orders = Vec::new();
        let mut turns = Vec::new();
        for item in chosen {
            let (provider, version) = (item.open.provider, &item.selected.version);
            // Whoever waits here finds the package afterwards. All wait in the order of addresses, so nobody waits for ever.
            turns.extend(self.cache_dir_of(item).map(|dir| Turn::wait(&dir)));
            match place_cached(&self.init, provider, version, item.previous(), &mut self.verified) {
                Ok(Some(hash)) => {
                    (self.tell)(InstallEvent::FromCache { provider: provider.clone(), version: version.clone() });
                    self.record(item, hash, &[]);
                }
                Ok(None) => {
                    (self.tell)(InstallEvent::Installing { provider: provider.clone(), version: version.clone() });
                    orders.push(item);
                }
                Err(why) => self.not_installed(item, &why),
            }
        }
        if orders.is_empty() {
            return;
        }
        let requests: Vec<Order<'_>> = orders
            .iter()
            .map(|item| Order {
                provider: item.open.provider,
                version: &item.selected.version,
                offers: &item.selected.offers,
            })
            .collect();
        let dir = DownloadDir::of(self.init.data_dir).with_cache(self.init.cache_dir);
        let packages = fetch::fetch(self.init.sources, self.init.platform, &requests, &dir, self.tell);
        for (item, package) in orders.into_iter().zip(packages) {
            match package {
                Ok(package) => self.put(item, &package),
                Err(error) => self.not_installed(item, &error.to_string()),
            }
        }
    }

    /// Where the cache has the packages of a version.
    fn cache_dir_of(&self, item: &Chosen<'_>) -> Option<PathBuf> {
        let package = package_dir(self.init.cache_dir?, item.open.provider, &item.selected.version, self.init.platform);
        package.parent().map(Path::to_path_buf)
    }

    fn not_installed(&mut self, item: &Chosen<'_>, why: &str) {
        let detail = format!("{} {} could not be installed: {why}.", item.open.provider, item.selected.version);
        self.fail("Failed to install provider", detail);
    }

    /// Puts a fetched package into place.
    fn put(&mut self, item: &Chosen<'_>, package: &ObtainedPackage) {
        let (provider, version) = (item.open.provider, &item.selected.version);
        let previous = item.previous();
        match place(&self.init, provider, version, &package.location, previous, &mut self.verified) {
            Err(why) => self.not_installed(item, &why),
            Ok(hash) => {
                let is_known = previous.is_some_and(|previous| !previous.hashes.is_empty());
                let proof = match &package.proof {
                    PackageProof::Nothing if is_known => PackageProof::Checksum,
                    proof => proof.clone(),
                };
                (self.tell)(InstallEvent::Installed { provider: provider.clone(), version: version.clone(), proof });
                self.record(item, hash, &package.hashes);
            }
        }
    }

    /// Makes the lock entry of a package in its place.
    fn record(&mut self, item: &Chosen<'_>, hash: String, signed: &[String]) {
        let Open { provider, constraints, .. } = item.open;
        let mut hashes: Vec<Str> = item.previous().map(|p| p.hashes.clone()).unwrap_or_default();
        if hashes.is_empty() && signed.is_empty() {
            self.incomplete.push(format!("  - {provider}"));
        }
        hashes.push(hash.as_str().into());
        hashes.extend(signed.iter().map(|hash| Str::from(hash.as_str())));
        hashes.sort();
        hashes.dedup();
        let constraints = constraints.normalized().as_str().into();
        let entry = ProviderLock { version: item.selected.version.clone(), constraints, hashes };
        self.lock.providers.insert((*provider).clone(), entry);
    }

    fn builtin(&mut self, provider: &ProviderAddress, constraints: &Constraints) {
        let problem = if &*provider.name != "terraform" {
            Some("there is no built-in provider of this name")
        } else if !constraints.0.is_empty() {
            Some("it is part of the program and has no version of its own, so its version cannot be constrained")
        } else {
            None
        };
        match problem {
            Some(why) => {
                self.fail("Invalid dependency on built-in provider", format!("{provider} cannot be used: {why}."))
            }
            None => (self.tell)(InstallEvent::BuiltIn { provider: provider.clone() }),
        }
    }

    /// The locked package if it is installed, or in the cache, and right.
    fn already_there(&mut self, request: &Open<'_>, entry: &ProviderLock) -> Option<ProviderLock> {
        if entry.hashes.is_empty() {
            return None;
        }
        let Open { provider, constraints, .. } = *request;
        let version = &entry.version;
        let dir = package_dir(&self.init.data_dir.join("providers"), provider, version, self.init.platform);
        let is_right = match inspect(&dir, provider, entry, &mut self.verified) {
            PackageState::Ready(package) => entry.hashes.iter().any(|h| **h == *package.hash),
            _ => false,
        };
        if is_right {
            (self.tell)(InstallEvent::Present { provider: provider.clone(), version: version.clone() });
        } else {
            let known = entry.hashes.clone();
            let hash = place_cached(&self.init, provider, version, Some(entry), &mut self.verified).ok().flatten()?;
            if !known.iter().any(|known| **known == *hash) {
                return None;
            }
            (self.tell)(InstallEvent::FromCache { provider: provider.clone(), version: version.clone() });
        }
        Some(ProviderLock { constraints: constraints.normalized().as_str().into(), ..entry.clone() })
    }
}

impl Chosen<'_> {
    /// The old entry, if it is about this version.
    fn previous(&self) -> Option<&ProviderLock> {
        self.open.old.filter(|entry| entry.version == self.selected.version)
    }
}
