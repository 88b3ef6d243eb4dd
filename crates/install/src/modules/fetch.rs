//! Fetching a package by its address.

use super::address::{Getter, PackageAddress};
use super::checksum::check;
use super::extract::{ArchiveKind, extract};
use super::{DOWNLOAD, ModuleError, error, gcs, git, http, join, oci, s3};
use crate::network::{Network, without_secrets};
use std::path::{Path, PathBuf};

/// What is known of a package that was fetched.
#[derive(Clone, Debug, Default)]
pub(super) struct Fetched {
    /// Only of git repositories.
    pub commit: Option<String>,
}

/// Most servers that send on to others.
const HOPS: usize = 10;

/// Fetches a package into a directory that does not exist. A commit that is given is taken instead of what a name stands
/// for now. Returns the directory in the package that servers on the way have named.
pub(super) fn fetch(
    network: &Network,
    address: &PackageAddress,
    commit: Option<&str>,
    target: &Path,
) -> Result<(Fetched, String), ModuleError> {
    let mut address = address.clone();
    let mut deeper = String::new();
    for _ in 0..HOPS {
        let checksum = address.take("checksum");
        let archive = archive_kind(&mut address)?;
        if checksum.is_some() && (matches!(address.getter, Getter::Git | Getter::Oci) || archive.is_none()) {
            let detail = format!("{} has a checksum, but only archives can have one.", address.shown());
            return Err(error(DOWNLOAD, detail));
        }
        match (address.getter, archive) {
            (Getter::Git, _) => return Ok((git::clone(address, commit, target)?, deeper)),
            // Its arguments are read where it is fetched.
            (Getter::Oci, _) => {
                oci::fetch(network, address, target)?;
                return Ok((Fetched::default(), deeper));
            }
            (Getter::File, None) => {
                link(&address, target)?;
                return Ok((Fetched::default(), deeper));
            }
            (Getter::S3, None) => {
                s3::fetch_dir(address, target)?;
                return Ok((Fetched::default(), deeper));
            }
            (Getter::Gcs, None) => {
                gcs::fetch_dir(network, &address, target)?;
                return Ok((Fetched::default(), deeper));
            }
            (getter, Some(kind)) => {
                let path = target.with_extension("download");
                let file = match getter {
                    Getter::File => Archive { path: path_of(&address)?, is_temporary: false },
                    _ => Archive { path, is_temporary: true },
                };
                match getter {
                    Getter::S3 => s3::fetch_file(address.clone(), &file.path)?,
                    Getter::Gcs => gcs::fetch_file(network, &address, &file.path)?,
                    Getter::Http => http::download(network, &address, &file.path)?,
                    Getter::File | Getter::Git | Getter::Oci => {}
                }
                if let Some(checksum) = checksum {
                    check(network, &checksum, &address.url, &file.path)?;
                }
                extract(kind, &file.path, target)
                    .map_err(|why| error(DOWNLOAD, format!("{} cannot be unpacked: {why}.", address.shown())))?;
                return Ok((Fetched::default(), deeper));
            }
            (Getter::Http, None) => {
                let next = http::ask_for_location(network, &address)?;
                let parsed = PackageAddress::parse(&next).map_err(|why| {
                    let from = without_secrets(&address.url);
                    error(DOWNLOAD, format!("{from} says that the module is somewhere else, but {why}."))
                })?;
                deeper = join(&parsed.subdir, &deeper).unwrap_or_default();
                address = parsed;
            }
        }
    }
    Err(error(DOWNLOAD, format!("More than {HOPS} servers send on to others, the last one to {}.", address.shown())))
}

/// An archive on this machine.
struct Archive {
    path: PathBuf,
    is_temporary: bool,
}

impl Drop for Archive {
    fn drop(&mut self) {
        if self.is_temporary {
            // It is of no use any more, and does no harm.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Whether a file is to be unpacked: by its name, or as `archive=` says.
fn archive_kind(address: &mut PackageAddress) -> Result<Option<ArchiveKind>, ModuleError> {
    if matches!(address.getter, Getter::Git | Getter::Oci) {
        return Ok(None);
    }
    match address.take("archive") {
        Some(text) if matches!(text.as_str(), "false" | "0") => Ok(None),
        Some(text) => match ArchiveKind::of_extension(&text) {
            Some(kind) => Ok(Some(kind)),
            None => Err(error(DOWNLOAD, format!("{text:?} is no kind of archive: {}.", ArchiveKind::NAMES))),
        },
        None => Ok(ArchiveKind::of_name(address.url.path())),
    }
}

fn path_of(address: &PackageAddress) -> Result<PathBuf, ModuleError> {
    let path = address.url.to_file_path();
    path.map_err(|()| error(DOWNLOAD, format!("{} names no file of this machine.", address.shown())))
}

/// A directory of this machine is used where it is.
fn link(address: &PackageAddress, target: &Path) -> Result<(), ModuleError> {
    let dir = path_of(address)?;
    let failed = |why: std::io::Error| error(DOWNLOAD, format!("{} cannot be used: {why}.", dir.display()));
    if !dir.metadata().map_err(failed)?.is_dir() {
        return Err(error(DOWNLOAD, format!("{} is no directory.", dir.display())));
    }
    #[cfg(unix)]
    return std::os::unix::fs::symlink(&dir, target).map_err(failed);
    #[cfg(not(unix))]
    return super::copy_tree(&dir, target).map_err(failed);
}
