//! Which modules are installed, and where.

use crate::{ModulePath, Version};
use formwork_value::Str;
use std::collections::BTreeMap;

/// Installed modules by their path in the configuration. The root module has no entry.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModuleManifest {
    pub modules: BTreeMap<ModulePath, InstalledModule>,
}

/// A module as it was installed.
#[derive(Clone, Debug, PartialEq)]
pub struct InstalledModule {
    /// The normalised source address for which it was installed.
    pub source: Str,
    /// Only of modules from a registry.
    pub version: Option<Version>,
    /// Directory relative to the working directory, with forward slashes.
    pub dir: Str,
}
