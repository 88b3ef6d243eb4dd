//! The data sources.

pub mod ami;
pub mod availability_zones;
pub mod caller_identity;
mod filter;
pub mod region;
pub mod vpc;
