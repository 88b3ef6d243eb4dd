//! Modules in OCI registries: `oci://HOST/NAME`, with `?tag=` or `?digest=`.

use super::address::PackageAddress;
use super::extract::{ArchiveKind, extract};
use super::{DOWNLOAD, ModuleError, error};
use crate::network::{Network, NetworkError};
use crate::oci::{OciRepository, sha256_of};
use std::path::Path;

const MODULE: &str = "application/vnd.opentofu.modulepkg";

/// Largest archive of a module.
const LIMIT: u64 = 4 << 30;

/// Fetches the archive of an artifact, and unpacks it into a directory that does not exist.
pub(super) fn fetch(network: &Network, mut address: PackageAddress, target: &Path) -> Result<(), ModuleError> {
    let (tag, digest) = (address.take("tag"), address.take("digest"));
    let refused = |why: String| error(DOWNLOAD, format!("{}: {why}.", address.shown()));
    let reference = match (tag, digest) {
        (Some(_), Some(_)) => return Err(refused("tag and digest exclude each other".to_owned())),
        (tag, None) => tag.unwrap_or_else(|| "latest".to_owned()),
        (None, Some(digest)) if sha256_of(&digest).is_some() => digest,
        (None, Some(digest)) => return Err(refused(format!("the digest {digest:?} is none of the kind sha256"))),
    };
    if !is_tag(&reference) && !reference.contains(':') {
        return Err(refused(format!("{reference:?} is no valid tag")));
    }
    if let Some(query) = address.url.query().filter(|query| !query.is_empty()) {
        return Err(refused(format!("there are the arguments tag and digest, not {query:?}")));
    }
    let place = format!("{}{}", address.url.authority(), address.url.path());
    let repository = OciRepository::parse(place.trim_end_matches('/')).map_err(&refused)?;
    let failed = |why: NetworkError| error(DOWNLOAD, format!("The package cannot be fetched: {why}."));
    let blob = network.oci_archive(&repository, &reference, MODULE).map_err(failed)?;
    let path = target.with_extension("download");
    let fetched = network.oci_download(&repository, &blob, &path, LIMIT).map_err(failed);
    let unpacked = fetched.and_then(|()| {
        extract(ArchiveKind::Zip, &path, target).map_err(|why| refused(format!("it cannot be unpacked: {why}")))
    });
    // It is of no use any more, and does no harm.
    let _ = std::fs::remove_file(&path);
    unpacked
}

fn is_tag(text: &str) -> bool {
    let is_first = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.len() <= 128 && text.starts_with(is_first) && text.chars().all(|c| is_first(c) || matches!(c, '.' | '-'))
}
