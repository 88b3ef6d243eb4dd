//! `providers mirror`.

use crate::arguments::{Arguments, Flag};
use crate::commands::providers::lock::{environment, platforms};
use crate::commands::{Command, GENERAL};
use crate::configuration::load_configuration;
use crate::exit::Exit;
use crate::initialization::configured_sources;
use crate::providers::{LOCK_FILE, cli_config, lock_file};
use crate::session::Session;
use formwork_config::provider_requirements;
use formwork_diag::Diagnostics;
use formwork_install::{
    DownloadDir, FilesystemMirror, MirrorPackage, Platform, ProviderSources, WantedPackage, check_lock,
    current_platform,
};
use formwork_model::{Constraints, LockFile, ProviderAddress, ProviderLock};
use std::collections::BTreeSet;

pub static COMMAND: Command = Command {
    name: "providers mirror",
    arguments: "TARGET_DIR",
    summary: "Copy the provider packages into a directory.",
    description: "Fills a directory with the packages of all providers that the configuration needs, in the locked versions. \
                  The directory is a filesystem mirror; and because it also has the documents of the network mirror \
                  protocol, a server of static files makes a network mirror of it. What the directory has already stays \
                  in it.",
    flags: &[
        GENERAL,
        &[
            Flag::value("platform", "OS_ARCH", "A platform, as linux_arm64; may be repeated. By default this one."),
            Flag::switch("lock-file", "With =false the newest versions are taken, whatever is locked."),
            Flag::value("test-directory", "DIR", ""),
        ],
    ],
    positional: (1, 1),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let platforms = platforms(arguments)?;
    let mirror = FilesystemMirror::new(arguments.at(0).unwrap_or_default());
    let (config, warnings) = load_configuration(session)?;
    session.report(&warnings);
    let mut required = provider_requirements(&config);
    required.retain(|provider, _| !provider.is_builtin());
    let lock = if arguments.switch_or("lock-file", true) { lock_file()? } else { LockFile::default() };
    if !lock.providers.is_empty() {
        let problems = check_lock(&required, &lock, &BTreeSet::new());
        if problems.has_errors() {
            return Err(problems);
        }
    }
    let sources = configured_sources(session, &cli_config(session)?);
    let downloads = DownloadDir::of(session.data_dir().path());
    let filling = Filling { session, mirror: &mirror, sources: &sources, platforms: &platforms, downloads: &downloads };
    let mut problems = Diagnostics::new();
    for (provider, constraints) in &required {
        // One that is not to be had must not keep the others away.
        if let Err(problem) = filling.provider(provider, constraints, lock.providers.get(provider)) {
            problems.extend(problem);
        }
        if let Err(error) = mirror.write_index(provider) {
            let detail = format!("The index of {} cannot be written: {error}.", provider.for_display());
            problems.extend(environment("Cannot write the index of the mirror", detail));
        }
    }
    if problems.has_errors() { Err(problems) } else { Ok(Exit::Success) }
}

/// One run.
struct Filling<'a> {
    session: &'a Session,
    mirror: &'a FilesystemMirror,
    sources: &'a ProviderSources,
    platforms: &'a [Platform],
    downloads: &'a DownloadDir,
}

impl Filling<'_> {
    /// Puts the packages of one provider into the mirror.
    fn provider(
        &self,
        provider: &ProviderAddress,
        constraints: &Constraints,
        locked: Option<&ProviderLock>,
    ) -> Result<(), Diagnostics> {
        let name = provider.for_display();
        self.session.say(&format!("- Mirroring {name}..."));
        let mut version = locked.map(|entry| entry.version.clone());
        for platform in self.platforms {
            let available = self.sources.available(provider, platform).map_err(|error| {
                environment(
                    "Provider not available",
                    format!("The packages of {name} could not be looked for: {error}."),
                )
            })?;
            let newest = || available.packages.keys().rev().find(|v| constraints.accepts(v)).cloned();
            let chosen = version.clone().or_else(newest);
            let Some((chosen, offers)) = chosen.and_then(|v| available.packages.get(&v).map(|found| (v, found))) else {
                let which = version.map_or_else(|| "version that suits".to_owned(), |v| format!("version {v}"));
                let asked = available.asked.join(", ");
                let detail = format!("There is no {which} of {name} for {platform}. This was searched: {asked}.");
                return Err(environment("Provider not available", detail));
            };
            if version.is_none() {
                let why = match constraints.normalized() {
                    none if none.is_empty() => "with no constraints".to_owned(),
                    some => format!("to meet the constraints {some:?}"),
                };
                self.session.say(&format!("  - Selected v{chosen} {why}"));
            } else if platform == self.platforms.first().unwrap_or(platform) {
                self.session.say(&format!("  - Selected v{chosen} to match the dependency lock file"));
            }
            let wanted = WantedPackage { provider, version: &chosen, platform };
            let obtained = self.sources.obtain(wanted, offers, self.downloads, &|_, _| {}).map_err(|error| {
                environment("Provider not available", format!("{name} {chosen} for {platform}: {error}."))
            })?;
            let package = MirrorPackage { provider, version: &chosen, platform, location: &obtained.location };
            let is_new = self.add(&package, locked).map_err(|why| {
                let detail = format!("{name} {chosen} for {platform} cannot be put into the mirror: {why}.");
                environment("Cannot mirror a provider", detail)
            })?;
            let what = if is_new { "Packed" } else { "Already there" };
            self.session.say(&format!("  - {what}: the package for {platform}"));
            version = Some(chosen);
        }
        Ok(())
    }

    /// Of the package for this platform the lock file has a checksum; of those for others it need not have one.
    fn add(&self, package: &MirrorPackage<'_>, locked: Option<&ProviderLock>) -> Result<bool, String> {
        let hash = package.hash().map_err(|error| error.to_string())?;
        let of_scheme = || locked.into_iter().flat_map(|entry| &entry.hashes).filter(|known| known.starts_with("h1:"));
        let is_known = of_scheme().any(|known| **known == *hash);
        if !is_known && of_scheme().next().is_some() && *package.platform == current_platform() {
            return Err(format!("its checksum {hash} is none of those that {LOCK_FILE} has for this version"));
        }
        self.mirror.add(package, &hash).map_err(|error| error.to_string())
    }
}
