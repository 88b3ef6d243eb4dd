//! Rules on moves that depend on what the configuration expands to.

use super::Moves;
use super::statement::{End, Kind, Statement};
use crate::planner::Planner;
use crate::walk::module_instances;
use formwork_diag::{Diagnostic, Diagnostics, Span};
use formwork_model::{AbsResource, ModuleInstance, ResourceInstance, TargetAddress};
use std::collections::BTreeMap;

/// Checks all moves, for every instance of the modules that declare them. Cycles are reported only if nothing else is
/// wrong, because that usually explains more.
pub(crate) fn check(planner: &Planner<'_>) -> Diagnostics {
    let moves = &planner.moves;
    let mut known = Known::default();
    for statement in &moves.statements {
        for module in module_instances(planner, &statement.module) {
            let outer = planner.evaluator.module_address(module);
            let from = absolute(statement, &statement.from, &outer);
            let to = absolute(statement, &statement.to, &outer);
            if from == to {
                let detail = format!("The move from {from} to itself changes nothing. Remove it.");
                known.report("Redundant move statement", detail, statement.span);
                continue;
            }
            if exists(planner, statement.kind, &from) {
                let noun = statement.kind.noun();
                let detail = format!(
                    "The move says that {from} is now {to}, but the configuration still declares the {noun} {from}. \
                     Remove the old declaration, or the move."
                );
                known.report("Moved object still exists", detail, statement.span);
            }
            known.note(from, to, statement.span);
        }
    }
    let mut problems = known.problems;
    // What evaluation met on the way has been reported where it belongs.
    planner.evaluator.take_problems();
    if !problems.has_errors() {
        problems.extend(cycles(moves));
    }
    problems
}

fn absolute(statement: &Statement, end: &End, outer: &ModuleInstance) -> TargetAddress {
    let module = end.module_below(&outer.0);
    match (statement.kind, end.resource.clone()) {
        (Kind::Resource, Some((resource, _))) => TargetAddress::Resource(AbsResource { module, resource }),
        (_, Some((resource, key))) => TargetAddress::Instance(ResourceInstance { module, resource, key }),
        (_, None) => TargetAddress::Module(module),
    }
}

/// True if the configuration declares the object.
fn exists(planner: &Planner<'_>, kind: Kind, address: &TargetAddress) -> bool {
    let evaluator = &planner.evaluator;
    match address {
        TargetAddress::Module(module) if kind == Kind::Call => module.parent().is_some_and(|(parent, step)| {
            evaluator.module_id(&parent).is_some_and(|id| evaluator.module_config(id).calls.contains_key(&step.name))
        }),
        TargetAddress::Module(module) => evaluator.module_id(module).is_some(),
        TargetAddress::Resource(r) => evaluator
            .module_id(&r.module)
            .is_some_and(|id| evaluator.module_config(id).resources.contains_key(&r.resource)),
        TargetAddress::Instance(i) => evaluator.module_id(&i.module).is_some_and(|id| {
            evaluator.module_config(id).resources.contains_key(&i.resource)
                && evaluator.resource_expansion(id, &i.resource).0.contains(&i.key)
        }),
    }
}

/// The ends met so far.
#[derive(Default)]
struct Known {
    sources: BTreeMap<TargetAddress, TargetAddress>,
    targets: BTreeMap<TargetAddress, TargetAddress>,
    problems: Diagnostics,
}

impl Known {
    fn report(&mut self, summary: &str, detail: String, span: Option<Span>) {
        let problem = Diagnostic::error(summary, detail);
        self.problems.push(match span {
            Some(span) => problem.at(span),
            None => problem,
        });
    }

    /// Each address may be the source of one move, and the target of one.
    fn note(&mut self, from: TargetAddress, to: TargetAddress, span: Option<Span>) {
        let first_target = self.sources.entry(from.clone()).or_insert_with(|| to.clone()).clone();
        if first_target != to {
            let detail =
                format!("Another move says that {from} is now {first_target}, this one that it is {to}. Remove one.");
            self.report("Ambiguous move statements", detail, span);
        }
        let first_source = self.targets.entry(to.clone()).or_insert_with(|| from.clone()).clone();
        if first_source != from {
            let detail = format!(
                "Another move says that {to} was {first_source} before, this one that it was {from}. Remove one."
            );
            self.report("Ambiguous move statements", detail, span);
        }
    }
}

fn cycles(moves: &Moves) -> Diagnostics {
    let describe = |cycle: Vec<usize>| {
        let inside = cycle.iter().filter_map(|at| moves.statements.get(*at));
        let ends = |s: &Statement| {
            let module = s.module.without_keys();
            format!("  - {} → {}", absolute(s, &s.from, &module), absolute(s, &s.to, &module))
        };
        let lines: Vec<String> = inside.map(ends).collect();
        Diagnostic::error(
            "Cyclic dependency in move statements",
            format!(
                "These moves lead in a circle, so that there is no final address:\n{}\n\nRemove one of them.",
                lines.join("\n")
            ),
        )
    };
    moves.order.cycles().into_iter().map(describe).collect()
}
