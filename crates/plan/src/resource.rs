//! A resource of the configuration: its instances, and what the state has beyond them.

use crate::planner::Planner;
use crate::walk::module_instances;
use crate::{data, ephemeral, import, managed, orphan};
use formwork_config::ResourceBlock;
use formwork_diag::Diagnostic;
use formwork_eval::{Expansion, Item, ItemAddress, ModuleId, ReadSet, Reference, Subject};
use formwork_model::{
    AbsResource, ConfigResource, InstanceKey, ModulePath, PlanMode, Resource, ResourceInstance, ResourceMode,
};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::rc::Rc;

/// An instance that the configuration wants.
pub(crate) struct Wanted<'a> {
    pub block: &'a ResourceBlock,
    pub module: ModuleId,
    pub address: ResourceInstance,
    pub expansion: Expansion,
    /// What finding out the repetition has read.
    pub expansion_reads: Rc<ReadSet>,
}

/// Plans all instances of a resource, in all instances of its module, at the same time.
pub(crate) async fn plan_resource(planner: &Planner<'_>, path: &ModulePath, resource: &Resource) {
    let Some(module) = planner.inputs.config.modules.get(path).cloned() else { return };
    let Some(block) = module.resources.get(resource) else { return };
    if let Some(problem) = self_reference(path, block) {
        planner.report_one(problem);
        return;
    }
    let mut tasks = FuturesUnordered::new();
    let modules = module_instances(planner, path);
    if planner.mode() == PlanMode::Destroy {
        for module in modules {
            let address = resource.in_module(planner.evaluator.module_address(module));
            tasks.push(destroy_all(planner, block, module, address));
        }
        while tasks.next().await.is_some() {}
        return;
    }
    let item = ItemAddress { module: path.clone(), item: Item::Resource(resource.clone()) };
    let is_wanted = planner.scope.wants_item(&planner.graph, &item);
    if !is_wanted {
        // How often what takes no part is repeated is nobody's concern.
        drop(planner.evaluator.take_problems());
    }
    let number = modules.len();
    let mut expansions = Vec::with_capacity(number);
    for module in modules {
        let address = resource.in_module(planner.evaluator.module_address(module));
        let (expansion, reads) = planner.evaluator.resource_expansion(module, resource);
        let problems = planner.evaluator.take_problems();
        if is_wanted {
            planner.report(problems);
        }
        if !matches!(expansion, Expansion::Unknown { .. }) {
            expansions.push((module, address, expansion, reads));
        }
    }
    let is_declared = |instance: &ResourceInstance| {
        let mut all = expansions.iter();
        all.any(|(_, address, expansion, _)| address.module == instance.module && expansion.contains(&instance.key))
    };
    let config = ConfigResource { module: path.clone(), resource: resource.clone() };
    let decided = expansions.len() == number;
    if decided && planner.mode() == PlanMode::Normal && !import::are_good(planner, &config, &is_declared) {
        return;
    }
    for (module, address, expansion, reads) in expansions {
        for key in expansion.keys() {
            let wanted = Wanted {
                block,
                module,
                address: address.instance(key),
                expansion: expansion.clone(),
                expansion_reads: reads.clone(),
            };
            planner_task(&mut tasks, planner, wanted);
        }
        orphan_keys(&mut tasks, planner, &address, &expansion);
    }
    while tasks.next().await.is_some() {}
}

/// A block whose arguments or repetition refer to the resource itself.
fn self_reference(path: &ModulePath, block: &ResourceBlock) -> Option<Diagnostic> {
    let exprs = block.count.iter().chain(&block.for_each).flat_map(formwork_hcl::references).cloned();
    let body = formwork_hcl::body_references(&block.body).into_iter().map(|traversal| (*traversal).clone());
    let own = exprs.chain(body).find_map(|traversal| {
        let reference = Reference::parse(&traversal).ok()?;
        match reference.subject {
            Subject::Resource(resource, key) if resource == block.resource => Some((key, reference.span)),
            _ => None,
        }
    });
    let (key, span) = own?;
    let address = block.resource.in_module(path.without_keys()).instance(key.unwrap_or_default());
    let detail = format!("Configuration for {address} may not refer to itself.");
    Some(Diagnostic::error("Self-referential block", detail).at(span))
}

type Task<'a> = std::pin::Pin<Box<dyn Future<Output = ()> + 'a>>;

fn planner_task<'a>(tasks: &mut FuturesUnordered<Task<'a>>, planner: &'a Planner<'_>, wanted: Wanted<'a>) {
    tasks.push(Box::pin(async move {
        let address = wanted.address.clone();
        match wanted.address.resource.mode {
            ResourceMode::Managed => managed::plan_instance(planner, wanted).await,
            ResourceMode::Data => data::plan_instance(planner, wanted).await,
            ResourceMode::Ephemeral => ephemeral::plan_instance(planner, wanted).await,
        }
        planner.note_unsettled(&address);
    }));
}

/// Instances in the state whose keys the configuration does not have (any more), and deposed objects.
fn orphan_keys<'a>(
    tasks: &mut FuturesUnordered<Task<'a>>,
    planner: &'a Planner<'_>,
    address: &AbsResource,
    expansion: &Expansion,
) {
    let keys: Vec<InstanceKey> = {
        let work = planner.work.borrow();
        work.state.resource(address).map(|r| r.instances.keys().cloned().collect()).unwrap_or_default()
    };
    for key in keys {
        let instance = address.instance(key);
        if address.resource.mode == ResourceMode::Data {
            if !expansion.contains(&instance.key) && planner.scope.wants(&planner.graph, &instance) {
                planner.drop_object(&instance);
            }
            continue;
        }
        if !expansion.contains(&instance.key) {
            tasks.push(Box::pin(orphan::plan_orphan(planner, instance)));
        } else {
            tasks.push(Box::pin(orphan::plan_deposed(planner, instance)));
        }
    }
}

/// In destroy mode the configuration only tells the provider, and what depends on what.
fn destroy_all<'a>(
    planner: &'a Planner<'_>,
    block: &'a ResourceBlock,
    module: ModuleId,
    address: AbsResource,
) -> Task<'a> {
    Box::pin(async move {
        match address.resource.mode {
            ResourceMode::Data => return data::destroy(planner, block, module, &address),
            ResourceMode::Ephemeral => return ephemeral::destroy(planner, block, module, &address).await,
            ResourceMode::Managed => {}
        }
        let keys: Vec<InstanceKey> = {
            let work = planner.work.borrow();
            work.state.resource(&address).map(|r| r.instances.keys().cloned().collect()).unwrap_or_default()
        };
        let mut tasks = FuturesUnordered::new();
        for key in keys {
            tasks.push(orphan::plan_orphan(planner, address.instance(key)));
        }
        while tasks.next().await.is_some() {}
    })
}
