//! Ephemeral resources: opened when the first operation needs them, renewed while the run lasts, closed at its end.

use crate::create::located;
use crate::stage::Stage;
use formwork_config::Config;
use formwork_eval::{Item, ItemAddress, decode_block};
use formwork_model::{ConfigResource, PlanProvider, ProviderConfigAddress, ResourceInstance, ResourceMode};
use formwork_object::{OpenObject, open_ephemeral};
use formwork_value::Marks;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// What is open, and what was tried.
#[derive(Default)]
pub(crate) struct Ephemerals {
    open: RefCell<Vec<OpenObject>>,
    /// For each resource whether opening its instances went well.
    tried: RefCell<BTreeMap<ConfigResource, Rc<OnceCell<bool>>>>,
    needed: RefCell<BTreeMap<usize, Rc<Vec<ConfigResource>>>>,
    /// The configuration has any.
    exist: bool,
}

impl Ephemerals {
    pub fn new(config: &Config) -> Ephemerals {
        let mut resources = config.modules.values().flat_map(|module| module.resources.keys());
        let exist = resources.any(|resource| resource.mode == ResourceMode::Ephemeral);
        Ephemerals { exist, ..Ephemerals::default() }
    }
}

impl Stage<'_> {
    /// Opens what an operation on a resource needs. False if that failed (which was reported).
    pub async fn open_needed(&self, resource: &ConfigResource, provider: &ProviderConfigAddress) -> bool {
        if !self.ephemerals.exist {
            return true;
        }
        let mut good = true;
        for node in [self.graph.resource_position(resource), self.provider_position(provider)].into_iter().flatten() {
            good &= self.open_all(&self.needed_ephemerals(node)).await;
        }
        good
    }

    async fn open_all(&self, resources: &[ConfigResource]) -> bool {
        let mut good = true;
        for resource in resources {
            good &= self.open_resource(resource).await;
        }
        good
    }

    fn provider_position(&self, provider: &ProviderConfigAddress) -> Option<usize> {
        let block = self.inputs.config.provider_block(provider)?;
        let item = Item::Provider(block.name.name.clone(), block.name.alias.clone());
        self.graph.position(&ItemAddress { module: provider.module.clone(), item })
    }

    /// The ephemeral resources to which a node of the graph refers, not through other resources.
    fn needed_ephemerals(&self, node: usize) -> Rc<Vec<ConfigResource>> {
        if let Some(known) = self.ephemerals.needed.borrow().get(&node) {
            return known.clone();
        }
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        let mut pending = vec![node];
        while let Some(node) = pending.pop() {
            for next in self.graph.dependencies.get(node).into_iter().flatten().filter(|next| seen.insert(**next)) {
                let Some(address) = self.graph.nodes.get(*next) else { continue };
                match &address.item {
                    Item::Resource(other) if other.mode == ResourceMode::Ephemeral => {
                        found.push(ConfigResource { module: address.module.clone(), resource: other.clone() });
                    }
                    Item::Resource(_) => {}
                    _ => pending.push(*next),
                }
            }
        }
        let found = Rc::new(found);
        self.ephemerals.needed.borrow_mut().insert(node, found.clone());
        found
    }

    fn open_resource<'s>(&'s self, resource: &'s ConfigResource) -> Pin<Box<dyn Future<Output = bool> + 's>> {
        Box::pin(async move {
            let slot = self.ephemerals.tried.borrow_mut().entry(resource.clone()).or_default().clone();
            *slot.get_or_init(|| self.open_instances(resource)).await
        })
    }

    async fn open_instances(&self, resource: &ConfigResource) -> bool {
        let node = self.graph.resource_position(resource);
        let needed = node.map(|node| self.needed_ephemerals(node)).unwrap_or_default();
        if !self.open_all(&needed).await {
            return false;
        }
        let mut good = true;
        for module in self.evaluator.instances_of(&resource.module) {
            let instance = self.evaluator.module_address(module);
            let (expansion, _) = self.evaluator.resource_expansion(module, &resource.resource);
            for key in expansion.keys() {
                let address = resource.resource.in_module(instance.clone()).instance(key);
                good &= self.open_instance(&address).await;
            }
        }
        self.report(self.evaluator.take_problems());
        good
    }

    async fn open_instance(&self, address: &ResourceInstance) -> bool {
        let Some(configured) = self.configured(address) else { return false };
        let provider_address =
            self.inputs.config.provider_config(&address.module.path(), &configured.block.provider.name);
        let Some(provider) = self.provider(&provider_address).await else { return false };
        let provider: Arc<dyn PlanProvider> = provider;
        let schemas = provider.schema();
        let Some(schema) = schemas.ephemeral_resources.get(&address.resource.kind) else { return false };
        let scope = self.scope(&configured, address);
        if !crate::check::before(self, &configured, &scope, address) {
            return false;
        }
        let (config, problems) = decode_block(&configured.block.body, &schema.block, &scope);
        let failed = problems.has_errors();
        self.report(located(problems, &configured, address));
        if failed || !config.is_wholly_known() {
            return false;
        }
        let (value, open, problems) = open_ephemeral(&provider, schema, address, &config).await;
        self.ephemerals.open.borrow_mut().extend(open);
        self.report(located(problems, &configured, address));
        let Some(value) = value else { return false };
        self.set_value(configured.module, address, value.clone().with_marks(Marks::EPHEMERAL));
        let scope = self.scope(&configured, address).with_self(value);
        crate::check::after(self, &configured, &scope, address)
    }

    /// Renews what is due.
    pub async fn renew_ephemerals(&self) {
        if self.ephemerals.open.borrow().is_empty() {
            return;
        }
        let Some(now) = epoch_seconds(&self.inputs.clock.timestamp()) else { return };
        let mut open = std::mem::take(&mut *self.ephemerals.open.borrow_mut());
        for object in &mut open {
            self.report(object.renew_if_due(now).await);
        }
        // Others may have been opened in the meantime.
        let mut later = self.ephemerals.open.borrow_mut();
        open.append(&mut later);
        *later = open;
    }

    /// Closes everything that was opened, whatever has happened since.
    pub async fn close_ephemerals(&self) {
        let open = std::mem::take(&mut *self.ephemerals.open.borrow_mut());
        for object in open.into_iter().rev() {
            self.report(object.close().await);
        }
    }
}

/// Seconds since the epoch of an RFC 3339 time in UTC: `2026-01-31T12:00:00Z`.
fn epoch_seconds(timestamp: &str) -> Option<i64> {
    let number = |from: usize, to: usize| timestamp.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    // Days from a year that begins in March, so that the leap day is the last one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days =
        365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day
            - 1
            - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::epoch_seconds;

    #[test]
    fn times_become_seconds() {
        let cases = [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T12:34:56Z", Some(951_827_696)),
            ("2000-03-01T00:00:00Z", Some(951_868_800)),
            ("2026-01-31T00:00:01Z", Some(1_769_817_601)),
            ("no time", None),
        ];
        for (text, seconds) in cases {
            assert_eq!(epoch_seconds(text), seconds, "{text}");
        }
    }
}
