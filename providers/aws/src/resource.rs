//! The resource types.

pub mod subnet;
pub mod vpc;
