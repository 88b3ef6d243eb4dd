//! Domain-free directed acyclic graphs, and the scheduler that walks them.
//!
//! Invariant: no clock, no async runtime, no I/O. Costs are linear in nodes and direct edges.

mod scheduler;

pub use scheduler::Scheduler;
