//! The graph itself.

use indexmap::IndexSet;
use petgraph::Direction;
use petgraph::graphmap::DiGraphMap;
use std::hash::Hash;

/// A graph of nodes with distinct keys. An edge says that one node depends on another.
#[derive(Clone, Debug)]
pub struct Graph<K> {
    keys: IndexSet<K>,
    edges: DiGraphMap<usize, ()>,
}

impl<K> Default for Graph<K> {
    fn default() -> Graph<K> {
        Graph { keys: IndexSet::new(), edges: DiGraphMap::new() }
    }
}

impl<K: Hash + Eq> Graph<K> {
    pub fn new() -> Graph<K> {
        Graph::default()
    }

    /// Adds a node, and gives its index; that of the existing node if the key is known.
    pub fn add(&mut self, key: K) -> usize {
        let (index, is_new) = self.keys.insert_full(key);
        if is_new {
            self.edges.add_node(index);
        }
        index
    }

    /// Says that `node` depends on `dependency`. Saying so again changes nothing. Indices that no node has are ignored.
    pub fn add_dependency(&mut self, node: usize, dependency: usize) {
        if node < self.len() && dependency < self.len() {
            self.edges.add_edge(node, dependency, ());
        }
    }

    pub fn index_of(&self, key: &K) -> Option<usize> {
        self.keys.get_index_of(key)
    }
}

impl<K> Graph<K> {
    /// Number of nodes; their indices are below it.
    pub fn len(&self) -> usize {
        self.edges.node_count()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn edge_count(&self) -> usize {
        self.edges.edge_count()
    }

    pub fn key(&self, node: usize) -> Option<&K> {
        self.keys.get_index(node)
    }

    /// Keys in the order in which they were added.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &K> {
        self.keys.iter()
    }

    /// What a node depends on directly, in the order in which it was said.
    pub fn dependencies(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        self.edges.neighbors_directed(node, Direction::Outgoing)
    }

    /// What depends on a node directly, in the order in which it was said.
    pub fn dependents(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        self.edges.neighbors_directed(node, Direction::Incoming)
    }

    pub fn depends_on(&self, node: usize, dependency: usize) -> bool {
        self.edges.contains_edge(node, dependency)
    }

    pub(crate) fn edges(&self) -> &DiGraphMap<usize, ()> {
        &self.edges
    }
}

impl<K: Clone> Graph<K> {
    /// The same nodes with other edges.
    pub(crate) fn with_edges(&self, edges: impl Iterator<Item = (usize, usize)>) -> Graph<K> {
        let mut graph = Graph { keys: self.keys.clone(), edges: DiGraphMap::with_capacity(self.len(), 0) };
        for node in 0..self.len() {
            graph.edges.add_node(node);
        }
        for (node, dependency) in edges {
            graph.edges.add_edge(node, dependency, ());
        }
        graph
    }
}
