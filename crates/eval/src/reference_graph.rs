//! The reference graph: one node per object of the configuration.

use crate::{Reference, Subject};
use formwork_config::{ActionBlock, Config, Module, ProviderName, ProviderScope};
use formwork_graph::Scheduler;
use formwork_hcl::{Expr, Traversal, body_references, references};
use formwork_model::{ActionName, ConfigResource, ModulePath, ProviderConfigAddress, Resource, ResourceMode};
use formwork_value::Str;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// An object of a module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Item {
    Variable(Str),
    Local(Str),
    Output(Str),
    Resource(Resource),
    /// The repetition of a module call.
    Call(Str),
    /// Everything inside of a module call.
    CallEnd(Str),
    /// A provider configuration that the module declares.
    Provider(Str, Option<Str>),
    Check(Str),
}

/// An object and its module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ItemAddress {
    pub module: ModulePath,
    pub item: Item,
}

/// What refers to what, before count and for_each.
#[derive(Clone, Debug, Default)]
pub struct ReferenceGraph {
    pub nodes: Vec<ItemAddress>,
    /// Direct dependencies by position.
    pub dependencies: Vec<Vec<usize>>,
    index: BTreeMap<ItemAddress, usize>,
    /// What actions depend on. They have no nodes: what triggers them depends on it in their place.
    actions: BTreeMap<(ModulePath, ActionName), Vec<usize>>,
}

impl fmt::Display for ItemAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        match &self.item {
            Item::Variable(name) => write!(f, "var.{name}"),
            Item::Local(name) => write!(f, "local.{name}"),
            Item::Output(name) => write!(f, "output.{name}"),
            Item::Resource(resource) => resource.fmt(f),
            Item::Call(name) => write!(f, "module.{name} (expand)"),
            Item::CallEnd(name) => write!(f, "module.{name} (close)"),
            Item::Provider(name, None) => write!(f, "provider.{name}"),
            Item::Provider(name, Some(alias)) => write!(f, "provider.{name}.{alias}"),
            Item::Check(name) => write!(f, "check.{name}"),
        }
    }
}

impl ReferenceGraph {
    /// Builds the graph of a configuration. References to what does not exist are left out.
    pub fn build(config: &Config) -> ReferenceGraph {
        let mut graph = ReferenceGraph::default();
        for (path, module) in &config.modules {
            for item in items(module) {
                graph.add(ItemAddress { module: path.clone(), item });
            }
        }
        let mut edges: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); graph.nodes.len()];
        let mut actions = BTreeMap::new();
        for (path, module) in &config.modules {
            for block in module.actions.values() {
                let needed = Edges { graph: &graph, config, path, module, edges: &mut edges }.needed_by(block);
                actions.insert((path.clone(), block.action.clone()), needed.into_iter().collect());
            }
        }
        graph.actions = actions;
        for (path, module) in &config.modules {
            Edges { graph: &graph, config, path, module, edges: &mut edges }.add_all();
        }
        graph.dependencies = edges.into_iter().map(|set| set.into_iter().collect()).collect();
        graph
    }

    fn add(&mut self, address: ItemAddress) {
        self.index.insert(address.clone(), self.nodes.len());
        self.nodes.push(address);
    }

    pub fn position(&self, address: &ItemAddress) -> Option<usize> {
        self.index.get(address).copied()
    }

    /// The nodes that an action depends on directly.
    pub fn action_dependencies(&self, module: &ModulePath, action: &ActionName) -> &[usize] {
        self.actions.get(&(module.clone(), action.clone())).map_or(&[], Vec::as_slice)
    }

    pub fn resource_position(&self, resource: &ConfigResource) -> Option<usize> {
        let item = Item::Resource(resource.resource.clone());
        self.position(&ItemAddress { module: resource.module.clone(), item })
    }

    /// A scheduler over the nodes.
    pub fn scheduler(&self) -> Scheduler {
        Scheduler::new(self.dependencies.clone())
    }

    /// The nodes in an order in which every node comes after its dependencies, or the nodes of one cycle.
    pub fn order(&self) -> Result<Vec<usize>, Vec<usize>> {
        let mut scheduler = self.scheduler();
        let mut order = Vec::with_capacity(self.nodes.len());
        while let Some(node) = scheduler.take_ready() {
            order.push(node);
            scheduler.finish(node);
        }
        if scheduler.is_done() {
            return Ok(order);
        }
        Err(self.cycle(&scheduler.untaken()))
    }

    /// One cycle among nodes of which each depends on another of them.
    fn cycle(&self, remaining: &[usize]) -> Vec<usize> {
        let among: BTreeSet<usize> = remaining.iter().copied().collect();
        let mut path: Vec<usize> = Vec::new();
        let mut seen = BTreeSet::new();
        let Some(mut node) = remaining.first().copied() else { return path };
        while seen.insert(node) {
            path.push(node);
            let next = self.dependencies.get(node).and_then(|d| d.iter().find(|n| among.contains(n)));
            match next {
                Some(next) => node = *next,
                None => return path,
            }
        }
        let start = path.iter().position(|n| *n == node).unwrap_or(0);
        path.split_off(start)
    }

    /// Resources that an object depends on, for the state: through any chain of variables, locals, outputs, module calls
    /// and provider configurations, past data sources and resources for which `passes` says so (they are included themselves as
    /// well).
    pub fn resource_dependencies(
        &self,
        resource: &ConfigResource,
        passes: &dyn Fn(&ConfigResource) -> bool,
    ) -> BTreeSet<ConfigResource> {
        let mut found = BTreeSet::new();
        let Some(start) = self.resource_position(resource) else { return found };
        let mut seen = BTreeSet::from([start]);
        let mut stack = self.dependencies.get(start).cloned().unwrap_or_default();
        while let Some(node) = stack.pop() {
            if !seen.insert(node) {
                continue;
            }
            let Some(address) = self.nodes.get(node) else { continue };
            match &address.item {
                Item::Resource(r) => {
                    let other = ConfigResource { module: address.module.clone(), resource: r.clone() };
                    if r.mode != ResourceMode::Managed || passes(&other) {
                        stack.extend(self.dependencies.get(node).into_iter().flatten());
                    }
                    found.insert(other);
                }
                _ => stack.extend(self.dependencies.get(node).into_iter().flatten()),
            }
        }
        found
    }
}

fn items(module: &Module) -> Vec<Item> {
    let mut out: Vec<Item> = Vec::new();
    out.extend(module.variables.keys().cloned().map(Item::Variable));
    out.extend(module.locals.keys().cloned().map(Item::Local));
    out.extend(module.providers.keys().map(|p| Item::Provider(p.name.clone(), p.alias.clone())));
    out.extend(module.resources.keys().cloned().map(Item::Resource));
    for call in module.calls.keys() {
        out.push(Item::Call(call.clone()));
        out.push(Item::CallEnd(call.clone()));
    }
    out.extend(module.outputs.keys().cloned().map(Item::Output));
    out.extend(module.checks.keys().cloned().map(Item::Check));
    out
}

/// Adds the edges of one module.
struct Edges<'a> {
    graph: &'a ReferenceGraph,
    config: &'a Config,
    path: &'a ModulePath,
    module: &'a Module,
    edges: &'a mut [BTreeSet<usize>],
}

impl Edges<'_> {
    fn add_all(&mut self) {
        self.variables();
        self.imports();
        for local in self.module.locals.values() {
            self.exprs(&Item::Local(local.name.clone()), [&local.expr]);
        }
        for output in self.module.outputs.values() {
            let from = Item::Output(output.name.clone());
            self.exprs(&from, [&output.value]);
            self.rules(&from, &output.preconditions);
            self.traversals(&from, &output.depends_on);
            if let Some((parent, call)) = self.path.parent() {
                self.edge(&from, &parent, Item::Call(call.clone()));
            }
        }
        for block in self.module.resources.values() {
            self.resource(block);
        }
        for call in self.module.calls.values() {
            self.call(call);
        }
        for (name, provider) in &self.module.providers {
            if !matches!(provider.scope, ProviderScope::Module) {
                continue;
            }
            let from = Item::Provider(name.name.clone(), name.alias.clone());
            for traversal in body_references(&provider.body) {
                self.traversal(&from, &traversal);
            }
            self.exprs(&from, &provider.for_each);
        }
        for (name, check) in &self.module.checks {
            let from = Item::Check(name.clone());
            self.rules(&from, &check.asserts);
            if let Some(data) = &check.data {
                self.edge(&from, self.path, Item::Resource(data.clone()));
            }
        }
    }

    /// What import blocks refer to must be known when their target is planned.
    fn imports(&mut self) {
        for import in &self.module.imports {
            let target = import.to.config_in(self.path);
            let from = Item::Resource(target.resource.clone());
            let keys = import.to.module.iter().map(|(_, key)| key).chain([&import.to.key]).flatten();
            let provider = import.provider.iter().filter_map(|provider| provider.key.as_ref());
            let exprs = import.id.iter().chain(&import.identity).chain(&import.for_each).chain(keys).chain(provider);
            for traversal in exprs.flat_map(references) {
                self.traversal_from(&target.module, &from, traversal);
            }
        }
    }

    fn variables(&mut self) {
        let parent = self.path.parent();
        for (name, variable) in &self.module.variables {
            let from = Item::Variable(name.clone());
            self.rules(&from, &variable.validations);
            let Some((parent_path, call_name)) = &parent else { continue };
            let Some(parent_module) = self.config.modules.get(parent_path) else { continue };
            let Some(call) = parent_module.calls.get(*call_name) else { continue };
            self.edge(&from, parent_path, Item::Call(call.name.clone()));
            if let Some(argument) = crate::variable::argument(call, name) {
                let mut outer = Edges {
                    graph: self.graph,
                    config: self.config,
                    path: parent_path,
                    module: parent_module,
                    edges: self.edges,
                };
                for traversal in references(&argument.expr) {
                    outer.traversal_from(self.path, &from, traversal);
                }
            }
        }
    }

    fn resource(&mut self, block: &formwork_config::ResourceBlock) {
        let from = Item::Resource(block.resource.clone());
        let lifecycle = &block.lifecycle;
        let outer = lifecycle.enabled.iter().chain(&lifecycle.prevent_destroy);
        self.exprs(&from, block.count.iter().chain(&block.for_each).chain(outer));
        let bodies = std::iter::once(&block.body)
            .chain(&block.connection)
            .chain(block.provisioners.iter().flat_map(|p| std::iter::once(&p.body).chain(&p.connection)));
        for body in bodies {
            for traversal in body_references(body) {
                self.traversal(&from, &traversal);
            }
        }
        self.traversals(&from, &block.depends_on);
        self.exprs(&from, &block.lifecycle.replace_triggered_by);
        self.rules(&from, &block.lifecycle.preconditions);
        self.rules(&from, &block.lifecycle.postconditions);
        self.exprs(&from, &block.provider.key);
        self.triggers(&from, block);
        self.provider(&from, &block.provider.name);
        if let Some((parent, call)) = self.path.parent() {
            self.edge(&from, &parent, Item::Call(call.clone()));
        }
    }

    /// What the actions of a resource need, and the conditions of their triggers.
    fn triggers(&mut self, from: &Item, block: &formwork_config::ResourceBlock) {
        for trigger in &block.lifecycle.action_triggers {
            self.exprs(from, trigger.condition.iter().chain(trigger.actions.iter().flat_map(|action| &action.key)));
            let own = self.graph.position(&ItemAddress { module: self.path.clone(), item: from.clone() });
            for triggered in &trigger.actions {
                let needed = self.graph.action_dependencies(self.path, &triggered.action);
                if let Some(edges) = own.and_then(|own| self.edges.get_mut(own)) {
                    edges.extend(needed.iter().filter(|node| Some(**node) != own));
                }
            }
        }
    }

    /// The nodes that an action refers to, and its provider.
    fn needed_by(&self, block: &ActionBlock) -> BTreeSet<usize> {
        let exprs = block.count.iter().chain(&block.for_each).chain(&block.provider.key);
        let mut named: Vec<(ModulePath, Item)> = exprs.flat_map(references).flat_map(|t| self.meant(t)).collect();
        named.extend(body_references(&block.body).into_iter().flat_map(|traversal| self.meant(&traversal)));
        named.extend(self.serving(&block.provider.name));
        if let Some((parent, call)) = self.path.parent() {
            named.push((parent, Item::Call(call.clone())));
        }
        named.into_iter().filter_map(|(module, item)| self.graph.position(&ItemAddress { module, item })).collect()
    }

    /// The provider configuration that serves a resource, wherever it is declared.
    fn provider(&mut self, from: &Item, name: &ProviderName) {
        if let Some((path, item)) = self.serving(name) {
            self.edge(from, &path, item);
        }
    }

    fn serving(&self, name: &ProviderName) -> Option<(ModulePath, Item)> {
        let address: ProviderConfigAddress = self.config.provider_config(self.path, name);
        let module = self.config.modules.get(&address.module)?;
        let mut names = module.providers.iter();
        let (name, _) = names.find(|(name, p)| p.provider == address.provider && name.alias == address.alias)?;
        Some((address.module, Item::Provider(name.name.clone(), name.alias.clone())))
    }

    fn call(&mut self, call: &formwork_config::ModuleCall) {
        let expand = Item::Call(call.name.clone());
        self.exprs(&expand, call.count.iter().chain(&call.for_each).chain(&call.enabled));
        self.exprs(&expand, call.providers.iter().flatten().filter_map(|passed| passed.key.as_ref()));
        self.traversals(&expand, &call.depends_on);
        if let Some((parent, own)) = self.path.parent() {
            self.edge(&expand, &parent, Item::Call(own.clone()));
        }
        let end = Item::CallEnd(call.name.clone());
        self.edge(&end, self.path, expand);
        let child_path = self.path.child(call.name.clone());
        let Some(child) = self.config.modules.get(&child_path) else { return };
        for item in items(child) {
            if matches!(item, Item::Resource(_) | Item::Output(_) | Item::CallEnd(_)) {
                self.edge(&end, &child_path, item);
            }
        }
    }

    fn rules(&mut self, from: &Item, rules: &[formwork_config::CheckRule]) {
        for rule in rules {
            self.exprs(from, [&rule.condition, &rule.error_message]);
        }
    }

    fn exprs<'e>(&mut self, from: &Item, exprs: impl IntoIterator<Item = &'e Expr>) {
        for expr in exprs {
            for traversal in references(expr) {
                self.traversal(from, traversal);
            }
        }
    }

    fn traversals(&mut self, from: &Item, targets: &[Traversal]) {
        for target in targets {
            let Ok(reference) = Reference::parse(target) else { continue };
            match reference.subject {
                Subject::Module { call, output: None, .. } => self.edge(from, self.path, Item::CallEnd(call)),
                _ => self.traversal(from, target),
            }
        }
    }

    fn traversal(&mut self, from: &Item, traversal: &Traversal) {
        let path = self.path;
        self.traversal_from(path, from, traversal);
    }

    /// Adds an edge from an item of the module at `from_path` to what the traversal means in this module.
    fn traversal_from(&mut self, from_path: &ModulePath, from: &Item, traversal: &Traversal) {
        for (path, item) in self.meant(traversal) {
            self.edge_from(from_path, from, &path, item);
        }
    }

    /// The items that must be there for a reference in this module.
    fn meant(&self, traversal: &Traversal) -> Vec<(ModulePath, Item)> {
        let Ok(reference) = Reference::parse(traversal) else { return Vec::new() };
        let own = |item| vec![(self.path.clone(), item)];
        match reference.subject {
            Subject::Variable(name) => own(Item::Variable(name)),
            Subject::Local(name) => own(Item::Local(name)),
            Subject::Resource(resource, _) => own(Item::Resource(resource)),
            Subject::Module { call, output: Some(output), .. } => {
                let inside = (self.path.child(call.clone()), Item::Output(output));
                vec![(self.path.clone(), Item::Call(call)), inside]
            }
            // The module as a whole is there when everything in it is.
            Subject::Module { call, output: None, .. } => own(Item::CallEnd(call)),
            _ => Vec::new(),
        }
    }

    fn edge(&mut self, from: &Item, to_path: &ModulePath, to: Item) {
        let path = self.path;
        self.edge_from(path, from, to_path, to);
    }

    fn edge_from(&mut self, from_path: &ModulePath, from: &Item, to_path: &ModulePath, to: Item) {
        let from = self.graph.position(&ItemAddress { module: from_path.clone(), item: from.clone() });
        let to = self.graph.position(&ItemAddress { module: to_path.clone(), item: to });
        if let (Some(from), Some(to)) = (from, to)
            && from != to
            && let Some(set) = self.edges.get_mut(from)
        {
            set.insert(to);
        }
    }
}
