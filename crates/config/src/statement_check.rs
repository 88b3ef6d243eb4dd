//! Rules on `moved`, `removed` and `import` that are checked when a plan is made.

use crate::{Config, Module, MoveEndpoint, MovedBlock, RemovedFrom};
use formwork_diag::{Diagnostic, Diagnostics, Span};
use formwork_model::{
    AbsResource, ConfigResource, ModuleInstance, ModulePath, ModuleStep, ResourceInstance, TargetAddress,
};
use std::collections::BTreeMap;

/// A move with addresses that start at the root.
struct Move {
    from: TargetAddress,
    to: TargetAddress,
    span: Span,
}

/// Checks the statements about objects that a plan acts on. `generating` tells that configuration for imported
/// objects is to be generated, so that targets in the root module need not be declared.
pub fn check_statements(config: &Config, generating: bool) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    let moves = all_moves(config);
    check_single_moves(config, &moves, &mut diagnostics);
    check_ambiguous(&moves, &mut diagnostics);
    check_cycles(&moves, &mut diagnostics);
    for module in config.modules.values() {
        check_removed(config, module, &mut diagnostics);
    }
    check_imports(config, generating, &mut diagnostics);
    diagnostics
}

fn all_moves(config: &Config) -> Vec<Move> {
    let absolute = |module: &Module, block: &MovedBlock| Move {
        from: within(&module.path, &block.from),
        to: within(&module.path, &block.to),
        span: block.span,
    };
    config.modules.values().flat_map(|m| m.moved.iter().map(move |b| absolute(m, b))).collect()
}

/// The address of an endpoint with its module in front; calls of that module stand without keys for all instances.
fn within(module: &ModulePath, endpoint: &MoveEndpoint) -> TargetAddress {
    let outer = module.without_keys();
    let join = |inner: &ModuleInstance| {
        let steps: Vec<ModuleStep> = outer.0.iter().chain(&inner.0).cloned().collect();
        ModuleInstance(steps)
    };
    match &endpoint.address {
        TargetAddress::Module(m) => TargetAddress::Module(join(m)),
        TargetAddress::Resource(r) => {
            TargetAddress::Resource(AbsResource { module: join(&r.module), resource: r.resource.clone() })
        }
        TargetAddress::Instance(i) => {
            TargetAddress::Instance(ResourceInstance { module: join(&i.module), ..i.clone() })
        }
    }
}

fn check_single_moves(config: &Config, moves: &[Move], diagnostics: &mut Diagnostics) {
    for item in moves {
        if item.from == item.to {
            let detail = format!("The move from {} to itself changes nothing. Remove it.", item.from);
            diagnostics.push(Diagnostic::error("Redundant move statement", detail).at(item.span));
        } else if still_declared(config, item) {
            let detail = format!(
                "The move says that {} is now {}, but the configuration still declares it. Remove the old declaration, \
                 or the move.",
                item.from, item.to
            );
            diagnostics.push(Diagnostic::error("Moved object still exists", detail).at(item.span));
        }
    }
}

/// True if the source of a move as a whole is still part of the configuration. Moves between a resource and its own
/// instances are left out: they depend on the instances.
fn still_declared(config: &Config, item: &Move) -> bool {
    match (&item.from, &item.to) {
        (TargetAddress::Resource(from), to) => {
            let same = match to {
                TargetAddress::Resource(to) => to.config() == from.config(),
                TargetAddress::Instance(to) => to.config() == from.config(),
                TargetAddress::Module(_) => false,
            };
            let has_keys = from.module.0.iter().any(|s| !s.key.is_none());
            !same && !has_keys && is_declared(config, &from.config())
        }
        (TargetAddress::Module(from), TargetAddress::Module(to)) => {
            let has_keys = from.0.iter().any(|s| !s.key.is_none());
            from.path() != to.path() && !has_keys && config.module(&from.path()).is_some()
        }
        _ => false,
    }
}

fn is_declared(config: &Config, resource: &ConfigResource) -> bool {
    config.module(&resource.module).is_some_and(|m| m.resources.contains_key(&resource.resource))
}

/// Each address may be the source of one move, and the target of one.
fn check_ambiguous(moves: &[Move], diagnostics: &mut Diagnostics) {
    let mut sources: BTreeMap<&TargetAddress, &Move> = BTreeMap::new();
    let mut targets: BTreeMap<&TargetAddress, &Move> = BTreeMap::new();
    let mut report = |what: &str, address: &TargetAddress, span: Span| {
        let detail = format!("Another move has {address} as its {what} as well, so it is not clear which one counts.");
        diagnostics.push(Diagnostic::error("Ambiguous move statements", detail).at(span));
    };
    for item in moves.iter().filter(|m| m.from != m.to) {
        match sources.get(&item.from) {
            Some(first) if first.to != item.to => report("source", &item.from, item.span),
            Some(_) => {}
            None => {
                sources.insert(&item.from, item);
            }
        }
        match targets.get(&item.to) {
            Some(first) if first.from != item.from => report("target", &item.to, item.span),
            Some(_) => {}
            None => {
                targets.insert(&item.to, item);
            }
        }
    }
}

/// Follows moves from address to address.
fn check_cycles(moves: &[Move], diagnostics: &mut Diagnostics) {
    let next: BTreeMap<&TargetAddress, &TargetAddress> =
        moves.iter().filter(|m| m.from != m.to).map(|m| (&m.from, &m.to)).collect();
    let mut settled: BTreeMap<&TargetAddress, usize> = BTreeMap::new();
    for (round, start) in next.keys().enumerate() {
        let mut at = *start;
        loop {
            match settled.get(at) {
                Some(seen) if *seen == round => {
                    let detail = format!("Following the moves from {at} leads back to it. Remove one of them.");
                    diagnostics.push(Diagnostic::error("Cyclic dependency in move statements", detail));
                    break;
                }
                Some(_) => break,
                None => {}
            }
            settled.insert(at, round);
            match next.get(at) {
                Some(target) => at = target,
                None => break,
            }
        }
    }
}

fn check_removed(config: &Config, module: &Module, diagnostics: &mut Diagnostics) {
    for block in &module.removed {
        let join = |inner: &ModulePath| ModulePath(module.path.0.iter().chain(&inner.0).cloned().collect());
        let existing = match &block.from {
            RemovedFrom::Module(path) => {
                let path = join(path);
                let call = path.parent().and_then(|(parent, name)| config.module(&parent)?.calls.get(name));
                call.map(|c| ("Removed module still exists", c.header_span, path.to_string()))
            }
            RemovedFrom::Resource(path, resource) => {
                let address = ConfigResource { module: join(path), resource: resource.clone() };
                let declared = config.module(&address.module).and_then(|m| m.resources.get(resource));
                declared.map(|r| ("Removed resource still exists", r.header_span, address.to_string()))
            }
        };
        if let Some((summary, span, address)) = existing {
            let detail = format!(
                "A removed block says that {address} is no longer managed, but it is still declared here. Remove the \
                 declaration, or the removed block."
            );
            diagnostics.push(Diagnostic::error(summary, detail).at(span));
        }
    }
}

fn check_imports(config: &Config, generating: bool, diagnostics: &mut Diagnostics) {
    for import in &config.root().imports {
        let target = import.to.config();
        let is_plain = target.module.is_root() && import.to.key.is_none() && import.for_each.is_none();
        let can_generate = generating && is_plain;
        if config.module(&target.module).is_some() && !is_declared(config, &target) && !can_generate {
            let detail = format!(
                "{target} is not declared. Add a resource block for it, or have one written with -generate-config-out."
            );
            let summary = "Configuration for import target does not exist";
            diagnostics.push(Diagnostic::error(summary, detail).at(import.to.span));
        }
    }
}
