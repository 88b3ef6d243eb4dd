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
    let mut by_target: BTreeMap<&Resource, Vec<usize>> = BTreeMap::new();
    let mut of_modules = Vec::new();
    for (at, statement) in statements.iter().enumerate() {
        match &statement.to.resource {
            Some((resource, _)) => by_target.entry(resource).or_default().push(at),
            None => of_modules.push(at),
        }
    }
    for (at, statement) in statements.iter().enumerate() {
        // Two moves of resources can only be links of a chain; a move of a module concerns everything.
        let chained = statement.from.resource.as_ref().and_then(|(resource, _)| by_target.get(resource));
        let others = chained.into_iter().flatten().chain(&of_modules).copied();
        for other in others.filter(|other| *other != at) {
            connect(&mut graph, statements, at, other);
        }
        if statement.from.resource.is_none() {
            (0..statements.len()).filter(|other| *other != at).for_each(|o| connect(&mut graph, statements, at, o));
        }
    }
    graph
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
