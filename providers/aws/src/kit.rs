//! What every resource type builds on: schema with planning rules, typed attributes, waits and failures.

pub mod call;
pub mod checks;
pub mod failure;
pub mod field;
pub mod lifecycle;
pub mod object;
pub mod planner;
pub mod resource;
pub mod spec;
pub mod tags;
pub mod validation;
