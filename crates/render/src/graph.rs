//! Graphs for drawing programs.

mod phase;

pub use phase::{PhaseNode, phase_dot};

use formwork_model::ConfigResource;
use std::collections::BTreeMap;

/// A node: what it is called, what it shows, and the module in which it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphNode {
    /// Unique among the nodes.
    pub name: String,
    pub label: String,
    /// Address of the module; empty for the root.
    pub module: String,
}

impl From<&ConfigResource> for GraphNode {
    fn from(resource: &ConfigResource) -> GraphNode {
        GraphNode {
            name: resource.to_string(),
            label: resource.resource.to_string(),
            module: resource.module.to_string(),
        }
    }
}

/// Renders a graph in DOT, as `graph` does: the nodes of the root, those of each module in a cluster, then the edges.
/// An edge goes from a node to one that it depends on; both are positions in `nodes`, others are left out.
pub fn graph_dot(nodes: &[GraphNode], edges: &[(usize, usize)]) -> String {
    let mut out = String::from("digraph G {\n  rankdir = \"RL\";\n  node [shape = rect, fontname = \"sans-serif\"];\n");
    for (module, members) in by_module(nodes) {
        let is_root = module.is_empty();
        let indent = if is_root { "  " } else { "    " };
        if !is_root {
            out.push_str(&format!("  subgraph {} {{\n", dot_string(&format!("cluster_{module}"))));
            out.push_str(&format!("    label = {}\n    fontname = \"sans-serif\"\n", dot_string(module)));
        }
        for node in members {
            out.push_str(&format!("{indent}{} [label={}];\n", dot_string(&node.name), dot_string(&node.label)));
        }
        if !is_root {
            out.push_str("  }\n");
        }
    }
    for (from, to) in edge_names(nodes, edges) {
        out.push_str(&format!("  {} -> {};\n", dot_string(from), dot_string(to)));
    }
    out.push_str("}\n");
    out
}

/// Renders a graph as a Mermaid flowchart.
pub fn graph_mermaid(nodes: &[GraphNode], edges: &[(usize, usize)]) -> String {
    let numbers: BTreeMap<&str, usize> = nodes.iter().enumerate().map(|(i, n)| (n.name.as_str(), i)).collect();
    let number = |name: &str| numbers.get(name).copied().unwrap_or_default();
    let mut out = String::from("flowchart RL\n");
    for (module, members) in by_module(nodes) {
        let is_root = module.is_empty();
        if !is_root {
            let first = members.first().map_or(0, |node| number(&node.name));
            out.push_str(&format!("  subgraph m{first}[{}]\n", mermaid_string(module)));
        }
        for node in members {
            let indent = if is_root { "  " } else { "    " };
            out.push_str(&format!("{indent}n{}[{}]\n", number(&node.name), mermaid_string(&node.label)));
        }
        if !is_root {
            out.push_str("  end\n");
        }
    }
    for (from, to) in edge_names(nodes, edges) {
        out.push_str(&format!("  n{} --> n{}\n", number(from), number(to)));
    }
    out
}

/// Nodes sorted by module (the root first), then by name.
fn by_module(nodes: &[GraphNode]) -> BTreeMap<&str, Vec<&GraphNode>> {
    let mut modules: BTreeMap<&str, Vec<&GraphNode>> = BTreeMap::new();
    for node in nodes {
        modules.entry(&node.module).or_default().push(node);
    }
    for members in modules.values_mut() {
        members.sort_by(|a, b| a.name.cmp(&b.name));
    }
    modules
}

/// Names of both ends, in the order in which the nodes are drawn, each edge once.
fn edge_names<'a>(nodes: &'a [GraphNode], edges: &[(usize, usize)]) -> Vec<(&'a str, &'a str)> {
    let place = |index: usize| nodes.get(index).map(|node| (node.module.as_str(), node.name.as_str()));
    let mut places: Vec<_> = edges.iter().filter_map(|(from, to)| Some((place(*from)?, place(*to)?))).collect();
    places.sort_unstable();
    places.dedup();
    places.into_iter().map(|((_, from), (_, to))| (from, to)).collect()
}

fn dot_string(text: &str) -> String {
    formwork_value::quote(text)
}

/// Mermaid takes entities instead of escapes.
fn mermaid_string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> (Vec<GraphNode>, Vec<(usize, usize)>) {
        let node = |name: &str, label: &str, module: &str| GraphNode {
            name: name.into(),
            label: label.into(),
            module: module.into(),
        };
        let nodes = vec![node("b.x", "b.x", ""), node("module.m.a.z", "a.z", "module.m"), node("a.y", "a.y", "")];
        (nodes, vec![(0, 2), (1, 0), (0, 2), (7, 0)])
    }

    #[test]
    fn dot_has_clusters_and_sorted_edges() {
        let (nodes, edges) = sample();
        let expected = "digraph G {\n  rankdir = \"RL\";\n  node [shape = rect, fontname = \"sans-serif\"];\n  \
                        \"a.y\" [label=\"a.y\"];\n  \"b.x\" [label=\"b.x\"];\n  subgraph \"cluster_module.m\" {\n    \
                        label = \"module.m\"\n    fontname = \"sans-serif\"\n    \"module.m.a.z\" [label=\"a.z\"];\n  \
                        }\n  \"b.x\" -> \"a.y\";\n  \"module.m.a.z\" -> \"b.x\";\n}\n";
        assert_eq!(graph_dot(&nodes, &edges), expected);
    }

    #[test]
    fn mermaid_numbers_its_nodes() {
        let (nodes, edges) = sample();
        let expected = "flowchart RL\n  n2[\"a.y\"]\n  n0[\"b.x\"]\n  subgraph m1[\"module.m\"]\n    n1[\"a.z\"]\n  \
                        end\n  n0 --> n2\n  n1 --> n0\n";
        assert_eq!(graph_mermaid(&nodes, &edges), expected);
        assert_eq!(mermaid_string("a\"<b>#\n"), "\"a#quot;#lt;b#gt;#35; \"");
    }
}
