//! The graphs of `-type` and `-plan`: everything that takes part in planning or applying, by the names that other tools
//! know from the reference's drawings.

use formwork_config::Config;
use formwork_eval::{Item, ItemAddress, ReferenceGraph};
use formwork_graph::Graph;
use formwork_model::{
    ConfigResource, ModulePath, OperationKind, Plan, PlanMode, ProviderConfigAddress, ResourceMode, State,
};
use formwork_render::{GraphNode, PhaseNode, graph_mermaid, phase_dot};
use std::collections::{BTreeMap, BTreeSet};

/// A graph while it grows.
struct Drawing {
    graph: Graph<String>,
    /// What is drawn as a shape, by name.
    shapes: BTreeMap<String, Shape>,
    /// Whether checks report: a plan finds out what there is to report, an apply knows it.
    reports: bool,
}

struct Shape {
    label: String,
    shape: &'static str,
    /// How often the reference draws it.
    copies: usize,
}

/// How to draw.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Style {
    pub mermaid: bool,
    /// Arrows that lead in a circle are drawn in red instead of being refused; then no arrow is left out.
    pub cycles: bool,
}

impl Drawing {
    fn new(reports: bool) -> Drawing {
        Drawing { graph: Graph::new(), shapes: BTreeMap::new(), reports }
    }
}

/// What a plan evaluates.
pub fn of_plan(config: &Config, references: &ReferenceGraph, style: Style) -> String {
    let mut drawing = Drawing::new(true);
    drawing.configuration(config, references);
    drawing.text(style)
}

/// What an apply evaluates and does; without a plan nothing is done.
pub fn of_apply(config: &Config, references: &ReferenceGraph, plan: Option<&Plan>, style: Style) -> String {
    let mut drawing = Drawing::new(false);
    match plan {
        Some(plan) if plan.options.mode == PlanMode::Destroy => {
            drawing.operations(plan);
            drawing.outputs(config);
        }
        plan => {
            drawing.configuration(config, references);
            plan.into_iter().for_each(|plan| drawing.operations(plan));
        }
    }
    drawing.text(style)
}

impl Drawing {
    fn configuration(&mut self, config: &Config, references: &ReferenceGraph) {
        let names: Vec<String> = references.nodes.iter().map(|address| self.item(config, address)).collect();
        // What refers to a variable waits for its rules.
        let judged: Vec<String> =
            references.nodes.iter().zip(&names).map(|(address, name)| self.judged(config, address, name)).collect();
        for (number, dependencies) in references.dependencies.iter().enumerate() {
            let is_root = references.nodes.get(number).is_some_and(|address| address.module.is_root());
            // Variables of the root refer to something by their rules only.
            let Some(name) = (if is_root { &judged } else { &names }).get(number) else { continue };
            for dependency in dependencies.iter().filter_map(|at| judged.get(*at)) {
                self.connect(name, dependency);
            }
        }
        for (address, name) in references.nodes.iter().zip(&names) {
            self.enclose(&address.module, name);
            if let Item::Resource(resource) = &address.item
                && let Some(block) = config.module(&address.module).and_then(|module| module.resources.get(resource))
            {
                let provider = config.provider_config(&address.module, &block.provider.name);
                self.provide(&provider, name);
            }
        }
    }

    /// The name that others wait for.
    fn judged(&mut self, config: &Config, address: &ItemAddress, name: &str) -> String {
        let Item::Variable(variable) = &address.item else { return name.to_owned() };
        let block = config.module(&address.module).and_then(|module| module.variables.get(variable));
        if block.is_none_or(|block| block.validations.is_empty()) {
            return name.to_owned();
        }
        let rules = format!("{address} (validation)");
        self.connect(&rules, name);
        rules
    }

    fn outputs(&mut self, config: &Config) {
        for output in config.root().outputs.keys() {
            self.graph.add(format!("output.{output} (expand)"));
        }
    }
}

/// What a destroy does: the end of every resource in the state, dependents first.
pub fn of_destruction(config: &Config, state: &State, style: Style) -> String {
    let mut drawing = Drawing::new(false);
    let name = |resource: &ConfigResource| format!("{resource} (destroy)");
    let managed = || state.resources.iter().filter(|(address, _)| address.resource.mode == ResourceMode::Managed);
    let stored: BTreeSet<ConfigResource> = managed().map(|(address, _)| address.config()).collect();
    for (address, resource) in managed() {
        let own = name(&address.config());
        for _ in resource.instances.values().filter(|instance| instance.current.is_some()) {
            drawing.shape(&own, address.config().to_string(), "box");
        }
        drawing.provide(&resource.provider, &own);
        let objects = resource.instances.values().flat_map(|i| i.current.iter().chain(i.deposed.values()));
        for dependency in objects.flat_map(|object| &object.dependencies).filter(|d| stored.contains(*d)) {
            drawing.connect(&name(dependency), &own);
        }
    }
    drawing.outputs(config);
    drawing.text(style)
}

fn provider_name(provider: &ProviderConfigAddress) -> String {
    let module = if provider.module.is_root() { String::new() } else { format!("{}.", provider.module) };
    let alias = provider.alias.as_ref().map(|alias| format!(".{alias}")).unwrap_or_default();
    format!("{module}provider[\"{}\"]{alias}", provider.provider)
}

impl Drawing {
    fn shape(&mut self, name: &str, label: String, shape: &'static str) {
        self.graph.add(name.to_owned());
        let entry = self.shapes.entry(name.to_owned()).or_insert_with(|| Shape { label, shape, copies: 0 });
        // Only what is destroyed is drawn once for each instance.
        entry.copies = if name.ends_with(" (destroy)") { entry.copies + 1 } else { 1 };
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
                self.graph.add(name.clone());
                if self.reports {
                    self.connect(&name, &format!("{address} (report)"));
                }
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
    fn text(mut self, style: Style) -> String {
        let root = self.graph.add("root".to_owned());
        for node in (0..self.graph.len()).filter(|node| *node != root) {
            self.graph.add_dependency(root, node);
        }
        let drawn = self.graph.reduced();
        let edges: Vec<(usize, usize)> =
            (0..drawn.len()).flat_map(|node| drawn.dependencies(node).map(move |other| (node, other))).collect();
        if style.mermaid {
            let node = |name: &String| GraphNode { name: name.clone(), label: name.clone(), module: String::new() };
            return graph_mermaid(&drawn.keys().map(node).collect::<Vec<_>>(), &edges);
        }
        let shapes = &self.shapes;
        let node = |name: &String| {
            let shape = shapes.get(name).map(|shape| (shape.label.clone(), shape.shape));
            PhaseNode { name: name.clone(), shape }
        };
        let again = shapes.iter().flat_map(|(name, shape)| {
            let node = PhaseNode { name: name.clone(), shape: Some((shape.label.clone(), shape.shape)) };
            std::iter::repeat_n(node, shape.copies.saturating_sub(1))
        });
        // Behind the others, so that the positions in the arrows stay.
        let nodes: Vec<PhaseNode> = drawn.keys().map(node).chain(again).collect();
        let groups = drawn.groups();
        let in_cycle = |(from, to): &&(usize, usize)| groups.get(*from) == groups.get(*to);
        let cycles: BTreeSet<(usize, usize)> = edges.iter().filter(in_cycle).copied().collect();
        phase_dot(&nodes, &edges, &cycles)
    }
}
