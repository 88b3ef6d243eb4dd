//! Moves: the state under its new addresses.

pub(crate) mod check;
mod order;
mod statement;

use formwork_config::Config;
use formwork_diag::{Diagnostic, Span};
use formwork_graph::Graph;
use formwork_model::{
    AbsResource, InstanceState, ModuleInstance, Resource, ResourceInstance, ResourceMode, ResourceState, State,
};
use statement::{Kind, Statement};
use std::collections::{BTreeMap, BTreeSet};

/// All moves of a configuration, and what became of them.
pub(crate) struct Moves {
    pub statements: Vec<Statement>,
    /// Which statements are followed before which.
    pub order: Graph<usize>,
    /// Moves that would have overwritten something: "a could not move to b".
    blocked: Vec<String>,
}

/// A state while its objects move.
struct Moving {
    state: State,
    /// Module instances with resources.
    modules: BTreeSet<ModuleInstance>,
    /// Previous address of everything that moved.
    moved: BTreeMap<ResourceInstance, ResourceInstance>,
    blocked: Vec<String>,
}

/// Follows all moves. Gives the state after them, and the previous address of everything that moved. Nothing moves if the
/// statements lead in a circle.
pub(crate) fn apply(config: &Config, state: &State) -> (Moves, State, BTreeMap<ResourceInstance, ResourceInstance>) {
    let statements = statement::statements(config, state);
    let order = order::order_graph(&statements);
    let modules = if statements.is_empty() {
        BTreeSet::new()
    } else {
        state.resources.keys().map(|address| address.module.clone()).collect()
    };
    let mut moving = Moving { state: state.clone(), modules, moved: BTreeMap::new(), blocked: Vec::new() };
    for at in order.topological_order().unwrap_or_default() {
        let Some(statement) = statements.get(at) else { continue };
        if statement.moves_modules() { moving.move_modules(statement) } else { moving.move_resources(statement) }
    }
    let Moving { state, moved, blocked, .. } = moving;
    (Moves { statements, order, blocked }, state, moved)
}

impl Moves {
    /// The block by which something got its address.
    pub fn span_of(&self, to: &ResourceInstance) -> Option<Span> {
        let leads_to = |statement: &&Statement| {
            statement.to.resource.as_ref().is_some_and(|(resource, _)| *resource == to.resource)
                && statement.module.0.len() + statement.to.module.0.len() == to.module.0.len()
        };
        self.statements.iter().find(leads_to)?.span
    }

    /// Tells of moves to addresses that are taken.
    pub fn blocked(&self) -> Option<Diagnostic> {
        (!self.blocked.is_empty()).then(|| {
            Diagnostic::warning(
                "Unresolved resource instance address changes",
                format!(
                    "There is already an object at the new address of these:\n  - {}\n\nThey stay where they are, and are planned to be destroyed unless the configuration still has their old address. Remove or move one of the two objects if that is not what you want.",
                    self.blocked.join("\n  - ")
                ),
            )
        })
    }
}

impl Moving {
    fn move_modules(&mut self, statement: &Statement) {
        for from in self.modules.clone() {
            let Some(to) = statement.module_destination(&from) else { continue };
            if self.modules.contains(&to) {
                self.blocked.push(format!("{from} could not move to {to}"));
                continue;
            }
            let inside: Vec<AbsResource> = self.resources_from(&from).cloned().collect();
            for address in inside {
                self.move_resource(&address, &address.resource.in_module(to.clone()));
            }
        }
    }

    fn move_resources(&mut self, statement: &Statement) {
        let ends: Vec<_> = self.modules.iter().filter_map(|module| statement.resource_move(module)).collect();
        for (from, to) in ends {
            let Some(resource) = self.state.resource(&from.resource()) else { continue };
            if statement.kind == Kind::Resource {
                if self.state.resource(&to.resource()).is_some() {
                    self.blocked.push(format!("{} could not move to {}", from.resource(), to.resource()));
                } else {
                    self.move_resource(&from.resource(), &to.resource());
                }
            } else if resource.instances.contains_key(&from.key) {
                if self.state.instance(&to).is_some() {
                    self.blocked.push(format!("{from} could not move to {to}"));
                } else {
                    self.move_instance(&from, &to);
                }
            }
        }
    }

    fn resources_from<'a>(&'a self, module: &'a ModuleInstance) -> impl Iterator<Item = &'a AbsResource> {
        let first = Resource { mode: ResourceMode::Data, kind: "".into(), name: "".into() };
        let all = self.state.resources.range(first.in_module(module.clone())..).map(|(address, _)| address);
        all.take_while(move |address| address.module == *module)
    }

    fn move_resource(&mut self, from: &AbsResource, to: &AbsResource) {
        let keys = self.state.resource(from).map(|r| r.instances.keys().cloned().collect::<Vec<_>>());
        for key in keys.unwrap_or_default() {
            self.move_instance(&from.instance(key.clone()), &to.instance(key));
        }
    }

    fn move_instance(&mut self, from: &ResourceInstance, to: &ResourceInstance) {
        relocate(&mut self.state, from, to);
        self.modules.insert(to.module.clone());
        if self.resources_from(&from.module).next().is_none() {
            self.modules.remove(&from.module);
        }
        // The last link of a chain tells where it began.
        let origin = self.moved.remove(from).unwrap_or_else(|| from.clone());
        self.moved.insert(to.clone(), origin);
    }
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
    let target = state
        .resources
        .entry(to.resource())
        .or_insert_with(|| ResourceState { provider, instances: Default::default() });
    target.instances.insert(to.key.clone(), instance);
}
