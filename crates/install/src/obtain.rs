//! Getting hold of a package, with the proof of where it comes from.

use crate::cached::comes_from;
use crate::hash::{hash_archive, zip_hash};
use crate::installed::package_dir;
use crate::network::{Download, NetworkError, Progress, Request, normal_host};
use crate::network_mirror::NetworkMirror;
use crate::oci::{OciMirror, OciRepository};
use crate::registry::{ProviderRegistry, Signer};
use crate::turn::Turn;
use crate::{PackageLocation, PackageOffer, Platform, ProviderSources};
use formwork_model::{ProviderAddress, Version};
use sha2::{Digest, Sha256};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use url::Url;

/// What is known of a package's origin. `Display` gives the words that users know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackageProof {
    HashiCorp,
    /// Somebody for whose key HashiCorp vouches.
    Partner {
        key: String,
    },
    SelfSigned {
        key: String,
    },
    /// A checksum that was known before, or that a mirror has told.
    Checksum,
    Nothing,
}

impl fmt::Display for PackageProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PackageProof::HashiCorp => f.write_str("signed by HashiCorp"),
            PackageProof::Partner { key } => write!(f, "signed by a HashiCorp partner, key ID {key}"),
            PackageProof::SelfSigned { key } => write!(f, "self-signed, key ID {key}"),
            PackageProof::Checksum => f.write_str("verified checksum"),
            PackageProof::Nothing => f.write_str("unauthenticated"),
        }
    }
}

impl From<Signer> for PackageProof {
    fn from(signer: Signer) -> PackageProof {
        match signer {
            Signer::HashiCorp => PackageProof::HashiCorp,
            Signer::Partner { key } => PackageProof::Partner { key },
            Signer::Own { key } => PackageProof::SelfSigned { key },
        }
    }
}

/// A package on this machine.
#[derive(Debug)]
pub struct ObtainedPackage {
    pub location: PackageLocation,
    pub proof: PackageProof,
    /// Signed `zh:` checksums of the packages for all platforms.
    pub hashes: Vec<String>,
    /// The package was fetched, and goes with this value.
    temporary: bool,
}

impl Drop for ObtainedPackage {
    fn drop(&mut self) {
        if let PackageLocation::Archive(path) = &self.location
            && self.temporary
        {
            // What is left is found and used by the next download of the same package.
            let _ = fs::remove_file(path);
        }
    }
}

/// A directory for downloads, which one process uses at a time.
#[derive(Debug)]
pub struct DownloadDir {
    path: PathBuf,
    cache: Option<PathBuf>,
    turn: Option<Turn>,
}

impl DownloadDir {
    /// Below the directory where `init` installs.
    pub fn of(data_dir: &Path) -> DownloadDir {
        let path = data_dir.join("providers").join(".download");
        DownloadDir { turn: Some(Turn::wait_without_trace(&path)), path, cache: None }
    }

    /// Takes what a cache has already.
    pub fn with_cache(mut self, cache: Option<&Path>) -> DownloadDir {
        self.cache = cache.map(Path::to_path_buf);
        self
    }

    /// The package in the cache, if it comes from an archive with one of the checksums.
    fn cached(&self, wanted: WantedPackage<'_>, expected: &[String]) -> Option<PackageLocation> {
        let WantedPackage { provider, version, platform } = wanted;
        let package = package_dir(self.cache.as_deref()?, provider, version, platform);
        comes_from(&package, expected).then_some(PackageLocation::Directory(package))
    }
}

impl Drop for DownloadDir {
    fn drop(&mut self) {
        self.turn = None;
        // It stays if there is something in it to go on with.
        let _ = fs::remove_dir(&self.path);
    }
}

/// How far a download is: bytes that are there, and of the whole, if that is known.
pub type ProgressReport<'a> = &'a (dyn Fn(u64, Option<u64>) + Sync);

/// Largest archive.
const LIMIT: u64 = 8 << 30;

/// A package that is wanted.
#[derive(Clone, Copy, Debug)]
pub struct WantedPackage<'a> {
    pub provider: &'a ProviderAddress,
    pub version: &'a Version,
    pub platform: &'a Platform,
}

impl ProviderSources {
    /// The package from the first place that has it, checked against what that place says of it.
    ///
    /// # Errors
    /// No place has it, it cannot be fetched, or what came is not what was signed.
    pub fn obtain(
        &self,
        wanted: WantedPackage<'_>,
        offers: &[PackageOffer],
        dir: &DownloadDir,
        tell: ProgressReport<'_>,
    ) -> Result<ObtainedPackage, NetworkError> {
        let mut absent = None;
        for offer in offers {
            let result = match offer {
                PackageOffer::Local(location) => Ok(ObtainedPackage {
                    location: location.clone(),
                    proof: PackageProof::Nothing,
                    hashes: Vec::new(),
                    temporary: false,
                }),
                PackageOffer::NetworkMirror(base) => self.mirrored(wanted, base, dir, tell),
                PackageOffer::OciMirror(repository) => self.oci_package(wanted, repository, dir, tell),
                PackageOffer::Registry => self.published(wanted, dir, tell),
            };
            match result {
                Err(error) if error.is_not_found() => absent = Some(error),
                result => return result,
            }
        }
        Err(absent.unwrap_or_else(|| {
            let WantedPackage { provider, version, platform } = wanted;
            NetworkError::not_found(format!("no place has {provider} {version} for {platform}"))
        }))
    }

    fn published(
        &self,
        wanted: WantedPackage<'_>,
        dir: &DownloadDir,
        tell: ProgressReport<'_>,
    ) -> Result<ObtainedPackage, NetworkError> {
        let registry = ProviderRegistry { network: &self.network, provider: wanted.provider };
        let package =
            registry.package(wanted.version, wanted.platform).map_err(|error| match error.is_not_found() {
                true => {
                    let WantedPackage { version, platform, provider } = wanted;
                    NetworkError::not_found(format!("the registry {} has no {version} for {platform}", provider.host))
                }
                false => error,
            })?;
        let expected = vec![format!("zh:{}", package.sha256)];
        let location = match dir.cached(wanted, &expected) {
            Some(location) => location,
            None => {
                let path = dir.path.join(format!("{}.zip", package.sha256));
                self.fetch(&self.network.file(package.url.clone()), path, &expected, tell)?
            }
        };
        Ok(ObtainedPackage { location, proof: package.signer.into(), hashes: package.hashes, temporary: true })
    }

    fn mirrored(
        &self,
        wanted: WantedPackage<'_>,
        base: &str,
        dir: &DownloadDir,
        tell: ProgressReport<'_>,
    ) -> Result<ObtainedPackage, NetworkError> {
        let mirror = NetworkMirror { network: &self.network, base };
        let archive = mirror.package(wanted.provider, wanted.version, wanted.platform)?;
        let name = Sha256::digest(archive.url.as_str()).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let own = Url::parse(base).ok().filter(|base| crate::network::same_host(base, &archive.url));
        let token = own.and_then(|url| self.network.token(&normal_host(&crate::network::host_of(&url)?)?));
        let location = match dir.cached(wanted, &archive.hashes) {
            Some(location) => location,
            None => {
                let request = Request { token, ..self.network.file(archive.url.clone()) };
                self.fetch(&request, dir.path.join(format!("{name}.zip")), &archive.hashes, tell)?
            }
        };
        let proof = if archive.hashes.is_empty() { PackageProof::Nothing } else { PackageProof::Checksum };
        Ok(ObtainedPackage { location, proof, hashes: Vec::new(), temporary: true })
    }

    fn oci_package(
        &self,
        wanted: WantedPackage<'_>,
        repository: &str,
        dir: &DownloadDir,
        tell: ProgressReport<'_>,
    ) -> Result<ObtainedPackage, NetworkError> {
        let repository = OciRepository::parse(repository).map_err(NetworkError::other)?;
        let mirror = OciMirror { network: &self.network, repository: repository.clone() };
        let blob = mirror.package(wanted.version, wanted.platform)?;
        let expected = vec![format!("zh:{}", blob.sha256)];
        let location = match dir.cached(wanted, &expected) {
            Some(location) => location,
            None => {
                let request = self.network.oci_blob(&repository, &blob)?;
                self.fetch(&request, dir.path.join(format!("{}.zip", blob.sha256)), &expected, tell)?
            }
        };
        // A mirror does not say who made the package; that it is whole is certain.
        Ok(ObtainedPackage { location, proof: PackageProof::Checksum, hashes: Vec::new(), temporary: true })
    }

    /// Fetches an archive of which one of the checksums must be right, if there are any. What an earlier attempt has left
    /// is gone on with, and forgotten if the whole turns out wrong.
    fn fetch(
        &self,
        request: &Request,
        path: PathBuf,
        expected: &[String],
        tell: ProgressReport<'_>,
    ) -> Result<PackageLocation, NetworkError> {
        let url = request.url.clone();
        let mut resumes = !expected.is_empty() && fs::metadata(&path).is_ok_and(|file| file.len() > 0);
        loop {
            let tell = |progress: Progress| tell(progress.done, progress.size);
            let request = request.clone();
            let download = Download { request, path: &path, limit: LIMIT, resumes, tell: &tell };
            self.network.download(&download)?;
            match check(&url, &path, expected) {
                Ok(()) => return Ok(PackageLocation::Archive(path)),
                Err(error) => {
                    // Nothing that is wrong stays.
                    let _ = fs::remove_file(&path);
                    if !resumes {
                        return Err(error);
                    }
                    resumes = false;
                }
            }
        }
    }
}

/// At least one checksum must be right.
fn check(url: &Url, path: &Path, expected: &[String]) -> Result<(), NetworkError> {
    if expected.is_empty() {
        return Ok(());
    }
    let unreadable = |error: &dyn fmt::Display| NetworkError::other(format!("{}: {error}", path.display()));
    let whole = zip_hash(path).map_err(|error| unreadable(&error))?;
    if expected.contains(&whole) {
        return Ok(());
    }
    // Only of an archive that nobody has changed the content need be read.
    let wants_content = expected.iter().any(|hash| hash.starts_with("h1:"));
    if wants_content && hash_archive(path).is_ok_and(|hash| expected.contains(&hash)) {
        return Ok(());
    }
    let shown = crate::network::without_secrets(url);
    Err(NetworkError::other(format!(
        "the package from {shown} is not the one that it should be: its checksum is {whole}, and it should be {}. It was \
         not installed. If the publisher has not replaced it, somebody on the way has",
        expected.join(" or ")
    )))
}
