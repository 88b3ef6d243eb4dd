//! Checks that a plan does not contradict itself.

use crate::{
    Action, ConfigResource, DeposedKey, ModuleInstance, ModulePath, ModuleStep, Operation, OperationKind, Plan,
    ResourceChange, ResourceInstance, VerifyError, with_schema_marks,
};
use formwork_value::{Marks, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A resource within an instance of modules around it.
type Place = (ConfigResource, Vec<ModuleStep>);

impl Plan {
    /// Checks the plan's inner consistency; done for every plan made and every plan file loaded. Its operations are those
    /// that its changes ask for, one change to an object; objects are destroyed after all that depend on them by the
    /// state; secrets are marked, and ephemeral values absent.
    pub fn verify(&self) -> Result<(), VerifyError> {
        self.verify_operations()?;
        self.execution.verify()?;
        self.verify_destroy_order()?;
        self.verify_marks()
    }

    fn verify_operations(&self) -> Result<(), VerifyError> {
        let mut of_changes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (position, operation) in self.execution.operations.iter().enumerate() {
            let change = self.changes.get(operation.change);
            if change.is_none_or(|c| c.address != operation.address) {
                return Err(VerifyError(format!("{operation} belongs to no change of its address")));
            }
            if operation.kind != OperationKind::Barrier {
                of_changes.entry(operation.change).or_default().push(position);
            }
        }
        let mut written: BTreeSet<(&ResourceInstance, Option<&DeposedKey>)> = BTreeSet::new();
        for (position, change) in self.changes.iter().enumerate() {
            if !written.insert((&change.address, change.deposed.as_ref())) {
                return Err(VerifyError(format!("there are two changes of {}", change.address)));
            }
            let operations = of_changes.get(&position).map(Vec::as_slice).unwrap_or_default();
            if self.errored && operations.is_empty() {
                continue;
            }
            self.verify_change(change, operations)?;
        }
        Ok(())
    }

    /// The operations of a change are exactly those that its action asks for, in their order.
    fn verify_change(&self, change: &ResourceChange, positions: &[usize]) -> Result<(), VerifyError> {
        let operations: Vec<&Operation> =
            positions.iter().filter_map(|position| self.execution.operations.get(*position)).collect();
        let waits = |operation: &Operation, for_other: Option<&usize>| {
            for_other.is_some_and(|other| operation.after.iter().any(|id| id.0 as usize == *other))
        };
        let kinds: Vec<&OperationKind> = operations.iter().map(|operation| &operation.kind).collect();
        let good = match (change.action, &*kinds) {
            (Action::NoOp, []) => true,
            (Action::Create, [OperationKind::Create]) => true,
            (Action::Update, [OperationKind::Update]) => true,
            (Action::Read, [OperationKind::Read]) => true,
            (Action::Delete, [OperationKind::Delete { deposed }]) => *deposed == change.deposed,
            (Action::Forget, [OperationKind::Forget { deposed }]) => *deposed == change.deposed,
            (Action::DeleteThenCreate, [OperationKind::Delete { deposed: None }, OperationKind::Create])
            | (Action::ForgetThenCreate, [OperationKind::Forget { deposed: None }, OperationKind::Create]) => {
                operations.get(1).is_some_and(|create| waits(create, positions.first()))
            }
            (
                Action::CreateThenDelete,
                [OperationKind::CreateReplacement { depose_as }, OperationKind::Delete { deposed: Some(key) }],
            ) => {
                let instance = self.prior.state.instance(&change.address);
                let is_free = instance.is_none_or(|instance| !instance.deposed.contains_key(key));
                depose_as == key && is_free && operations.get(1).is_some_and(|delete| waits(delete, positions.first()))
            }
            _ => false,
        };
        if good {
            return Ok(());
        }
        let operations: Vec<String> = operations.iter().map(ToString::to_string).collect();
        Err(VerifyError(format!(
            "the change of {} ({:?}) is not what its operations do: {}",
            change.address,
            change.action,
            if operations.is_empty() { "none".to_string() } else { operations.join(", ") }
        )))
    }

    /// Every destroy waits for the destroys of what depends on the object by the state, directly or through a barrier.
    fn verify_destroy_order(&self) -> Result<(), VerifyError> {
        let mut deletes: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
        let mut waits: BTreeMap<Place, BTreeSet<usize>> = BTreeMap::new();
        for (position, operation) in self.execution.operations.iter().enumerate() {
            if !matches!(operation.kind, OperationKind::Delete { .. }) {
                continue;
            }
            let (own, module) = (operation.address.config(), &operation.address.module);
            for depth in 0..=module.0.len() {
                let place = (own.clone(), module.0.iter().take(depth).cloned().collect());
                deletes.entry(place).or_default().push(position);
            }
            for resource in self.dependencies_of(operation).iter().filter(|resource| **resource != own) {
                let place = (resource.clone(), common(module, &resource.module));
                waits.entry(place).or_default().insert(position);
            }
        }
        for (place, dependents) in waits {
            self.verify_waits(deletes.get(&place).map(Vec::as_slice).unwrap_or_default(), &dependents)?;
        }
        Ok(())
    }

    /// What an object that is deleted depends on by the state.
    fn dependencies_of(&self, operation: &Operation) -> &[ConfigResource] {
        let deposed = self.changes.get(operation.change).and_then(|change| change.deposed.as_ref());
        let object = self.prior.state.instance(&operation.address).and_then(|instance| match deposed {
            None => instance.current.as_ref(),
            Some(key) => instance.deposed.get(key),
        });
        object.map_or(&[], |object| &object.dependencies)
    }

    fn verify_waits(&self, deletes: &[usize], dependents: &BTreeSet<usize>) -> Result<(), VerifyError> {
        // Many wait through the same barrier: what it covers is found out once.
        let mut covers: BTreeMap<usize, bool> = BTreeMap::new();
        for delete in deletes {
            let direct = self.waits_of(*delete);
            let mut covers_all = |other: &usize| {
                let mut find = || self.is_barrier(*other) && dependents.is_subset(&self.waits_of(*other));
                *covers.entry(*other).or_insert_with(&mut find)
            };
            if dependents.is_subset(&direct) || direct.iter().any(&mut covers_all) {
                continue;
            }
            let mut all = direct.clone();
            direct.iter().filter(|other| self.is_barrier(**other)).for_each(|other| all.extend(self.waits_of(*other)));
            if let Some(missing) = dependents.difference(&all).next() {
                let text = |position: usize| self.execution.operations.get(position).map(ToString::to_string);
                return Err(VerifyError(format!(
                    "{} does not wait for {}, although that object depends on it",
                    text(*delete).unwrap_or_default(),
                    text(*missing).unwrap_or_default()
                )));
            }
        }
        Ok(())
    }

    fn is_barrier(&self, position: usize) -> bool {
        self.execution.operations.get(position).is_some_and(|operation| operation.kind == OperationKind::Barrier)
    }

    fn waits_of(&self, position: usize) -> BTreeSet<usize> {
        let operation = self.execution.operations.get(position);
        operation.into_iter().flat_map(|operation| &operation.after).map(|id| id.0 as usize).collect()
    }

    /// What the schemas and the configuration call sensitive is marked, and nothing is ephemeral.
    fn verify_marks(&self) -> Result<(), VerifyError> {
        let lost = |what: &dyn std::fmt::Display| VerifyError(format!("sensitive values of {what} are not marked"));
        let stored = |value: &Value, what: &dyn std::fmt::Display| match value.marks_deep().contains(Marks::EPHEMERAL) {
            true => Err(VerifyError(format!("the plan holds an ephemeral value of {what}"))),
            false => Ok(()),
        };
        for change in self.changes.iter().chain(&self.drift) {
            let schemas = self.schemas.get(&change.provider.provider);
            let resource = &change.address.resource;
            let schema = schemas.and_then(|schemas| schemas.resource(resource.mode, &resource.kind));
            for value in [&change.before, &change.after] {
                stored(value, &change.address)?;
                if schema.is_some_and(|schema| with_schema_marks(&schema.block, value) != *value) {
                    return Err(lost(&change.address));
                }
            }
        }
        for (address, value) in &self.planned_values {
            stored(value, address)?;
        }
        for output in &self.outputs {
            let name = format!("output {}", output.name);
            stored(&output.after, &name)?;
            if !output.sensitive && output.after.marks_deep().is_sensitive() {
                return Err(lost(&name));
            }
        }
        for (name, value) in &self.variables {
            let name = format!("variable {name}");
            stored(value, &name)?;
        }
        Ok(())
    }
}

/// The module instances that an instance of `module` shares with a resource of the module at `path`: instances of one call
/// do not depend on each other.
fn common(module: &ModuleInstance, path: &ModulePath) -> Vec<ModuleStep> {
    module.0.iter().zip(&path.0).take_while(|(step, name)| step.name == **name).map(|(step, _)| step.clone()).collect()
}
