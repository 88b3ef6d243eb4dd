//! Packages of providers and modules: where they come from, which version is taken, how they are checked and kept.
//!
//! `init` calls [`init_providers`] and [`write_manifest`]; every other command asks [`installed`] for what is there.
//!
//! Invariant: nothing is written outside of the data directory, the lock file, the plugin cache, and bundles and
//! mirrors where they are asked for.
//! Invariant: a package is used only if it matches the lock file, or nothing is recorded for it yet.
//! Invariant: nothing is asked over the network as long as what is locked is in place.

mod archive;
mod bundle;
mod cached;
mod cli_config;
mod hash;
mod ignore_rules;
mod init;
mod installed;
mod lock_file;
mod mirror;
mod module_lock;
mod module_manifest;
mod modules;
mod network;
mod network_mirror;
mod obtain;
mod oci;
mod package;
mod packed_mirror;
mod pattern;
mod platform;
mod registry;
mod replace;
mod sources;
mod turn;
mod verified;

pub use bundle::{BundleError, BundledDir, write_bundle};
pub use cli_config::{CliConfig, CredentialsHelper, InstallationMethod, MethodKind, ProviderLimits, load_cli_config};
pub use hash::{HashError, hash_archive, hash_dir, zip_hash};
pub use ignore_rules::IgnoreRules;
pub use init::{InitReport, InstallEvent, ProviderInit, init_providers};
pub use installed::{InstalledPackage, PackageState, check_lock, installed};
pub use lock_file::{parse_lock_file, read_lock_file, save_lock_file, write_lock_file};
pub use mirror::{FilesystemMirror, PackageLocation};
pub use module_lock::{ModuleLock, ModuleLocks, parse_module_locks, read_module_locks, save_module_locks};
pub use module_manifest::{ManifestError, parse_manifest, read_manifest, write_manifest};
pub use modules::{FetchReport, ModuleError, ModuleInstaller, ModuleOrigin, ModulePackage, WantedModule};
pub use network::{Network, NetworkError, NetworkProblem, NetworkSettings};
pub use obtain::{DownloadDir, ObtainedPackage, PackageProof, ProgressReport, WantedPackage};
pub use oci::{OciCredential, OciSettings};
pub use package::executable;
pub use packed_mirror::MirrorPackage;
pub use pattern::ProviderPattern;
pub use platform::{Platform, current_platform};
pub use sources::{Available, PackageOffer, ProviderSource, ProviderSources, implied_dirs};
