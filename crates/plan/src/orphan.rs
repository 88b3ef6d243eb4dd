//! Objects of the state that the configuration does not want (any more).

use crate::planner::Planner;
use crate::{lifecycle, refresh, walk};
use formwork_config::ResourceBlock;
use formwork_diag::Diagnostic;
use formwork_eval::{Item, ItemAddress};
use formwork_model::{
    AbsResource, Action, ActionReason, DeposedKey, InstanceKey, ModulePath, PlanMode, ProviderConfigAddress,
    ResourceChange, ResourceInstance, ResourceMode,
};
use formwork_object::plan_destroy;
use formwork_value::Value;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

/// Plans the end of an instance, and of its deposed objects.
pub(crate) async fn plan_orphan(planner: &Planner<'_>, address: ResourceInstance) {
    if !planner.scope.wants(&planner.graph, &address) && !planner.scope.reads(&planner.graph, &address) {
        return;
    }
    plan_end(planner, &address, None).await;
    plan_deposed(planner, address).await;
}

/// Plans the end of an instance's deposed objects.
pub(crate) async fn plan_deposed(planner: &Planner<'_>, address: ResourceInstance) {
    if planner.mode() != PlanMode::Destroy && !planner.scope.names(&address) {
        // What is wanted for the sake of others alone keeps them.
        return;
    }
    let keys: Vec<DeposedKey> = {
        let work = planner.work.borrow();
        work.state.instance(&address).map(|i| i.deposed.keys().cloned().collect()).unwrap_or_default()
    };
    for key in keys {
        plan_end(planner, &address, Some(key)).await;
    }
}

/// Everything in the state whose resource or module instance is not in the configuration.
pub(crate) async fn plan_leftovers(planner: &Planner<'_>) {
    let addresses: Vec<AbsResource> = planner.work.borrow().state.resources.keys().cloned().collect();
    let mut tasks = FuturesUnordered::new();
    for address in addresses {
        let configured = planner.block(&address).is_some() && walk::has_module_instance(planner, &address.module);
        if configured || is_failed(planner, &address) {
            continue;
        }
        if address.resource.mode == ResourceMode::Data {
            if planner.mode() == PlanMode::Destroy {
                // The apply takes all of them out.
                continue;
            }
            planner.work.borrow_mut().state.resources.remove(&address);
            continue;
        }
        let keys: Vec<InstanceKey> = {
            let work = planner.work.borrow();
            work.state.resource(&address).map(|r| r.instances.keys().cloned().collect()).unwrap_or_default()
        };
        for key in keys {
            tasks.push(plan_orphan(planner, address.instance(key)));
        }
    }
    while tasks.next().await.is_some() {}
}

/// True if errors kept a resource of the configuration from being looked at.
fn is_failed(planner: &Planner<'_>, address: &AbsResource) -> bool {
    let item = Item::Resource(address.resource.clone());
    planner.work.borrow().failed.contains(&ItemAddress { module: address.module.path(), item })
}

async fn plan_end(planner: &Planner<'_>, address: &ResourceInstance, deposed: Option<DeposedKey>) {
    let block = planner.block(&address.resource());
    let Some(provider_address) = provider_of(planner, address, block.as_ref()) else { return };
    let Some(schema) = planner.schema(&provider_address, address) else {
        planner.report_one(no_schema(address, &provider_address.provider.to_string()));
        return;
    };
    let Some(provider) = planner.provider_of(&provider_address, address).await else { return };
    let is_given_up = planner.inputs.config.removed(address).is_some_and(|r| !r.destroy);
    let forget = is_given_up && planner.mode() == PlanMode::Normal
        || block.as_ref().is_some_and(|(_, block)| lifecycle::forgets(block));
    // What is no longer of interest is not looked at, not even before it is destroyed after all.
    let fresh =
        (!is_given_up || planner.mode() == PlanMode::RefreshOnly) && planner.scope.reads(&planner.graph, address);
    let Ok(prior) =
        refresh::current(planner, address, deposed.as_ref(), &provider_address, &*provider, &schema, fresh).await
    else {
        return;
    };
    let Some(prior) = prior else { return };
    if let Some(module) = planner.evaluator.module_id(&address.module)
        && deposed.is_none()
    {
        planner.evaluator.set_instance(module, &address.resource, address.key.clone(), prior.value.clone());
        planner.work.borrow_mut().planned_values.insert(address.clone(), prior.value.clone());
    }
    if planner.mode() == PlanMode::RefreshOnly || !planner.scope.wants(&planner.graph, address) {
        return;
    }
    if let Some((_, block)) = &block
        && deposed.is_none()
    {
        lifecycle::check_destroy(planner, address, block);
    }
    let private = if forget {
        prior.private.clone()
    } else {
        let _turn = planner.turns.begin().await;
        let meta = planner.provider_meta(&address.module, &provider_address.provider);
        let (private, problems) = plan_destroy(
            &*provider,
            address,
            &schema,
            &prior.value,
            &prior.private,
            prior.identity.as_ref(),
            meta.as_ref(),
        )
        .await;
        planner.report(match &block {
            Some((_, block)) => block.located(problems, address),
            None => problems,
        });
        match private {
            Some(private) => private,
            None => return,
        }
    };
    let reason = if planner.mode() == PlanMode::Destroy || deposed.is_some() {
        ActionReason::None
    } else {
        reason(planner, address, block.as_ref().map(|(_, b)| *b))
    };
    planner.add_change(ResourceChange {
        address: address.clone(),
        previous_address: planner.previous_address(address),
        deposed,
        provider: provider_address,
        action: if forget { Action::Forget } else { Action::Delete },
        reason,
        after: Value::null(schema.block.implied_type()),
        before: prior.value,
        replace_paths: Vec::new(),
        private,
        before_identity: prior.identity,
        after_identity: None,
        importing: None,
        generated_config: None,
        create_before_destroy: prior.create_before_destroy || planner.create_before_destroy.contains(&address.config()),
    });
}

/// The provider configuration of the block, or of the state if there is none. Which instance of one is meant only the state
/// knows: the key that the block gives is for instances that it has.
fn provider_of(
    planner: &Planner<'_>,
    address: &ResourceInstance,
    block: Option<&(ModulePath, &ResourceBlock)>,
) -> Option<ProviderConfigAddress> {
    let stored = planner.work.borrow().state.provider_of(address)?;
    let config = &planner.inputs.config;
    let Some(written) = block.map(|(path, block)| config.provider_config(path, &block.provider.name)) else {
        return Some(stored);
    };
    let has_instances = config.provider_block(&written).is_some_and(|block| block.for_each.is_some());
    Some(if has_instances { stored } else { written })
}

fn no_schema(address: &ResourceInstance, provider: &str) -> Diagnostic {
    Diagnostic::error(
        "Unsupported resource type in state",
        format!("The state has {address}, but provider {provider} does not know the resource type {:?}. Use a provider version that knows it, or remove the object from the state.", &*address.resource.kind),
    )
    .address(address)
}

/// Why an instance is to be destroyed.
fn reason(planner: &Planner<'_>, address: &ResourceInstance, block: Option<&ResourceBlock>) -> ActionReason {
    let Some(block) = block else {
        let moved = planner.previous_address(address) != *address;
        return if moved {
            ActionReason::DeleteBecauseNoMoveTarget
        } else {
            ActionReason::DeleteBecauseNoResourceConfig
        };
    };
    if !walk::has_module_instance(planner, &address.module) {
        return ActionReason::DeleteBecauseNoModule;
    }
    match (&address.key, block.count.is_some(), block.for_each.is_some()) {
        (InstanceKey::Int(_), true, _) => ActionReason::DeleteBecauseCountIndex,
        (InstanceKey::String(_), _, true) => ActionReason::DeleteBecauseEachKey,
        (InstanceKey::None, false, false) => ActionReason::None,
        _ => ActionReason::DeleteBecauseWrongRepetition,
    }
}

impl Planner<'_> {
    /// Forgets an object of which nothing has to be destroyed.
    pub fn drop_object(&self, address: &ResourceInstance) {
        let mut work = self.work.borrow_mut();
        let provider = work.state.provider_of(address);
        if let Some(provider) = provider {
            work.state.set_object(address, None, &provider, None);
        }
    }

    /// The block of a resource in the configuration.
    pub fn block(&self, address: &AbsResource) -> Option<(ModulePath, &ResourceBlock)> {
        let path = address.module.path();
        let block = self.inputs.config.modules.get(&path)?.resources.get(&address.resource)?;
        Some((path, block))
    }
}
