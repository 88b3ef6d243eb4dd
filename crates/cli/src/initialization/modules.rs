//! Finding modules.

use super::providers::network;
use super::{InitOptions, find_modules};
use crate::configuration::manifest;
use crate::providers::{LOCK_FILE, cli_config};
use crate::session::Session;
use formwork_config::{Config, Module, ModuleCall, ModuleSource, join_clean};
use formwork_diag::{Blame, Diagnostic, Diagnostics, Sources};
use formwork_install::{
    ModuleInstaller, ModuleLocks, ModuleOrigin, WantedModule, read_module_locks, save_module_locks, write_manifest,
};
use formwork_model::{InstalledModule, ModuleManifest, ModulePath};
use std::collections::BTreeSet;
use std::path::Path;

/// Where `vendor` puts packages of modules, beside the configuration.
pub const VENDOR_DIR: &str = "vendor/modules";

/// Copies the packages of all modules that are fetched from elsewhere to where an installation finds them. Returns their
/// keys.
pub fn vendor_modules(session: &Session) -> Result<Vec<String>, Diagnostics> {
    let options = InitOptions { talk: true, ..InitOptions::default() };
    let (_, warnings) = find_modules(session, &options)?;
    session.report(&warnings);
    let run = ModuleRun::begin(session, &options)?;
    let dir = Path::new(VENDOR_DIR);
    let failed = |error: std::io::Error| {
        let detail = format!("The packages of modules cannot be copied to {VENDOR_DIR}: {error}.");
        Diagnostics::from(Diagnostic::error("Cannot copy modules", detail).blame(Blame::Environment))
    };
    if dir.is_dir() {
        for entry in std::fs::read_dir(dir).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let is_used = entry.file_name().to_str().is_some_and(|name| run.locks.contains_key(name));
            if !is_used && entry.path().is_dir() {
                std::fs::remove_dir_all(entry.path()).map_err(failed)?;
            }
        }
    }
    let keys: Vec<String> = run.locks.keys().cloned().collect();
    if !keys.is_empty() {
        std::fs::create_dir_all(dir).map_err(failed)?;
    }
    keys.iter().try_for_each(|key| run.installer.vendor(key, dir)).map_err(failed)?;
    Ok(keys)
}

fn write(session: &Session, manifest: &ModuleManifest) -> Result<(), Diagnostics> {
    let dir = session.data_dir().modules();
    write_manifest(&dir, manifest).map_err(|error| {
        let detail = format!("{} cannot be written: {error}.", dir.display());
        Diagnostics::from(Diagnostic::error("Cannot record modules", detail).blame(Blame::Environment))
    })
}

/// Takes what is no longer there out of the record.
fn forget_removed(session: &Session) -> Result<(), Diagnostics> {
    let mut known = manifest(session).unwrap_or_default();
    let count = known.modules.len();
    known.modules.retain(|_, module| Path::new(&*module.dir).is_dir());
    if known.modules.len() == count { Ok(()) } else { write(session, &known) }
}

/// Names joined with dots.
fn key_of(path: &ModulePath) -> String {
    path.0.iter().map(|name| &**name).collect::<Vec<_>>().join(".")
}

/// All calls whose source can be read, with the paths of what they call.
fn calls(config: &Config) -> impl Iterator<Item = (ModulePath, &ModuleCall, &ModuleSource)> {
    config.modules.iter().flat_map(|(path, module)| {
        let called = move |call: &'_ ModuleCall| path.child(call.name.clone());
        module.calls.values().filter_map(move |call| Some((called(call), call, call.source.as_ref()?)))
    })
}

/// One installation.
pub(super) struct ModuleRun<'a> {
    session: &'a Session,
    options: &'a InitOptions,
    installer: ModuleInstaller,
    /// What was locked before, and what is locked now.
    old: ModuleLocks,
    locks: ModuleLocks,
    /// Calls that were looked at.
    seen: BTreeSet<ModulePath>,
    problems: Diagnostics,
    /// It was told that modules are looked for.
    announced: bool,
}

impl<'a> ModuleRun<'a> {
    pub fn begin(session: &'a Session, options: &'a InitOptions) -> Result<ModuleRun<'a>, Diagnostics> {
        forget_removed(session)?;
        let cli = cli_config(session)?;
        let (old, problems) = read_module_locks(Path::new(LOCK_FILE), &mut Sources::new());
        if problems.has_errors() {
            return Err(problems);
        }
        let installer =
            ModuleInstaller::new(network(session, &cli), session.data_dir().modules(), Some(VENDOR_DIR.into()));
        let (locks, seen) = (old.clone(), BTreeSet::new());
        let problems = Diagnostics::new();
        Ok(ModuleRun { session, options, installer, old, locks, seen, problems, announced: false })
    }

    /// Installs what the configuration calls, as far as it is known by now. True if something was installed: then there may
    /// be more.
    pub fn round(&mut self, config: &Config) -> Result<bool, Diagnostics> {
        let mut known = manifest(self.session).unwrap_or_default();
        let mut new: Vec<ModulePath> = Vec::new();
        for (path, call, source) in calls(config) {
            // What an installed module calls is known when it is loaded.
            if new.iter().any(|outer| path.0.starts_with(&outer.0)) || !self.seen.insert(path.clone()) {
                continue;
            }
            self.announce();
            let Some(origin) = origin_of(source) else {
                self.check_local(config, &path, call, source);
                continue;
            };
            if self.is_installed(&known, &path, call, source) {
                self.complete_lock(&known, &path);
                continue;
            }
            match self.install(&path, call, source, &origin) {
                Ok(entry) => {
                    let dir = entry.dir.clone();
                    known.modules.retain(|other, _| !other.0.starts_with(&path.0));
                    known.modules.insert(path.clone(), entry);
                    let text = format!("- {} in {dir}", key_of(&path));
                    self.options.log(self.session, &text, &text);
                    new.push(path);
                }
                Err(problem) => self.problems.push(problem),
            }
        }
        if new.is_empty() {
            return Ok(false);
        }
        write(self.session, &known)?;
        Ok(true)
    }

    fn announce(&mut self) {
        if !std::mem::replace(&mut self.announced, true) {
            let (code, text) = match self.options.upgrade {
                true => ("upgrading_modules_message", "Upgrading modules..."),
                false => ("initializing_modules_message", "Initializing modules..."),
            };
            self.options.say(self.session, code, text);
        }
    }

    /// Writes down where the modules are. Unless all is `well`, what is known of others is kept, since they may be called
    /// where something cannot be read.
    pub fn finish(mut self, config: &Config, well: bool) -> Diagnostics {
        let mut problems = std::mem::take(&mut self.problems);
        let well = well && !problems.has_errors();
        let known = manifest(self.session).unwrap_or_default();
        let mut installed = if well { ModuleManifest::default() } else { known.clone() };
        for (child, call, source) in calls(config) {
            let Some(module) = config.module(&child) else { continue };
            let version = match call.source {
                Some(ModuleSource::Registry { .. }) => {
                    known.modules.get(&child).and_then(|known| known.version.clone())
                }
                _ => None,
            };
            let entry = InstalledModule { source: source.to_string().into(), version, dir: module.dir.clone() };
            installed.modules.insert(child, entry);
        }
        if !installed.modules.is_empty() {
            self.announce();
        }
        for (path, module) in installed.modules.iter().filter(|(path, _)| !known.modules.contains_key(*path)) {
            let text = format!("- {} in {}", key_of(path), module.dir);
            self.options.log(self.session, &text, &text);
        }
        let has_calls = config.modules.values().any(|module| !module.calls.is_empty());
        let written = match has_calls || self.session.data_dir().modules().join("modules.json").exists() {
            true => write(self.session, &installed),
            false => Ok(()),
        };
        let written = written.and_then(|()| if well { self.keep_locks(config) } else { Ok(()) });
        problems.extend(written.err().unwrap_or_default());
        problems
    }

    /// True if what is there is what is called and what is locked.
    fn is_installed(
        &self,
        known: &ModuleManifest,
        path: &ModulePath,
        call: &ModuleCall,
        source: &ModuleSource,
    ) -> bool {
        let Some(installed) = known.modules.get(path) else { return false };
        let suits = match (&call.version, &installed.version) {
            (Some(wanted), Some(version)) => wanted.accepts(version),
            _ => true,
        };
        if self.options.upgrade || *installed.source != *source.to_string() || !suits {
            return false;
        }
        let key = key_of(path);
        match self.old.get(&key).filter(|lock| *lock.source == *source.to_string()) {
            Some(lock) if lock.version == installed.version || lock.version.is_none() => {
                self.installer.is_locked(&key, lock)
            }
            Some(_) => false,
            None => true,
        }
    }

    /// Locks what another program has installed.
    fn complete_lock(&mut self, known: &ModuleManifest, path: &ModulePath) {
        let key = key_of(path);
        let Some(installed) = known.modules.get(path).filter(|_| !self.locks.contains_key(&key)) else { return };
        let (version, dir) = (installed.version.clone(), Path::new(&*installed.dir));
        if let Some(lock) = self.installer.lock_of(&key, &installed.source, version, dir) {
            self.locks.insert(key, lock);
        }
    }

    fn install(
        &mut self,
        path: &ModulePath,
        call: &ModuleCall,
        source: &ModuleSource,
        origin: &ModuleOrigin,
    ) -> Result<InstalledModule, Diagnostic> {
        let (key, text) = (key_of(path), source.to_string());
        let suits = |lock: &&formwork_install::ModuleLock| {
            let version_suits = match (&call.version, &lock.version) {
                (Some(wanted), Some(version)) => wanted.accepts(version),
                _ => true,
            };
            *lock.source == *text && version_suits && !self.options.upgrade
        };
        let lock = self.old.get(&key).filter(suits).cloned();
        let wanted =
            WantedModule { key: &key, origin, source: &text, constraints: call.version.as_ref(), lock: lock.as_ref() };
        let (session, options) = (self.session, self.options);
        let package =
            self.installer.install(wanted, &mut |line| options.log(session, line, line)).map_err(|error| {
                Diagnostic::error(error.summary, error.detail).blame(Blame::Environment).at(call.header_span)
            })?;
        match package.lock {
            Some(lock) => drop(self.locks.insert(key, lock)),
            None => drop(self.locks.remove(&key)),
        }
        let dir = package.dir.to_string_lossy().replace('\\', "/");
        Ok(InstalledModule { source: text.as_str().into(), version: package.version, dir: dir.as_str().into() })
    }

    /// A local address in a package that was fetched must not lead out of it.
    fn check_local(&mut self, config: &Config, path: &ModulePath, call: &ModuleCall, source: &ModuleSource) {
        let ModuleSource::Local(relative) = source else { return };
        let outer = path.0.split_last().map(|(_, outer)| ModulePath(outer.to_vec()));
        let Some(caller) = outer.as_ref().and_then(|outer| config.module(outer)) else { return };
        let Some(package) = self.package_of(config, caller) else { return };
        let dir = join_clean(&caller.dir, relative);
        if dir != package && !dir.starts_with(&format!("{package}/")) {
            let detail = format!(
                "The module {} comes from a package of its own, and {relative} leads out of it. A module can use only \
                 what its package holds.",
                caller.path
            );
            let problem = Diagnostic::error("Local module path escapes module package", detail);
            self.problems.push(problem.at(call.source_span));
        }
    }

    /// The directory of the package that a module is part of; none if it is part of the configuration itself.
    fn package_of(&self, config: &Config, module: &Module) -> Option<String> {
        let mut path = module.path.clone();
        loop {
            let (name, outer) = path.0.split_last()?;
            let outer = ModulePath(outer.to_vec());
            let call = config.module(&outer)?.calls.get(name)?;
            if !matches!(call.source, Some(ModuleSource::Local(_)) | None) {
                let dir = self.installer.package_dir(&key_of(&path));
                return Some(dir.to_string_lossy().replace('\\', "/"));
            }
            path = outer;
        }
    }

    /// Writes what is locked now; modules that are no longer called are dropped.
    fn keep_locks(mut self, config: &Config) -> Result<(), Diagnostics> {
        let called: BTreeSet<String> = calls(config)
            .filter(|(_, _, source)| origin_of(source).is_some())
            .map(|(path, ..)| key_of(&path))
            .collect();
        self.locks.retain(|key, _| called.contains(key));
        if self.options.lock_file_readonly || self.locks == self.old {
            return Ok(());
        }
        save_module_locks(Path::new(LOCK_FILE), &self.locks).map(drop).map_err(|error| {
            let detail = format!("{LOCK_FILE} cannot be written: {error}.");
            Diagnostic::error("Cannot write the lock file", detail).blame(Blame::Environment).into()
        })
    }
}

/// Fetches a module for a moment, and does something with its directory.
pub fn with_module<T>(
    session: &Session,
    text: &str,
    work: impl FnOnce(&Path) -> Result<T, Diagnostics>,
) -> Result<T, Diagnostics> {
    let refused =
        |summary: &str, detail: String| Diagnostics::from(Diagnostic::error(summary, detail).blame(Blame::Environment));
    let source = ModuleSource::parse(text).map_err(|why| refused("Invalid module source address", why))?;
    let Some(origin) = origin_of(&source) else { return work(Path::new(text)) };
    let dir = session.data_dir().path().join("from-module");
    let mut installer = ModuleInstaller::new(network(session, &cli_config(session)?), dir.clone(), None);
    let text = source.to_string();
    let wanted = WantedModule { key: "root", origin: &origin, source: &text, constraints: None, lock: None };
    let package = installer.install(wanted, &mut |line| session.say_step("copying_configuration_message", line));
    let result = match package {
        Ok(package) => work(&package.dir),
        Err(error) => Err(refused(error.summary, error.detail)),
    };
    // It was needed for this moment only; what is left does no harm.
    let _ = std::fs::remove_dir_all(&dir);
    result
}

/// Where a module is fetched from; none for local ones.
fn origin_of(source: &ModuleSource) -> Option<ModuleOrigin> {
    match source {
        ModuleSource::Local(_) => None,
        ModuleSource::Remote(text) => Some(ModuleOrigin::Remote(text.to_string())),
        ModuleSource::Registry { host, namespace, name, system, subdir } => Some(ModuleOrigin::Registry {
            host: host.to_string(),
            module: format!("{namespace}/{name}/{system}"),
            subdir: subdir.to_string(),
        }),
    }
}
