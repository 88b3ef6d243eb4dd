//! Deletes: dependents before what they depend on.

use super::{Builder, Deletion};
use crate::exec::preference::Strength;
use formwork_model::{
    Action, ConfigResource, ModuleInstance, ModulePath, ModuleStep, OperationKind, ProviderConfigAddress,
    ResourceChange,
};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A resource, and the instance of the modules around it that it has in common with a dependent: instances of one module
/// call do not depend on each other.
type Place = (ConfigResource, Vec<ModuleStep>);

/// What is deleted, and how to get there past what stays.
struct Deleted {
    by_resource: BTreeSet<ConfigResource>,
    /// The deletes of a resource, within each of the module instances around them.
    by_place: BTreeMap<Place, Vec<usize>>,
    /// Resources that stay, from which a way leads to deleted ones; with what they depend on.
    stays: BTreeMap<ConfigResource, BTreeSet<ConfigResource>>,
    /// What can be reached, by what was asked: instances of a resource mostly depend on the same.
    answers: RefCell<BTreeMap<Vec<ConfigResource>, Reached>>,
}

type Reached = Rc<BTreeSet<ConfigResource>>;

impl Builder<'_> {
    pub(super) fn order_deletes(&mut self) {
        if self.deletions.is_empty() {
            return;
        }
        let deleted = self.deleted();
        self.dependents_first(&deleted);
        self.providers_last();
        self.readers_move_on();
        self.order_orphans(&deleted);
    }

    fn deleted(&self) -> Deleted {
        let mut by_resource: BTreeSet<ConfigResource> = BTreeSet::new();
        let mut by_place: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
        for Deletion { operation, .. } in &self.deletions {
            let Some(draft) = self.operations.get(*operation) else { continue };
            let resource = draft.address.config();
            let steps = &draft.address.module.0;
            for depth in 0..=steps.len() {
                let around = steps.iter().take(depth).cloned().collect();
                by_place.entry((resource.clone(), around)).or_default().push(*operation);
            }
            by_resource.insert(resource);
        }
        let mut depends: BTreeMap<ConfigResource, BTreeSet<ConfigResource>> = BTreeMap::new();
        for (address, resource) in &self.work.state.resources {
            let config = address.config();
            if by_resource.contains(&config) {
                continue;
            }
            let objects = resource.instances.values().filter_map(|i| i.current.as_ref());
            depends.entry(config).or_default().extend(objects.flat_map(|o| self.renamed(&o.dependencies)));
        }
        let leads = leading(&depends, &by_resource);
        let stays = depends.into_iter().filter(|(resource, _)| leads.contains(resource)).collect();
        Deleted { by_resource, by_place, stays, answers: RefCell::default() }
    }

    /// Objects are destroyed before those that they depend on, and before what their provider's configuration needs.
    fn dependents_first(&mut self, deleted: &Deleted) {
        let mut waits: BTreeMap<Place, BTreeSet<usize>> = BTreeMap::new();
        let mut providers: BTreeMap<&ProviderConfigAddress, Reached> = BTreeMap::new();
        for Deletion { operation, dependencies } in std::mem::take(&mut self.deletions) {
            let Some(draft) = self.operations.get(operation) else { continue };
            let (own, module) = (draft.address.config(), draft.address.module.clone());
            for resource in deleted.reachable(&dependencies).iter().filter(|resource| **resource != own) {
                let common = common(&module, &resource.module);
                waits.entry((resource.clone(), common)).or_default().insert(operation);
            }
            let Some(provider) = self.change_of(operation).map(|change| &change.provider) else { continue };
            let needed = providers.entry(provider).or_insert_with(|| {
                let reads = self.work.provider_reads.get(provider).map(|reads| reads.all()).unwrap_or_default();
                let needed: Vec<_> = reads.into_iter().map(|read| self.resource_of(read).config()).collect();
                deleted.reachable(&needed)
            });
            for resource in needed.iter().filter(|resource| **resource != own) {
                waits.entry((resource.clone(), Vec::new())).or_default().insert(operation);
            }
        }
        for ((resource, common), waits) in waits {
            let deletes = deleted.within(&resource, &common);
            let waits = if deletes.len() > 1 { self.grouped(waits) } else { waits };
            for delete in deletes {
                for wait in &waits {
                    self.after(*delete, *wait);
                }
            }
        }
    }

    /// Deletes come after what their provider's configuration waits for, so that it is the planned one.
    fn providers_last(&mut self) {
        let deletes: Vec<usize> = (0..self.operations.len())
            .filter(|n| self.operations.get(*n).is_some_and(|d| matches!(d.kind, OperationKind::Delete { .. })))
            .collect();
        for delete in deletes {
            let Some(change) = self.change_of(delete) else { continue };
            for wait in self.provider_ready(&change.provider).iter() {
                self.prefer(Strength::ProviderReady, delete, *wait);
            }
        }
    }

    /// Old objects of replacements that create first stay until everything that reads the new ones has moved on.
    fn readers_move_on(&mut self) {
        while let Some((operation, readers)) = self.readers.pop_last() {
            let is_barrier = self.operations.get(operation).is_some_and(|d| d.kind == OperationKind::Barrier);
            if is_barrier {
                let members = self.operations.get(operation).map(|d| d.after.clone()).unwrap_or_default();
                let readers = self.grouped(readers);
                for member in members {
                    self.readers.entry(member).or_default().extend(&readers);
                }
            } else if let Some(delete) = self.late_deletes.get(&operation).copied() {
                for reader in readers {
                    self.prefer(Strength::ReadersMoveOn, delete, reader);
                }
            }
        }
    }

    /// What leaves the configuration, or was deposed before, and what depended on it and stays.
    fn order_orphans(&mut self, deleted: &Deleted) {
        self.deposed_last(deleted);
        let mut changed: BTreeMap<Place, BTreeSet<usize>> = BTreeMap::new();
        for (address, operation) in &self.producers {
            let own = address.config();
            let dependencies = self.stored_dependencies(address, None);
            for resource in deleted.reachable(&dependencies).iter().filter(|resource| **resource != own) {
                let common = common(&address.module, &resource.module);
                changed.entry((resource.clone(), common)).or_default().insert(*operation);
            }
        }
        for ((resource, common), changed) in changed {
            let deletes = deleted.within(&resource, &common);
            let is_orphan = |change: &ResourceChange| change.action == Action::Delete;
            let is_late = |change: &ResourceChange| change.create_before_destroy || change.deposed.is_some();
            let orphans = deletes.iter().copied().filter(|delete| self.change_of(*delete).is_some_and(is_orphan));
            let (late, early): (BTreeSet<usize>, BTreeSet<usize>) =
                orphans.partition(|delete| self.change_of(*delete).is_some_and(is_late));
            if !late.is_empty() {
                let changed = self.grouped(changed.clone());
                for (delete, change) in late.iter().flat_map(|d| changed.iter().map(move |c| (*d, *c))) {
                    self.prefer(Strength::OrphanLast, delete, change);
                }
            }
            let early = self.grouped(early);
            for (change, delete) in changed.iter().flat_map(|c| early.iter().map(move |d| (*c, *d))) {
                self.prefer(Strength::OrphanFirst, change, delete);
            }
        }
    }
}

impl Builder<'_> {
    /// Objects that were deposed before are what is left if something fails: they go after their instance, and everything
    /// that depends on the resource by the configuration, has its new value.
    fn deposed_last(&mut self, deleted: &Deleted) {
        let is_deposed = |change: &ResourceChange| change.action == Action::Delete && change.deposed.is_some();
        let deposed: BTreeSet<usize> =
            (0..self.operations.len()).filter(|n| self.change_of(*n).is_some_and(is_deposed)).collect();
        let address = |delete: &usize| self.operations.get(*delete).map(|draft| draft.address.clone());
        let resources: BTreeSet<ConfigResource> = deposed.iter().filter_map(address).map(|a| a.config()).collect();
        if deposed.is_empty() {
            return;
        }
        let mut changed: BTreeMap<Place, BTreeSet<usize>> = BTreeMap::new();
        let own = deposed.iter().filter_map(|n| Some((*n, *self.producers.get(&address(n)?)?)));
        let mut pairs: Vec<(usize, usize)> = own.collect();
        let mut known: BTreeMap<ConfigResource, Vec<ConfigResource>> = BTreeMap::new();
        for (address, operation) in &self.producers {
            let dependencies = known.entry(address.config()).or_insert_with_key(|config| {
                let all = self.graph.resource_dependencies(config, &|_| true);
                all.into_iter().filter(|resource| resources.contains(resource)).collect()
            });
            for resource in dependencies.iter() {
                let common = common(&address.module, &resource.module);
                changed.entry((resource.clone(), common)).or_default().insert(*operation);
            }
        }
        for ((resource, common), changed) in changed {
            let changed = self.grouped(changed);
            let deletes = deleted.within(&resource, &common).iter().filter(|delete| deposed.contains(delete));
            pairs.extend(deletes.flat_map(|delete| changed.iter().map(|operation| (*delete, *operation))));
        }
        for (delete, operation) in pairs {
            self.prefer(Strength::OrphanLast, delete, operation);
        }
    }
}

impl Deleted {
    /// The deleted resources among some dependencies; those that stay are followed to their own dependencies.
    fn reachable(&self, dependencies: &[ConfigResource]) -> Reached {
        if let Some(known) = self.answers.borrow().get(dependencies) {
            return known.clone();
        }
        let mut found = BTreeSet::new();
        let mut seen: BTreeSet<&ConfigResource> = BTreeSet::new();
        let mut pending: Vec<&ConfigResource> = dependencies.iter().collect();
        while let Some(resource) = pending.pop() {
            if self.by_resource.contains(resource) {
                found.insert(resource.clone());
            } else if let Some(further) = self.stays.get(resource)
                && seen.insert(resource)
            {
                pending.extend(further);
            }
        }
        let found = Rc::new(found);
        self.answers.borrow_mut().insert(dependencies.to_vec(), found.clone());
        found
    }

    /// The deletes of a resource within an instance of the modules around it.
    fn within(&self, resource: &ConfigResource, around: &[ModuleStep]) -> &[usize] {
        self.by_place.get(&(resource.clone(), around.to_vec())).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The resources from which deleted ones can be reached.
fn leading(
    depends: &BTreeMap<ConfigResource, BTreeSet<ConfigResource>>,
    deleted: &BTreeSet<ConfigResource>,
) -> BTreeSet<ConfigResource> {
    let mut dependents: BTreeMap<&ConfigResource, Vec<&ConfigResource>> = BTreeMap::new();
    for (resource, dependencies) in depends {
        for dependency in dependencies {
            dependents.entry(dependency).or_default().push(resource);
        }
    }
    let mut leads = BTreeSet::new();
    let mut pending: Vec<&ConfigResource> = deleted.iter().collect();
    while let Some(resource) = pending.pop() {
        for dependent in dependents.get(resource).into_iter().flatten() {
            if leads.insert((*dependent).clone()) {
                pending.push(dependent);
            }
        }
    }
    leads
}

/// The module instances that a dependent shares with a resource of the module at `path`.
fn common(module: &ModuleInstance, path: &ModulePath) -> Vec<ModuleStep> {
    module.0.iter().zip(&path.0).take_while(|(step, name)| step.name == **name).map(|(step, _)| step.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use formwork_model::ResourceInstance;

    fn resource(name: &str) -> ConfigResource {
        ResourceInstance::parse(name).expect("an address").config()
    }

    #[test]
    fn questions_are_answered_once_and_deletes_found_by_place() {
        let step = |n: usize| ModuleStep { name: "m".into(), key: formwork_model::InstanceKey::Int(n as u64) };
        let gone = resource("module.m.a.gone");
        let mut by_place: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
        for n in 0..100 {
            by_place.entry((gone.clone(), vec![step(n)])).or_default().push(n);
            by_place.entry((gone.clone(), vec![])).or_default().push(n);
        }
        let deleted = Deleted {
            by_resource: [gone.clone()].into(),
            by_place,
            stays: [(resource("a.stays"), [gone.clone()].into())].into(),
            answers: RefCell::default(),
        };
        let first = deleted.reachable(&[resource("a.stays"), resource("a.other")]);
        assert_eq!(*first, [gone.clone()].into());
        assert!(Rc::ptr_eq(&first, &deleted.reachable(&[resource("a.stays"), resource("a.other")])));
        assert_eq!(deleted.within(&gone, &[step(7)]), [7]);
        assert_eq!(deleted.within(&gone, &[]).len(), 100);
        assert!(deleted.within(&gone, &[step(100)]).is_empty());
    }
}
