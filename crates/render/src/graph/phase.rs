//! Graphs of a whole phase, in the form that tools know from the reference.

use formwork_value::quote;

/// A node; those without a shape are drawn by their name alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseNode {
    pub name: String,
    /// Label and shape.
    pub shape: Option<(String, &'static str)>,
}

/// Renders a graph in DOT: nodes with a shape, then all edges, each sorted. An edge goes from a node to one that it
/// depends on; both are positions in `nodes`, others are left out.
pub fn phase_dot(nodes: &[PhaseNode], edges: &[(usize, usize)]) -> String {
    let name = |node: &PhaseNode| quote(&format!("[root] {}", node.name));
    let mut drawn: Vec<&PhaseNode> = nodes.iter().filter(|node| node.shape.is_some()).collect();
    drawn.sort_by(|a, b| a.name.cmp(&b.name));
    let shape = |node: &&PhaseNode| {
        let (label, shape) = node.shape.as_ref()?;
        Some(format!("\t\t{} [label = {}, shape = {}]\n", name(node), quote(label), quote(shape)))
    };
    let shapes: Vec<String> = drawn.iter().filter_map(shape).collect();
    let mut arrows: Vec<String> = edges
        .iter()
        .filter_map(|(from, to)| Some(format!("\t\t{} -> {}\n", name(nodes.get(*from)?), name(nodes.get(*to)?))))
        .collect();
    arrows.sort();
    let head = "digraph {\n\tcompound = \"true\"\n\tnewrank = \"true\"\n\tsubgraph \"root\" {\n";
    format!("{head}{}{}\t}}\n}}\n", shapes.concat(), arrows.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_before_arrows() {
        let node = |name: &str, shape: Option<(&str, &'static str)>| PhaseNode {
            name: name.to_owned(),
            shape: shape.map(|(label, shape)| (label.to_owned(), shape)),
        };
        let nodes = [node("root", None), node("p[\"x\"]", Some(("p", "diamond")))];
        let expected = "digraph {\n\tcompound = \"true\"\n\tnewrank = \"true\"\n\tsubgraph \"root\" {\n\t\t\
                        \"[root] p[\\\"x\\\"]\" [label = \"p\", shape = \"diamond\"]\n\t\t\
                        \"[root] root\" -> \"[root] p[\\\"x\\\"]\"\n\t}\n}\n";
        assert_eq!(phase_dot(&nodes, &[(0, 1), (0, 9)]), expected);
    }
}
