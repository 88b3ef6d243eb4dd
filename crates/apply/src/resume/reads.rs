//! What the rest of a plan reads must be as the plan expects it.

use super::standing::Standing;
use formwork_config::Config;
use formwork_eval::{Item, ReferenceGraph};
use formwork_model::{ConfigResource, OperationKind, Plan, ResourceInstance, ResourceMode, StateSnapshot};
use formwork_object::Deviation;
use std::collections::BTreeSet;

/// Errors: objects that are read and have changed, or have come in.
pub(super) fn check(
    plan: &Plan,
    config: &Config,
    now: &StateSnapshot,
    standings: &[Standing],
    rest: &[usize],
) -> Result<(), Vec<Deviation>> {
    let read = read(plan, config, rest);
    let mut deviations = Vec::new();
    for (change, standing) in plan.changes.iter().zip(standings) {
        if let Standing::Elsewhere(deviation) = standing
            && read.contains(&change.address.config())
        {
            deviations.push(deviation.clone());
        }
    }
    let known: BTreeSet<&ResourceInstance> = plan.changes.iter().map(|change| &change.address).collect();
    for (address, _, instance) in now.state.instances() {
        let is_new = instance.current.is_some() && address.resource.mode == ResourceMode::Managed;
        if is_new && !known.contains(&address) && read.contains(&address.config()) {
            deviations.push(Deviation::of(&address, None, "is there now, and the plan does not know it"));
        }
    }
    if deviations.is_empty() { Ok(()) } else { Err(deviations) }
}

/// Resources that are read by operations that are left, by provider configurations, outputs and checks.
fn read(plan: &Plan, config: &Config, rest: &[usize]) -> BTreeSet<ConfigResource> {
    let graph = ReferenceGraph::build(config);
    let operations = rest.iter().filter_map(|at| plan.execution.operations.get(*at));
    let resources: BTreeSet<ConfigResource> =
        operations.filter(|o| o.kind != OperationKind::Barrier).map(|o| o.address.config()).collect();
    let readers = graph.nodes.iter().enumerate().filter(|(_, node)| match &node.item {
        Item::Output(_) => node.module.is_root(),
        Item::Check(_) | Item::Provider(..) => true,
        _ => false,
    });
    let mut stack: Vec<usize> = readers.map(|(at, _)| at).collect();
    stack.extend(resources.iter().filter_map(|resource| graph.resource_position(resource)));
    let mut begun: BTreeSet<usize> = stack.iter().copied().collect();
    let mut found = BTreeSet::new();
    while let Some(node) = stack.pop() {
        for next in graph.dependencies.get(node).into_iter().flatten() {
            match graph.nodes.get(*next).map(|node| (&node.module, &node.item)) {
                Some((module, Item::Resource(resource))) => {
                    found.insert(ConfigResource { module: module.clone(), resource: resource.clone() });
                }
                _ if begun.insert(*next) => stack.push(*next),
                _ => {}
            }
        }
    }
    found
}
