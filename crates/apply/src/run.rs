//! The walk over the execution graph.

use crate::operation::{self, Done};
use crate::stage::Stage;
use crate::{ApplyInputs, ApplyOutcome, action, check, empty, output};
use formwork_diag::{Blame, Diagnostic};
use formwork_graph::Scheduler;
use formwork_model::{Event, OperationId, OperationKind, Progress, ProviderConfigAddress, StateSnapshot};
use formwork_object::OperationTurns;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use std::collections::BTreeMap;
use std::pin::pin;

/// Runs the plan. Failures skip what depends on them; everything else goes on.
pub async fn apply(inputs: &ApplyInputs<'_>) -> ApplyOutcome {
    let stage = Stage::new(inputs);
    let mut finished = Vec::new();
    let skipped = match inputs.plan.verify() {
        Ok(()) if !check::done_before(&stage) => inputs.plan.execution.operations.len(),
        Ok(()) => {
            let work = async {
                let skipped = walk(&stage, &mut finished).await;
                action::run_requested(&stage).await;
                skipped
            };
            stage.upkeep.during(work, |problems| stage.report(problems)).await
        }
        Err(error) => {
            stage.report_one(
                Diagnostic::error(
                    "Inconsistent plan",
                    format!("The plan contradicts itself and was not applied: {error}."),
                )
                .blame(Blame::Engine),
            );
            inputs.plan.execution.operations.len()
        }
    };
    if !inputs.plan.options.targets.is_empty() || !inputs.plan.options.excludes.is_empty() {
        stage.report_one(Diagnostic::warning(
            "Applied changes may be incomplete",
            "The plan was created with the -target option in effect, so some changes requested in the configuration may have been ignored and the output values may not be fully updated. Plan again without it to see whether anything is left to do.",
        ));
    }
    stage.report(stage.upkeep.close_all().await);
    stage.evaluator.settle();
    check::conclude(&stage);
    output::update(&stage);
    stage.report(stage.evaluator.take_problems());
    let reached = empty::reached(&stage);
    let Stage { recorder, diagnostics, counts, checks, outputs, .. } = stage;
    let mut state = recorder.into_state();
    output::take(&mut state, inputs, outputs.into_inner());
    state.checks = checks.into_inner().finish();
    empty::update(&mut state, reached);
    let counts = counts.into_inner();
    ApplyOutcome {
        snapshot: StateSnapshot { state, ..inputs.plan.prior.clone() },
        diagnostics: diagnostics.into_inner().into_list(),
        added: counts.added,
        changed: counts.changed,
        destroyed: counts.destroyed,
        invoked: counts.invoked,
        imported: inputs.plan.changes.iter().filter(|c| c.importing.is_some()).count(),
        skipped,
        finished,
    }
}

/// Runs all operations; returns how many were not run.
async fn walk(stage: &Stage<'_>, finished: &mut Vec<OperationId>) -> usize {
    let inputs = stage.inputs;
    let operations = &inputs.plan.execution.operations;
    let dependencies = operations.iter().map(|o| o.after.iter().map(|id| id.0 as usize).collect()).collect();
    let mut scheduler = Scheduler::new(dependencies);
    let mut needs = Needs::of(stage);
    let turns = OperationTurns::new(inputs.parallelism);
    inputs.providers.use_turns(turns.clone());
    let mut running = FuturesUnordered::new();
    let mut progress = Progress { done: 0, running: 0, total: operations.len() };
    let mut skipped = 0;
    loop {
        let goes_on = || !(inputs.cancelled)() && !stage.recorder.is_broken();
        while scheduler.has_ready() && goes_on() {
            let Some(turn) = turns.try_begin() else { break };
            let Some(node) = scheduler.take_ready() else { break };
            let id = OperationId(u32::try_from(node).unwrap_or(u32::MAX));
            let Some(operation) = operations.get(node) else { continue };
            running.push(async move {
                let _turn = turn;
                (node, operation::run(stage, id, operation).await)
            });
            progress.running = running.len();
        }
        // An operation that waits for its provider frees a turn without having come to an end.
        let freed = async {
            match scheduler.has_ready() && goes_on() {
                true => drop(turns.begin().await),
                false => std::future::pending().await,
            }
        };
        let ended = match select(running.next(), pin!(freed)).await {
            Either::Left((ended, _)) => ended,
            Either::Right(_) => continue,
        };
        let Some((node, done)) = ended else { break };
        progress.running = running.len();
        progress.done += 1;
        needs.less(stage, node);
        match done {
            Done::Succeeded => {
                if operations.get(node).is_some_and(|o| o.kind != OperationKind::Barrier) {
                    finished.push(OperationId(u32::try_from(node).unwrap_or(u32::MAX)));
                }
                scheduler.finish(node);
            }
            Done::Failed => {
                stage.leave_unfinished(operations.get(node));
                for node in scheduler.fail(node) {
                    skipped += 1;
                    needs.less(stage, node);
                    if let Some(operation) = operations.get(node) {
                        stage.leave_unfinished(Some(operation));
                        let operation_id = OperationId(u32::try_from(node).unwrap_or(u32::MAX));
                        inputs
                            .events
                            .emit(Event::Skipped { operation: operation_id, address: operation.address.clone() });
                    }
                }
            }
        }
        inputs.events.emit(Event::Progress(progress));
    }
    for node in scheduler.untaken() {
        stage.leave_unfinished(operations.get(node));
    }
    skipped + scheduler.remaining()
}

/// How many operations still need each provider configuration.
struct Needs(BTreeMap<ProviderConfigAddress, usize>);

impl Needs {
    fn of(stage: &Stage<'_>) -> Needs {
        let mut counts = BTreeMap::new();
        for node in 0..stage.inputs.plan.execution.operations.len() {
            if let Some(address) = Needs::address(stage, node) {
                *counts.entry(address.clone()).or_default() += 1;
            }
        }
        let needs = Needs(counts);
        needs.tell(stage);
        needs
    }

    /// The provider configuration of an operation that asks its provider.
    fn address<'s>(stage: &'s Stage<'_>, node: usize) -> Option<&'s ProviderConfigAddress> {
        let operation = stage.inputs.plan.execution.operations.get(node)?;
        let asks = operation.kind != OperationKind::Barrier;
        stage.inputs.plan.changes.get(operation.change).filter(|_| asks).map(|change| &change.provider)
    }

    /// An operation has come to its end.
    fn less(&mut self, stage: &Stage<'_>, node: usize) {
        let Some(address) = Needs::address(stage, node) else { return };
        if let Some(count) = self.0.get_mut(address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.0.remove(address);
                self.tell(stage);
            }
        }
    }

    fn tell(&self, stage: &Stage<'_>) {
        stage.inputs.providers.retain(&self.0.keys().cloned().collect());
    }
}
