//! Ephemeral resources: opened when the first operation needs them, closed at the end.

use crate::stage::Stage;
use formwork_config::Config;
use formwork_eval::{Item, ItemAddress, decode_block};
use formwork_model::{ConfigResource, PlanProvider, ProviderConfigAddress, ResourceInstance, ResourceMode};
use formwork_object::open_ephemeral;
use formwork_value::Marks;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// What was opened, or tried to.
#[derive(Default)]
pub(crate) struct Ephemerals {
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
        let repetition = configured.expansion.repetition(&address.key);
        let provider = &configured.block.provider;
        let provider_address = match self.evaluator.provider_instance(configured.module, provider, &repetition) {
            Ok(provider_address) => provider_address,
            Err(problems) => {
                self.report(configured.block.located(problems, address));
                return false;
            }
        };
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
        self.report(configured.block.located(problems, address));
        if failed || !config.is_wholly_known() {
            return false;
        }
        let (value, open, problems) = open_ephemeral(&provider, schema, address, &config).await;
        if let Some(open) = open {
            self.upkeep.keep_open(open);
        }
        self.report(configured.block.located(problems, address));
        let Some(value) = value else { return false };
        self.set_value(configured.module, address, value.clone().with_marks(Marks::EPHEMERAL));
        let scope = self.scope(&configured, address).with_self(value);
        crate::check::after(self, &configured, &scope, address)
    }
}
