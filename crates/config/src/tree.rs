//! The tree of modules.

use crate::Module;
use formwork_diag::Sources;
use formwork_model::ModulePath;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A configuration: the root module and every module called from it, directly or not.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// By path; the root module is always there. Modules that could not be read are missing.
    pub modules: BTreeMap<ModulePath, Arc<Module>>,
    /// The files that were read.
    pub sources: Sources,
}

impl Config {
    /// The module with that path.
    pub fn module(&self, path: &ModulePath) -> Option<&Arc<Module>> {
        self.modules.get(path)
    }
}
