//! Which attributes contributed to the planned changes.

use crate::planner::Work;
use formwork_config::{Config, Module};
use formwork_eval::{Evaluator, ModuleId, Reference, Subject};
use formwork_hcl::{Body, BodySchema, Expr, Traversal, TraversalStep, body_references, references};
use formwork_model::{
    Action, Block, InstanceKey, ModuleInstance, NestedBlock, Nesting, OutputChange, PlanMode, PlanOptions,
    ProviderSchema, RelevantAttribute, Resource, ResourceMode,
};
use formwork_value::{Path, PathStep, Str};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Attributes of resources to which changed resources and outputs refer: directly, through variables, locals and outputs,
/// and through the arguments of the attributes found. Outputs of modules count as changed in every plan (source: the
/// reference's analysis of global references).
pub(crate) fn relevant_attributes(
    config: &Config,
    evaluator: &Evaluator,
    work: &Work,
    outputs: &[OutputChange],
    options: &PlanOptions,
) -> Vec<RelevantAttribute> {
    let mut search =
        Search { config, schemas: &work.schemas, found: BTreeMap::new(), seen: BTreeSet::new(), queue: Vec::new() };
    let mut done = BTreeSet::new();
    for change in work.changes.iter().filter(|c| c.action != Action::NoOp) {
        if done.insert(change.address.resource()) {
            search.resource(&change.address.module, &change.address.resource, &[]);
        }
    }
    for output in outputs.iter().filter(|o| o.action != Action::NoOp) {
        search.output(&ModuleInstance::root(), &output.name);
    }
    if options.mode == PlanMode::Destroy {
        let is_all = options.targets.is_empty() && options.excludes.is_empty();
        // They leave the state as well, though no change tells of it.
        for data in work.state.resources.keys().filter(|r| is_all && r.resource.mode == ResourceMode::Data) {
            search.resource(&data.module, &data.resource, &[]);
        }
    } else {
        for (module, name) in module_outputs(evaluator) {
            search.output(&module, &name);
        }
    }
    search.run();
    search.found.into_values().collect()
}

/// The outputs of module instances that are not null.
fn module_outputs(evaluator: &Evaluator) -> Vec<(ModuleInstance, Str)> {
    let mut found = Vec::new();
    for module in evaluator.modules().into_iter().filter(|m| *m != ModuleId::ROOT) {
        for name in evaluator.module_config(module).outputs.keys() {
            if evaluator.evaluated_output(module, name).is_some_and(|value| !value.is_null()) {
                found.push((evaluator.module_address(module), name.clone()));
            }
        }
    }
    found
}

/// A reference in a module instance; `resource` is the one whose block it stands in.
struct Pending {
    module: ModuleInstance,
    resource: Option<Resource>,
    traversal: Arc<Traversal>,
}

struct Search<'a> {
    config: &'a Config,
    schemas: &'a BTreeMap<formwork_model::ProviderAddress, Arc<ProviderSchema>>,
    /// By address and path as text, so that they come sorted and once.
    found: BTreeMap<(String, String), RelevantAttribute>,
    seen: BTreeSet<(ModuleInstance, String)>,
    queue: Vec<Pending>,
}

impl<'a> Search<'a> {
    fn run(&mut self) {
        while let Some(pending) = self.queue.pop() {
            if let Ok(reference) = Reference::parse(&pending.traversal) {
                self.follow(&pending, reference);
            }
        }
    }

    fn module(&self, instance: &ModuleInstance) -> Option<&'a Module> {
        self.config.modules.get(&instance.path()).map(|module| &**module)
    }

    /// True the first time.
    fn is_new(&mut self, module: &ModuleInstance, what: String) -> bool {
        self.seen.insert((module.clone(), what))
    }

    fn add_expr(&mut self, module: &ModuleInstance, resource: Option<&Resource>, expr: &Expr) {
        for traversal in references(expr) {
            self.add(module, resource, Arc::new(traversal.clone()));
        }
    }

    fn add(&mut self, module: &ModuleInstance, resource: Option<&Resource>, traversal: Arc<Traversal>) {
        self.queue.push(Pending { module: module.clone(), resource: resource.cloned(), traversal });
    }

    fn follow(&mut self, pending: &Pending, reference: Reference) {
        let module = &pending.module;
        match reference.subject {
            Subject::Resource(resource, instance) if resource.mode != ResourceMode::Ephemeral => {
                let steps = pending.traversal.steps.get(reference.consumed..).unwrap_or_default();
                let attribute = Path(steps.iter().map(step).collect());
                let key = instance.unwrap_or_default();
                self.resource(module, &resource, &attribute.0);
                let resource = resource.in_module(module.clone());
                let order = (format!("{resource}{key}"), attribute.to_string());
                self.found.insert(order, RelevantAttribute { resource, key, attribute });
            }
            Subject::Local(name) => {
                let Some(local) = self.module(module).and_then(|m| m.locals.get(&name)) else { return };
                if self.is_new(module, format!("local.{name}")) {
                    self.add_expr(module, None, &local.expr);
                }
            }
            Subject::Variable(name) => self.variable(module, &name),
            Subject::Module { call, key, output } => self.outputs(module, &call, key, output),
            Subject::CountIndex | Subject::EachKey | Subject::EachValue => {
                if let Some(resource) = &pending.resource {
                    self.repetition(module, resource);
                }
            }
            _ => {}
        }
    }

    /// What the caller passes for a variable.
    fn variable(&mut self, module: &ModuleInstance, name: &Str) {
        let Some((parent, call)) = module.parent() else { return };
        let Some(call) = self.module(&parent).and_then(|m| m.calls.get(&call.name)) else { return };
        if !self.is_new(module, format!("var.{name}")) {
            return;
        }
        let (attributes, _) = call.body.just_attributes();
        if let Some(argument) = attributes.iter().find(|a| a.name.name == *name) {
            self.add_expr(&parent, None, &argument.expr);
        }
    }

    fn outputs(&mut self, module: &ModuleInstance, call: &Str, key: Option<InstanceKey>, output: Option<Str>) {
        let child = module.child(call.clone(), key.unwrap_or_default());
        match output {
            Some(name) => self.output(&child, &name),
            None => {
                let names: Vec<Str> = self.module(&child).into_iter().flat_map(|m| m.outputs.keys().cloned()).collect();
                names.iter().for_each(|name| self.output(&child, name));
            }
        }
    }

    fn output(&mut self, module: &ModuleInstance, name: &Str) {
        let Some(block) = self.module(module).and_then(|m| m.outputs.get(name)) else { return };
        if self.is_new(module, format!("output.{name}")) {
            self.add_expr(module, None, &block.value);
        }
    }

    fn repetition(&mut self, module: &ModuleInstance, resource: &Resource) {
        let Some(block) = self.module(module).and_then(|m| m.resources.get(resource)) else { return };
        if self.is_new(module, format!("{resource} repetition")) {
            for expr in block.for_each.iter().chain(&block.count) {
                self.add_expr(module, None, expr);
            }
        }
    }

    /// What the arguments of a resource below a path refer to.
    fn resource(&mut self, module: &ModuleInstance, resource: &Resource, path: &[PathStep]) {
        let Some(block) = self.module(module).and_then(|m| m.resources.get(resource)) else { return };
        let Some(schemas) = self.schemas.get(&block.provider_address) else { return };
        let Some(schema) = schemas.resource(resource.mode, &resource.kind).cloned() else { return };
        if !self.is_new(module, format!("{resource}{}", Path(path.to_vec()))) {
            return;
        }
        let mut found = Vec::new();
        references_below(&block.body, &schema.block, path, &mut found);
        for traversal in found {
            self.add(module, Some(resource), traversal);
        }
    }
}

/// The references of a body as far as they count for what a path names. Steps beyond an argument do not narrow it.
fn references_below(body: &Body, schema: &Block, path: &[PathStep], found: &mut Vec<Arc<Traversal>>) {
    let Some((first, rest)) = path.split_first() else {
        found.extend(body_references(body));
        return;
    };
    let PathStep::Attribute(name) = first else { return };
    if schema.attributes.contains_key(name) {
        let (content, _, _) = body.partial_content(&BodySchema::new(&[(&**name, false)], &[]));
        let expr = content.attribute(name).map(|a| &a.expr);
        found.extend(expr.into_iter().flat_map(references).map(|t| Arc::new(t.clone())));
    } else if let Some(nested) = schema.blocks.get(name) {
        nested_references(body, name, nested, rest, found);
    }
}

fn nested_references(
    body: &Body,
    name: &Str,
    nested: &NestedBlock,
    path: &[PathStep],
    found: &mut Vec<Arc<Traversal>>,
) {
    let labels: &[&str] = if nested.nesting == Nesting::Map { &["key"] } else { &[] };
    let (content, _, _) = body.partial_content(&BodySchema::new(&[], &[(&**name, labels), ("dynamic", &["kind"])]));
    let path = match nested.nesting {
        Nesting::Single | Nesting::Group => path,
        Nesting::List | Nesting::Set | Nesting::Map => path.get(1..).unwrap_or_default(),
    };
    for block in content.blocks_of(name) {
        references_below(&block.body, &nested.block, path, found);
    }
    for block in content.blocks_of("dynamic").filter(|b| b.labels.first().is_some_and(|l| l.text == *name)) {
        found.extend(body_references(&block.body));
    }
}

fn step(step: &TraversalStep) -> PathStep {
    match step {
        TraversalStep::Attribute { name, .. } => PathStep::Attribute(name.clone()),
        TraversalStep::Index { key, .. } => PathStep::Index(key.clone()),
    }
}
