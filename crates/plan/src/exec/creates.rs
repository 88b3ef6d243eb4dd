//! Creates, updates and reads: each after what it has read.

use super::{Builder, Ops};
use formwork_eval::{Item, Read, ReadSet};
use formwork_model::{AbsResource, ConfigResource, ProviderConfigAddress, ResourceInstance};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

impl<'a> Builder<'a> {
    pub(super) fn order_creates(&mut self) {
        let graph = self.graph;
        let mut by_config: BTreeMap<ConfigResource, Vec<ResourceInstance>> = BTreeMap::new();
        for (resource, keys) in &self.instances {
            let instances = keys.iter().map(|key| resource.instance(key.clone()));
            by_config.entry(resource.config()).or_default().extend(instances);
        }
        let order = graph.order().unwrap_or_default();
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
        let effective = match self.producers.get(address).copied() {
            Some(operation) => {
                if let Some(change) = self.change_of(operation) {
                    waits.extend(self.provider_ready(&change.provider).iter());
                }
                for wait in waits {
                    self.after(operation, wait);
                    if !self.late_deletes.is_empty() {
                        self.readers.entry(wait).or_default().insert(operation);
                    }
                }
                BTreeSet::from([operation])
            }
            None => self.grouped(waits),
        };
        self.effective.insert(address.clone(), Rc::new(effective));
    }

    /// The operations to wait for before a provider can be configured as planned.
    pub(super) fn provider_ready(&mut self, provider: &ProviderConfigAddress) -> Ops {
        if let Some(known) = self.providers.get(provider) {
            return known.clone();
        }
        let mut waits = BTreeSet::new();
        if let Some(reads) = self.work.provider_reads.get(provider) {
            self.collect(reads, &mut waits);
        }
        let waits = Rc::new(self.grouped(waits));
        self.providers.insert(provider.clone(), waits.clone());
        waits
    }

    /// The operations to wait for on behalf of everything read.
    fn collect(&mut self, reads: &'a ReadSet, out: &mut BTreeSet<usize>) {
        for read in reads.own() {
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
        for set in reads.shared() {
            let known = match self.shared.get(&Rc::as_ptr(set)) {
                Some(known) => known.clone(),
                None => {
                    let mut waits = BTreeSet::new();
                    self.collect(set, &mut waits);
                    let waits = Rc::new(self.grouped(waits));
                    self.shared.insert(Rc::as_ptr(set), waits.clone());
                    waits
                }
            };
            out.extend(known.iter());
        }
    }

    pub(super) fn resource_of(&self, read: &Read) -> AbsResource {
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
}
