//! Behaviour of the language through the public surface.

mod agreement;
mod bodies;
mod errors;
mod evaluation;
mod formatting;
mod json;
mod limits;
mod properties;
mod scope;
mod static_forms;
mod trees;
mod types;
mod unknowns;
mod writing;
