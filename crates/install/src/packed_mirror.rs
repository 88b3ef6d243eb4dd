//! Filling a mirror: packed archives, and beside them the documents of the network mirror protocol
//! (registry-and-locks.md 3), so that a server of static files makes a network mirror of it.

use crate::hash::{HashError, files_below, hash_archive, hash_dir};
use crate::mirror::archive_name;
use crate::package::executable;
use crate::replace::replace;
use crate::{FilesystemMirror, PackageLocation, Platform};
use formwork_model::{ProviderAddress, Version};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A package for a mirror.
pub struct MirrorPackage<'a> {
    pub provider: &'a ProviderAddress,
    pub version: &'a Version,
    pub platform: &'a Platform,
    pub location: &'a PackageLocation,
}

impl MirrorPackage<'_> {
    fn archive_name(&self) -> String {
        format!("terraform-provider-{}_{}_{}.zip", self.provider.name, self.version, self.platform)
    }

    /// Its `h1:` checksum.
    pub fn hash(&self) -> Result<String, HashError> {
        match self.location {
            PackageLocation::Directory(dir) => hash_dir(dir),
            PackageLocation::Archive(archive) => hash_archive(archive),
        }
    }
}

impl FilesystemMirror {
    /// Puts a package into the mirror, in one step. Returns false if it has the same one, of this `h1:` checksum, already.
    ///
    /// # Errors
    /// The package cannot be read or has no executable, or the mirror cannot be written.
    pub fn add(&self, package: &MirrorPackage<'_>, hash: &str) -> Result<bool, HashError> {
        let dir = self.provider_dir(package.provider);
        let target = dir.join(package.archive_name());
        if target.is_file() && hash_archive(&target).is_ok_and(|present| present == hash) {
            return Ok(false);
        }
        if let PackageLocation::Directory(from) = package.location
            && executable(from, &package.provider.name)?.is_none()
        {
            let name = &package.provider.name;
            return Err(HashError(format!("{} has no file terraform-provider-{name}", from.display())));
        }
        fs::create_dir_all(&dir)?;
        let aside = dir.join(format!(".{}.{}.new", package.archive_name(), std::process::id()));
        let written = match package.location {
            PackageLocation::Archive(archive) => fs::copy(archive, &aside).map(|_| ()).map_err(HashError::from),
            PackageLocation::Directory(from) => pack(from, &aside),
        };
        let put = written.and_then(|()| {
            let packed = hash_archive(&aside)?;
            if packed != hash {
                return Err(HashError("the package was changed while it was read".to_owned()));
            }
            File::open(&aside)?.sync_all()?;
            Ok(fs::rename(&aside, &target)?)
        });
        if put.is_err() {
            // The error that matters is the first one.
            let _ = fs::remove_file(&aside);
        }
        put.map(|()| true)
    }

    /// Writes `index.json` and a document for each version of a provider, of all archives that the mirror has. Files that are
    /// right already stay as they are, and a provider that the mirror does not know gets none.
    ///
    /// # Errors
    /// An archive cannot be read, or the mirror cannot be written.
    pub fn write_index(&self, provider: &ProviderAddress) -> Result<(), HashError> {
        let dir = self.provider_dir(provider);
        if !dir.is_dir() {
            return Ok(());
        }
        let mut versions: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        for entry in fs::read_dir(&dir)? {
            let path = entry?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if let Some((version, platform)) = archive_name(name, provider).filter(|_| path.is_file()) {
                let archive = json!({ "hashes": [hash_archive(&path)?], "url": name });
                versions.entry(version.to_string()).or_default().insert(platform.to_string(), archive);
            }
        }
        let known: Map<String, Value> = versions.keys().map(|version| (version.clone(), json!({}))).collect();
        for (version, archives) in versions {
            write_document(&dir.join(format!("{version}.json")), &json!({ "archives": archives }))?;
        }
        // What names the versions comes last: each that it names is there.
        write_document(&dir.join("index.json"), &json!({ "versions": known }))
    }
}

fn write_document(path: &Path, document: &Value) -> Result<(), HashError> {
    let text = serde_json::to_vec_pretty(document).map_err(|error| HashError(error.to_string()))?;
    if fs::read(path).is_ok_and(|present| present == text) {
        return Ok(());
    }
    replace(path, &text).map_err(|error| HashError(format!("{}: {error}", path.display())))
}

/// Packs a directory. The same files give the same bytes: names are sorted, and times are not kept.
fn pack(from: &Path, target: &Path) -> Result<(), HashError> {
    let unwritable = |error: zip::result::ZipError| HashError(format!("{}: {error}", target.display()));
    let from = from.canonicalize()?;
    let mut archive = ZipWriter::new(File::create(target)?);
    for name in files_below(&from)? {
        let mut file = File::open(from.join(&name)).map_err(|error| HashError(format!("{name}: {error}")))?;
        let metadata = file.metadata()?;
        let options = SimpleFileOptions::default()
            .large_file(metadata.len() >= u64::from(u32::MAX))
            .unix_permissions(if is_executable(&metadata) { 0o755 } else { 0o644 });
        archive.start_file(name, options).map_err(unwritable)?;
        io::copy(&mut file, &mut archive)?;
    }
    archive.finish().map_err(unwritable)?;
    Ok(())
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    true
}
