//! The execution graph: the order of create, destroy and replace.
//!
//! - What an instance has read comes before it; where what was read does not change, what that has read.
//! - Objects are destroyed before those that they depend on, by the dependencies that the state recorded.
//! - A replacement destroys first, then creates; or creates while the old object becomes deposed, and destroys that
//!   after everything that reads the new object has been created or updated.
//! - An object is destroyed before anything that the configuration of its provider needs.
//!
//! Groups of instances that others wait for as a whole get a barrier, so that edges stay linear.

use crate::planner::Work;
use formwork_eval::{Evaluator, Item, Read, ReadSet, ReferenceGraph};
use formwork_model::{
    AbsResource, Action, ConfigResource, DeposedKey, ExecutionGraph, InstanceKey, Operation, OperationId,
    OperationKind, ResourceChange, ResourceInstance,
};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// From this many members on a group gets a barrier.
const GROUP: usize = 8;

type Ops = Rc<BTreeSet<usize>>;

/// Builds the execution graph of all planned changes.
pub(crate) fn build(evaluator: &Evaluator, graph: &ReferenceGraph, work: &Work) -> ExecutionGraph {
    let mut builder = Builder::new(evaluator, graph, work);
    for (position, change) in work.changes.iter().enumerate() {
        builder.add_change(position, change);
    }
    if builder.operations.is_empty() {
        return ExecutionGraph::default();
    }
    builder.order_creates();
    builder.order_deletes();
    builder.finish()
}

struct Draft {
    address: ResourceInstance,
    kind: OperationKind,
    change: usize,
    after: BTreeSet<usize>,
}

struct Builder<'a> {
    evaluator: &'a Evaluator,
    graph: &'a ReferenceGraph,
    work: &'a Work,
    operations: Vec<Draft>,
    /// The operation that gives an instance its new value.
    producers: BTreeMap<ResourceInstance, usize>,
    /// Deletes of current and deposed objects, with the state's dependencies of the object.
    deletes: Vec<(usize, Vec<ConfigResource>)>,
    /// The delete of the old object of a replacement that creates first.
    late_deletes: BTreeMap<ResourceInstance, usize>,
    /// For each instance the operations to wait for on its behalf.
    effective: BTreeMap<ResourceInstance, Ops>,
    /// All operations to wait for on behalf of a whole resource.
    whole: BTreeMap<AbsResource, Ops>,
    instances: BTreeMap<AbsResource, BTreeSet<InstanceKey>>,
}

impl<'a> Builder<'a> {
    fn new(evaluator: &'a Evaluator, graph: &'a ReferenceGraph, work: &'a Work) -> Builder<'a> {
        let mut instances: BTreeMap<AbsResource, BTreeSet<InstanceKey>> = BTreeMap::new();
        for address in work.planned_values.keys() {
            instances.entry(address.resource()).or_default().insert(address.key.clone());
        }
        Builder {
            evaluator,
            graph,
            work,
            operations: Vec::new(),
            producers: BTreeMap::new(),
            deletes: Vec::new(),
            late_deletes: BTreeMap::new(),
            effective: BTreeMap::new(),
            whole: BTreeMap::new(),
            instances,
        }
    }

    fn add(&mut self, change: usize, address: &ResourceInstance, kind: OperationKind) -> usize {
        self.operations.push(Draft { address: address.clone(), kind, change, after: BTreeSet::new() });
        self.operations.len() - 1
    }

    fn after(&mut self, operation: usize, other: usize) {
        if operation != other
            && let Some(draft) = self.operations.get_mut(operation)
        {
            draft.after.insert(other);
        }
    }

    /// Adds the operations of a change.
    fn add_change(&mut self, position: usize, change: &ResourceChange) {
        let address = &change.address;
        match change.action {
            Action::NoOp => {}
            Action::Create | Action::Update | Action::Read => {
                let kind = match change.action {
                    Action::Create => OperationKind::Create,
                    Action::Update => OperationKind::Update,
                    _ => OperationKind::Read,
                };
                let operation = self.add(position, address, kind);
                self.producers.insert(address.clone(), operation);
            }
            Action::Forget => {
                self.add(position, address, OperationKind::Forget { deposed: change.deposed.clone() });
            }
            Action::Delete => {
                let kind = OperationKind::Delete { deposed: change.deposed.clone() };
                let operation = self.add(position, address, kind);
                self.deletes.push((operation, self.stored_dependencies(address, change.deposed.as_ref())));
            }
            Action::DeleteThenCreate => {
                let delete = self.add(position, address, OperationKind::Delete { deposed: None });
                self.deletes.push((delete, self.stored_dependencies(address, None)));
                let create = self.add(position, address, OperationKind::Create);
                self.after(create, delete);
                self.producers.insert(address.clone(), create);
            }
            Action::CreateThenDelete => {
                let key = self.deposed_key();
                let create = self.add(position, address, OperationKind::CreateReplacement { depose_as: key.clone() });
                let delete = self.add(position, address, OperationKind::Delete { deposed: Some(key) });
                self.deletes.push((delete, self.stored_dependencies(address, None)));
                self.after(delete, create);
                self.producers.insert(address.clone(), create);
                self.late_deletes.insert(address.clone(), delete);
            }
        }
    }

    fn deposed_key(&self) -> DeposedKey {
        let mut bytes = [0u8; 4];
        self.evaluator.environment().entropy.fill(&mut bytes);
        DeposedKey(bytes.iter().map(|b| format!("{b:02x}")).collect::<String>().into())
    }

    fn stored_dependencies(&self, address: &ResourceInstance, deposed: Option<&DeposedKey>) -> Vec<ConfigResource> {
        let Some(instance) = self.work.state.instance(address) else { return Vec::new() };
        let object = match deposed {
            None => instance.current.as_ref(),
            Some(key) => instance.deposed.get(key),
        };
        object.map(|o| o.dependencies.clone()).unwrap_or_default()
    }

    /// Creates, updates and reads come after what they have read.
    fn order_creates(&mut self) {
        let graph = self.graph;
        let mut by_config: BTreeMap<ConfigResource, Vec<ResourceInstance>> = BTreeMap::new();
        for address in self.work.planned_values.keys() {
            by_config.entry(address.config()).or_default().push(address.clone());
        }
        let order = graph.order(self.evaluator.config()).unwrap_or_default();
        for node in order {
            let Some(node) = graph.nodes.get(node) else { continue };
            let Item::Resource(resource) = &node.item else { continue };
            let config = ConfigResource { module: node.module.clone(), resource: resource.clone() };
            for address in by_config.remove(&config).unwrap_or_default() {
                self.order_instance(&address);
            }
        }
    }

    fn order_instance(&mut self, address: &ResourceInstance) {
        let work = self.work;
        let mut waits: BTreeSet<usize> = BTreeSet::new();
        if let Some(reads) = work.reads.get(address) {
            self.collect(reads, &mut waits);
        }
        let producer = self.producers.get(address).copied();
        if let Some(operation) = producer {
            let provider = self.operations.get(operation).and_then(|o| work.changes.get(o.change)).map(|c| &c.provider);
            if let Some(reads) = provider.and_then(|p| work.provider_reads.get(p)) {
                self.collect(reads, &mut waits);
            }
            self.wait_for(operation, &waits, address);
        }
        let effective = match producer {
            Some(operation) => BTreeSet::from([operation]),
            None => waits,
        };
        self.effective.insert(address.clone(), Rc::new(effective));
    }

    /// Adds the edges of a producer, and keeps old objects alive until their readers have moved on.
    fn wait_for(&mut self, operation: usize, waits: &BTreeSet<usize>, address: &ResourceInstance) {
        for wait in waits {
            self.after(operation, *wait);
        }
        if self.late_deletes.is_empty() {
            return;
        }
        let mut read: BTreeSet<usize> = BTreeSet::new();
        for wait in waits {
            match self.operations.get(*wait) {
                Some(draft) if draft.kind == OperationKind::Barrier => read.extend(&draft.after),
                _ => {
                    read.insert(*wait);
                }
            }
        }
        for wait in read {
            let other = self.operations.get(wait).map(|o| o.address.clone());
            if let Some(other) = other.filter(|other| other != address)
                && let Some(delete) = self.late_deletes.get(&other).copied()
            {
                self.after(delete, operation);
            }
        }
    }

    /// The operations to wait for on behalf of everything read.
    fn collect(&mut self, reads: &ReadSet, out: &mut BTreeSet<usize>) {
        for read in reads.iter() {
            match &read.key {
                Some(key) => {
                    let address = self.resource_of(read).instance(key.clone());
                    if let Some(operations) = self.effective.get(&address) {
                        out.extend(operations.iter());
                    }
                }
                None => out.extend(self.whole_resource(read).iter()),
            }
        }
    }

    fn resource_of(&self, read: &Read) -> AbsResource {
        read.resource.in_module(self.evaluator.module_address(read.module))
    }

    fn whole_resource(&mut self, read: &Read) -> Ops {
        let resource = self.resource_of(read);
        if let Some(known) = self.whole.get(&resource) {
            return known.clone();
        }
        let keys = self.instances.get(&resource).cloned().unwrap_or_default();
        let mut operations: BTreeSet<usize> = BTreeSet::new();
        for key in keys {
            if let Some(more) = self.effective.get(&resource.instance(key)) {
                operations.extend(more.iter());
            }
        }
        let operations = Rc::new(self.grouped(operations));
        self.whole.insert(resource, operations.clone());
        operations
    }

    /// The operations themselves if they are few, else a barrier behind them.
    fn grouped(&mut self, operations: BTreeSet<usize>) -> BTreeSet<usize> {
        let Some(first) = operations.first().and_then(|first| self.operations.get(*first)) else { return operations };
        if operations.len() < GROUP {
            return operations;
        }
        let (address, change) = (first.address.clone(), first.change);
        let barrier = self.add(change, &address, OperationKind::Barrier);
        for operation in operations {
            self.after(barrier, operation);
        }
        BTreeSet::from([barrier])
    }

    /// Objects are destroyed before those that they depend on; the objects that a provider's configuration needs are
    /// destroyed after what the provider serves.
    fn order_deletes(&mut self) {
        let deleted = self.deleted();
        let mut waits: BTreeMap<ConfigResource, BTreeSet<usize>> = BTreeMap::new();
        for (operation, dependencies) in std::mem::take(&mut self.deletes) {
            let Some(draft) = self.operations.get(operation) else { continue };
            let own = draft.address.config();
            let provider = self.work.changes.get(draft.change).map(|c| &c.provider);
            let reads = provider.and_then(|p| self.work.provider_reads.get(p));
            let mut before = self.reachable(&dependencies, &deleted);
            for read in reads.into_iter().flat_map(ReadSet::iter) {
                before.insert(self.resource_of(read).config());
            }
            before.remove(&own);
            for dependency in before {
                waits.entry(dependency).or_default().insert(operation);
            }
        }
        self.late_orphans(&mut waits);
        for (resource, waits) in waits {
            let Some(deletes) = deleted.get(&resource) else { continue };
            let waits = if deletes.len() > 1 { self.grouped(waits) } else { waits };
            for delete in deletes {
                for wait in &waits {
                    self.after(*delete, *wait);
                }
            }
        }
    }

    /// The delete operations of each resource.
    fn deleted(&self) -> BTreeMap<ConfigResource, Vec<usize>> {
        let mut deleted: BTreeMap<ConfigResource, Vec<usize>> = BTreeMap::new();
        for (operation, _) in &self.deletes {
            if let Some(draft) = self.operations.get(*operation) {
                deleted.entry(draft.address.config()).or_default().push(*operation);
            }
        }
        deleted
    }

    /// The deleted resources among the dependencies; those that stay are followed to their own dependencies.
    fn reachable(
        &self,
        dependencies: &[ConfigResource],
        deleted: &BTreeMap<ConfigResource, Vec<usize>>,
    ) -> BTreeSet<ConfigResource> {
        let mut found = BTreeSet::new();
        let mut seen: BTreeSet<ConfigResource> = BTreeSet::new();
        let mut stack: Vec<ConfigResource> = dependencies.to_vec();
        while let Some(resource) = stack.pop() {
            if deleted.contains_key(&resource) {
                found.insert(resource);
            } else if seen.insert(resource.clone()) {
                let (module, resource) = (resource.module.without_keys(), resource.resource);
                if let Some(state) = self.work.state.resource(&AbsResource { module, resource }) {
                    let objects = state.instances.values().filter_map(|i| i.current.as_ref());
                    stack.extend(objects.flat_map(|o| o.dependencies.iter().cloned()));
                }
            }
        }
        found
    }

    /// An object that was to be replaced by creating first is, when its resource goes, destroyed after those that
    /// depended on it have been updated.
    fn late_orphans(&self, waits: &mut BTreeMap<ConfigResource, BTreeSet<usize>>) {
        let late: BTreeSet<ConfigResource> = self
            .work
            .changes
            .iter()
            .filter(|c| c.action == Action::Delete && c.create_before_destroy)
            .map(|c| c.address.config())
            .collect();
        if late.is_empty() {
            return;
        }
        for (address, operation) in &self.producers {
            for dependency in self.stored_dependencies(address, None) {
                if late.contains(&dependency) {
                    waits.entry(dependency).or_default().insert(*operation);
                }
            }
        }
    }

    fn finish(self) -> ExecutionGraph {
        let id = |n: usize| OperationId(u32::try_from(n).unwrap_or(u32::MAX));
        let operations = self.operations.into_iter().map(|draft| Operation {
            address: draft.address,
            kind: draft.kind,
            change: draft.change,
            after: draft.after.into_iter().map(id).collect(),
        });
        ExecutionGraph { operations: operations.collect() }
    }
}
