//! Who is replaced by creating first.

use formwork_config::Config;
use formwork_eval::{Item, ReferenceGraph};
use formwork_model::{ConfigResource, ResourceMode};
use std::collections::BTreeSet;

/// Resources that ask for it, and everything that they depend on: a new object cannot wait for the new object of a
/// dependency whose old one must go first.
pub(crate) fn create_before_destroy(config: &Config, graph: &ReferenceGraph) -> BTreeSet<ConfigResource> {
    let mut stack: Vec<usize> = Vec::new();
    for (path, module) in &config.modules {
        for block in module.resources.values().filter(|b| b.lifecycle.create_before_destroy == Some(true)) {
            let resource = ConfigResource { module: path.clone(), resource: block.resource.clone() };
            stack.extend(graph.resource_position(&resource));
        }
    }
    let mut seen: BTreeSet<usize> = stack.iter().copied().collect();
    let mut out = BTreeSet::new();
    while let Some(node) = stack.pop() {
        if let Some(address) = graph.nodes.get(node)
            && let Item::Resource(resource) = &address.item
            && resource.mode == ResourceMode::Managed
        {
            out.insert(ConfigResource { module: address.module.clone(), resource: resource.clone() });
        }
        for dependency in graph.dependencies.get(node).into_iter().flatten() {
            if seen.insert(*dependency) {
                stack.push(*dependency);
            }
        }
    }
    out
}
