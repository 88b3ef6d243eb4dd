//! The execution graph: the order of create, destroy and replace.
//!
//! - What an instance has read comes before it; where what was read does not change, what that has read.
//! - Objects are destroyed before those that they depend on, by the dependencies that the state recorded.
//! - A replacement destroys first, then creates; or creates while the old object becomes deposed, and destroys that
//!   after everything that reads the new object has been created or updated.
//! - An object is destroyed before anything that the configuration of its provider needs.
//! - What leaves the configuration is destroyed before those that depended on it are changed; after them if it was to be
//!   replaced by creating first.
//! - Data sources inside of checks are read at the end.
//!
//! Groups of operations that others wait for as a whole get a barrier, so that edges stay linear.

mod creates;
mod deletes;
mod preference;

use crate::planner::Work;
use formwork_eval::{Evaluator, ReadSet, ReferenceGraph};
use formwork_model::{
    AbsResource, Action, ConfigResource, DeposedKey, ExecutionGraph, InstanceKey, Operation, OperationId,
    OperationKind, ProviderConfigAddress, ResourceChange, ResourceInstance,
};
use preference::Preference;
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
    builder.keep_preferences();
    builder.checks_last();
    builder.finish()
}

struct Draft {
    address: ResourceInstance,
    kind: OperationKind,
    change: usize,
    after: BTreeSet<usize>,
}

/// The destruction of an object.
struct Deletion {
    operation: usize,
    /// What the object depends on, by the state.
    dependencies: Vec<ConfigResource>,
}

struct Builder<'a> {
    evaluator: &'a Evaluator,
    graph: &'a ReferenceGraph,
    work: &'a Work,
    operations: Vec<Draft>,
    /// The operation that gives an instance its new value.
    producers: BTreeMap<ResourceInstance, usize>,
    /// Deletes of current and deposed objects.
    deletions: Vec<Deletion>,
    /// By the creating half of a replacement that creates first, the delete of the old object.
    late_deletes: BTreeMap<usize, usize>,
    preferences: Vec<Preference>,
    /// Who waits for an operation in order to read its result; only kept if there are late deletes.
    readers: BTreeMap<usize, BTreeSet<usize>>,
    /// For each instance the operations to wait for on its behalf.
    effective: BTreeMap<ResourceInstance, Ops>,
    /// All operations to wait for on behalf of a whole resource.
    whole: BTreeMap<AbsResource, Ops>,
    /// The same for sets of reads that many share, and for the configurations of providers.
    shared: BTreeMap<*const ReadSet, Ops>,
    providers: BTreeMap<ProviderConfigAddress, Ops>,
    instances: BTreeMap<AbsResource, BTreeSet<InstanceKey>>,
    /// Resources that have moved, by their former name.
    moved: BTreeMap<ConfigResource, BTreeSet<ConfigResource>>,
}

impl<'a> Builder<'a> {
    fn new(evaluator: &'a Evaluator, graph: &'a ReferenceGraph, work: &'a Work) -> Builder<'a> {
        let mut instances: BTreeMap<AbsResource, BTreeSet<InstanceKey>> = BTreeMap::new();
        for address in work.planned_values.keys().chain(work.reads.keys()) {
            instances.entry(address.resource()).or_default().insert(address.key.clone());
        }
        let mut moved: BTreeMap<ConfigResource, BTreeSet<ConfigResource>> = BTreeMap::new();
        for (to, from) in work.moved.iter().filter(|(to, from)| to.config() != from.config()) {
            moved.entry(from.config()).or_default().insert(to.config());
        }
        Builder {
            evaluator,
            graph,
            work,
            operations: Vec::new(),
            producers: BTreeMap::new(),
            deletions: Vec::new(),
            late_deletes: BTreeMap::new(),
            preferences: Vec::new(),
            readers: BTreeMap::new(),
            effective: BTreeMap::new(),
            whole: BTreeMap::new(),
            shared: BTreeMap::new(),
            providers: BTreeMap::new(),
            instances,
            moved,
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
            Action::Create => self.add_producer(position, address, OperationKind::Create),
            Action::Update => self.add_producer(position, address, OperationKind::Update),
            Action::Read => self.add_producer(position, address, OperationKind::Read),
            Action::Forget => {
                self.add(position, address, OperationKind::Forget { deposed: change.deposed.clone() });
            }
            Action::Delete => {
                self.add_deletion(position, address, change.deposed.clone(), change.deposed.as_ref());
            }
            Action::ForgetThenCreate => {
                let forget = self.add(position, address, OperationKind::Forget { deposed: None });
                let create = self.add(position, address, OperationKind::Create);
                self.after(create, forget);
                self.producers.insert(address.clone(), create);
            }
            Action::DeleteThenCreate => {
                let delete = self.add_deletion(position, address, None, None);
                let create = self.add(position, address, OperationKind::Create);
                self.after(create, delete);
                self.producers.insert(address.clone(), create);
            }
            Action::CreateThenDelete => {
                let key = self.deposed_key(address);
                let create = self.add(position, address, OperationKind::CreateReplacement { depose_as: key.clone() });
                let delete = self.add_deletion(position, address, Some(key), None);
                self.after(delete, create);
                self.producers.insert(address.clone(), create);
                self.late_deletes.insert(create, delete);
            }
        }
    }

    fn add_producer(&mut self, position: usize, address: &ResourceInstance, kind: OperationKind) {
        let operation = self.add(position, address, kind);
        self.producers.insert(address.clone(), operation);
    }

    /// The delete of the object that is deposed under `key` when the operation runs; `now` is its key in the state.
    fn add_deletion(
        &mut self,
        position: usize,
        address: &ResourceInstance,
        key: Option<DeposedKey>,
        now: Option<&DeposedKey>,
    ) -> usize {
        let operation = self.add(position, address, OperationKind::Delete { deposed: key });
        let dependencies = self.stored_dependencies(address, now);
        self.deletions.push(Deletion { operation, dependencies });
        operation
    }

    /// A key that no deposed object of the instance has.
    fn deposed_key(&self, address: &ResourceInstance) -> DeposedKey {
        loop {
            let mut bytes = [0u8; 4];
            self.evaluator.environment().entropy.fill(&mut bytes);
            let key = DeposedKey(bytes.iter().map(|b| format!("{b:02x}")).collect::<String>().into());
            if self.work.state.instance(address).is_none_or(|i| !i.deposed.contains_key(&key)) {
                return key;
            }
        }
    }

    /// What an object depends on by the state, under the names of today.
    fn stored_dependencies(&self, address: &ResourceInstance, deposed: Option<&DeposedKey>) -> Vec<ConfigResource> {
        let Some(instance) = self.work.state.instance(address) else { return Vec::new() };
        let object = match deposed {
            None => instance.current.as_ref(),
            Some(key) => instance.deposed.get(key),
        };
        self.renamed(object.map_or(&[], |o| &o.dependencies))
    }

    /// Resources, and what they have moved to.
    fn renamed(&self, resources: &[ConfigResource]) -> Vec<ConfigResource> {
        let mut all = resources.to_vec();
        if !self.moved.is_empty() {
            all.extend(resources.iter().filter_map(|r| self.moved.get(r)).flatten().cloned());
        }
        all
    }

    /// What a check looks at is read when everything else is done.
    fn checks_last(&mut self) {
        let nested = |draft: &Draft| {
            let module = self.evaluator.config().module(&draft.address.module.path());
            let block = module.and_then(|m| m.resources.get(&draft.address.resource));
            draft.kind == OperationKind::Read && block.is_some_and(|b| b.check.is_some())
        };
        let (nested, others): (BTreeSet<usize>, BTreeSet<usize>) =
            (0..self.operations.len()).partition(|n| self.operations.get(*n).is_some_and(nested));
        if nested.is_empty() {
            return;
        }
        let others = self.grouped(others);
        for read in nested {
            for other in &others {
                self.after(read, *other);
            }
        }
    }

    fn change_of(&self, operation: usize) -> Option<&'a ResourceChange> {
        let draft = self.operations.get(operation)?;
        self.work.changes.get(draft.change)
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

    /// Leaves out barriers for which nobody waits, and numbers what is left.
    fn finish(self) -> ExecutionGraph {
        let mut awaited = vec![false; self.operations.len()];
        for draft in self.operations.iter().rev() {
            for other in &draft.after {
                if let Some(slot) = awaited.get_mut(*other) {
                    *slot = true;
                }
            }
        }
        let mut numbers: Vec<Option<OperationId>> = Vec::with_capacity(self.operations.len());
        let mut next = 0u32;
        for (draft, awaited) in self.operations.iter().zip(awaited) {
            let stays = awaited || draft.kind != OperationKind::Barrier;
            numbers.push(stays.then_some(OperationId(next)));
            next += u32::from(stays);
        }
        let number = |n: usize| numbers.get(n).copied().flatten();
        let operations = self.operations.into_iter().enumerate().filter(|(n, _)| number(*n).is_some());
        let operations = operations.map(|(_, draft)| Operation {
            address: draft.address,
            kind: draft.kind,
            change: draft.change,
            after: draft.after.into_iter().filter_map(number).collect(),
        });
        ExecutionGraph { operations: operations.collect() }
    }
}
