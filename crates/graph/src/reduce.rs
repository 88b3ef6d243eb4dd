//! Transitive reduction.

use crate::Graph;

impl<K: Clone> Graph<K> {
    /// The same nodes with only those edges that no longer way replaces: for drawings, as it takes more than linear time.
    /// A graph with a cycle comes back as it is.
    pub fn reduced(&self) -> Graph<K> {
        let Some(order) = self.topological_order() else { return self.clone() };
        let heights = self.heights(&order);
        let height = |node: usize| heights.get(node).copied().unwrap_or(0);
        let mut seen_by = vec![usize::MAX; self.len()];
        let mut kept = Vec::with_capacity(self.edge_count());
        for node in 0..self.len() {
            let direct: Vec<usize> = self.dependencies(node).collect();
            // A way never goes up, so what is below all direct dependencies cannot lead to one.
            let lowest = direct.iter().map(|dependency| height(*dependency)).min().unwrap_or(0);
            let mut pending = direct.clone();
            while let Some(at) = pending.pop() {
                for next in self.dependencies(at) {
                    if let Some(seen) = seen_by.get_mut(next)
                        && *seen != node
                        && height(next) >= lowest
                    {
                        *seen = node;
                        pending.push(next);
                    }
                }
            }
            let needed = direct.into_iter().filter(|dependency| seen_by.get(*dependency) != Some(&node));
            kept.extend(needed.map(|dependency| (node, dependency)));
        }
        self.with_edges(kept.into_iter())
    }

    /// Length of the longest way down from each node.
    fn heights(&self, order: &[usize]) -> Vec<usize> {
        let mut heights = vec![0; self.len()];
        for node in order {
            let below = self.dependencies(*node).filter_map(|dependency| heights.get(dependency)).max();
            let own = below.map_or(0, |below| below + 1);
            if let Some(height) = heights.get_mut(*node) {
                *height = own;
            }
        }
        heights
    }
}
