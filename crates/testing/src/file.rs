//! A test file and what it declares.

use formwork_config::{CheckRule, Config, ModuleCall, PassedProvider, ProviderBlock, ProviderName};
use formwork_diag::Span;
use formwork_hcl::{Attribute, Traversal};
use formwork_model::{PlanMode, TargetAddress};
use formwork_value::{Str, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// `NAME.tftest.hcl`.
#[derive(Clone, Debug)]
pub struct TestFile {
    /// Path as shown: relative to the root module, with forward slashes.
    pub name: Str,
    /// Lies in the test directory, whose variable files count for it.
    pub in_test_dir: bool,
    pub variables: BTreeMap<Str, Attribute>,
    pub providers: BTreeMap<ProviderName, ProviderBlock>,
    pub mocks: BTreeMap<ProviderName, MockProvider>,
    pub overrides: Vec<ObjectOverride>,
    /// In the order of the file, which is that of their execution.
    pub runs: Vec<RunBlock>,
}

/// What a run does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Command {
    Plan,
    #[default]
    Apply,
}

/// `run "NAME"`.
#[derive(Clone, Debug)]
pub struct RunBlock {
    pub name: Str,
    pub command: Command,
    pub mode: PlanMode,
    pub refresh: bool,
    pub replace: Vec<Traversal>,
    pub targets: Vec<Traversal>,
    pub variables: BTreeMap<Str, Attribute>,
    pub asserts: Vec<CheckRule>,
    pub overrides: Vec<ObjectOverride>,
    /// The module to run in place of the root module.
    pub module: Option<ModuleCall>,
    /// That module, loaded.
    pub config: Option<Arc<Config>>,
    /// Which configurations of the file the module gets; all of the file's if this is not written.
    pub providers: Option<Vec<PassedProvider>>,
    pub expect_failures: Vec<Traversal>,
    pub state_key: Option<Str>,
    /// May run at the same time as its neighbours.
    pub parallel: bool,
    pub header_span: Span,
}

/// `mock_provider "NAME"`.
#[derive(Clone, Debug)]
pub struct MockProvider {
    pub block: ProviderBlock,
    pub resources: BTreeMap<Str, MockType>,
    pub data_sources: BTreeMap<Str, MockType>,
    pub overrides: Vec<ObjectOverride>,
}

/// `mock_resource` or `mock_data`: what computed attributes of a type are.
#[derive(Clone, Debug)]
pub struct MockType {
    pub kind: Str,
    /// An object; empty if nothing was given.
    pub defaults: Value,
    /// Evaluated for each run: it is more than constants.
    pub later: Option<Attribute>,
    pub defaults_span: Span,
    pub during_plan: bool,
    pub header_span: Span,
}

/// Which block an override is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverrideKind {
    Resource,
    Data,
    Module,
}

/// `override_resource`, `override_data` or `override_module`.
#[derive(Clone, Debug)]
pub struct ObjectOverride {
    pub kind: OverrideKind,
    pub target: TargetAddress,
    pub target_span: Span,
    /// An object: computed attributes, or outputs.
    pub values: Value,
    /// Evaluated for each run: it is more than constants.
    pub later: Option<Attribute>,
    pub values_span: Span,
    /// The values are known in plans already.
    pub during_plan: bool,
}

impl OverrideKind {
    /// The block type.
    pub fn block(self) -> &'static str {
        match self {
            OverrideKind::Resource => "override_resource",
            OverrideKind::Data => "override_data",
            OverrideKind::Module => "override_module",
        }
    }

    /// The argument that holds the values.
    pub(crate) fn argument(self) -> &'static str {
        match self {
            OverrideKind::Module => "outputs",
            _ => "values",
        }
    }
}

impl RunBlock {
    /// Names the state that the run works on; `None` for that of the root module.
    pub fn state(&self) -> Option<Str> {
        let source = || self.module.as_ref().map(|call| call.source_text.clone());
        self.state_key.clone().map(|key| Str::from(format!("key {key}"))).or_else(source)
    }
}
