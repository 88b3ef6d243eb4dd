//! The walk over the reference graph.

use crate::planner::Planner;
use crate::{action, check, orphan, resource};
use formwork_diag::{Blame, Diagnostic};
use formwork_eval::{Item, ItemAddress, ModuleId};
use formwork_graph::Scheduler;
use formwork_model::{ModuleInstance, ModulePath, PlanMode};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::future::poll_fn;
use std::pin::pin;

/// Evaluates and plans everything, each node after its dependencies, independent ones at the same time. What depends on
/// a node with errors is left out.
pub(crate) async fn run(planner: &Planner<'_>) {
    let mut scheduler = planner.graph.scheduler();
    let mut running = FuturesUnordered::new();
    loop {
        while let Some(node) = scheduler.take_ready() {
            let Some(address) = planner.graph.nodes.get(node) else { continue };
            if is_instant(&address.item) {
                let before = planner.failures.get();
                evaluate(planner, address);
                conclude(planner, &mut scheduler, node, planner.failures.get() > before);
            } else {
                running.push(async move { (node, has_failed(planner, resource_node(planner, address)).await) });
            }
        }
        match running.next().await {
            Some((node, failed)) => conclude(planner, &mut scheduler, node, failed),
            None => break,
        }
    }
    if !(planner.inputs.cancelled)() {
        orphan::plan_leftovers(planner).await;
        action::plan_requested(planner).await;
    }
    if (planner.inputs.cancelled)() {
        planner.report_one(
            Diagnostic::error(
                "Planning was interrupted",
                "The user interrupted the planning. What was not looked at is not in the plan. Nothing was changed.",
            )
            .blame(Blame::Environment),
        );
    }
}

fn conclude(planner: &Planner<'_>, scheduler: &mut Scheduler, node: usize, failed: bool) {
    // Destroying needs nothing of what others have become: each object that cannot be destroyed is told.
    let is_object = |address: &ItemAddress| matches!(address.item, Item::Resource(_));
    let independent = planner.mode() == PlanMode::Destroy && planner.graph.nodes.get(node).is_some_and(is_object);
    if !failed || independent {
        return scheduler.finish(node);
    }
    let mut left_out = scheduler.fail(node);
    left_out.push(node);
    let addresses = left_out.into_iter().filter_map(|node| planner.graph.nodes.get(node).cloned());
    planner.work.borrow_mut().failed.extend(addresses);
}

/// Runs a node's work; true if it has reported errors. Between two polls other nodes may have reported some.
async fn has_failed(planner: &Planner<'_>, work: impl Future<Output = ()>) -> bool {
    let mut work = pin!(work);
    let mut failed = false;
    poll_fn(|context| {
        let before = planner.failures.get();
        let progress = work.as_mut().poll(context);
        failed |= planner.failures.get() > before;
        progress.map(|()| failed)
    })
    .await
}

/// Nodes that need no provider.
fn is_instant(item: &Item) -> bool {
    !matches!(item, Item::Resource(_))
}

async fn resource_node(planner: &Planner<'_>, address: &ItemAddress) {
    if let Item::Resource(resource) = &address.item
        && !(planner.inputs.cancelled)()
    {
        resource::plan_resource(planner, &address.module, resource).await;
    }
}

/// Evaluates what has a value of its own, so that its problems are found even if nothing refers to it.
fn evaluate(planner: &Planner<'_>, address: &ItemAddress) {
    if planner.mode() == PlanMode::Destroy && !matches!(address.item, Item::Provider(..)) {
        return;
    }
    if !planner.scope.wants_item(&planner.graph, address) {
        return;
    }
    for module in module_instances(planner, &address.module) {
        let evaluator = &planner.evaluator;
        let result = match &address.item {
            Item::Variable(name) => {
                check::variable(planner, module, name);
                Ok(())
            }
            Item::Local(name) => evaluator.local(module, name).map(drop),
            Item::Output(name) => {
                let result = evaluator.output(module, name).map(drop);
                check::output(planner, module, name);
                result
            }
            Item::Call(name) => evaluator.call_instances(module, name).map(drop),
            Item::Check(name) => {
                check::check_block(planner, module, name);
                Ok(())
            }
            Item::CallEnd(_) | Item::Provider(..) | Item::Resource(_) => Ok(()),
        };
        if let Err(problems) = result {
            planner.report(problems);
        }
        planner.report(evaluator.take_problems());
    }
}

/// The instances of a module, expanding the calls on the way.
pub(crate) fn module_instances(planner: &Planner<'_>, path: &ModulePath) -> Vec<ModuleId> {
    planner.evaluator.instances_of(path)
}

/// True if the configuration has this module instance.
pub(crate) fn has_module_instance(planner: &Planner<'_>, address: &ModuleInstance) -> bool {
    planner.evaluator.module_id(address).is_some()
}
