//! Planner and applier together, in memory.

mod cases;
mod configuration;
mod laws;
mod verify;
