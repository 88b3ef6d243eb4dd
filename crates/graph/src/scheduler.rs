//! Which nodes may run now.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Walks a graph of nodes `0..n`: hands out nodes all of whose dependencies have finished, lowest number first.
#[derive(Clone, Debug)]
pub struct Scheduler {
    dependents: Vec<Vec<usize>>,
    /// Unfinished dependencies of each node.
    waiting_for: Vec<usize>,
    ready: BinaryHeap<Reverse<usize>>,
    state: Vec<NodeState>,
    open: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NodeState {
    Waiting,
    Running,
    Closed,
}

impl Scheduler {
    /// `dependencies[n]` lists the nodes that must finish before `n`. Numbers out of range are ignored.
    pub fn new(dependencies: Vec<Vec<usize>>) -> Scheduler {
        let total = dependencies.len();
        let mut dependents = vec![Vec::new(); total];
        let mut waiting_for = vec![0; total];
        for ((node, list), waiting) in dependencies.iter().enumerate().zip(&mut waiting_for) {
            for dependency in list {
                if let Some(entry) = dependents.get_mut(*dependency) {
                    entry.push(node);
                    *waiting += 1;
                }
            }
        }
        let ready = waiting_for.iter().enumerate().filter(|(_, w)| **w == 0).map(|(n, _)| Reverse(n)).collect();
        Scheduler { dependents, waiting_for, ready, state: vec![NodeState::Waiting; total], open: total }
    }

    /// A node that may run now; it counts as running until [`Scheduler::finish`] or [`Scheduler::fail`].
    pub fn take_ready(&mut self) -> Option<usize> {
        while let Some(Reverse(node)) = self.ready.pop() {
            if let Some(state @ NodeState::Waiting) = self.state.get_mut(node) {
                *state = NodeState::Running;
                return Some(node);
            }
        }
        None
    }

    /// Puts a running node back, to be handed out again.
    pub fn put_back(&mut self, node: usize) {
        if let Some(state @ NodeState::Running) = self.state.get_mut(node) {
            *state = NodeState::Waiting;
            self.ready.push(Reverse(node));
        }
    }

    /// A running node has succeeded; its dependents may become ready.
    pub fn finish(&mut self, node: usize) {
        if !self.close(node) {
            return;
        }
        for dependent in self.dependents.get(node).cloned().unwrap_or_default() {
            if let Some(waiting) = self.waiting_for.get_mut(dependent) {
                *waiting -= 1;
                if *waiting == 0 {
                    self.ready.push(Reverse(dependent));
                }
            }
        }
    }

    /// A running node has failed: everything that depends on it, directly or not, will not run. Returns those nodes,
    /// ascending.
    pub fn fail(&mut self, node: usize) -> Vec<usize> {
        self.close(node);
        let mut skipped = Vec::new();
        let mut stack = vec![node];
        while let Some(failed) = stack.pop() {
            for dependent in self.dependents.get(failed).cloned().unwrap_or_default() {
                if self.close(dependent) {
                    skipped.push(dependent);
                    stack.push(dependent);
                }
            }
        }
        skipped.sort_unstable();
        skipped
    }

    fn close(&mut self, node: usize) -> bool {
        match self.state.get_mut(node) {
            Some(state) if *state != NodeState::Closed => {
                *state = NodeState::Closed;
                self.open -= 1;
                true
            }
            _ => false,
        }
    }

    /// True if every node has finished, failed or been skipped.
    pub fn is_done(&self) -> bool {
        self.open == 0
    }

    /// Nodes that are not closed yet, ascending.
    pub fn remaining(&self) -> Vec<usize> {
        let open = |(node, state): (usize, &NodeState)| (*state != NodeState::Closed).then_some(node);
        self.state.iter().enumerate().filter_map(open).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_come_after_their_dependencies() {
        let mut scheduler = Scheduler::new(vec![vec![2], vec![], vec![1], vec![]]);
        assert_eq!(scheduler.take_ready(), Some(1));
        assert_eq!(scheduler.take_ready(), Some(3));
        assert_eq!(scheduler.take_ready(), None);
        scheduler.finish(1);
        assert_eq!(scheduler.take_ready(), Some(2));
        scheduler.finish(2);
        scheduler.finish(3);
        assert_eq!(scheduler.take_ready(), Some(0));
        assert!(!scheduler.is_done());
        scheduler.finish(0);
        assert!(scheduler.is_done());
    }

    #[test]
    fn failure_skips_dependents_only() {
        let mut scheduler = Scheduler::new(vec![vec![], vec![0], vec![1], vec![]]);
        assert_eq!(scheduler.take_ready(), Some(0));
        assert_eq!(scheduler.fail(0), vec![1, 2]);
        assert_eq!(scheduler.take_ready(), Some(3));
        scheduler.finish(3);
        assert!(scheduler.is_done());
    }

    #[test]
    fn a_cycle_never_becomes_ready() {
        let mut scheduler = Scheduler::new(vec![vec![1], vec![0]]);
        assert_eq!(scheduler.take_ready(), None);
        assert_eq!(scheduler.remaining(), vec![0, 1]);
    }
}
