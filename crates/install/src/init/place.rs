//! Putting a package into its place.

use super::ProviderInit;
use crate::archive::{copy_dir, remove, unpack};
use crate::cached::keep_sums;
use crate::hash::{hash_archive, zip_hash};
use crate::installed::package_dir;
use crate::verified::Verified;
use crate::{PackageLocation, executable};
use formwork_model::{ProviderAddress, ProviderLock, Version};
use std::fs;
use std::io::Error;
use std::io::ErrorKind::{AlreadyExists, DirectoryNotEmpty, IsADirectory, NotADirectory, NotFound};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Checks a package against the checksums that are known, and puts it into the data directory: as a link where possible.
/// With a cache, unpacked archives live there. Returns its `h1:` checksum; the error is for users.
pub(super) fn place(
    init: &ProviderInit<'_>,
    provider: &ProviderAddress,
    version: &Version,
    location: &PackageLocation,
    previous: Option<&ProviderLock>,
    verified: &mut Verified,
) -> Result<String, String> {
    let target = package_dir(&init.data_dir.join("providers"), provider, version, init.platform);
    let hash = match location {
        PackageLocation::Directory(dir) => {
            let hash = verified.hash(dir).map_err(|e| e.to_string())?;
            check_hashes(&[&hash], previous)?;
            check_executable(dir, provider)?;
            link(dir, &target)?;
            hash
        }
        PackageLocation::Archive(archive) => {
            let hash = hash_archive(archive).map_err(|e| e.to_string())?;
            let whole = zip_hash(archive).map_err(|e| e.to_string())?;
            check_hashes(&[&hash, &whole], previous)?;
            let cached = init.cache_dir.map(|cache| package_dir(cache, provider, version, init.platform));
            unpack_into(archive, cached.as_deref().unwrap_or(&target), provider)?;
            if let Some(cached) = &cached {
                keep_sums(cached, &hash, &whole).map_err(|error| format!("the cache cannot be written: {error}"))?;
                link(cached, &target)?;
            }
            hash
        }
    };
    Ok(hash)
}

/// The locked package, put into place from the cache, if that has the right one. Returns its `h1:` checksum.
pub(super) fn place_cached(
    init: &ProviderInit<'_>,
    provider: &ProviderAddress,
    version: &Version,
    previous: Option<&ProviderLock>,
    verified: &mut Verified,
) -> Result<Option<String>, String> {
    let cached = init.cache_dir.map(|cache| package_dir(cache, provider, version, init.platform));
    let Some(cached) = cached.filter(|dir| dir.is_dir()) else { return Ok(None) };
    let hash = verified.hash(&cached).map_err(|e| e.to_string())?;
    let known = previous.is_some_and(|p| p.hashes.iter().any(|h| **h == *hash));
    if !known && !init.cache_may_break_lock {
        return Ok(None);
    }
    check_executable(&cached, provider)?;
    link(&cached, &package_dir(&init.data_dir.join("providers"), provider, version, init.platform))?;
    Ok(Some(hash))
}

/// At least one checksum must be among the known ones of the same schemes.
fn check_hashes(hashes: &[&String], previous: Option<&ProviderLock>) -> Result<(), String> {
    let scheme = |hash: &str| hash.split(':').next().unwrap_or("").to_string();
    let schemes: Vec<String> = hashes.iter().map(|h| scheme(h)).collect();
    let mut known = previous.iter().flat_map(|p| &p.hashes).filter(|h| schemes.contains(&scheme(h))).peekable();
    if known.peek().is_none() || known.any(|k| hashes.iter().any(|h| **h == **k)) {
        return Ok(());
    }
    Err("the package matches none of the checksums that the dependency lock file has for this version. If the package was \
         replaced on purpose, remove the provider's entry from .terraform.lock.hcl and run \"formwork init\" again"
        .to_string())
}

fn check_executable(dir: &Path, provider: &ProviderAddress) -> Result<(), String> {
    match executable(dir, &provider.name) {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(format!("the package has no file terraform-provider-{}", provider.name)),
        Err(error) => Err(format!("the package could not be read: {error}")),
    }
}

/// Unpacks an archive beside its place, then moves it there if it has an executable.
fn unpack_into(archive: &Path, target: &Path, provider: &ProviderAddress) -> Result<(), String> {
    let unpacked = |aside: &Path| {
        unpack(archive, aside)?;
        check_executable(aside, provider).map_err(Error::other)
    };
    replace(target, unpacked).map_err(|error| format!("it could not be unpacked: {error}"))
}

/// Makes a place lead to a package directory: by a link, or by a copy where links do not work.
fn link(package: &Path, target: &Path) -> Result<(), String> {
    let failed = |error: Error| format!("{} could not be linked: {error}", package.display());
    let package = package.canonicalize().map_err(failed)?;
    if target.canonicalize().is_ok_and(|current| current == package) {
        return Ok(());
    }
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    replace(target, |aside| symlink(&package, aside).or_else(|_| copy_dir(&package, aside))).map_err(failed)
}

/// Prepares something beside its place, and moves it there. Nothing is ever written through the place itself: it may be a
/// link into a mirror by now, if another process does the same.
fn replace(target: &Path, prepare: impl FnOnce(&Path) -> Result<(), Error>) -> Result<(), Error> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let aside = target.with_extension(format!("{}-{count}.new", std::process::id()));
    remove(&aside)?;
    let done = prepare(&aside).and_then(|()| put(&aside, target));
    if done.is_err() {
        // The error that matters is the first one.
        let _ = remove(&aside);
    }
    done
}

/// A directory stands in the way of a rename; another process may put one there again at once.
fn put(aside: &Path, target: &Path) -> Result<(), Error> {
    const ATTEMPTS: usize = 16;
    for _ in 0..ATTEMPTS {
        let in_the_way = |kind| matches!(kind, DirectoryNotEmpty | AlreadyExists | IsADirectory | NotADirectory);
        match fs::rename(aside, target) {
            Err(error) if in_the_way(error.kind()) => displace(aside, target)?,
            other => return other,
        }
    }
    fs::rename(aside, target)
}

/// Moves what is in a place out of it as a whole, then removes it.
fn displace(aside: &Path, target: &Path) -> Result<(), Error> {
    let old = aside.with_extension("old");
    match fs::rename(target, &old) {
        Err(error) if error.kind() == NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(()) => remove(&old),
    }
}

#[cfg(unix)]
fn symlink(package: &Path, target: &Path) -> Result<(), Error> {
    std::os::unix::fs::symlink(package, target)
}

#[cfg(windows)]
fn symlink(package: &Path, target: &Path) -> Result<(), Error> {
    std::os::windows::fs::symlink_dir(package, target)
}
