//! `providers lock`.

use crate::arguments::{Arguments, Flag};
use crate::commands::{Command, GENERAL, MANY};
use crate::configuration::load_configuration;
use crate::exit::Exit;
use crate::initialization::configured_sources;
use crate::providers::{LOCK_FILE, cli_config, lock_file};
use crate::session::Session;
use formwork_config::provider_requirements;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_install::{
    Available, PackageLocation, Platform, ProviderSources, current_platform, hash_archive, hash_dir, save_lock_file,
    zip_hash,
};
use formwork_model::{Constraints, LockFile, ProviderAddress, ProviderLock, Version};
use formwork_value::Str;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub static COMMAND: Command = Command {
    name: "providers lock",
    arguments: "[PROVIDER...]",
    summary: "Record checksums of provider packages for other platforms.",
    description: "Adds to the lock file the checksums of the packages that a mirror directory has for each platform, so \
                  that the same packages are accepted everywhere. The directory is the one of -fs-mirror, or those \
                  from which init installs. Providers without an entry get one with the newest version that the \
                  configuration allows.",
    flags: &[
        GENERAL,
        &[
            Flag::value("fs-mirror", "DIR", "A directory with packages, instead of those of the settings."),
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
    for (provider, constraints) in &wanted {
        let entry = entry(session, &sources, provider, constraints, &platforms, old.providers.get(provider))?;
        new.providers.insert(provider.clone(), entry);
    }
    session.say(&finish(&old, &new)?);
    Ok(Exit::Success)
}

/// The directory that is named, or the places from which `init` installs.
fn sources(session: &Session, arguments: &Arguments) -> Result<ProviderSources, Diagnostics> {
    match arguments.value("fs-mirror") {
        Some(dir) => Ok(ProviderSources::plugin_dirs(&[PathBuf::from(dir)])),
        None => Ok(configured_sources(session, &cli_config(session)?)),
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

/// The entry of a provider with the checksums of all platforms.
fn entry(
    session: &Session,
    sources: &ProviderSources,
    provider: &ProviderAddress,
    constraints: &Constraints,
    platforms: &[Platform],
    old: Option<&ProviderLock>,
) -> Result<ProviderLock, Diagnostics> {
    let name = provider.for_display();
    let mut version: Option<Version> = old.map(|old| old.version.clone());
    let mut hashes: Vec<Str> = old.map(|old| old.hashes.clone()).unwrap_or_default();
    for platform in platforms {
        let available = sources
            .available(provider, platform)
            .map_err(|error| environment("Unreadable mirror", format!("A mirror cannot be read: {error}.")))?;
        let newest = || available.packages.keys().rev().find(|v| !v.is_prerelease() && constraints.accepts(v)).cloned();
        let chosen = version.clone().or_else(newest);
        let Some((chosen, package)) = chosen.and_then(|v| available.packages.get(&v).map(|package| (v, package)))
        else {
            let which = version.map_or_else(|| "version that suits".to_owned(), |v| format!("version {v}"));
            let detail = format!(
                "There is no {which} of {name} for {platform}.{}",
                not_asked(&available, " Name one with -fs-mirror=DIR.")
            );
            return Err(environment("Could not retrieve providers for locking", detail));
        };
        let before = hashes.len();
        for hash in checksums(package).map_err(|problem| environment("Unreadable package", problem))? {
            if !hashes.contains(&hash) {
                hashes.push(hash);
            }
        }
        let what = if hashes.len() > before { "are new" } else { "were known" };
        session.say(&format!("- {name} {chosen} for {platform}: its checksums {what}"));
        version = Some(chosen);
    }
    hashes.sort();
    let Some(version) = version else { return Err(invalid("There is no platform.".to_owned())) };
    Ok(ProviderLock { version, constraints: constraints.normalized().into(), hashes })
}

/// Where a package may be that was not found in any directory.
pub(super) fn not_asked(available: &Available, hint: &str) -> String {
    match &*available.remote {
        [] => " Only directories were searched.".to_owned(),
        remote => {
            let places = remote.join(" and ");
            format!(" Packages are taken from directories only: {places} was not asked.{hint}")
        }
    }
}

fn checksums(package: &PackageLocation) -> Result<Vec<Str>, String> {
    let hashes = match package {
        PackageLocation::Directory(dir) => hash_dir(dir).map(|hash| vec![hash]),
        PackageLocation::Archive(path) => hash_archive(path).and_then(|hash| Ok(vec![hash, zip_hash(path)?])),
    };
    let hashes = hashes.map_err(|error| format!("A package has no checksum: {error}."))?;
    Ok(hashes.into_iter().map(Str::from).collect())
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
