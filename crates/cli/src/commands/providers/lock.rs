//! `providers lock`.

use crate::arguments::{Arguments, Flag};
use crate::commands::{Command, GENERAL, MANY};
use crate::configuration::load_configuration;
use crate::exit::Exit;
use crate::initialization::{configured_sources, network};
use crate::providers::{LOCK_FILE, cli_config, lock_file};
use crate::session::Session;
use formwork_config::provider_requirements;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_install::{
    DownloadDir, ObtainedPackage, PackageLocation, Platform, ProviderSources, WantedPackage, current_platform,
    hash_archive, hash_dir, save_lock_file, zip_hash,
};
use formwork_model::{Constraints, LockFile, ProviderAddress, ProviderLock, Version};
use formwork_value::Str;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub static COMMAND: Command = Command {
    name: "providers lock",
    arguments: "[PROVIDER...]",
    summary: "Record checksums of provider packages for other platforms.",
    description: "Adds to the lock file the checksums of the packages for each platform, so that the same packages are \
                  accepted everywhere. They come from the registry of each provider, unless a mirror is named here or \
                  the CLI configuration leaves the registry out. Providers without an entry get one with the newest \
                  version that the configuration allows.",
    flags: &[
        GENERAL,
        &[
            Flag::value("fs-mirror", "DIR", "A directory with packages, instead of the registries."),
            Flag::value("net-mirror", "URL", "A network mirror, instead of the registries."),
            Flag::value("platform", "OS_ARCH", "A platform, as linux_arm64; may be repeated. By default this one."),
            Flag::switch("enable-plugin-cache", ""),
            Flag::value("test-directory", "DIR", ""),
        ],
    ],
    positional: (0, MANY),
    run,
};

fn invalid(detail: String) -> Diagnostics {
    Diagnostic::error("Invalid command line", detail).into()
}

pub(super) fn environment(summary: &str, detail: String) -> Diagnostics {
    Diagnostic::error(summary, detail).blame(Blame::Environment).into()
}

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let platforms = platforms(arguments)?;
    let (config, _) = load_configuration(session)?;
    let wanted = wanted(provider_requirements(&config), &arguments.positional)?;
    let old = lock_file()?;
    let sources = sources(session, arguments)?;
    let mut new = old.clone();
    let downloads = DownloadDir::of(session.data_dir().path());
    for (provider, constraints) in &wanted {
        let sources = sources.of_origin(provider);
        let asking = Asking { session, sources: &sources, downloads: &downloads, provider };
        let entry = asking.entry(constraints, &platforms, old.providers.get(provider))?;
        new.providers.insert(provider.clone(), entry);
    }
    session.say(&finish(&old, &new)?);
    Ok(Exit::Success)
}

/// The mirror that is named, or the places from which `init` installs.
fn sources(session: &Session, arguments: &Arguments) -> Result<ProviderSources, Diagnostics> {
    let cli = cli_config(session)?;
    match (arguments.value("fs-mirror"), arguments.value("net-mirror")) {
        (Some(_), Some(_)) => Err(invalid("-fs-mirror and -net-mirror exclude each other.".to_owned())),
        (Some(dir), None) => Ok(ProviderSources::plugin_dirs(&[PathBuf::from(dir)], network(session, &cli))),
        (None, Some(url)) if url.starts_with("https://") && url.ends_with('/') => {
            Ok(ProviderSources::network_mirror(url, network(session, &cli)))
        }
        (None, Some(url)) => {
            let detail =
                format!("-net-mirror takes a URL that starts with https:// and ends with a slash, not {url:?}.");
            Err(invalid(detail))
        }
        (None, None) => Ok(configured_sources(session, &cli)),
    }
}

pub(super) fn platforms(arguments: &Arguments) -> Result<Vec<Platform>, Diagnostics> {
    let parse = |text: &str| {
        Platform::parse(text).ok_or_else(|| {
            invalid(format!("-platform takes a system and an architecture as in \"linux_amd64\", not {text:?}."))
        })
    };
    let mut platforms: Vec<Platform> = arguments.values("platform").map(parse).collect::<Result<_, _>>()?;
    if platforms.is_empty() {
        platforms.push(current_platform());
    }
    Ok(platforms)
}

/// The providers that are asked for, or all that have packages.
fn wanted(
    mut required: BTreeMap<ProviderAddress, Constraints>,
    named: &[String],
) -> Result<BTreeMap<ProviderAddress, Constraints>, Diagnostics> {
    required.retain(|provider, _| !provider.is_builtin());
    if named.is_empty() {
        return Ok(required);
    }
    let mut wanted = BTreeMap::new();
    for text in named {
        let provider =
            ProviderAddress::parse(text).map_err(|error| invalid(format!("{text:?} names no provider: {error}.")))?;
        let Some(constraints) = required.get(&provider) else {
            let detail = format!("The configuration does not require the provider {}.", provider.for_display());
            return Err(Diagnostic::error("Unexpected provider", detail).into());
        };
        wanted.insert(provider, constraints.clone());
    }
    Ok(wanted)
}

/// One provider whose packages are looked for.
struct Asking<'a> {
    session: &'a Session,
    sources: &'a ProviderSources,
    downloads: &'a DownloadDir,
    provider: &'a ProviderAddress,
}

impl Asking<'_> {
    /// The entry of the provider with the checksums of all platforms.
    fn entry(
        &self,
        constraints: &Constraints,
        platforms: &[Platform],
        old: Option<&ProviderLock>,
    ) -> Result<ProviderLock, Diagnostics> {
        let mut version: Option<Version> = old.map(|old| old.version.clone());
        let mut hashes: Vec<Str> = old.map(|old| old.hashes.clone()).unwrap_or_default();
        for platform in platforms {
            let (chosen, package) = self.package(constraints, platform, version.as_ref())?;
            let before = hashes.len();
            for hash in checksums(&package).map_err(|problem| environment("Unreadable package", problem))? {
                if !hashes.contains(&hash) {
                    hashes.push(hash);
                }
            }
            let what = if hashes.len() > before { "are new" } else { "were known" };
            let name = self.provider.for_display();
            self.session.say(&format!("- {name} {chosen} for {platform} ({}): its checksums {what}", package.proof));
            version = Some(chosen);
        }
        hashes.sort();
        let Some(version) = version else { return Err(invalid("There is no platform.".to_owned())) };
        Ok(ProviderLock { version, constraints: constraints.normalized().into(), hashes })
    }

    /// A version, or the newest one that suits, and its package.
    fn package(
        &self,
        constraints: &Constraints,
        platform: &Platform,
        version: Option<&Version>,
    ) -> Result<(Version, ObtainedPackage), Diagnostics> {
        let name = self.provider.for_display();
        let failed = |detail: String| environment("Could not retrieve providers for locking", detail);
        let available = self
            .sources
            .available(self.provider, platform)
            .map_err(|error| failed(format!("The packages of {name} could not be looked for: {error}.")))?;
        let newest = || available.packages.keys().rev().find(|version| constraints.accepts(version)).cloned();
        let chosen = version.cloned().or_else(newest);
        let found = chosen.and_then(|version| available.packages.get(&version).map(|offers| (version, offers)));
        let Some((version, offers)) = found else {
            let which = version.map_or_else(|| "version that suits".to_owned(), |v| format!("version {v}"));
            let asked = available.asked.join(", ");
            return Err(failed(format!("There is no {which} of {name} for {platform}. This was searched: {asked}.")));
        };
        let wanted = WantedPackage { provider: self.provider, version: &version, platform };
        let package = self.sources.obtain(wanted, offers, self.downloads, &|_, _| {});
        let package = package.map_err(|error| failed(format!("{name} {version} for {platform}: {error}.")))?;
        Ok((version, package))
    }
}

/// Those of the package, and those that were signed with it.
fn checksums(package: &ObtainedPackage) -> Result<Vec<Str>, String> {
    let hashes = match &package.location {
        PackageLocation::Directory(dir) => hash_dir(dir).map(|hash| vec![hash]),
        PackageLocation::Archive(path) => hash_archive(path).and_then(|hash| Ok(vec![hash, zip_hash(path)?])),
    };
    let hashes = hashes.map_err(|error| format!("A package has no checksum: {error}."))?;
    Ok(hashes.iter().chain(&package.hashes).map(|hash| Str::from(hash.as_str())).collect())
}

/// Writes the lock file if it is to change, and says what came of it.
fn finish(old: &LockFile, new: &LockFile) -> Result<String, Diagnostics> {
    if old == new {
        return Ok(format!("\nSuccess! {LOCK_FILE} had everything already."));
    }
    save_lock_file(Path::new(LOCK_FILE), new).map_err(|error| {
        environment("Cannot write the lock file", format!("{LOCK_FILE} cannot be written: {error}."))
    })?;
    Ok(format!("\nSuccess! {LOCK_FILE} was updated. Look through the changes, and commit them."))
}
