//! Addresses as `-target` takes them.

use super::{AbsResource, AddressError, ModuleInstance, ResourceInstance};
use std::fmt;

/// A module instance with all inside, a resource with all its instances, or one instance. Module steps without a key
/// stand for all instances of that call.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TargetAddress {
    Module(ModuleInstance),
    Resource(AbsResource),
    Instance(ResourceInstance),
}

impl TargetAddress {
    pub fn parse(text: &str) -> Result<TargetAddress, AddressError> {
        super::parse::target(text)
    }

    /// True if the target covers the instance.
    pub fn contains(&self, address: &ResourceInstance) -> bool {
        match self {
            TargetAddress::Module(module) => covers(module, &address.module),
            TargetAddress::Resource(r) => r.resource == address.resource && same_module(&r.module, &address.module),
            TargetAddress::Instance(i) => {
                i.resource == address.resource && i.key == address.key && same_module(&i.module, &address.module)
            }
        }
    }
}

impl TargetAddress {
    /// True if the instance is what `-target` means by the address: as [`TargetAddress::contains`], but only the last
    /// step of a module address may leave out its key. Source: the reference.
    pub fn selects(&self, address: &ResourceInstance) -> bool {
        match self {
            TargetAddress::Module(module) => {
                let last = module.0.len().saturating_sub(1);
                let outer = module.0.get(..last).unwrap_or_default();
                address.module.0.starts_with(outer) && covers(module, &address.module)
            }
            TargetAddress::Resource(r) => r.resource == address.resource && r.module == address.module,
            TargetAddress::Instance(i) => i == address,
        }
    }
}

/// True if `module` covers `other` or a module around it; steps without a key cover every key.
fn covers(module: &ModuleInstance, other: &ModuleInstance) -> bool {
    module.0.len() <= other.0.len()
        && module.0.iter().zip(&other.0).all(|(a, b)| a.name == b.name && (a.key.is_none() || a.key == b.key))
}

fn same_module(module: &ModuleInstance, other: &ModuleInstance) -> bool {
    module.0.len() == other.0.len() && covers(module, other)
}

impl fmt::Display for TargetAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TargetAddress::Module(m) => m.fmt(f),
            TargetAddress::Resource(r) => r.fmt(f),
            TargetAddress::Instance(i) => i.fmt(f),
        }
    }
}
