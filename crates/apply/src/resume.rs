//! What is left of a plan of which a part has been applied.
//!
//! [`resume`] looks, change by change, how far the state has come on the way from the plan's prior state to what was planned,
//! and writes the rest as a plan of its own: the operations that are left, in the order that they had, over the values that
//! the finished ones produced. An object that is neither as it was nor as it was to become refuses the whole.
//!
//! Invariant: pure: what was done is told by the state (and by `known`), never found out by asking providers.
//! Invariant: no change comes in that the plan does not have, but that a half-made object goes before it is made again.

mod reads;
mod rest;
mod standing;

use formwork_config::Config;
use formwork_graph::Scheduler;
use formwork_model::{OperationId, OperationKind, Plan, ResourceInstance, StateSnapshot};
use formwork_object::Deviation;
use standing::{Standing, standing};
use std::collections::BTreeSet;

/// What is left of a plan.
#[derive(Clone, Debug)]
pub struct Resumed {
    /// The rest, from the state as it is now.
    pub plan: Plan,
    /// Instances whose operations are done; their conditions are to be judged before anything else begins.
    pub done: Vec<ResourceInstance>,
    /// Operations that are done, barriers not counted.
    pub finished: BTreeSet<OperationId>,
    /// Operations of the original plan, by those of the rest; `None` for those that take half-made objects away.
    pub origins: Vec<Option<OperationId>>,
    /// Half-made objects: they are destroyed and made again.
    pub half_made: Vec<ResourceInstance>,
}

impl Resumed {
    /// Of a plan of which nothing has been done.
    pub fn whole(plan: &Plan, now: &StateSnapshot) -> Resumed {
        let prior = StateSnapshot { state: plan.prior.state.clone(), ..now.clone() };
        let operations = (0..plan.execution.operations.len()).map(|at| u32::try_from(at).ok().map(OperationId));
        Resumed {
            origins: operations.collect(),
            plan: Plan { prior, ..plan.clone() },
            done: Vec::new(),
            finished: BTreeSet::new(),
            half_made: Vec::new(),
        }
    }

    /// Operations of the original plan that are left, barriers not counted.
    pub fn left(&self) -> usize {
        let operations = self.plan.execution.operations.iter().zip(&self.origins);
        operations.filter(|(o, origin)| o.kind != OperationKind::Barrier && origin.is_some()).count()
    }
}

/// The rest of a plan over the state as it is now.
///
/// `known` are the operations that are known to have finished, if nothing has touched the state since; without it the state
/// must tell. Errors: objects that the rest touches or reads and that are not as the plan expects them.
pub fn resume(
    plan: &Plan,
    config: &Config,
    now: &StateSnapshot,
    known: Option<&BTreeSet<OperationId>>,
) -> Result<Resumed, Vec<Deviation>> {
    if now.state == plan.previous.state {
        return Ok(Resumed::whole(plan, now));
    }
    let mut deviations = Vec::new();
    let mut standings = Vec::with_capacity(plan.changes.len());
    for (at, operations) in operations_of_changes(plan).into_iter().enumerate() {
        let Some(change) = plan.changes.get(at) else { continue };
        match standing(plan, change, &operations, &now.state, known) {
            Ok(standing) => standings.push(standing),
            Err(deviation) => {
                // What nothing is done to matters only if it is read.
                if !operations.is_empty() {
                    deviations.push(deviation.clone());
                }
                standings.push(Standing::Elsewhere(deviation));
            }
        }
    }
    if !deviations.is_empty() {
        return Err(deviations);
    }
    let done = resolve(plan, &mut standings)?;
    let left = |id: &usize| done.get(*id) == Some(&false);
    let rest: Vec<usize> = (0..plan.execution.operations.len()).filter(left).collect();
    reads::check(plan, config, now, &standings, &rest)?;
    rest::write(plan, config, now, &standings, &done)
}

/// Positions of the operations of each change, barriers left out.
fn operations_of_changes(plan: &Plan) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new(); plan.changes.len()];
    for (at, operation) in plan.execution.operations.iter().enumerate() {
        if operation.kind != OperationKind::Barrier
            && let Some(list) = all.get_mut(operation.change)
        {
            list.push(at);
        }
    }
    all
}

/// Which operations are done. What the state cannot tell is done if something is that came after it; and whatever is done
/// must have had all before it done.
fn resolve(plan: &Plan, standings: &mut [Standing]) -> Result<Vec<bool>, Vec<Deviation>> {
    let operations = &plan.execution.operations;
    let of_changes = operations_of_changes(plan);
    let mut told: Vec<Option<bool>> = operations.iter().map(|_| None).collect();
    for (standing, positions) in standings.iter().zip(&of_changes) {
        for (nth, position) in positions.iter().enumerate() {
            set(&mut told, *position, standing.is_done(nth));
        }
    }
    spread(plan, &of_changes, &mut told);
    let after = |at: usize| operations.get(at).into_iter().flat_map(|o| &o.after).map(|id| id.0 as usize);
    let mut scheduler = Scheduler::new((0..operations.len()).map(|at| after(at).collect()).collect());
    while let Some(at) = scheduler.take_ready() {
        if is(&told, at).is_none() {
            let is_barrier = operations.get(at).is_some_and(|o| o.kind == OperationKind::Barrier);
            let all = is_barrier && after(at).all(|other| is(&told, other) == Some(true));
            set(&mut told, at, Some(all));
        }
        scheduler.finish(at);
    }
    for (standing, positions) in standings.iter_mut().zip(&of_changes) {
        if matches!(standing, Standing::Either) {
            let all = positions.iter().all(|position| is(&told, *position) == Some(true));
            *standing = if all { Standing::After } else { Standing::Before };
        }
    }
    let mut deviations = Vec::new();
    for (at, operation) in operations.iter().enumerate().filter(|(at, _)| is(&told, *at) == Some(true)) {
        let early = after(at).find(|other| is(&told, *other) != Some(true));
        if let Some(other) = early.and_then(|other| operations.get(other)) {
            let problem =
                format!("the plan has yet to do \"{other}\", although \"{operation}\", which comes after it, is done");
            deviations.push(Deviation::of(&other.address, None, problem));
        }
    }
    if !deviations.is_empty() {
        return Err(deviations);
    }
    Ok(told.into_iter().map(|done| done == Some(true)).collect())
}

fn is(told: &[Option<bool>], at: usize) -> Option<bool> {
    told.get(at).copied().flatten()
}

fn set(told: &mut [Option<bool>], at: usize, done: Option<bool>) {
    if let Some(place) = told.get_mut(at) {
        *place = done;
    }
}

/// Whatever an operation that is done has waited for is done, if nothing tells otherwise; so is the rest of its change.
fn spread(plan: &Plan, of_changes: &[Vec<usize>], told: &mut [Option<bool>]) {
    let operations = &plan.execution.operations;
    let mut news: Vec<usize> = (0..operations.len()).filter(|at| is(told, *at) == Some(true)).collect();
    while let Some(operation) = news.pop().and_then(|at| operations.get(at)) {
        let mut found: Vec<usize> = operation.after.iter().map(|id| id.0 as usize).collect();
        if operation.kind != OperationKind::Barrier {
            found.extend(of_changes.get(operation.change).into_iter().flatten());
        }
        for other in found {
            if is(told, other).is_none() {
                set(told, other, Some(true));
                news.push(other);
            }
        }
    }
}
