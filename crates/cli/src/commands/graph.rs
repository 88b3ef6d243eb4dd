//! `graph`.

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::configuration::load_configuration;
use crate::exit::Exit;
use crate::saved_plan;
use crate::session::Session;
use formwork_config::Config;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_eval::ReferenceGraph;
use formwork_graph::Graph;
use formwork_model::{ConfigResource, Plan};
use formwork_render::{GraphNode, graph_dot, graph_mermaid};
use std::collections::BTreeSet;

pub static COMMAND: Command = Command {
    name: "graph",
    arguments: "",
    summary: "Draw what depends on what, in DOT or Mermaid.",
    description: "Without a plan: the resources of the configuration, each with an arrow to those it depends on. With \
                  -plan: the operations of a saved plan, in the order in which apply runs them.",
    flags: &[
        GENERAL,
        &[
            Flag::switch("draw-cycles", ""),
            Flag::value("format", "dot|mermaid", "The language of the drawing (default dot)."),
            Flag::value("module-depth", "N", ""),
            Flag::value("plan", "FILE", "Draw the operations of this plan."),
            Flag::value("type", "TYPE", ""),
        ],
    ],
    positional: (0, 0),
    run,
};

/// The kinds of graph that the reference knows; here there is one.
const TYPES: [&str; 4] = ["plan", "plan-refresh-only", "plan-destroy", "apply"];

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let invalid = |detail: String| Diagnostics::from(Diagnostic::error("Invalid command line", detail));
    if let Some(kind) = arguments.value("type").filter(|kind| !kind.is_empty() && !TYPES.contains(kind)) {
        return Err(invalid(format!("-type takes one of {}, not {kind:?}.", TYPES.join(", "))));
    }
    let draw = match arguments.value("format").unwrap_or("dot") {
        "dot" => graph_dot,
        "mermaid" => graph_mermaid,
        other => return Err(invalid(format!("-format takes dot or mermaid, not {other:?}."))),
    };
    let (nodes, edges) = match arguments.value("plan").filter(|path| !path.is_empty()) {
        Some(path) => operations(&saved_plan::read(path)?),
        None => resources(&load_configuration(session)?.0)?,
    };
    session.output.print(&draw(&nodes, &edges));
    Ok(Exit::Success)
}

type Drawing = (Vec<GraphNode>, Vec<(usize, usize)>);

/// Resources, with arrows only where no longer way leads to the same place.
fn resources(config: &Config) -> Result<Drawing, Diagnostics> {
    let references = ReferenceGraph::build(config);
    references.order()?;
    let mut graph: Graph<ConfigResource> = Graph::new();
    let all: BTreeSet<ConfigResource> = config
        .modules
        .iter()
        .flat_map(|(path, module)| {
            module.resources.keys().map(|resource| ConfigResource { module: path.clone(), resource: resource.clone() })
        })
        .collect();
    for resource in &all {
        graph.add(resource.clone());
    }
    for resource in &all {
        for dependency in references.resource_dependencies(resource, &|_| false) {
            if let (Some(from), Some(to)) = (graph.index_of(resource), graph.index_of(&dependency))
                && from != to
            {
                graph.add_dependency(from, to);
            }
        }
    }
    let reduced = graph.reduced();
    let nodes = reduced.keys().map(GraphNode::from).collect();
    let edges = (0..reduced.len()).flat_map(|node| reduced.dependencies(node).map(move |other| (node, other)));
    Ok((nodes, edges.collect()))
}

fn operations(plan: &Plan) -> Drawing {
    let operations = &plan.execution.operations;
    let node = |(number, operation): (usize, &formwork_model::Operation)| GraphNode {
        name: format!("{number}: {operation}"),
        label: operation.to_string(),
        module: operation.address.module.to_string(),
    };
    let nodes = operations.iter().enumerate().map(node).collect();
    let edges = operations
        .iter()
        .enumerate()
        .flat_map(|(number, operation)| operation.after.iter().map(move |other| (number, other.0 as usize)));
    (nodes, edges.collect())
}
