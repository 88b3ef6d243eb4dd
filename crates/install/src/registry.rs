//! Registries: what they have, and how their packages prove where they come from.

mod providers;
mod signature;

pub(crate) use providers::ProviderRegistry;
pub(crate) use signature::Signer;
