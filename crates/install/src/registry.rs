//! Registries: what they have, and how their packages prove where they come from.

mod modules;
mod providers;
mod signature;

pub(crate) use modules::ModuleRegistry;
pub(crate) use providers::ProviderRegistry;
pub(crate) use signature::Signer;
