//! Planner and applier together, in memory.

mod cases;
