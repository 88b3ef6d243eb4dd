//! The provider configurations of a run: those of the module under test, with those of the test file put in.

use crate::file::{MockProvider, RunBlock, TestFile};
use crate::mock::{Answers, Overrides};
use crate::stand_in::TestProvider;
use async_trait::async_trait;
use formwork_config::{Config, Module, ProviderBlock, ProviderName, ProviderScope};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{Bindings, TraversalStep, body_references};
use formwork_model::{
    ApplyProvider, ApplyProviders, Entropy, InstanceKey, ModulePath, PlanProvider, PlanProviders, ProviderAddress,
    ProviderConfigAddress, ProviderSchema, Turns,
};
use formwork_value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The configuration that a run works on, and which of its providers are mocked.
pub(crate) struct UnderTest {
    pub config: Config,
    pub mocks: BTreeMap<ProviderConfigAddress, Arc<MockProvider>>,
}

/// Puts the providers of a test file into a configuration. `names` is what their blocks may refer to.
pub(crate) fn under_test(
    config: &Config,
    file: &TestFile,
    run: &RunBlock,
    names: &Bindings,
) -> Result<UnderTest, Diagnostics> {
    let mut root = Module::clone(config.root());
    let mut mocks = BTreeMap::new();
    let mut diagnostics = Diagnostics::new();
    let mut put = |name: ProviderName, block: ProviderBlock, mock: Option<&MockProvider>| {
        let provider = root.provider_address(&name.name);
        if let Some(mock) = mock {
            let address = ProviderConfigAddress {
                module: ModulePath::root(),
                provider: provider.clone(),
                alias: name.alias.clone(),
                key: InstanceKey::None,
            };
            mocks.insert(address, Arc::new(mock.clone()));
        }
        root.providers.insert(name.clone(), ProviderBlock { name, provider, ..block });
    };
    let bound = |block: &ProviderBlock| ProviderBlock { scope: ProviderScope::Bound(names.clone()), ..block.clone() };
    match run.providers.as_ref().filter(|passed| !passed.is_empty()) {
        Some(passed) => {
            for pair in passed {
                if let Some(block) = file.providers.get(&pair.parent) {
                    check_names(block, file, names, &mut diagnostics);
                    put(pair.child.clone(), bound(block), None);
                } else if let Some(mock) = file.mocks.get(&pair.parent) {
                    put(pair.child.clone(), mock.block.clone(), Some(mock));
                } else {
                    let detail =
                        format!("The test file has neither a provider nor a mock_provider block for {}.", pair.parent);
                    let summary = format!("Missing provider definition for {}", pair.parent);
                    diagnostics.push(Diagnostic::error(summary, detail).at(pair.parent_span));
                }
            }
        }
        None => {
            for (name, block) in file.providers.iter().filter(|(name, _)| is_wanted(config, name)) {
                check_names(block, file, names, &mut diagnostics);
                put(name.clone(), bound(block), None);
            }
            for (name, mock) in file.mocks.iter().filter(|(name, _)| is_wanted(config, name)) {
                put(name.clone(), mock.block.clone(), Some(mock));
            }
        }
    }
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(UnderTest { config: config.with_root(root), mocks }) }
}

/// Reports names in a provider block that mean nothing in this run.
fn check_names(block: &ProviderBlock, file: &TestFile, names: &Bindings, diagnostics: &mut Diagnostics) {
    for traversal in body_references(&block.body) {
        let name = match traversal.steps.first() {
            Some(TraversalStep::Attribute { name, .. }) => &**name,
            _ => "",
        };
        if names.get(&traversal.root).is_some_and(|values| values.get(name).is_some()) {
            continue;
        }
        let (summary, detail) = match &*traversal.root {
            "var" => (
                "Reference to unavailable variable",
                format!("No value is given for the variable {name:?}: not by the run, its file, or the command line."),
            ),
            "run" if file.runs.iter().any(|run| *run.name == *name) => {
                ("Reference to unavailable run block", format!("The run {name:?} has not been executed yet."))
            }
            "run" => ("Reference to unknown run block", format!("The file has no run named {name:?}.")),
            _ => {
                let detail =
                    "Provider blocks of test files see given variables (var.NAME) and earlier runs (run.NAME).";
                ("Invalid reference", detail.to_string())
            }
        };
        let end = traversal.steps.first().map_or(traversal.root_span, TraversalStep::span);
        diagnostics.push(Diagnostic::error(summary, detail).at(traversal.root_span.to(end)));
    }
}

/// True if the configuration has a use for a provider configuration, under the name that its root module knows.
fn is_wanted(config: &Config, name: &ProviderName) -> bool {
    let root = config.root();
    let declared = root.requirements.get(&name.name).is_some_and(|required| required.aliases.contains(name));
    let used = root.resources.values().any(|resource| resource.provider.name == *name);
    let passed = root.calls.values().flat_map(|call| call.providers.iter().flatten()).any(|pair| pair.parent == *name);
    if declared || used || passed || root.providers.contains_key(name) {
        return true;
    }
    let address = root.provider_address(&name.name);
    let uses = |module: &Module| {
        module.requirements.values().any(|required| required.source == address)
            || module.resources.values().any(|resource| resource.provider_address == address)
    };
    name.alias.is_none() && root.local_name(&address) == name.name && config.modules.values().any(|module| uses(module))
}

/// The providers that a run works with.
pub(crate) struct TestProviders {
    pub real: Arc<dyn ApplyProviders>,
    pub mocks: BTreeMap<ProviderConfigAddress, Arc<MockProvider>>,
    pub overrides: Arc<Overrides>,
    pub entropy: Arc<dyn Entropy>,
}

impl TestProviders {
    async fn mocked(&self, address: &ProviderConfigAddress) -> Result<Option<TestProvider>, Diagnostics> {
        let Some(mock) = self.mocks.get(&address.config()) else { return Ok(None) };
        Ok(Some(TestProvider {
            real: self.real.unconfigured(&address.provider).await?,
            apply: None,
            answers: Some(Answers::Mock(mock.clone())),
            overrides: Arc::new(self.overrides.with_mock(mock)),
            entropy: self.entropy.clone(),
        }))
    }

    fn decorated(&self, real: Arc<dyn PlanProvider>, apply: Option<Arc<dyn ApplyProvider>>) -> Arc<TestProvider> {
        let (overrides, entropy) = (self.overrides.clone(), self.entropy.clone());
        Arc::new(TestProvider { real, apply, answers: None, overrides, entropy })
    }
}

#[async_trait]
impl PlanProviders for TestProviders {
    async fn schema(&self, provider: &ProviderAddress) -> Result<Arc<ProviderSchema>, Diagnostics> {
        self.real.schema(provider).await
    }

    async fn unconfigured(&self, provider: &ProviderAddress) -> Result<Arc<dyn PlanProvider>, Diagnostics> {
        self.real.unconfigured(provider).await
    }

    async fn configured(
        &self,
        address: &ProviderConfigAddress,
        config: &Value,
    ) -> Result<Arc<dyn PlanProvider>, Diagnostics> {
        match self.mocked(address).await? {
            Some(provider) => Ok(Arc::new(provider)),
            None => Ok(self.decorated(self.real.configured(address, config).await?, None)),
        }
    }

    fn use_turns(&self, turns: Arc<dyn Turns>) {
        self.real.use_turns(turns);
    }
}

#[async_trait]
impl ApplyProviders for TestProviders {
    async fn configured_for_apply(
        &self,
        address: &ProviderConfigAddress,
        config: &Value,
    ) -> Result<Arc<dyn ApplyProvider>, Diagnostics> {
        if let Some(provider) = self.mocked(address).await? {
            return Ok(Arc::new(provider));
        }
        let provider = self.real.configured_for_apply(address, config).await?;
        Ok(self.decorated(provider.clone(), Some(provider)))
    }
}
