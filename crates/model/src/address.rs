//! Addresses of modules, resources, instances and provider configurations.

mod key;
mod module;
mod parse;
mod provider;
mod resource;
mod target;

pub use key::InstanceKey;
pub use module::{ModuleInstance, ModulePath, ModuleStep};
pub use parse::AddressError;
pub use provider::{ProviderAddress, ProviderConfigAddress};
pub use resource::{AbsResource, ConfigResource, Resource, ResourceInstance, ResourceMode};
pub use target::TargetAddress;
