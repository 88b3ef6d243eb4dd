//! What a plan is limited to.

use crate::PlanInputs;
use formwork_eval::{Item, ItemAddress, ReferenceGraph};
use formwork_model::{ConfigResource, PlanMode, ResourceInstance, TargetAddress};
use std::collections::BTreeSet;

/// The part of the configuration that is planned: everything, or the targets and what they depend on.
pub(crate) struct Scope {
    targets: Vec<TargetAddress>,
    /// Nodes that targets depend on (the targets' own nodes included); `None` if everything is wanted.
    wanted: Option<BTreeSet<usize>>,
    /// Nodes that are wanted for the sake of others, all their instances.
    whole: BTreeSet<usize>,
    /// Excluded addresses, and nodes that depend on them.
    excludes: Vec<TargetAddress>,
    unwanted: BTreeSet<usize>,
}

impl Scope {
    pub fn new(inputs: &PlanInputs<'_>, graph: &ReferenceGraph) -> Scope {
        let options = &inputs.options;
        let mut scope = Scope {
            targets: options.targets.clone(),
            wanted: None,
            whole: BTreeSet::new(),
            excludes: options.excludes.clone(),
            unwanted: BTreeSet::new(),
        };
        if !options.targets.is_empty() {
            scope.find_wanted(inputs, graph);
        }
        if !options.excludes.is_empty() {
            scope.find_unwanted(graph, options.mode == PlanMode::Destroy);
        }
        scope
    }

    fn find_wanted(&mut self, inputs: &PlanInputs<'_>, graph: &ReferenceGraph) {
        let destroy = inputs.options.mode == PlanMode::Destroy;
        let named: Vec<usize> = (0..graph.nodes.len())
            .filter(|n| graph.nodes.get(*n).is_some_and(|a| self.targets.iter().any(|t| target_covers_node(t, a))))
            .collect();
        let named: BTreeSet<usize> = named.into_iter().collect();
        let mut stack: Vec<usize> = named.iter().copied().collect();
        let mut wanted = named.clone();
        let edges = if destroy { reversed(&graph.dependencies) } else { graph.dependencies.clone() };
        while let Some(node) = stack.pop() {
            for next in edges.get(node).into_iter().flatten() {
                // A node that is a target itself keeps to the instances that the target names.
                if !named.contains(next) {
                    self.whole.insert(*next);
                }
                if wanted.insert(*next) {
                    stack.push(*next);
                }
            }
        }
        let outputs = complete_outputs(graph, &wanted);
        wanted.extend(outputs);
        self.wanted = Some(wanted);
    }

    /// What depends on excluded objects; in a destroy, what they depend on.
    fn find_unwanted(&mut self, graph: &ReferenceGraph, destroy: bool) {
        let edges = if destroy { graph.dependencies.clone() } else { reversed(&graph.dependencies) };
        let mut stack: Vec<usize> = (0..graph.nodes.len())
            .filter(|n| graph.nodes.get(*n).is_some_and(|a| self.excludes.iter().any(|t| target_covers_node(t, a))))
            .collect();
        while let Some(node) = stack.pop() {
            for next in edges.get(node).into_iter().flatten() {
                if self.unwanted.insert(*next) {
                    stack.push(*next);
                }
            }
        }
    }

    pub fn is_limited(&self) -> bool {
        self.wanted.is_some() || !self.excludes.is_empty()
    }

    /// True if a node without instances of its own takes part.
    pub fn wants_item(&self, graph: &ReferenceGraph, address: &ItemAddress) -> bool {
        let Some(position) = graph.position(address) else { return true };
        !self.unwanted.contains(&position) && self.wanted.as_ref().is_none_or(|w| w.contains(&position))
    }

    /// True if an instance takes part.
    pub fn wants(&self, graph: &ReferenceGraph, address: &ResourceInstance) -> bool {
        let config = ConfigResource { module: address.module.path(), resource: address.resource.clone() };
        let position = graph.resource_position(&config);
        if self.excludes.iter().any(|t| t.contains(address)) || position.is_some_and(|p| self.unwanted.contains(&p)) {
            return false;
        }
        match &self.wanted {
            None => true,
            Some(_) => {
                self.targets.iter().any(|t| t.contains(address)) || position.is_some_and(|p| self.whole.contains(&p))
            }
        }
    }
}

/// Root outputs all of whose resources are wanted, with everything between.
fn complete_outputs(graph: &ReferenceGraph, wanted: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut out = BTreeSet::new();
    for (position, address) in graph.nodes.iter().enumerate() {
        if !matches!(address.item, Item::Output(_)) || !address.module.is_root() {
            continue;
        }
        let mut seen = BTreeSet::from([position]);
        let mut stack = vec![position];
        let (mut resources, mut complete) = (0, true);
        while let Some(node) = stack.pop() {
            let is_resource = matches!(graph.nodes.get(node).map(|a| &a.item), Some(Item::Resource(_)));
            if is_resource {
                resources += 1;
                complete &= wanted.contains(&node);
                continue;
            }
            stack.extend(graph.dependencies.get(node).into_iter().flatten().copied().filter(|n| seen.insert(*n)));
        }
        if resources > 0 && complete {
            out.extend(seen);
        }
    }
    out
}

fn reversed(dependencies: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut out = vec![Vec::new(); dependencies.len()];
    for (node, list) in dependencies.iter().enumerate() {
        for dependency in list {
            if let Some(entry) = out.get_mut(*dependency) {
                entry.push(node);
            }
        }
    }
    out
}

/// True if the target names the node's object, one of its instances, or a module around it.
fn target_covers_node(target: &TargetAddress, address: &ItemAddress) -> bool {
    match (target, &address.item) {
        (TargetAddress::Module(module), Item::Resource(_) | Item::Output(_)) => {
            address.module.0.starts_with(&module.path().0)
        }
        (TargetAddress::Resource(r), Item::Resource(resource)) => {
            r.resource == *resource && r.module.path() == address.module
        }
        (TargetAddress::Instance(i), Item::Resource(resource)) => {
            i.resource == *resource && i.module.path() == address.module
        }
        _ => false,
    }
}
