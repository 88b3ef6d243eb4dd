//! Deletes: dependents before what they depend on.

use super::{Builder, Deletion};
use crate::exec::preference::Strength;
use formwork_model::{Action, ConfigResource, ModuleInstance, ModulePath, ModuleStep, OperationKind};
use std::collections::{BTreeMap, BTreeSet};

/// A resource, and the instance of the modules around it that it has in common with a dependent: instances of one module
/// call do not depend on each other.
type Place = (ConfigResource, Vec<ModuleStep>);

/// What is deleted, and how to get there past what stays.
struct Deleted {
    by_resource: BTreeMap<ConfigResource, Vec<usize>>,
    /// Resources that stay, from which a way leads to deleted ones; with what they depend on.
    stays: BTreeMap<ConfigResource, BTreeSet<ConfigResource>>,
}

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
        let mut by_resource: BTreeMap<ConfigResource, Vec<usize>> = BTreeMap::new();
        for Deletion { operation, .. } in &self.deletions {
            if let Some(draft) = self.operations.get(*operation) {
                by_resource.entry(draft.address.config()).or_default().push(*operation);
            }
        }
        let mut depends: BTreeMap<ConfigResource, BTreeSet<ConfigResource>> = BTreeMap::new();
        for (address, resource) in &self.work.state.resources {
            let config = address.config();
            if by_resource.contains_key(&config) {
                continue;
            }
            let objects = resource.instances.values().filter_map(|i| i.current.as_ref());
            depends.entry(config).or_default().extend(objects.flat_map(|o| self.renamed(&o.dependencies)));
        }
        let leads = leading(&depends, &by_resource);
        let stays = depends.into_iter().filter(|(resource, _)| leads.contains(resource)).collect();
        Deleted { by_resource, stays }
    }

    /// Objects are destroyed before those that they depend on, and before what their provider's configuration needs.
    fn dependents_first(&mut self, deleted: &Deleted) {
        let mut waits: BTreeMap<Place, BTreeSet<usize>> = BTreeMap::new();
        for Deletion { operation, dependencies } in std::mem::take(&mut self.deletions) {
            let Some(draft) = self.operations.get(operation) else { continue };
            let (own, module) = (draft.address.config(), draft.address.module.clone());
            for resource in deleted.reachable(&dependencies) {
                if resource != own {
                    let common = common(&module, &resource.module);
                    waits.entry((resource, common)).or_default().insert(operation);
                }
            }
            let provider = self.change_of(operation).map(|c| &c.provider);
            let reads = provider.and_then(|p| self.work.provider_reads.get(p));
            let needed = reads.map(|r| r.all()).unwrap_or_default();
            let needed: Vec<ConfigResource> = needed.into_iter().map(|r| self.resource_of(r).config()).collect();
            for resource in deleted.reachable(&needed).into_iter().filter(|r| *r != own) {
                waits.entry((resource, Vec::new())).or_default().insert(operation);
            }
        }
        for ((resource, common), waits) in waits {
            let deletes = self.deletes_in(deleted, &resource, &common);
            let waits = if deletes.len() > 1 { self.grouped(waits) } else { waits };
            for delete in deletes {
                for wait in &waits {
                    self.after(delete, *wait);
                }
            }
        }
    }

    /// The deletes of a resource within an instance of the modules around it.
    fn deletes_in(&self, deleted: &Deleted, resource: &ConfigResource, common: &[ModuleStep]) -> Vec<usize> {
        let all = deleted.by_resource.get(resource).map(Vec::as_slice).unwrap_or_default();
        let within = |delete: &&usize| {
            self.operations.get(**delete).is_some_and(|draft| draft.address.module.0.starts_with(common))
        };
        all.iter().filter(within).copied().collect()
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

    /// What leaves the configuration, and what depended on it and stays.
    fn order_orphans(&mut self, deleted: &Deleted) {
        let mut changed: BTreeMap<Place, BTreeSet<usize>> = BTreeMap::new();
        for (address, operation) in &self.producers {
            let own = address.config();
            for resource in deleted.reachable(&self.stored_dependencies(address, None)) {
                if resource != own {
                    let common = common(&address.module, &resource.module);
                    changed.entry((resource, common)).or_default().insert(*operation);
                }
            }
        }
        for ((resource, common), changed) in changed {
            let deletes = self.deletes_in(deleted, &resource, &common);
            let orphans = deletes.into_iter().filter(|delete| {
                self.change_of(*delete).is_some_and(|c| c.action == Action::Delete && c.deposed.is_none())
            });
            let (late, early): (BTreeSet<usize>, BTreeSet<usize>) =
                orphans.partition(|delete| self.change_of(*delete).is_some_and(|c| c.create_before_destroy));
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

impl Deleted {
    /// The deleted resources among some dependencies; those that stay are followed to their own dependencies.
    fn reachable(&self, dependencies: &[ConfigResource]) -> BTreeSet<ConfigResource> {
        let mut found = BTreeSet::new();
        let mut seen: BTreeSet<&ConfigResource> = BTreeSet::new();
        let mut pending: Vec<&ConfigResource> = dependencies.iter().collect();
        while let Some(resource) = pending.pop() {
            if self.by_resource.contains_key(resource) {
                found.insert(resource.clone());
            } else if let Some(further) = self.stays.get(resource)
                && seen.insert(resource)
            {
                pending.extend(further);
            }
        }
        found
    }
}

/// The resources from which deleted ones can be reached.
fn leading(
    depends: &BTreeMap<ConfigResource, BTreeSet<ConfigResource>>,
    deleted: &BTreeMap<ConfigResource, Vec<usize>>,
) -> BTreeSet<ConfigResource> {
    let mut dependents: BTreeMap<&ConfigResource, Vec<&ConfigResource>> = BTreeMap::new();
    for (resource, dependencies) in depends {
        for dependency in dependencies {
            dependents.entry(dependency).or_default().push(resource);
        }
    }
    let mut leads = BTreeSet::new();
    let mut pending: Vec<&ConfigResource> = deleted.keys().collect();
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
