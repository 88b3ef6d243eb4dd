//! `graph`.

mod phases;

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::backend::LocalFlags;
use crate::configuration::load_configuration_of_any_version;
use crate::current::Current;
use crate::exit::Exit;
use crate::saved_plan;
use crate::session::Session;
use formwork_config::Config;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_eval::ReferenceGraph;
use formwork_graph::Graph;
use formwork_model::{AbsResource, ConfigResource, Plan, ResourceMode, State};
use formwork_render::{GraphNode, graph_dot, graph_mermaid};
use phases::Style;
use std::collections::BTreeSet;

pub static COMMAND: Command = Command {
    name: "graph",
    arguments: "",
    summary: "Draw what depends on what, in DOT or Mermaid.",
    description: "The resources of the configuration, each with an arrow to those it depends on. With -type: everything \
                  that takes part in planning or destroying. With -plan: what applying a saved plan does as well; with \
                  -type=operations its operations alone, in the order in which apply runs them.\n\nWith -draw-cycles \
                  references that lead in a circle are no error; with -type they are drawn in red.",
    flags: &[
        GENERAL,
        &[
            Flag::switch("draw-cycles", "Draw references that lead in a circle, instead of refusing them."),
            Flag::value("format", "dot|mermaid", "The language of the drawing (default dot)."),
            Flag::value("module-depth", "N", ""),
            Flag::value("plan", "FILE", "Draw what applying this plan does."),
            Flag::value(
                "type",
                "TYPE",
                "What to draw: plan, plan-refresh-only, plan-destroy, apply, or operations (of a plan).",
            ),
        ],
    ],
    positional: (0, 0),
    run,
};

/// What `-type` takes.
const TYPES: [&str; 5] = ["plan", "plan-refresh-only", "plan-destroy", "apply", "operations"];

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let invalid = |detail: String| Diagnostics::from(Diagnostic::error("Invalid command line", detail));
    if let Some(kind) = arguments.value("type").filter(|kind| !kind.is_empty() && !TYPES.contains(kind)) {
        return Err(invalid(format!("-type takes one of {}, not {kind:?}.", TYPES.join(", "))));
    }
    let mermaid = match arguments.value("format").unwrap_or("dot") {
        "dot" => false,
        "mermaid" => true,
        other => return Err(invalid(format!("-format takes dot or mermaid, not {other:?}."))),
    };
    let style = Style { mermaid, cycles: arguments.switch("draw-cycles") };
    let draw = if mermaid { graph_mermaid } else { graph_dot };
    let plan = match arguments.value("plan").filter(|path| !path.is_empty()) {
        Some(path) => Some(saved_plan::read(path)?.plan),
        None => None,
    };
    let kind = arguments.value("type").filter(|kind| !kind.is_empty()).or(plan.as_ref().map(|_| "apply"));
    let text = match (kind, &plan) {
        (None, _) => {
            let (config, _) = load_configuration_of_any_version(session)?;
            drawn(draw, resources(&config, &current_state(session, &config)?, style)?)
        }
        (Some("operations"), None) => return Err(invalid("-type=operations needs a plan: -plan=FILE.".to_owned())),
        (Some("operations"), Some(plan)) => drawn(draw, operations(plan)),
        (Some(kind), plan) => phase(session, kind, plan.as_ref(), style)?,
    };
    session.output.print(&text);
    Ok(Exit::Success)
}

/// Everything that takes part in a phase, by the configuration of a plan or of this directory.
fn phase(session: &Session, kind: &str, plan: Option<&Plan>, style: Style) -> Result<String, Diagnostics> {
    let config = match plan {
        Some(plan) => saved_plan::configuration(session, plan)?,
        None => load_configuration_of_any_version(session)?.0,
    };
    if kind == "plan-destroy" {
        if let Some(plan) = plan {
            return Ok(phases::of_destruction(&config, &plan.prior.state, style));
        }
        return Ok(phases::of_destruction(&config, &current_state(session, &config)?, style));
    }
    let references = references(&config, style)?;
    Ok(match kind {
        "apply" => phases::of_apply(&config, &references, plan, style),
        _ => phases::of_plan(&config, &references, style),
    })
}

fn current_state(session: &Session, config: &Config) -> Result<State, Diagnostics> {
    let current = Current::of_config(session, config, &LocalFlags::default())?;
    Ok(session.block_on(async { current.read(session).await })?.unwrap_or_default().state)
}

fn drawn(draw: impl Fn(&[GraphNode], &[(usize, usize)]) -> String, (nodes, edges): Drawing) -> String {
    draw(&nodes, &edges)
}

/// The references; those that lead in a circle only for who wants to see that.
fn references(config: &Config, style: Style) -> Result<ReferenceGraph, Diagnostics> {
    let references = ReferenceGraph::build(config);
    if !style.cycles {
        references.check_cycles(config)?;
    }
    Ok(references)
}

type Drawing = (Vec<GraphNode>, Vec<(usize, usize)>);

/// Resources, those that only the state has included, with arrows only where no longer way leads to the same place.
fn resources(config: &Config, state: &State, style: Style) -> Result<Drawing, Diagnostics> {
    let references = references(config, style)?;
    let mut graph: Graph<ConfigResource> = Graph::new();
    let all: BTreeSet<ConfigResource> = config
        .modules
        .iter()
        .flat_map(|(path, module)| {
            module.resources.keys().map(|resource| ConfigResource { module: path.clone(), resource: resource.clone() })
        })
        .collect();
    let stored = state.resources.keys().filter(|address| address.resource.mode == ResourceMode::Managed);
    let left_over: BTreeSet<ConfigResource> = stored.map(AbsResource::config).filter(|r| !all.contains(r)).collect();
    for resource in all.iter().chain(&left_over) {
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
