//! Giving many instances their values at once.

use crate::{Evaluator, Item, ItemAddress, ModuleId, ReferenceGraph};
use formwork_model::{ConfigResource, ModuleInstance, ResourceInstance};
use formwork_value::Value;
use std::collections::BTreeMap;

impl Evaluator {
    /// Gives instances their values in the order of references, because repetitions may depend on values. Instances in
    /// modules that the configuration does not have are left out.
    ///
    /// Problems met on the way are dropped: what cannot be evaluated before its time is evaluated again when it is needed.
    pub fn set_instances(&self, graph: &ReferenceGraph, values: impl IntoIterator<Item = (ResourceInstance, Value)>) {
        let mut by_config: BTreeMap<ConfigResource, Vec<(ResourceInstance, Value)>> = BTreeMap::new();
        for (address, value) in values {
            by_config.entry(address.config()).or_default().push((address, value));
        }
        for node in graph.order().unwrap_or_default() {
            let Some(ItemAddress { module, item: Item::Resource(resource) }) = graph.nodes.get(node) else { continue };
            let config = ConfigResource { module: module.clone(), resource: resource.clone() };
            for (address, value) in by_config.remove(&config).unwrap_or_default() {
                if let Some(module) = self.expanded_module(&address.module) {
                    self.set_instance(module, &address.resource, address.key, value);
                }
            }
        }
        drop(self.take_problems());
    }

    /// The module instance of an address, expanding calls on the way.
    pub fn expanded_module(&self, address: &ModuleInstance) -> Option<ModuleId> {
        if let Some(known) = self.module_id(address) {
            return Some(known);
        }
        let mut module = ModuleId::ROOT;
        for step in &address.0 {
            let (_, children, _) = self.call_instances(module, &step.name).ok()?;
            module = *children.get(&step.key)?;
        }
        Some(module)
    }
}
