//! Graphviz text.

use crate::Graph;

impl<K> Graph<K> {
    /// The graph in the DOT language, nodes and edges in the order in which they were added. Nodes of equal labels become
    /// one in the drawing.
    pub fn to_dot(&self, label: impl Fn(&K) -> String) -> String {
        let labels: Vec<String> = self.keys().map(|key| quoted(&label(key))).collect();
        let mut text =
            String::from("digraph {\n  rankdir = \"RL\";\n  node [shape = rect, fontname = \"sans-serif\"];\n");
        for label in &labels {
            text.push_str(&format!("  {label};\n"));
        }
        for (node, label) in labels.iter().enumerate() {
            for dependency in self.dependencies(node).filter_map(|dependency| labels.get(dependency)) {
                text.push_str(&format!("  {label} -> {dependency};\n"));
            }
        }
        text.push_str("}\n");
        text
    }
}

fn quoted(label: &str) -> String {
    format!("\"{}\"", label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
