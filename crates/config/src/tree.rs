//! The tree of modules.

use crate::{Module, PassedProvider, ProviderBlock, ProviderName, RemovedBlock, RemovedFrom};
use formwork_diag::{Diagnostics, Sources};
use formwork_hcl::Expr;
use formwork_model::{
    InstanceKey, ModuleInstance, ModulePath, ProviderAddress, ProviderConfigAddress, ResourceInstance,
};
use formwork_value::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A configuration: the root module and every module called from it, directly or not.
#[derive(Clone, Debug)]
pub struct Config {
    /// By path; the root module is always there. Modules that could not be read are missing.
    pub modules: BTreeMap<ModulePath, Arc<Module>>,
    /// The files that were read.
    pub sources: Sources,
    /// Module instances of which only these outputs count: nothing inside of them exists (tests).
    pub overridden: BTreeMap<ModuleInstance, Value>,
    /// Versions that modules ask for and this engine is not. Whoever works with the configuration tells them; who only
    /// shows it need not.
    pub refused: Diagnostics,
    /// The root module has errors of its own: what it calls may be missing.
    pub root_failed: bool,
    root: Arc<Module>,
}

impl Config {
    /// Puts a tree together; without a root module an empty one is added.
    pub fn new(mut modules: BTreeMap<ModulePath, Arc<Module>>, sources: Sources) -> Config {
        let empty = || Arc::new(Module::empty(ModulePath::root(), "."));
        let root = modules.entry(ModulePath::root()).or_insert_with(empty).clone();
        Config { modules, sources, overridden: BTreeMap::new(), refused: Diagnostics::new(), root_failed: false, root }
    }

    /// A configuration in which nothing is declared.
    pub fn empty() -> Config {
        Config::new(BTreeMap::new(), Sources::new())
    }

    /// The root module.
    pub fn root(&self) -> &Arc<Module> {
        &self.root
    }

    /// All providers that resources and provider configurations belong to.
    pub fn provider_addresses(&self) -> BTreeSet<ProviderAddress> {
        let modules = self.modules.values();
        modules
            .flat_map(|module| {
                let resources = module.resources.values().map(|block| &block.provider_address);
                let actions = module.actions.values().map(|block| &block.provider_address);
                let lists = module.lists.iter().map(|block| &block.provider_address);
                resources.chain(module.providers.values().map(|block| &block.provider)).chain(actions).chain(lists)
            })
            .cloned()
            .collect()
    }

    /// The same with another root module.
    pub fn with_root(&self, root: Module) -> Config {
        let root = Arc::new(root);
        let mut config = Config { root: root.clone(), ..self.clone() };
        config.modules.insert(ModulePath::root(), root);
        config
    }

    /// The outputs that stand for a module instance; steps without a key count for every key. The longest key wins.
    pub fn override_of(&self, module: &ModuleInstance) -> Option<&Value> {
        if self.overridden.is_empty() {
            return None;
        }
        let exact = self.overridden.get(module);
        exact.or_else(|| self.overridden.iter().find(|(target, _)| covers(target, module)).map(|(_, outputs)| outputs))
    }

    /// True if a module around the instance (or itself) is replaced by its outputs.
    pub fn is_inside_override(&self, module: &ModuleInstance) -> bool {
        if self.overridden.is_empty() {
            return false;
        }
        let ancestors = (1..=module.0.len()).map(|n| ModuleInstance(module.0.iter().take(n).cloned().collect()));
        ancestors.into_iter().any(|ancestor| self.override_of(&ancestor).is_some())
    }

    /// The module with that path.
    pub fn module(&self, path: &ModulePath) -> Option<&Arc<Module>> {
        self.modules.get(path)
    }

    /// The provider configuration that a name stands for in a module: declared there, or passed or
    /// inherited from a caller. A default configuration that is declared nowhere belongs to the root module.
    pub fn provider_config(&self, module: &ModulePath, name: &ProviderName) -> ProviderConfigAddress {
        self.provider_source(module, name).0
    }

    /// As [`Config::provider_config`], with the module to which its owner passed it, and the key of the instance that it chose
    /// for that (only if the configuration has `for_each`).
    pub fn provider_source(
        &self,
        module: &ModulePath,
        name: &ProviderName,
    ) -> (ProviderConfigAddress, Option<(ModulePath, &Expr)>) {
        let mut passed_key = None;
        let mut at = module.clone();
        let mut wanted = name.clone();
        loop {
            let declaring = self.module(&at);
            let provider = declaring.map_or_else(
                || formwork_model::ProviderAddress::implied(&wanted.name),
                |m| m.provider_address(&wanted.name),
            );
            let passed = self.passed(&at, &wanted);
            let own = declaring.and_then(|m| m.providers.get(&wanted));
            let is_own = own.is_some_and(|block| passed.is_none() || !block.body.is_empty());
            let Some((parent, _)) = at.parent() else {
                return (unkeyed(at, provider, wanted), passed_key);
            };
            if is_own {
                return (unkeyed(at, provider, wanted), passed_key);
            }
            passed_key = passed.and_then(|p| Some((at.clone(), p.key.as_ref()?)));
            wanted = match passed {
                Some(passed) => passed.parent.clone(),
                None if wanted.alias.is_none() => {
                    let local = self.module(&parent).map_or_else(|| provider.name.clone(), |m| m.local_name(&provider));
                    ProviderName::new(local, None)
                }
                None => return (unkeyed(at, provider, wanted), None),
            };
            at = parent;
        }
    }

    /// The block that declares a provider configuration; default configurations need none.
    pub fn provider_block(&self, address: &ProviderConfigAddress) -> Option<&ProviderBlock> {
        let blocks = self.module(&address.module)?.providers.values();
        blocks.into_iter().find(|b| b.provider == address.provider && b.name.alias == address.alias)
    }

    /// What the caller of a module passes as a provider configuration.
    fn passed(&self, module: &ModulePath, wanted: &ProviderName) -> Option<&PassedProvider> {
        let (parent, call) = module.parent()?;
        let call = self.module(&parent)?.calls.get(call)?;
        call.providers.as_ref()?.iter().find(|p| p.child == *wanted)
    }
}

impl Config {
    /// The `removed` block that covers an instance.
    pub fn removed(&self, address: &ResourceInstance) -> Option<&RemovedBlock> {
        let path = address.module.path();
        self.modules.values().flat_map(|m| m.removed.iter().map(move |block| (m, block))).find_map(|(module, block)| {
            let covers = match &block.from {
                RemovedFrom::Resource(inner, resource) => {
                    *resource == address.resource && inside(&module.path, inner) == path
                }
                RemovedFrom::Module(inner) => path.0.starts_with(&inside(&module.path, inner).0),
            };
            covers.then_some(block)
        })
    }
}

fn unkeyed(module: ModulePath, provider: ProviderAddress, name: ProviderName) -> ProviderConfigAddress {
    ProviderConfigAddress { module, provider, alias: name.alias, key: InstanceKey::None }
}

fn inside(outer: &ModulePath, inner: &ModulePath) -> ModulePath {
    ModulePath(outer.0.iter().chain(&inner.0).cloned().collect())
}

fn covers(target: &ModuleInstance, module: &ModuleInstance) -> bool {
    target.0.len() == module.0.len()
        && target.0.iter().zip(&module.0).all(|(a, b)| a.name == b.name && (a.key.is_none() || a.key == b.key))
}
