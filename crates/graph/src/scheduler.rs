//! Which node may be worked on next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Hands out nodes whose dependencies are finished, those of lower index first. It decides by what it is told alone:
/// who does the work, and how much of it at once, is the caller's business.
///
/// Memory is linear in nodes and edges; all calls together take linear time, but for the queue of ready nodes.
#[derive(Clone, Debug)]
pub struct Scheduler {
    states: Vec<State>,
    /// Dependents of all nodes, one after the other; those of a node are between its start and the next one's.
    dependents: Vec<usize>,
    starts: Vec<usize>,
    ready: BinaryHeap<Reverse<usize>>,
    running: usize,
    remaining: usize,
    #[cfg(test)]
    steps: usize,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum State {
    /// For this many dependencies.
    Waiting(usize),
    Ready,
    Running,
    Finished,
    Failed,
    Skipped,
}

impl Scheduler {
    /// A scheduler of nodes by the indices of what each depends on. Indices that no node has are ignored. Nodes in a cycle
    /// never become ready; see [`crate::Graph::cycles`].
    pub fn new(dependencies: Vec<Vec<usize>>) -> Scheduler {
        let count = dependencies.len();
        let valid = |list: &Vec<usize>| list.iter().copied().filter(|d| *d < count).collect::<Vec<_>>();
        let dependencies: Vec<Vec<usize>> = dependencies.iter().map(valid).collect();
        let (dependents, starts) = turned_round(&dependencies);
        let mut scheduler = Scheduler {
            states: dependencies.iter().map(|list| State::Waiting(list.len())).collect(),
            dependents,
            starts,
            ready: BinaryHeap::new(),
            running: 0,
            remaining: count,
            #[cfg(test)]
            steps: 0,
        };
        for node in 0..count {
            scheduler.make_ready_if_free(node);
        }
        scheduler
    }

    /// The next node to work on; it is running until [`Scheduler::finish`] or [`Scheduler::fail`]. `None` if no node is
    /// ready now.
    pub fn take_ready(&mut self) -> Option<usize> {
        while let Some(Reverse(node)) = self.ready.pop() {
            if let Some(state @ State::Ready) = self.states.get_mut(node) {
                *state = State::Running;
                self.running += 1;
                return Some(node);
            }
        }
        None
    }

    /// True if [`Scheduler::take_ready`] has a node to give.
    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Says that a running node is done; what waited only for it becomes ready. Does nothing for other nodes.
    pub fn finish(&mut self, node: usize) {
        if !self.leave_running(node, State::Finished) {
            return;
        }
        for at in self.dependents_of(node) {
            let Some(dependent) = self.dependents.get(at).copied() else { continue };
            self.count_step();
            if let Some(State::Waiting(count)) = self.states.get_mut(dependent) {
                *count = count.saturating_sub(1);
                self.make_ready_if_free(dependent);
            }
        }
    }

    /// Says that a running node has failed. Gives all nodes that will not be worked on for that reason, in ascending
    /// order; each node is given once. Does nothing for nodes that are not running.
    pub fn fail(&mut self, node: usize) -> Vec<usize> {
        if !self.leave_running(node, State::Failed) {
            return Vec::new();
        }
        let mut skipped = Vec::new();
        let mut pending = vec![node];
        while let Some(node) = pending.pop() {
            for at in self.dependents_of(node) {
                let Some(dependent) = self.dependents.get(at).copied() else { continue };
                self.count_step();
                if let Some(state @ State::Waiting(_)) = self.states.get_mut(dependent) {
                    *state = State::Skipped;
                    self.remaining -= 1;
                    skipped.push(dependent);
                    pending.push(dependent);
                }
            }
        }
        skipped.sort_unstable();
        skipped
    }

    /// True if every node is finished, failed or skipped.
    pub fn is_done(&self) -> bool {
        self.remaining == 0
    }

    /// Number of nodes that are not finished, failed or skipped.
    pub fn remaining(&self) -> usize {
        self.remaining
    }

    /// Number of nodes that were taken and are neither finished nor failed.
    pub fn running(&self) -> usize {
        self.running
    }

    /// Nodes that were never taken and not skipped, in ascending order: what is left when work stops early.
    pub fn untaken(&self) -> Vec<usize> {
        let is_untaken = |state: &State| matches!(state, State::Waiting(_) | State::Ready);
        self.states.iter().enumerate().filter(|(_, state)| is_untaken(state)).map(|(node, _)| node).collect()
    }

    fn leave_running(&mut self, node: usize, to: State) -> bool {
        let Some(state @ State::Running) = self.states.get_mut(node) else { return false };
        *state = to;
        self.running -= 1;
        self.remaining -= 1;
        true
    }

    fn make_ready_if_free(&mut self, node: usize) {
        if let Some(state @ State::Waiting(0)) = self.states.get_mut(node) {
            *state = State::Ready;
            self.ready.push(Reverse(node));
        }
    }

    /// Where the dependents of a node are.
    fn dependents_of(&self, node: usize) -> std::ops::Range<usize> {
        let start = self.starts.get(node).copied().unwrap_or(0);
        let end = self.starts.get(node + 1).copied().unwrap_or(start);
        start..end
    }

    fn count_step(&mut self) {
        #[cfg(test)]
        {
            self.steps += 1;
        }
    }
}

/// Lists of dependents from lists of dependencies, as one list and the start of each node's part of it.
fn turned_round(dependencies: &[Vec<usize>]) -> (Vec<usize>, Vec<usize>) {
    let mut starts = vec![0; dependencies.len() + 1];
    for dependency in dependencies.iter().flatten() {
        if let Some(count) = starts.get_mut(dependency + 1) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let mut dependents = vec![0; sum];
    let mut next = starts.clone();
    for (node, list) in dependencies.iter().enumerate() {
        for dependency in list {
            if let Some(at) = next.get_mut(*dependency) {
                if let Some(slot) = dependents.get_mut(*at) {
                    *slot = node;
                }
                *at += 1;
            }
        }
    }
    (dependents, starts)
}

#[cfg(test)]
mod tests {
    use super::Scheduler;

    /// Layers in which every node depends on every node of the layer below.
    fn layers(count: usize, width: usize) -> Vec<Vec<usize>> {
        let below = |layer: usize| (layer * width..(layer + 1) * width).collect::<Vec<_>>();
        (0..count * width).map(|node| (node / width).checked_sub(1).map(below).unwrap_or_default()).collect()
    }

    #[test]
    fn each_edge_is_looked_at_once() {
        for (count, width) in [(100, 10), (200, 10), (10, 100)] {
            let edges = (count - 1) * width * width;
            let mut scheduler = Scheduler::new(layers(count, width));
            while let Some(node) = scheduler.take_ready() {
                scheduler.finish(node);
            }
            assert!(scheduler.is_done());
            assert_eq!(scheduler.steps, edges);
        }
    }

    #[test]
    fn failures_look_at_each_edge_at_most_once() {
        let (count, width) = (100, 10);
        let mut scheduler = Scheduler::new(layers(count, width));
        let mut skipped = 0;
        while let Some(node) = scheduler.take_ready() {
            skipped += scheduler.fail(node).len();
        }
        assert!(scheduler.is_done());
        assert_eq!(skipped, (count - 1) * width);
        assert!(scheduler.steps <= (count - 1) * width * width, "{}", scheduler.steps);
    }
}
