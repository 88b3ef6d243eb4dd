//! What a plan is limited to.

use crate::PlanInputs;
use formwork_eval::{Item, ItemAddress, ReferenceGraph};
use formwork_model::{AbsResource, ConfigResource, PlanMode, PlanOptions, ResourceInstance, State, TargetAddress};
use std::collections::{BTreeMap, BTreeSet};

/// The part of the configuration that is planned: everything, or the targets and what they depend on. In a destroy the
/// targets and what depends on them is planned, and only the former is read anew.
pub(crate) struct Scope {
    targets: Vec<TargetAddress>,
    /// What is planned; `None` if that is everything.
    planned: Option<Reach>,
    /// What is read, if that is not what is planned.
    read: Option<Reach>,
    /// Excluded addresses, and nodes that depend on them.
    excludes: Vec<TargetAddress>,
    unwanted: BTreeSet<usize>,
}

/// What can be reached from the targets.
struct Reach {
    /// Nodes, the targets' own included.
    nodes: BTreeSet<usize>,
    /// Those that are wanted for the sake of others, all their instances.
    whole: BTreeSet<usize>,
    /// Numbers of resources that only the state knows.
    orphans: BTreeMap<ConfigResource, usize>,
}

impl Scope {
    pub fn new(inputs: &PlanInputs<'_>, graph: &ReferenceGraph, state: &State) -> Scope {
        let options = &inputs.options;
        let mut scope = Scope {
            targets: options.targets.clone(),
            planned: None,
            read: None,
            excludes: options.excludes.clone(),
            unwanted: BTreeSet::new(),
        };
        if !options.targets.is_empty() {
            let mut forward = scope.reach(graph, &graph.dependencies, BTreeMap::new());
            if options.mode == PlanMode::Destroy {
                let (edges, orphans) = dependents(graph, state);
                scope.planned = Some(scope.reach(graph, &edges, orphans));
                scope.read = Some(forward);
            } else {
                let outputs = complete_outputs(graph, &forward.nodes);
                forward.nodes.extend(outputs);
                scope.planned = Some(forward);
            }
        }
        if options.targets.is_empty() && !options.invoke.is_empty() {
            scope.planned = Some(needed_by_actions(graph, options));
        }
        if !options.excludes.is_empty() {
            scope.find_unwanted(graph, options.mode == PlanMode::Destroy);
        }
        scope
    }

    fn reach(&self, graph: &ReferenceGraph, edges: &[Vec<usize>], orphans: BTreeMap<ConfigResource, usize>) -> Reach {
        let is_named = |address: &ItemAddress| self.targets.iter().any(|t| target_covers_node(t, address));
        let configured = graph.nodes.iter().enumerate().filter(|(_, address)| is_named(address)).map(|(at, _)| at);
        let item =
            |r: &ConfigResource| ItemAddress { module: r.module.clone(), item: Item::Resource(r.resource.clone()) };
        let orphaned = orphans.iter().filter(|(resource, _)| is_named(&item(resource))).map(|(_, at)| *at);
        let named: BTreeSet<usize> = configured.chain(orphaned).collect();
        let mut stack: Vec<usize> = named.iter().copied().collect();
        let mut nodes = named.clone();
        let mut whole = BTreeSet::new();
        while let Some(node) = stack.pop() {
            for next in edges.get(node).into_iter().flatten() {
                // A node that is a target itself keeps to the instances that the target names.
                if !named.contains(next) {
                    whole.insert(*next);
                }
                if nodes.insert(*next) {
                    stack.push(*next);
                }
            }
        }
        Reach { nodes, whole, orphans }
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
        self.planned.is_some() || !self.excludes.is_empty()
    }

    /// True if a node without instances of its own takes part.
    pub fn wants_item(&self, graph: &ReferenceGraph, address: &ItemAddress) -> bool {
        let Some(position) = graph.position(address) else { return true };
        !self.unwanted.contains(&position) && self.planned.as_ref().is_none_or(|reach| reach.nodes.contains(&position))
    }

    /// True if an instance is a target itself, or there are no targets.
    pub fn names(&self, address: &ResourceInstance) -> bool {
        self.targets.is_empty() || self.targets.iter().any(|t| t.selects(address))
    }

    /// True if an instance takes part.
    pub fn wants(&self, graph: &ReferenceGraph, address: &ResourceInstance) -> bool {
        self.covers(self.planned.as_ref(), graph, address)
    }

    /// True if an instance is read anew.
    pub fn reads(&self, graph: &ReferenceGraph, address: &ResourceInstance) -> bool {
        self.covers(self.read.as_ref().or(self.planned.as_ref()), graph, address)
    }

    fn covers(&self, reach: Option<&Reach>, graph: &ReferenceGraph, address: &ResourceInstance) -> bool {
        let config = ConfigResource { module: address.module.path(), resource: address.resource.clone() };
        let position = graph.resource_position(&config);
        if self.excludes.iter().any(|t| t.contains(address)) || position.is_some_and(|p| self.unwanted.contains(&p)) {
            return false;
        }
        let Some(reach) = reach else { return true };
        let position = position.or_else(|| reach.orphans.get(&config).copied());
        self.targets.iter().any(|t| t.selects(address)) || position.is_some_and(|p| reach.whole.contains(&p))
    }
}

/// What the actions to be invoked depend on.
fn needed_by_actions(graph: &ReferenceGraph, options: &PlanOptions) -> Reach {
    let direct = options.invoke.iter().flat_map(|i| graph.action_dependencies(&i.module.path(), &i.action));
    let mut stack: Vec<usize> = direct.copied().collect();
    let mut nodes: BTreeSet<usize> = stack.iter().copied().collect();
    while let Some(node) = stack.pop() {
        let next = graph.dependencies.get(node).into_iter().flatten();
        stack.extend(next.copied().filter(|next| nodes.insert(*next)));
    }
    Reach { whole: nodes.clone(), nodes, orphans: BTreeMap::new() }
}

/// For each node what depends on it, by the configuration and by the state; and the numbers, after those of the nodes, of
/// resources that only the state knows.
fn dependents(graph: &ReferenceGraph, state: &State) -> (Vec<Vec<usize>>, BTreeMap<ConfigResource, usize>) {
    let mut edges = reversed(&graph.dependencies);
    let mut orphans = BTreeMap::new();
    for resource in state.resources.keys().map(AbsResource::config) {
        if graph.resource_position(&resource).is_none() && !orphans.contains_key(&resource) {
            orphans.insert(resource, edges.len());
            edges.push(Vec::new());
        }
    }
    let position =
        |resource: &ConfigResource| graph.resource_position(resource).or_else(|| orphans.get(resource).copied());
    for (address, resource) in &state.resources {
        let Some(dependent) = position(&address.config()) else { continue };
        let objects = resource.instances.values().flat_map(|i| i.current.iter().chain(i.deposed.values()));
        for dependency in objects.flat_map(|object| &object.dependencies).filter_map(position) {
            if let Some(list) = edges.get_mut(dependency)
                && list.last() != Some(&dependent)
            {
                list.push(dependent);
            }
        }
    }
    (edges, orphans)
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
