//! All that a suite needs, as one configuration.

use crate::load::{Suite, test_module_path};
use formwork_config::{Config, Module, ProviderScope};
use formwork_model::ModulePath;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Suite {
    /// The configuration with the modules of all runs below `test`, each called from a module of its file's name, and
    /// with the providers of the files: what has to be installed.
    pub fn everything(&self) -> Config {
        let mut root = Module::clone(self.config.root());
        let mut modules = self.config.modules.clone();
        for file in &self.files {
            let blocks = file.providers.values().chain(file.mocks.values().map(|mock| &mock.block));
            for block in blocks.filter(|block| block.name.alias.is_none()) {
                let known = root.providers.entry(block.name.clone());
                known.or_insert_with(|| formwork_config::ProviderBlock {
                    scope: ProviderScope::Mocked,
                    ..block.clone()
                });
            }
            for run in &file.runs {
                let (Some(call), Some(config)) = (&run.module, &run.config) else { continue };
                let path = test_module_path(&file.name, &run.name);
                let Some((caller, name)) = path.parent() else { continue };
                let caller = modules.entry(caller.clone()).or_insert_with(|| Arc::new(Module::empty(caller, ".")));
                Arc::make_mut(caller).calls.insert(name.clone(), call.clone());
                add_below(&path, config, &mut modules);
            }
        }
        modules.insert(ModulePath::root(), Arc::new(root));
        Config::new(modules, self.sources.clone())
    }
}

fn add_below(path: &ModulePath, config: &Config, modules: &mut BTreeMap<ModulePath, Arc<Module>>) {
    for (inner, module) in &config.modules {
        let path = ModulePath(path.0.iter().chain(&inner.0).cloned().collect());
        modules.insert(path.clone(), Arc::new(Module { path, ..Module::clone(module) }));
    }
}
