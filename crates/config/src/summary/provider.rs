//! Keys of provider configurations.

use super::Schemas;
use super::expression::{body_expressions, expression, free_expressions};
use crate::{Config, Module, ProviderName};
use formwork_model::{Constraints, ModulePath, ProviderAddress, ProviderConfigSummary};
use formwork_value::Str;
use std::collections::BTreeMap;

/// A configuration under one of its names, and the key of the one in the calling module that it stands for.
struct Entry {
    module: ModulePath,
    name: ProviderName,
    provider: ProviderAddress,
    constraints: Option<Constraints>,
    source: Option<Str>,
}

/// Provider configurations of all modules by key: `NAME[.ALIAS]`, with `MODULE:` in front in child modules.
pub(super) struct ProviderKeys(BTreeMap<Str, Entry>);

fn key_text(module: &ModulePath, name: &ProviderName) -> Str {
    if module.is_root() { name.to_string().into() } else { format!("{module}:{name}").into() }
}

impl ProviderKeys {
    pub fn collect(config: &Config) -> ProviderKeys {
        let mut keys = ProviderKeys(BTreeMap::new());
        keys.add_module(config, config.root());
        keys
    }

    fn add_module(&mut self, config: &Config, module: &Module) {
        for name in module.providers.keys() {
            self.add(module, name.clone(), false);
        }
        for (name, requirement) in &module.requirements {
            for alias in &requirement.aliases {
                self.add(module, alias.clone(), false);
            }
            self.add(module, ProviderName::new(name.clone(), None), true);
        }
        for provider in used_providers(module) {
            self.add(module, ProviderName::new(module.local_name(&provider), None), true);
        }
        for call in module.calls.values() {
            let Some(child) = config.module(&module.path.child(call.name.clone())) else { continue };
            for passed in call.providers.iter().flatten() {
                let source = self.key(&module.path, &passed.parent);
                let entry = Entry {
                    module: child.path.clone(),
                    name: passed.child.clone(),
                    provider: child.provider_address(&passed.child.name),
                    constraints: None,
                    source: Some(source),
                };
                self.0.insert(key_text(&child.path, &passed.child), entry);
            }
            self.add_module(config, child);
        }
    }

    /// Adds a configuration unless its name is known. A default one may stand for that of the calling module.
    fn add(&mut self, module: &Module, name: ProviderName, inherits: bool) {
        let key = key_text(&module.path, &name);
        if self.0.contains_key(&key) {
            return;
        }
        let provider = module.provider_address(&name.name);
        let parent = module.path.parent().filter(|_| inherits);
        let source = parent.map(|(parent, _)| self.key(&parent, &name));
        let source = source.filter(|key| self.0.get(key).is_some_and(|entry| entry.provider == provider));
        let constraints = module.requirements.get(&name.name).map(|r| r.constraints.clone());
        let constraints = constraints.filter(|c| !c.0.is_empty());
        self.0.insert(key, Entry { module: module.path.clone(), name, provider, constraints, source });
    }

    /// The key of the configuration that a name stands for in a module.
    pub fn key(&self, module: &ModulePath, name: &ProviderName) -> Str {
        let own = key_text(module, name);
        self.0.get(&own).and_then(|entry| entry.source.clone()).unwrap_or(own)
    }

    /// The configurations that stand for themselves.
    pub fn summaries(&self, config: &Config, schemas: &Schemas) -> BTreeMap<Str, ProviderConfigSummary> {
        let own = self.0.iter().filter(|(_, entry)| entry.source.is_none());
        own.map(|(key, entry)| (key.clone(), summarize(config, entry, schemas))).collect()
    }
}

fn summarize(config: &Config, entry: &Entry, schemas: &Schemas) -> ProviderConfigSummary {
    let block = config.module(&entry.module).and_then(|m| m.providers.get(&entry.name));
    let schema = schemas.get(&entry.provider);
    let expressions = match (block, schema) {
        (Some(block), Some(schema)) => body_expressions(&block.body, &schema.provider.block),
        (Some(block), None) => free_expressions(&block.body),
        (None, _) => BTreeMap::new(),
    };
    ProviderConfigSummary {
        for_each_expression: block.and_then(|block| block.for_each.as_ref()).map(expression),
        name: entry.name.name.clone(),
        full_name: entry.provider.to_string().into(),
        alias: entry.name.alias.clone(),
        version_constraint: entry.constraints.as_ref().map(|c| c.normalized().into()),
        module_address: (!entry.module.is_root()).then(|| entry.module.to_string().into()),
        expressions,
    }
}

/// Providers that a module's resources use.
fn used_providers(module: &Module) -> Vec<ProviderAddress> {
    let mut used: Vec<ProviderAddress> = module.resources.values().map(|r| r.provider_address.clone()).collect();
    used.sort();
    used.dedup();
    used
}
