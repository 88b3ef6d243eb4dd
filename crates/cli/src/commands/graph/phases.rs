//! The graphs of `-type` and `-plan`: everything that takes part in planning or applying, by the names that other tools
//! know from the reference's drawings.

use formwork_config::Config;
use formwork_eval::{Item, ItemAddress, ReferenceGraph};
use formwork_graph::Graph;
use formwork_model::{ConfigResource, ModulePath, OperationKind, Plan, ProviderConfigAddress, ResourceMode, State};
use formwork_render::{PhaseNode, phase_dot};
use std::collections::{BTreeMap, BTreeSet};

/// A graph while it grows.
struct Drawing {
    graph: Graph<String>,
    /// What is drawn as a shape, by name.
    shapes: BTreeMap<String, (String, &'static str)>,
}

/// What a plan evaluates; with a saved plan also what applying it does.
pub fn of_configuration(config: &Config, references: &ReferenceGraph, plan: Option<&Plan>) -> String {
    let mut drawing = Drawing { graph: Graph::new(), shapes: BTreeMap::new() };
    let names: Vec<String> = references.nodes.iter().map(|address| drawing.item(config, address)).collect();
    for (name, dependencies) in names.iter().zip(&references.dependencies) {
        for dependency in dependencies.iter().filter_map(|at| names.get(*at)) {
            drawing.connect(name, dependency);
        }
    }
    for (address, name) in references.nodes.iter().zip(&names) {
        drawing.enclose(&address.module, name);
        if let Item::Resource(resource) = &address.item
            && let Some(block) = config.module(&address.module).and_then(|module| module.resources.get(resource))
        {
            let provider = config.provider_config(&address.module, &block.provider.name);
            drawing.provide(&provider, name);
        }
    }
    if let Some(plan) = plan {
        drawing.operations(plan);
    }
    drawing.text()
}

/// What a destroy does: the end of every resource in the state, dependents first.
pub fn of_destruction(config: &Config, state: &State) -> String {
    let mut drawing = Drawing { graph: Graph::new(), shapes: BTreeMap::new() };
    let name = |resource: &ConfigResource| format!("{resource} (destroy)");
    let managed = || state.resources.iter().filter(|(address, _)| address.resource.mode == ResourceMode::Managed);
    let stored: BTreeSet<ConfigResource> = managed().map(|(address, _)| address.config()).collect();
    for (address, resource) in managed() {
        let own = name(&address.config());
        drawing.shape(&own, address.config().to_string(), "box");
        drawing.provide(&resource.provider, &own);
        let objects = resource.instances.values().flat_map(|i| i.current.iter().chain(i.deposed.values()));
        for dependency in objects.flat_map(|object| &object.dependencies).filter(|d| stored.contains(*d)) {
            drawing.connect(&name(dependency), &own);
        }
    }
    for output in config.root().outputs.keys() {
        drawing.graph.add(format!("output.{output} (expand)"));
    }
    drawing.text()
}

fn provider_name(provider: &ProviderConfigAddress) -> String {
    let module = if provider.module.is_root() { String::new() } else { format!("{}.", provider.module) };
    let alias = provider.alias.as_ref().map(|alias| format!(".{alias}")).unwrap_or_default();
    format!("{module}provider[\"{}\"]{alias}", provider.provider)
}

impl Drawing {
    fn shape(&mut self, name: &str, label: String, shape: &'static str) {
        self.graph.add(name.to_owned());
        self.shapes.insert(name.to_owned(), (label, shape));
    }

    fn connect(&mut self, name: &str, dependency: &str) {
        let (from, to) = (self.graph.add(name.to_owned()), self.graph.add(dependency.to_owned()));
        if from != to {
            self.graph.add_dependency(from, to);
        }
    }

    /// Adds an object of the configuration, and gives its name.
    fn item(&mut self, config: &Config, address: &ItemAddress) -> String {
        match &address.item {
            Item::Variable(name) if address.module.is_root() => {
                let name = format!("var.{name}");
                self.shape(&name, name.clone(), "note");
                name
            }
            Item::Resource(_) => {
                let name = format!("{address} (expand)");
                self.shape(&name, address.to_string(), "box");
                name
            }
            Item::Provider(local, alias) => {
                let name = formwork_config::ProviderName::new(&**local, alias.clone());
                let name = provider_name(&config.provider_config(&address.module, &name));
                self.shape(&name, name.clone(), "diamond");
                name
            }
            Item::Call(_) | Item::CallEnd(_) => self.plain(address.to_string()),
            Item::Variable(_) | Item::Local(_) | Item::Output(_) => self.plain(format!("{address} (expand)")),
            Item::Check(_) => {
                let name = format!("{address} (expand)");
                self.connect(&name, &format!("{address} (report)"));
                name
            }
        }
    }

    fn plain(&mut self, name: String) -> String {
        self.graph.add(name.clone());
        name
    }

    /// What is in a module comes after its call's repetition, and before its end.
    fn enclose(&mut self, module: &ModulePath, name: &str) {
        if module.is_root() {
            return;
        }
        self.connect(name, &format!("{module} (expand)"));
        self.connect(&format!("{module} (close)"), name);
    }

    fn provide(&mut self, provider: &ProviderConfigAddress, name: &str) {
        let provider = provider_name(provider);
        self.shape(&provider, provider.clone(), "diamond");
        self.connect(name, &provider);
        let close = format!("{provider} (close)");
        self.connect(&close, &provider);
        self.connect(&close, name);
    }

    /// The operations of a plan, after the evaluation of their resource and before what depends on it.
    fn operations(&mut self, plan: &Plan) {
        let mut names = Vec::new();
        // Whatever comes after the evaluation of a resource comes after all operations on it.
        let mut followers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for operation in &plan.execution.operations {
            let expand = format!("{} (expand)", operation.address.config());
            if let Some(at) = self.graph.index_of(&expand) {
                followers.entry(expand).or_insert_with(|| self.graph.dependents(at).collect());
            }
        }
        for operation in &plan.execution.operations {
            let address = &operation.address;
            let (name, makes) = match &operation.kind {
                OperationKind::Delete { deposed: None } => (format!("{address} (destroy)"), false),
                OperationKind::Delete { deposed: Some(key) } => (format!("{address} (destroy deposed {key})"), false),
                OperationKind::Forget { .. } => (format!("{address} (forget)"), false),
                OperationKind::Barrier => {
                    names.push(None);
                    continue;
                }
                _ => (address.to_string(), true),
            };
            self.shape(&name, address.config().to_string(), "box");
            let expand = format!("{} (expand)", address.config());
            if makes && let Some(followers) = followers.get(&expand) {
                let own = self.graph.add(name.clone());
                followers.iter().for_each(|follower| self.graph.add_dependency(*follower, own));
                self.connect(&name, &expand);
            }
            if let Some(change) = plan.changes.get(operation.change) {
                self.provide(&change.provider, &name);
            }
            names.push(Some(name));
        }
        for (name, operation) in names.iter().zip(&plan.execution.operations) {
            for other in &operation.after {
                if let (Some(name), Some(Some(other))) = (name, names.get(other.0 as usize)) {
                    self.connect(name, other);
                }
            }
        }
    }

    /// Everything leads to the root; arrows only where no longer way leads to the same place.
    fn text(mut self) -> String {
        let root = self.graph.add("root".to_owned());
        for node in (0..self.graph.len()).filter(|node| *node != root) {
            self.graph.add_dependency(root, node);
        }
        let reduced = self.graph.reduced();
        let node = |name: &String| PhaseNode { name: name.clone(), shape: self.shapes.get(name).cloned() };
        let nodes: Vec<PhaseNode> = reduced.keys().map(node).collect();
        let edges: Vec<(usize, usize)> =
            (0..reduced.len()).flat_map(|node| reduced.dependencies(node).map(move |other| (node, other))).collect();
        phase_dot(&nodes, &edges)
    }
}
