//! Cycles, for error messages.

use crate::Graph;
use petgraph::algo::kosaraju_scc;
use std::collections::{BTreeMap, VecDeque};

impl<K> Graph<K> {
    /// A shortest cycle of every group of nodes that depend on each other: each member depends on the next, the last one
    /// on the first. Cycles begin with the least index of their group, and are in the order of their first members. Empty
    /// for a graph without cycles.
    pub fn cycles(&self) -> Vec<Vec<usize>> {
        let (groups, group_of) = self.connected();
        let starts = groups.iter().filter_map(|group| group.first());
        starts.filter_map(|start| self.cycle_through(*start, &group_of)).collect()
    }

    /// For each node the number of its group: nodes that depend on each other, directly or not, are of one group; a node in
    /// no cycle is alone in its.
    pub fn groups(&self) -> Vec<usize> {
        self.connected().1
    }

    /// The groups with their members in ascending order, and the group of each node.
    fn connected(&self) -> (Vec<Vec<usize>>, Vec<usize>) {
        let mut groups = kosaraju_scc(self.edges());
        for group in &mut groups {
            group.sort_unstable();
        }
        groups.sort_unstable();
        let mut group_of = vec![0; self.len()];
        for (number, group) in groups.iter().enumerate() {
            for node in group {
                if let Some(slot) = group_of.get_mut(*node) {
                    *slot = number;
                }
            }
        }
        (groups, group_of)
    }

    /// A shortest way from a node back to itself, inside its group.
    fn cycle_through(&self, start: usize, group_of: &[usize]) -> Option<Vec<usize>> {
        let mut came_from = BTreeMap::new();
        let mut pending = VecDeque::from([start]);
        while let Some(node) = pending.pop_front() {
            for next in self.dependencies(node) {
                if next == start {
                    return Some(way_back(&came_from, node));
                }
                if group_of.get(next) == group_of.get(start) && !came_from.contains_key(&next) {
                    came_from.insert(next, node);
                    pending.push_back(next);
                }
            }
        }
        None
    }
}

fn way_back(came_from: &BTreeMap<usize, usize>, last: usize) -> Vec<usize> {
    let mut way: Vec<usize> = std::iter::successors(Some(last), |node| came_from.get(node).copied()).collect();
    way.reverse();
    way
}
