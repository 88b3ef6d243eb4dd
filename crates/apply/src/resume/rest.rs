//! The rest as a plan.

use super::Resumed;
use super::standing::{Standing, object};
use formwork_config::Config;
use formwork_model::{
    Action, ActionReason, ObjectState, Operation, OperationId, OperationKind, Plan, ResourceChange, ResourceInstance,
    ResourceMode, Schema, State, StateSnapshot,
};
use formwork_object::{Deviation, compare_objects, decode_object};
use formwork_value::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Writes the rest of the plan. Errors: it would not be consistent.
pub(super) fn write(
    plan: &Plan,
    config: &Config,
    now: &StateSnapshot,
    standings: &[Standing],
    done: &[bool],
) -> Result<Resumed, Vec<Deviation>> {
    let mut rest = Rest {
        plan,
        now: &now.state,
        state: now.state.clone(),
        changes: Vec::new(),
        planned_values: plan.planned_values.clone(),
        places: BTreeMap::new(),
        done: Vec::new(),
        half_made: Vec::new(),
    };
    let mut deviations = Vec::new();
    for (at, (change, standing)) in plan.changes.iter().zip(standings).enumerate() {
        if matches!(standing, Standing::Half { .. }) && is_protected(config, &change.address) {
            let problem =
                "is tainted, so it would have to be destroyed and made again, which its prevent_destroy forbids";
            deviations.push(Deviation::of(&change.address, None, problem));
        }
        rest.add(at, change, standing);
    }
    let (operations, origins) = rest.operations(standings, done);
    let Rest { state, changes, planned_values, done: instances, half_made, .. } = rest;
    let new = Plan {
        changes,
        planned_values,
        execution: formwork_model::ExecutionGraph { operations },
        prior: StateSnapshot { state: state.clone(), ..now.clone() },
        previous: now.clone(),
        drift: Vec::new(),
        ..plan.clone()
    };
    if let (Err(error), true) = (new.verify(), deviations.is_empty()) {
        let address = half_made.first().or_else(|| new.changes.first().map(|change| &change.address));
        let problem = format!("what is left of the plan cannot be done in an order that suits all of it ({error})");
        deviations.extend(address.map(|address| Deviation::of(address, None, problem)));
    }
    if !deviations.is_empty() {
        return Err(deviations);
    }
    let is_effect = |at: &usize| plan.execution.operations.get(*at).is_some_and(|o| o.kind != OperationKind::Barrier);
    let finished = done.iter().enumerate().filter(|(_, done)| **done).map(|(at, _)| at).filter(is_effect);
    let finished = finished.map(id).collect();
    Ok(Resumed { plan: new, done: instances, finished, origins, half_made })
}

fn id(at: usize) -> OperationId {
    OperationId(u32::try_from(at).unwrap_or(u32::MAX))
}

fn is_protected(config: &Config, address: &ResourceInstance) -> bool {
    let module = config.modules.get(&address.module.path());
    let block = module.and_then(|module| module.resources.get(&address.resource));
    block.is_some_and(|block| block.lifecycle.prevent_destroy.is_some())
}

struct Rest<'a> {
    plan: &'a Plan,
    now: &'a State,
    /// The state from which the rest starts: with what the refresh of the plan has found.
    state: State,
    changes: Vec<ResourceChange>,
    planned_values: BTreeMap<ResourceInstance, Value>,
    /// Where the changes of operations are now: by their change and whether the operation is about the deposed object.
    places: BTreeMap<(usize, bool), usize>,
    done: Vec<ResourceInstance>,
    half_made: Vec<ResourceInstance>,
}

impl Rest<'_> {
    fn schema(&self, change: &ResourceChange) -> Option<Arc<Schema>> {
        let resource = &change.address.resource;
        self.plan.schemas.get(&change.provider.provider)?.resource(resource.mode, &resource.kind).cloned()
    }

    fn value(&self, change: &ResourceChange, object: Option<&ObjectState>) -> Option<Value> {
        decode_object(&*self.schema(change)?, object?)
    }

    fn add(&mut self, at: usize, change: &ResourceChange, standing: &Standing) {
        let found = object(self.now, &change.address, change.deposed.as_ref());
        match standing {
            Standing::Elsewhere(_) => {
                // Nobody reads it: it stays as it is.
                if let Some(value) = self.value(change, found) {
                    self.planned_values.insert(change.address.clone(), value);
                }
            }
            Standing::Before | Standing::Either | Standing::Partly => self.add_left(at, change, found),
            Standing::After => self.add_done(at, change, found),
            Standing::Removed => {
                let null = Value::null(change.after.ty());
                let action = Action::Create;
                self.push(at, false, ResourceChange { action, before: null, ..again(change) });
            }
            Standing::Deposed => {
                let null = Value::null(change.after.ty());
                let action = Action::Create;
                self.push(at, false, ResourceChange { action, before: null, ..again(change) });
                self.add_deposed(at, change);
            }
            Standing::Created => {
                self.add_done(at, change, found);
                self.add_deposed(at, change);
            }
            Standing::Half { removed } => {
                let before = self.value(change, found).unwrap_or_else(|| change.before.clone());
                let (action, reason) = (Action::DeleteThenCreate, ActionReason::ReplaceBecauseTainted);
                self.half_made.push(change.address.clone());
                self.push(at, false, ResourceChange { action, reason, before, ..again(change) });
                if !removed && change.action == Action::CreateThenDelete {
                    self.add_deposed(at, change);
                }
            }
        }
    }

    fn push(&mut self, at: usize, deposed: bool, change: ResourceChange) {
        self.places.insert((at, deposed), self.changes.len());
        self.changes.push(change);
    }

    /// Nothing of it is done, or not all of it.
    fn add_left(&mut self, at: usize, change: &ResourceChange, found: Option<&ObjectState>) {
        let (address, deposed) = (&change.address, change.deposed.as_ref());
        let schema = self.schema(change);
        let prior = self.plan.prior.state.instance(address).and_then(|instance| match deposed {
            None => instance.current.clone(),
            Some(key) => instance.deposed.get(key).cloned(),
        });
        let previous = object(&self.plan.previous.state, &change.previous_address, deposed);
        let same = |a: Option<&ObjectState>, b: Option<&ObjectState>| match (a, b) {
            (Some(a), Some(b)) => compare_objects(schema.as_deref(), a, b).is_empty(),
            (a, b) => a.is_none() && b.is_none(),
        };
        let mut change = ResourceChange { reason: change.reason, ..again(change) };
        if same(found, prior.as_deref()) || same(found, previous) {
            // What the refresh has found may not have been stored.
            self.state.set_object(address, deposed, &change.provider, prior);
        } else if let Some(value) = self.value(&change, found) {
            change.before = value;
        }
        self.push(at, change.deposed.is_some(), change);
    }

    fn add_done(&mut self, at: usize, change: &ResourceChange, found: Option<&ObjectState>) {
        let Some(value) = self.value(change, found) else {
            if change.deposed.is_none() {
                self.planned_values.remove(&change.address);
            }
            return;
        };
        self.planned_values.insert(change.address.clone(), value.clone());
        self.done.push(change.address.clone());
        if change.address.resource.mode == ResourceMode::Managed {
            let action = Action::NoOp;
            let (before, after) = (value.clone(), value);
            self.push(at, false, ResourceChange { action, before, after, ..again(change) });
        }
    }

    /// The second half of a replacement that creates first, as a change of its own.
    fn add_deposed(&mut self, at: usize, change: &ResourceChange) {
        let keys = self.plan.execution.operations.iter().filter(|o| o.change == at);
        let key = keys.into_iter().find_map(|o| match &o.kind {
            OperationKind::Delete { deposed } => deposed.clone(),
            _ => None,
        });
        let Some(key) = key else { return };
        let found = object(self.now, &change.address, Some(&key));
        let before = self.value(change, found).unwrap_or_else(|| change.before.clone());
        let deletion = ResourceChange {
            deposed: Some(key),
            action: Action::Delete,
            after: Value::null(before.ty()),
            before,
            private: found.map(|object| object.private.clone()).unwrap_or_default(),
            after_identity: None,
            ..again(change)
        };
        self.push(at, true, deletion);
    }

    /// The operations that are left, and which ones they were.
    fn operations(&self, standings: &[Standing], done: &[bool]) -> (Vec<Operation>, Vec<Option<OperationId>>) {
        let all = &self.plan.execution.operations;
        let is_left = |at: usize| done.get(at) == Some(&false);
        let makes = |o: &Operation| matches!(o.kind, OperationKind::Create | OperationKind::CreateReplacement { .. });
        let again = |o: &Operation| makes(o) && matches!(standings.get(o.change), Some(Standing::Half { .. }));
        let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
        let mut next = 0;
        for (at, operation) in all.iter().enumerate().filter(|(at, _)| is_left(*at)) {
            next += usize::from(again(operation));
            numbers.insert(at, next);
            next += 1;
        }
        let (mut operations, mut origins) = (Vec::new(), Vec::new());
        for (at, operation) in all.iter().enumerate().filter(|(at, _)| is_left(*at)) {
            // A destruction that waits for what is made again waits for the destruction before that as well.
            let destroys = matches!(operation.kind, OperationKind::Delete { .. } | OperationKind::Barrier);
            let waits = operation.after.iter().map(|other| other.0 as usize).filter_map(|other| {
                let number = *numbers.get(&other)?;
                let first = number - usize::from(destroys && all.get(other).is_some_and(&again));
                Some(first..=number)
            });
            let after: BTreeSet<OperationId> = waits.flatten().map(id).collect();
            let mut after: Vec<OperationId> = after.into_iter().collect();
            // A barrier is named after a member, which may be done.
            let named =
                if operation.kind == OperationKind::Barrier { self.member(operation, &is_left) } else { operation };
            let about_deposed = matches!(&named.kind, OperationKind::Delete { deposed: Some(_) });
            let change = self.place(named.change, about_deposed);
            let address = named.address.clone();
            if again(operation) {
                let kind = OperationKind::Delete { deposed: None };
                let first = operations.len();
                operations.push(Operation { address: address.clone(), kind, change, after: after.clone() });
                origins.push(None);
                after.push(id(first));
                after.sort_unstable();
            }
            let is_plain = matches!(standings.get(operation.change), Some(Standing::Deposed | Standing::Half { .. }));
            let kind = match &operation.kind {
                OperationKind::CreateReplacement { .. } if is_plain => OperationKind::Create,
                kind => kind.clone(),
            };
            operations.push(Operation { address, kind, change, after });
            origins.push(Some(id(at)));
        }
        (operations, origins)
    }

    /// A member of a barrier that is left.
    fn member<'p>(&'p self, barrier: &'p Operation, is_left: &dyn Fn(usize) -> bool) -> &'p Operation {
        let mut found = barrier;
        // As deep as barriers wait for barriers, which do not go in circles.
        while found.kind == OperationKind::Barrier {
            let left = found.after.iter().map(|id| id.0 as usize).find(|at| is_left(*at));
            match left.and_then(|at| self.plan.execution.operations.get(at)) {
                Some(next) => found = next,
                None => return found,
            }
        }
        found
    }

    fn place(&self, change: usize, about_deposed: bool) -> usize {
        let place = self.places.get(&(change, about_deposed)).or_else(|| self.places.get(&(change, false)));
        place.or_else(|| self.places.get(&(change, true))).copied().unwrap_or(usize::MAX)
    }
}

/// The change as it is told once more: the object has moved, or was imported, by now.
fn again(change: &ResourceChange) -> ResourceChange {
    ResourceChange {
        previous_address: change.address.clone(),
        reason: ActionReason::None,
        importing: None,
        generated_config: None,
        ..change.clone()
    }
}
