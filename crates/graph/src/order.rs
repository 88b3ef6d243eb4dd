//! Topological order.

use crate::Graph;

impl<K> Graph<K> {
    /// All nodes, each after what it depends on, and otherwise as early as its index allows: nodes are taken by index, and
    /// what they still need goes before them in the order in which it was said. `None` if there is a cycle.
    pub fn topological_order(&self) -> Option<Vec<usize>> {
        let mut state = vec![State::New; self.len()];
        let mut order = Vec::with_capacity(self.len());
        let mut open = Vec::new();
        for root in 0..self.len() {
            if !enter(&mut state, root)? {
                continue;
            }
            open.push((root, self.dependencies(root)));
            while let Some((node, dependencies)) = open.last_mut() {
                match dependencies.next() {
                    Some(next) => {
                        if enter(&mut state, next)? {
                            open.push((next, self.dependencies(next)));
                        }
                    }
                    None => {
                        if let Some(state) = state.get_mut(*node) {
                            *state = State::Done;
                        }
                        order.push(*node);
                        open.pop();
                    }
                }
            }
        }
        Some(order)
    }
}

#[derive(Clone, Copy)]
enum State {
    New,
    Open,
    Done,
}

/// Whether a node is new; `None` if it depends on itself.
fn enter(state: &mut [State], node: usize) -> Option<bool> {
    match state.get_mut(node) {
        Some(state @ State::New) => {
            *state = State::Open;
            Some(true)
        }
        Some(State::Open) => None,
        _ => Some(false),
    }
}
