//! References between the objects of a configuration, checked without evaluating anything.

mod arguments;
mod checker;
mod providers;
mod subject;

use crate::{
    ActionBlock, Config, ImportBlock, Module, ModuleCall, OutputBlock, ProviderBlock, ProviderScope, ProvisionerBlock,
    ResourceBlock,
};
use checker::{Checker, Place};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{Expr, ExprKind, Function, FunctionName, Scope, Traversal, TraversalStep, evaluate};
use formwork_model::{ModulePath, ProviderConfigAddress, Resource};
use formwork_value::Value;
pub use providers::used_configurations;
use std::collections::BTreeSet;

/// Reports references to what is not declared or cannot be used where it stands, wrong arguments of module calls, and
/// provider configurations that are missing. Evaluation finds some of these as well; problems with the same place and
/// summary are the same problem. `each` and `count` in arguments of module calls, and `replace_triggered_by`, are left
/// alone: as in the reference, these are judged when a plan knows the instances. So are provider configurations that
/// nothing uses.
pub fn check_references(config: &Config) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    let used = providers::used_configurations(config);
    for module in config.modules.values() {
        let mut checker = Checker::new(config, module, &mut diagnostics);
        check_values(&mut checker, module, &used);
        for resource in module.resources.values() {
            check_resource(&mut checker, resource);
        }
        for action in module.actions.values() {
            check_action(&mut checker, action);
        }
        for call in module.calls.values() {
            check_call(&mut checker, call);
        }
        check_imports(&mut checker, module);
        providers::check_provider_keys(&mut checker, module);
        arguments::check_arguments(config, module, &mut diagnostics);
        providers::check_provider_refs(config, module, &mut diagnostics);
    }
    diagnostics
}

/// Tells of every reference into a resource where it is evaluated: the module, the resource, the steps after its name, and
/// whether they lead from one instance: `self` stands for that of the resource around it.
pub fn visit_resource_references(
    config: &Config,
    mut visit: impl FnMut(&ModulePath, &Resource, &[TraversalStep], bool),
) {
    let used = providers::used_configurations(config);
    for module in config.modules.values() {
        let mut unused = Diagnostics::new();
        let mut checker = Checker { visitor: Some(&mut visit), ..Checker::new(config, module, &mut unused) };
        check_values(&mut checker, module, &used);
        for resource in module.resources.values() {
            check_resource(&mut checker, resource);
        }
        for call in module.calls.values() {
            check_call(&mut checker, call);
        }
    }
}

fn check_values(checker: &mut Checker<'_>, module: &Module, used: &BTreeSet<ProviderConfigAddress>) {
    let plain = Place::default();
    for variable in module.variables.values() {
        checker.rules(&variable.validations, &plain);
    }
    for local in module.locals.values() {
        checker.expr(&local.expr, &plain);
    }
    for output in module.outputs.values() {
        if output.ephemeral && module.path.is_root() {
            checker.diagnostics.push(ephemeral_root_output(output));
            continue;
        }
        checker.expr(&output.value, &plain);
        checker.rules(&output.preconditions, &plain);
        checker.depends_on(&output.depends_on);
    }
    let own = |provider: &&ProviderBlock| {
        matches!(provider.scope, ProviderScope::Module)
            && used.contains(&checker.config.provider_config(&module.path, &provider.name))
    };
    let providers: Vec<&ProviderBlock> = module.providers.values().filter(own).collect();
    for provider in providers {
        checker.body(&provider.body, &Place { each: provider.for_each.is_some(), ..plain });
        provider.for_each.iter().for_each(|expr| checker.expr(expr, &plain));
    }
    for check in module.checks.values() {
        checker.rules(&check.asserts, &Place { check: Some(&check.name), ..plain });
    }
}

/// Whatever its value is.
fn ephemeral_root_output(output: &OutputBlock) -> Diagnostic {
    let detail = "Ephemeral outputs are not allowed in the root module, because its outputs are stored in the state.";
    Diagnostic::error("Ephemeral output not allowed", detail).at(output.header_span)
}

fn check_resource(checker: &mut Checker<'_>, resource: &ResourceBlock) {
    let outside = Place { check: resource.check.as_ref(), resource: Some(&resource.resource), ..Place::default() };
    let inside = Place { count: resource.count.is_some(), each: resource.for_each.is_some(), ..outside };
    let with_self = Place { own: true, ..inside };
    let lifecycle = &resource.lifecycle;
    let outer = lifecycle.enabled.iter().chain(&lifecycle.prevent_destroy);
    for expr in resource.count.iter().chain(&resource.for_each).chain(outer) {
        checker.expr(expr, &outside);
    }
    checker.body(&resource.body, &inside);
    checker.rules(&resource.lifecycle.preconditions, &inside);
    checker.rules(&resource.lifecycle.postconditions, &with_self);
    checker.depends_on(&resource.depends_on);
    check_triggers(checker, resource, &inside);
    if let Some(connection) = &resource.connection {
        checker.body(connection, &with_self);
    }
    for provisioner in &resource.provisioners {
        check_provisioner(checker, provisioner, &with_self);
    }
}

/// Triggers name actions of the same module, with a key if they have several instances.
fn check_triggers(checker: &mut Checker<'_>, resource: &ResourceBlock, place: &Place<'_>) {
    for trigger in &resource.lifecycle.action_triggers {
        trigger.condition.iter().for_each(|condition| checker.expr(condition, place));
        for triggered in &trigger.actions {
            triggered.key.iter().for_each(|key| checker.expr(key, place));
            checker.triggered(triggered);
        }
    }
}

fn check_action(checker: &mut Checker<'_>, action: &ActionBlock) {
    let outside = Place::default();
    let inside = Place { count: action.count.is_some(), each: action.for_each.is_some(), ..outside };
    action.count.iter().chain(&action.for_each).for_each(|expr| checker.expr(expr, &outside));
    checker.body(&action.body, &inside);
}

fn check_provisioner(checker: &mut Checker<'_>, provisioner: &ProvisionerBlock, place: &Place<'_>) {
    checker.body(&provisioner.body, place);
    if let Some(connection) = &provisioner.connection {
        checker.body(connection, place);
    }
}

fn check_call(checker: &mut Checker<'_>, call: &ModuleCall) {
    let outside = Place::default();
    let inside = Place { count: true, each: true, ..outside };
    for repetition in call.count.iter().chain(&call.for_each).chain(&call.enabled) {
        checker.expr(repetition, &outside);
    }
    let (attributes, _) = call.body.just_attributes();
    for attribute in &attributes {
        checker.expr(&attribute.expr, &inside);
    }
    checker.depends_on(&call.depends_on);
}

fn check_imports(checker: &mut Checker<'_>, module: &Module) {
    for import in &module.imports {
        let outside = Place::default();
        let inside = Place { each: import.for_each.is_some(), ..outside };
        if let Some(for_each) = &import.for_each {
            checker.expr(for_each, &outside);
        }
        let keys = import.to.module.iter().filter_map(|(_, key)| key.as_ref()).chain(&import.to.key);
        if let Some(problem) = keys.filter_map(|key| unsuitable_key(import, key)).next() {
            checker.diagnostics.push(problem);
            continue;
        }
        for expr in import.id.iter().chain(&import.identity) {
            checker.expr(expr, &inside);
        }
        check_import_target(checker, import);
    }
}

/// What an import block is about must be clear from itself: keys are constants, or follow from `each`.
fn unsuitable_key(import: &ImportBlock, key: &Expr) -> Option<Diagnostic> {
    if matches!(key.kind, ExprKind::Literal(_)) {
        return None;
    }
    if import.for_each.is_none() {
        let detail = "Without for_each, the keys in the address of an import block are plain constants: a number or a \
                      string in quotes.";
        return Some(Diagnostic::error("Invalid expression", detail).at(import.to.span));
    }
    evaluate(key, &OnlyEach).diagnostics.into_iter().find(Diagnostic::is_error)
}

/// A scope without functions, in which there is nothing but `each`.
struct OnlyEach;

impl Scope for OnlyEach {
    fn reference(&self, traversal: &Traversal) -> Result<(Value, usize), Diagnostics> {
        if &*traversal.root == "each" {
            return Ok((Value::dynamic(), traversal.steps.len()));
        }
        let detail = format!(
            "The keys in the address of an import block can refer to each.key and each.value only, not to {traversal}."
        );
        Err(Diagnostic::error("Unknown variable", detail).at(traversal.span).into())
    }

    fn function(&self, name: &FunctionName) -> Result<&dyn Function, Diagnostic> {
        let detail = "No functions can be called in the address of an import block.";
        Err(Diagnostic::error("Function calls not allowed", detail).at(name.span))
    }
}

/// The module of an import must exist, and a resource with a single instance has no keys.
fn check_import_target(checker: &mut Checker<'_>, import: &ImportBlock) {
    let target = import.to.config_in(checker.path());
    let Some(module) = checker.config.module(&target.module) else {
        let detail = format!("The module {} is not part of the configuration.", target.module);
        let summary = "Configuration for import target does not exist";
        checker.diagnostics.push(Diagnostic::error(summary, detail).at(import.to.span));
        return;
    };
    let Some(resource) = module.resources.get(&target.resource) else {
        // A block of the root module for a single object can be written with -generate-config-out.
        if !target.module.is_root() || import.to.key.is_some() || import.for_each.is_some() {
            let detail = format!("{target} is not declared. Add a resource block for it to the module.");
            let summary = "Configuration for import target does not exist";
            checker.diagnostics.push(Diagnostic::error(summary, detail).at(import.to.span));
        }
        return;
    };
    let detail = match (&resource.count, &resource.for_each, &import.to.key) {
        (None, None, Some(_)) => format!("{target} has neither count nor for_each, so its address has no key."),
        (Some(_), _, None) => format!("{target} has count, so the address must name an instance: {target}[0]."),
        (None, Some(_), None) => format!("{target} has for_each, so the address must name an instance: {target}[KEY]."),
        _ => return,
    };
    checker.diagnostics.push(Diagnostic::error("Invalid import 'to' expression", detail).at(import.to.span));
}
