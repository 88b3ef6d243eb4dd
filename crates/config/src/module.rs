//! A module: what its files declare.

use crate::{
    ActionBlock, BackendBlock, CheckBlock, CloudBlock, ImportBlock, ListBlock, ModuleCall, MovedBlock, OutputBlock,
    ProviderBlock, ProviderName, ProviderRequirement, RemovedBlock, ResourceBlock, VariableBlock,
};
use formwork_diag::Span;
use formwork_hcl::{Body, Expr};
use formwork_model::{ActionName, Constraints, ModulePath, ProviderAddress, Resource};
use formwork_value::Str;
use std::collections::BTreeMap;

/// A module of the configuration.
#[derive(Clone, Debug)]
pub struct Module {
    pub path: ModulePath,
    /// Directory relative to the working directory, with forward slashes; `.` for the root module: `path.module`.
    pub dir: Str,
    pub required_versions: Vec<(Constraints, Span)>,
    /// Only the root module's counts.
    pub backend: Option<BackendBlock>,
    pub cloud: Option<CloudBlock>,
    /// `required_providers` by local name.
    pub requirements: BTreeMap<Str, ProviderRequirement>,
    pub providers: BTreeMap<ProviderName, ProviderBlock>,
    pub provider_metas: BTreeMap<Str, ProviderMeta>,
    pub variables: BTreeMap<Str, VariableBlock>,
    pub locals: BTreeMap<Str, LocalValue>,
    pub outputs: BTreeMap<Str, OutputBlock>,
    /// Includes the data sources nested in check blocks.
    pub resources: BTreeMap<Resource, Box<ResourceBlock>>,
    pub actions: BTreeMap<ActionName, ActionBlock>,
    /// Of query files; only the root module has any, and only queries.
    pub lists: Vec<ListBlock>,
    pub calls: BTreeMap<Str, ModuleCall>,
    pub moved: Vec<MovedBlock>,
    pub removed: Vec<RemovedBlock>,
    pub imports: Vec<ImportBlock>,
    pub checks: BTreeMap<Str, CheckBlock>,
}

/// One entry of `locals`.
#[derive(Clone, Debug)]
pub struct LocalValue {
    pub name: Str,
    pub expr: Expr,
    pub span: Span,
}

/// `provider_meta "name"` of a `terraform` block.
#[derive(Clone, Debug)]
pub struct ProviderMeta {
    pub name: Str,
    pub provider: ProviderAddress,
    pub body: Body,
    pub span: Span,
}

impl Module {
    /// A module without content.
    pub fn empty(path: ModulePath, dir: impl Into<Str>) -> Module {
        Module {
            path,
            dir: dir.into(),
            required_versions: Vec::new(),
            backend: None,
            cloud: None,
            requirements: BTreeMap::new(),
            providers: BTreeMap::new(),
            provider_metas: BTreeMap::new(),
            variables: BTreeMap::new(),
            locals: BTreeMap::new(),
            outputs: BTreeMap::new(),
            resources: BTreeMap::new(),
            actions: BTreeMap::new(),
            lists: Vec::new(),
            calls: BTreeMap::new(),
            moved: Vec::new(),
            removed: Vec::new(),
            imports: Vec::new(),
            checks: BTreeMap::new(),
        }
    }

    /// The provider that a local name stands for in this module.
    pub fn provider_address(&self, local_name: &str) -> ProviderAddress {
        self.requirements.get(local_name).map_or_else(|| ProviderAddress::implied(local_name), |r| r.source.clone())
    }

    /// The local name of a provider in this module, if anything but the implied one was declared.
    pub fn local_name(&self, provider: &ProviderAddress) -> Str {
        self.requirements
            .iter()
            .find(|(_, r)| r.source == *provider)
            .map_or_else(|| provider.name.clone(), |(name, _)| name.clone())
    }
}
