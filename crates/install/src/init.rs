//! Selection and installation of providers.

mod event;
mod place;
mod select;
mod turn;

use crate::installed::{PackageState, inspect, package_dir};
use crate::verified::Verified;
use crate::{Platform, ProviderSources};
pub use event::InstallEvent;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{Constraints, LockFile, ProviderAddress, ProviderLock};
use place::{Placed, place};
use select::{Selected, select};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use turn::Turn;

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
/// nothing but packages.
pub fn init_providers(init: ProviderInit<'_>, tell: &mut dyn FnMut(InstallEvent)) -> InitReport {
    let mut run = Run { init, tell, diagnostics: Diagnostics::new(), incomplete: Vec::new() };
    let needs_package = |p: &ProviderAddress| !p.is_builtin() && !run.init.unmanaged.contains(p);
    let dirs = [Some(run.init.data_dir.join("providers")), run.init.cache_dir.map(Path::to_path_buf)];
    let needed = run.init.requirements.keys().any(needs_package);
    let _turns: Vec<Turn> = dirs.iter().flatten().filter(|_| needed).map(|dir| Turn::wait(dir)).collect();
    let mut verified = Verified::load(&run.init.data_dir.join("providers"));
    let mut lock = LockFile::default();
    for (provider, constraints) in run.init.requirements {
        if let Some(entry) = run.provider(provider, constraints, &mut verified) {
            lock.providers.insert(provider.clone(), entry);
        }
    }
    verified.save();
    let Run { mut diagnostics, incomplete, .. } = run;
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
         ones:\n{}\n\nOn other platforms these providers could not be checked: run \"formwork init\" there as well, \
         and keep the lock file that it completes.",
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
}

impl Run<'_, '_> {
    fn fail(&mut self, summary: &str, detail: String) {
        self.diagnostics.push(Diagnostic::error(summary, detail).blame(Blame::Environment));
    }

    /// The lock entry of a provider whose package is now in place.
    fn provider(
        &mut self,
        provider: &ProviderAddress,
        constraints: &Constraints,
        verified: &mut Verified,
    ) -> Option<ProviderLock> {
        if provider.is_builtin() {
            self.builtin(provider, constraints);
            return None;
        }
        let old = self.init.lock.providers.get(provider);
        if self.init.unmanaged.contains(provider) {
            return old.cloned();
        }
        let locked = old.filter(|_| !self.init.upgrade);
        (self.tell)(match locked {
            Some(_) => InstallEvent::Reusing { provider: provider.clone() },
            None => InstallEvent::Finding { provider: provider.clone(), constraints: constraints.normalized() },
        });
        if let Some(entry) = locked
            && let Some(entry) = self.already_there(provider, constraints, entry, verified)
        {
            return Some(entry);
        }
        let selected = match select(&self.init, provider, constraints, locked) {
            Ok(selected) => selected,
            Err(detail) => {
                self.fail("Failed to query available provider packages", detail);
                return None;
            }
        };
        self.put(provider, constraints, &selected, old, verified)
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

    /// The locked package if it is installed and right.
    fn already_there(
        &mut self,
        provider: &ProviderAddress,
        constraints: &Constraints,
        entry: &ProviderLock,
        verified: &mut Verified,
    ) -> Option<ProviderLock> {
        if !constraints.accepts(&entry.version) || entry.hashes.is_empty() {
            return None;
        }
        let dir = package_dir(&self.init.data_dir.join("providers"), provider, &entry.version, self.init.platform);
        let PackageState::Ready(package) = inspect(&dir, provider, entry, verified) else { return None };
        if !entry.hashes.iter().any(|h| **h == *package.hash) {
            return None;
        }
        (self.tell)(InstallEvent::Present { provider: provider.clone(), version: entry.version.clone() });
        Some(ProviderLock { constraints: constraints.normalized().as_str().into(), ..entry.clone() })
    }

    /// Puts the selected package into place.
    fn put(
        &mut self,
        provider: &ProviderAddress,
        constraints: &Constraints,
        selected: &Selected,
        old: Option<&ProviderLock>,
        verified: &mut Verified,
    ) -> Option<ProviderLock> {
        let previous = old.filter(|entry| entry.version == selected.version);
        let placed = place(&self.init, provider, selected, previous, verified, self.tell);
        let Placed { hash } = match placed {
            Ok(placed) => placed,
            Err(why) => {
                let detail = format!("{provider} {} could not be installed: {why}.", selected.version);
                self.fail("Failed to install provider", detail);
                return None;
            }
        };
        let mut hashes: Vec<formwork_value::Str> = previous.map(|p| p.hashes.clone()).unwrap_or_default();
        if hashes.is_empty() {
            self.incomplete.push(format!("  - {provider}"));
        }
        hashes.push(hash.as_str().into());
        hashes.sort();
        hashes.dedup();
        let constraints = constraints.normalized().as_str().into();
        Some(ProviderLock { version: selected.version.clone(), constraints, hashes })
    }
}
