//! Resources without instances after a run that has failed.
//!
//! As in the reference, a state then names every resource that was reached, even if it has no instances (yet); a run without
//! errors leaves none of these entries. Readers of states take no notice of them.

use crate::stage::Stage;
use crate::variable_rules;
use formwork_eval::{Item, ItemAddress};
use formwork_model::{
    AbsResource, ConfigResource, PlanMode, ProviderConfigAddress, ResourceMode, ResourceState, Shared, State,
};
use std::collections::BTreeSet;

/// The resources that a failed run has reached, with their provider configurations; `None` if it has not failed.
pub(crate) fn reached(stage: &Stage<'_>) -> Option<Vec<(AbsResource, ProviderConfigAddress)>> {
    if !stage.has_failed() {
        return None;
    }
    let mut found = Vec::new();
    if stage.inputs.plan.options.mode == PlanMode::Destroy {
        return Some(found);
    }
    let unfinished: BTreeSet<ConfigResource> = stage.unfinished.borrow().keys().map(AbsResource::config).collect();
    for node in reached_nodes(stage, &unfinished) {
        let Some(ItemAddress { module: path, item: Item::Resource(resource) }) = stage.graph.nodes.get(node) else {
            continue;
        };
        let config = ConfigResource { module: path.clone(), resource: resource.clone() };
        let takes_part = !stage.is_limited() || unfinished.contains(&config);
        if resource.mode == ResourceMode::Ephemeral || !takes_part || !variable_rules::hold(stage, &config) {
            continue;
        }
        let Some(provider) = provider(stage, &config) else { continue };
        for module in stage.evaluator.instances_of(path) {
            let address = resource.in_module(stage.evaluator.module_address(module));
            // What had instances that are gone as planned has left the state with them.
            let is_gone = !unfinished.contains(&config) && had_instances(stage, &address);
            if !is_gone && !stage.emptied.borrow().contains(&address) {
                found.push((address, provider.clone()));
            }
        }
    }
    // Whatever was evaluated once more has told its problems before.
    drop(stage.evaluator.take_problems());
    Some(found)
}

/// Adds those of the resources that have no instances, or removes such entries.
pub(crate) fn update(state: &mut State, reached: Option<Vec<(AbsResource, ProviderConfigAddress)>>) {
    let Some(reached) = reached else {
        if state.resources.values().any(|resource| resource.instances.is_empty()) {
            state.resources.retain(|_, resource| !resource.instances.is_empty());
        }
        return;
    };
    for (address, provider) in reached {
        let empty = || ResourceState { provider, instances: Shared::default() };
        state.resources.entry(address).or_insert_with(empty);
    }
}

fn had_instances(stage: &Stage<'_>, address: &AbsResource) -> bool {
    let before = &stage.inputs.plan.prior.state;
    before.resource(address).is_some_and(|resource| !resource.instances.is_empty())
}

/// Nodes none of whose dependencies has failed.
fn reached_nodes(stage: &Stage<'_>, unfinished: &BTreeSet<ConfigResource>) -> Vec<usize> {
    let order = stage.graph.order().unwrap_or_default();
    let mut cut_off = vec![false; stage.graph.nodes.len()];
    let mut reached = Vec::new();
    for node in order {
        let Some(address) = stage.graph.nodes.get(node) else { continue };
        let mut dependencies = stage.graph.dependencies.get(node).into_iter().flatten();
        if dependencies.any(|other| cut_off.get(*other) == Some(&true)) {
            set(&mut cut_off, node);
            continue;
        }
        reached.push(node);
        if has_failed(stage, address, unfinished) {
            set(&mut cut_off, node);
        }
    }
    reached
}

fn set(flags: &mut [bool], at: usize) {
    if let Some(flag) = flags.get_mut(at) {
        *flag = true;
    }
}

fn has_failed(stage: &Stage<'_>, address: &ItemAddress, unfinished: &BTreeSet<ConfigResource>) -> bool {
    let evaluator = &stage.evaluator;
    let modules = || evaluator.instances_of(&address.module);
    match &address.item {
        Item::Resource(resource) => {
            unfinished.contains(&ConfigResource { module: address.module.clone(), resource: resource.clone() })
        }
        // Everything that can be known is known by now.
        Item::Local(name) => {
            modules().into_iter().any(|m| evaluator.local(m, name).is_ok_and(|v| !v.is_wholly_known()))
        }
        Item::Output(name) => {
            modules().into_iter().any(|m| evaluator.output(m, name).is_ok_and(|v| !v.is_wholly_known()))
        }
        _ => false,
    }
}

fn provider(stage: &Stage<'_>, config: &ConfigResource) -> Option<ProviderConfigAddress> {
    let module = stage.inputs.config.modules.get(&config.module)?;
    let block = module.resources.get(&config.resource)?;
    Some(stage.inputs.config.provider_config(&config.module, &block.provider.name))
}

impl Stage<'_> {
    /// True if the plan is not about everything.
    fn is_limited(&self) -> bool {
        let options = &self.inputs.plan.options;
        !options.targets.is_empty() || !options.excludes.is_empty()
    }

    /// Notes that a provider was asked to make an object, and made none.
    pub fn note_emptied(&self, address: AbsResource) {
        self.emptied.borrow_mut().insert(address);
    }
}
