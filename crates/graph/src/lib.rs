//! Dependency graphs, and the order of work on them, without any notion of what the nodes are.
//!
//! A [`Graph`] is built from keys; each node has the index at which its key was added, and every result is in an order
//! that follows from these indices alone. A [`Scheduler`] hands out nodes whose dependencies are finished.
//!
//! Invariant: edges point from a node to what it depends on.
//! Invariant: no clock, no threads, no I/O; nothing recursive, so that no graph is too deep.

mod cycle;
mod graph;
mod order;
mod reduce;
mod scheduler;

pub use graph::Graph;
pub use scheduler::Scheduler;
