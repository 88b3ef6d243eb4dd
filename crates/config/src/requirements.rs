//! Which providers a configuration needs.

use crate::Config;
use formwork_model::{Constraints, ProviderAddress};
use std::collections::BTreeMap;

/// The providers of all modules with everything that is required of their versions: those that are declared, configured
/// or used by a resource or import.
pub fn provider_requirements(config: &Config) -> BTreeMap<ProviderAddress, Constraints> {
    let mut required: BTreeMap<ProviderAddress, Constraints> = BTreeMap::new();
    let mut add = |provider: ProviderAddress, constraints: Option<&Constraints>| {
        let all = required.entry(provider).or_default();
        if let Some(constraints) = constraints {
            all.0.extend(constraints.0.iter().cloned());
        }
    };
    for module in config.modules.values() {
        for requirement in module.requirements.values() {
            add(requirement.source.clone(), Some(&requirement.constraints));
        }
        for block in module.providers.values() {
            add(block.provider.clone(), block.version.as_ref());
        }
        for resource in module.resources.values() {
            add(resource.provider_address.clone(), None);
        }
        for list in &module.lists {
            add(list.provider_address.clone(), None);
        }
        for action in module.actions.values() {
            add(action.provider_address.clone(), None);
        }
        for import in module.imports.iter().filter(|i| i.to.module.is_empty()) {
            let implied = import.to.resource.implied_provider();
            let declared = module.resources.get(&import.to.resource).map(|r| r.provider_address.clone());
            let written = import.provider.as_ref().map(|p| module.provider_address(&p.name.name));
            add(declared.or(written).unwrap_or_else(|| module.provider_address(implied)), None);
        }
    }
    required
}
