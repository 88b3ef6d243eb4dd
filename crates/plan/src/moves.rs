//! `moved` blocks: the state under its new addresses.

use formwork_config::{Config, MovedBlock};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::{
    AbsResource, InstanceKey, InstanceState, ModuleInstance, ModulePath, ModuleStep, ResourceInstance, ResourceMode,
    ResourceState, State, TargetAddress,
};
use std::collections::BTreeMap;

/// A `moved` block and the module that declares it.
struct Statement<'a> {
    module: &'a ModulePath,
    block: &'a MovedBlock,
}

/// The state after all moves, and the previous address of everything that moved.
pub(crate) fn apply(
    config: &Config,
    state: &State,
) -> (State, BTreeMap<ResourceInstance, ResourceInstance>, Diagnostics) {
    let statements: Vec<Statement<'_>> = config
        .modules
        .iter()
        .flat_map(|(path, module)| module.moved.iter().map(move |block| Statement { module: path, block }))
        .collect();
    let mut moved = BTreeMap::new();
    let mut diagnostics = Diagnostics::new();
    if statements.is_empty() {
        return (state.clone(), moved, diagnostics);
    }
    let mut state = state.clone();
    let addresses: Vec<ResourceInstance> = state.instances().map(|(address, _, _)| address).collect();
    let mut blocked = Vec::new();
    for from in addresses {
        let to = destination(&statements, &from);
        if to == from {
            continue;
        }
        if state.instance(&to).is_some() && destination(&statements, &to) == to {
            blocked.push(format!("{from} could not move to {to}"));
            continue;
        }
        relocate(&mut state, &from, &to);
        moved.insert(to, from);
    }
    if !blocked.is_empty() {
        diagnostics.push(Diagnostic::warning(
            "Unresolved resource instance address changes",
            format!(
                "There is already an object at the new address of these:\n  - {}\n\nThey stay where they are, and are planned to be destroyed unless the configuration still has their old address. Remove or move one of the two objects if that is not what you want.",
                blocked.join("\n  - ")
            ),
        ));
    }
    (state, moved, diagnostics)
}

/// True if a refresh has found anything: managed objects or outputs that differ, moves apart.
pub(crate) fn differs(previous: &State, moved: &BTreeMap<ResourceInstance, ResourceInstance>, now: &State) -> bool {
    let is_managed = |address: &AbsResource| address.resource.mode == ResourceMode::Managed;
    let instances = |state: &State| state.instances().filter(|(address, ..)| is_managed(&address.resource())).count();
    let same = |(address, _, instance): (ResourceInstance, &ResourceState, &InstanceState)| {
        previous.instance(moved.get(&address).unwrap_or(&address)) == Some(instance)
    };
    previous.outputs != now.outputs
        || instances(previous) != instances(now)
        || !now.instances().filter(|(address, ..)| is_managed(&address.resource())).all(same)
}

fn relocate(state: &mut State, from: &ResourceInstance, to: &ResourceInstance) {
    let source = from.resource();
    let Some(resource) = state.resources.get_mut(&source) else { return };
    let Some(instance) = resource.instances.remove(&from.key) else { return };
    let provider = resource.provider.clone();
    if resource.instances.is_empty() {
        state.resources.remove(&source);
    }
    let target =
        state.resources.entry(to.resource()).or_insert_with(|| ResourceState { provider, instances: BTreeMap::new() });
    target.instances.insert(to.key.clone(), instance);
}

/// Where an address ends up: every statement is followed at most once.
fn destination(statements: &[Statement<'_>], from: &ResourceInstance) -> ResourceInstance {
    let mut address = from.clone();
    let mut used = vec![false; statements.len()];
    loop {
        let next = statements.iter().zip(&mut used).find_map(|(statement, used)| {
            let to = if *used { None } else { moved_by(statement, &address) };
            if to.is_some() {
                *used = true;
            }
            to
        });
        match next {
            Some(to) => address = to,
            None => return address,
        }
    }
}

/// The new address of an instance by one statement, if it is concerned.
fn moved_by(statement: &Statement<'_>, address: &ResourceInstance) -> Option<ResourceInstance> {
    let depth = statement.module.0.len();
    let outer = address.module.0.get(..depth)?;
    if !outer.iter().map(|s| &s.name).eq(&statement.module.0) {
        return None;
    }
    let inner = ModuleInstance(address.module.0.get(depth..)?.to_vec());
    let (from, to) = (&statement.block.from.address, &statement.block.to.address);
    let (module, resource, key) = match (from, to) {
        (TargetAddress::Module(from), TargetAddress::Module(to)) => {
            (module_move(from, to, &inner)?, address.resource.clone(), address.key.clone())
        }
        _ => {
            let (from_resource, from_key) = endpoint(from)?;
            let (to_resource, to_key) = endpoint(to)?;
            if from_resource.resource != address.resource || from_resource.module != inner {
                return None;
            }
            let key = match (from_key, to_key) {
                (None, None) => address.key.clone(),
                (from_key, to_key) => {
                    if from_key.cloned().unwrap_or_default() != address.key {
                        return None;
                    }
                    to_key.cloned().unwrap_or_default()
                }
            };
            (to_resource.module.clone(), to_resource.resource.clone(), key)
        }
    };
    let steps = outer.iter().cloned().chain(module.0).collect();
    Some(ResourceInstance { module: ModuleInstance(steps), resource, key })
}

/// A resource or instance address, and the key if one is written.
fn endpoint(address: &TargetAddress) -> Option<(AbsResource, Option<&InstanceKey>)> {
    match address {
        TargetAddress::Resource(r) => Some((r.clone(), None)),
        TargetAddress::Instance(i) => Some((i.resource(), Some(&i.key))),
        TargetAddress::Module(_) => None,
    }
}

/// The new module of something inside of `from`. Without keys on both sides the whole call is renamed, all its instances.
fn module_move(from: &ModuleInstance, to: &ModuleInstance, inner: &ModuleInstance) -> Option<ModuleInstance> {
    let depth = from.0.len();
    let (last, before) = from.0.split_last()?;
    let (head, rest) = (inner.0.get(..depth)?, inner.0.get(depth..)?);
    let (actual, actual_before) = head.split_last()?;
    if actual_before != before || actual.name != last.name {
        return None;
    }
    let target = to.0.last()?;
    let whole = last.key.is_none() && target.key.is_none();
    if !whole && actual.key != last.key {
        return None;
    }
    let mut steps: Vec<ModuleStep> = to.0.clone();
    if whole && let Some(step) = steps.last_mut() {
        step.key = actual.key.clone();
    }
    steps.extend(rest.iter().cloned());
    Some(ModuleInstance(steps))
}
