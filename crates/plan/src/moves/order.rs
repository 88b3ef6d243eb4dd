//! The order in which moves are followed.

use super::statement::{Kind, Statement};
use formwork_graph::Graph;
use formwork_model::Resource;
use std::collections::BTreeMap;

/// One node for each statement, in their order; edges lead to the statements that must be followed before.
pub(crate) fn order_graph(statements: &[Statement]) -> Graph<usize> {
    let mut graph = Graph::new();
    for at in 0..statements.len() {
        graph.add(at);
    }
    let (mut ends, mut of_modules) = (Ends::default(), Vec::new());
    for (at, statement) in statements.iter().enumerate() {
        match (&statement.from.resource, &statement.to.resource) {
            (Some((from, _)), Some((to, _))) => ends.note(at, statement.kind, from, to),
            _ => of_modules.push(at),
        }
    }
    for (at, statement) in statements.iter().enumerate() {
        let others = ends.may_come_before(statement).chain(of_modules.iter().copied());
        for other in others.filter(|other| *other != at) {
            connect(&mut graph, statements, at, other);
        }
        // A move of a module concerns everything.
        if statement.from.resource.is_none() {
            (0..statements.len()).filter(|other| *other != at).for_each(|o| connect(&mut graph, statements, at, o));
        }
    }
    graph
}

/// Moves of resources and of their instances, by the resources at their ends.
#[derive(Default)]
struct Ends<'a> {
    by_target: BTreeMap<&'a Resource, Vec<usize>>,
    instances_by_source: BTreeMap<&'a Resource, Vec<usize>>,
    wholes_by_target: BTreeMap<&'a Resource, Vec<usize>>,
}

impl<'a> Ends<'a> {
    fn note(&mut self, at: usize, kind: Kind, from: &'a Resource, to: &'a Resource) {
        self.by_target.entry(to).or_default().push(at);
        match kind {
            Kind::Resource => self.wholes_by_target.entry(to).or_default().push(at),
            _ => self.instances_by_source.entry(from).or_default().push(at),
        }
    }

    /// Links of a chain; and where a whole resource is moved, what is moved out of it or is moved on inside of it.
    fn may_come_before(&self, statement: &Statement) -> impl Iterator<Item = usize> {
        let (from, to) = (&statement.from.resource, &statement.to.resource);
        let chained = from.iter().filter_map(|(from, _)| self.by_target.get(from));
        let taken_out = from.iter().filter(|_| statement.kind == Kind::Resource);
        let taken_out = taken_out.filter_map(|(from, _)| self.instances_by_source.get(from));
        let around = to.iter().filter(|_| statement.kind == Kind::Instance);
        let around = around.filter_map(|(to, _)| self.wholes_by_target.get(to));
        chained.chain(taken_out).chain(around).flatten().copied()
    }
}

fn connect(graph: &mut Graph<usize>, statements: &[Statement], at: usize, other: usize) {
    if let (Some(a), Some(b)) = (statements.get(at), statements.get(other))
        && !graph.depends_on(at, other)
        && a.follows(b)
    {
        graph.add_dependency(at, other);
    }
}

impl Kind {
    /// What people call such an object.
    pub fn noun(self) -> &'static str {
        match self {
            Kind::Call => "module call",
            Kind::Module => "module instance",
            Kind::Resource => "resource",
            Kind::Instance => "resource instance",
        }
    }
}
