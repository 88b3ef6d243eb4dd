//! Saved plans, in a container of our own: one line that says what it is, the version of the format, a SHA-256 of all
//! that follows, then compressed sections. Everything that [`Plan`] has is in it.
//!
//! A plan file belongs to the version of Formwork that made it. It has secrets in clear: whoever writes it makes it
//! readable for its owner only.
//!
//! Invariant: no input makes decoding panic, recurse without bound, or allocate much more than its size justifies.

mod change;
mod container;
mod error;
mod foreign;
mod graph;
mod sections;
mod states;

pub use error::PlanFileError;

use formwork_model::{ConfigSummary, Plan};

/// Encodes a plan. Errors: values are nested too deeply to be read again.
pub fn encode(plan: &Plan) -> Result<Vec<u8>, PlanFileError> {
    encode_with(plan, || plan.config.clone())
}

/// Encodes a plan, with what it is to tell of the configuration; that is made while the rest is encoded.
pub fn encode_with(plan: &Plan, config: impl FnOnce() -> ConfigSummary + Send) -> Result<Vec<u8>, PlanFileError> {
    Ok(container::pack(&sections::write(plan, config)?))
}

/// Decodes and verifies a plan.
pub fn decode(bytes: &[u8]) -> Result<Plan, PlanFileError> {
    let plan = sections::read(&container::unpack(bytes)?)?;
    plan.verify().map_err(|error| PlanFileError::Inconsistent(error.0))?;
    Ok(plan)
}

#[cfg(test)]
mod tests;
