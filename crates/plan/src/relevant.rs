//! Which attributes contributed to the planned changes.

use crate::planner::Work;
use formwork_config::{Config, Module};
use formwork_eval::{Reference, Subject};
use formwork_hcl::{Expr, Traversal, TraversalStep, body_references, references};
use formwork_model::{Action, ModulePath, RelevantAttribute, ResourceMode};
use formwork_value::{Path, PathStep, Str};
use std::collections::{BTreeMap, BTreeSet};

/// Attributes of other resources to which the configuration of changed resources refers, directly or through variables,
/// locals and outputs.
pub(crate) fn relevant_attributes(config: &Config, work: &Work) -> Vec<RelevantAttribute> {
    let mut search = Search { config, found: BTreeMap::new(), seen: BTreeSet::new() };
    let mut done = BTreeSet::new();
    for change in work.changes.iter().filter(|c| c.action != Action::NoOp) {
        let resource = change.address.config();
        if !done.insert(resource.clone()) {
            continue;
        }
        let Some(module) = config.modules.get(&resource.module) else { continue };
        let Some(block) = module.resources.get(&resource.resource) else { continue };
        for expr in block.count.iter().chain(&block.for_each).chain(&block.lifecycle.replace_triggered_by) {
            search.expr(&resource.module, module, expr);
        }
        for traversal in body_references(&block.body) {
            search.traversal(&resource.module, module, &traversal);
        }
    }
    search.found.into_values().collect()
}

struct Search<'a> {
    config: &'a Config,
    /// By address and path as text, so that they come sorted and once.
    found: BTreeMap<(String, String), RelevantAttribute>,
    seen: BTreeSet<(ModulePath, u8, Str)>,
}

impl Search<'_> {
    fn expr(&mut self, path: &ModulePath, module: &Module, expr: &Expr) {
        for traversal in references(expr) {
            self.traversal(path, module, traversal);
        }
    }

    fn traversal(&mut self, path: &ModulePath, module: &Module, traversal: &Traversal) {
        let Ok(reference) = Reference::parse(traversal) else { return };
        match reference.subject {
            Subject::Resource(resource, instance) if resource.mode != ResourceMode::Ephemeral => {
                if !module.resources.contains_key(&resource) {
                    return;
                }
                let rest = traversal.steps.get(reference.consumed..).unwrap_or_default();
                let attribute = Path(rest.iter().map(step).collect());
                let resource = resource.in_module(path.without_keys());
                let key = instance.unwrap_or_default();
                let order = (format!("{resource}{key}"), attribute.to_string());
                self.found.insert(order, RelevantAttribute { resource, key, attribute });
            }
            Subject::Local(name) => {
                if self.seen.insert((path.clone(), 0, name.clone()))
                    && let Some(local) = module.locals.get(&name)
                {
                    self.expr(path, module, &local.expr);
                }
            }
            Subject::Variable(name) => self.variable(path, name),
            Subject::Module { call, output, .. } => self.outputs(path, &call, output),
            _ => {}
        }
    }

    /// What the parent passes for a variable.
    fn variable(&mut self, path: &ModulePath, name: Str) {
        let Some((parent, call)) = path.parent() else { return };
        if !self.seen.insert((path.clone(), 1, name.clone())) {
            return;
        }
        let Some(module) = self.config.modules.get(&parent).cloned() else { return };
        let Some(call) = module.calls.get(call) else { return };
        let (attributes, _) = call.body.just_attributes();
        if let Some(argument) = attributes.iter().find(|a| a.name.name == name) {
            self.expr(&parent, &module, &argument.expr);
        }
    }

    fn outputs(&mut self, path: &ModulePath, call: &Str, output: Option<Str>) {
        let child = path.child(call.clone());
        let Some(module) = self.config.modules.get(&child).cloned() else { return };
        let wanted = module.outputs.values().filter(|o| output.as_ref().is_none_or(|name| o.name == *name));
        for block in wanted {
            if self.seen.insert((child.clone(), 2, block.name.clone())) {
                self.expr(&child, &module, &block.value);
            }
        }
    }
}

fn step(step: &TraversalStep) -> PathStep {
    match step {
        TraversalStep::Attribute { name, .. } => PathStep::Attribute(name.clone()),
        TraversalStep::Index { key, .. } => PathStep::Index(key.clone()),
    }
}
