//! Module addresses.

use super::InstanceKey;
use formwork_value::Str;
use std::fmt;

/// A module in the configuration, by its call names; empty is the root module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ModulePath(pub Vec<Str>);

/// A step to a child module's instance.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ModuleStep {
    pub name: Str,
    pub key: InstanceKey,
}

/// An instance of a module; empty is the root module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ModuleInstance(pub Vec<ModuleStep>);

impl ModulePath {
    pub fn root() -> ModulePath {
        ModulePath::default()
    }

    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    pub fn child(&self, name: impl Into<Str>) -> ModulePath {
        let mut steps = self.0.clone();
        steps.push(name.into());
        ModulePath(steps)
    }

    /// The module that calls this one, and the call's name.
    pub fn parent(&self) -> Option<(ModulePath, &Str)> {
        let (last, rest) = self.0.split_last()?;
        Some((ModulePath(rest.to_vec()), last))
    }

    /// The instance whose calls have neither count nor for_each.
    pub fn without_keys(&self) -> ModuleInstance {
        ModuleInstance(self.0.iter().map(|n| ModuleStep { name: n.clone(), key: InstanceKey::None }).collect())
    }
}

impl ModuleInstance {
    pub fn root() -> ModuleInstance {
        ModuleInstance::default()
    }

    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    pub fn child(&self, name: impl Into<Str>, key: InstanceKey) -> ModuleInstance {
        let mut steps = self.0.clone();
        steps.push(ModuleStep { name: name.into(), key });
        ModuleInstance(steps)
    }

    pub fn parent(&self) -> Option<(ModuleInstance, &ModuleStep)> {
        let (last, rest) = self.0.split_last()?;
        Some((ModuleInstance(rest.to_vec()), last))
    }

    /// The module in the configuration.
    pub fn path(&self) -> ModulePath {
        ModulePath(self.0.iter().map(|s| s.name.clone()).collect())
    }

    /// True if `self` is `other` or lies inside it.
    pub fn is_within(&self, other: &ModuleInstance) -> bool {
        self.0.starts_with(&other.0)
    }
}

/// Writes `module.a.module.b`, or nothing for the root.
impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, name) in self.0.iter().enumerate() {
            write!(f, "{}module.{name}", if i > 0 { "." } else { "" })?;
        }
        Ok(())
    }
}

/// Writes `module.a["k"].module.b[0]`, or nothing for the root.
impl fmt::Display for ModuleInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            write!(f, "{}module.{}{}", if i > 0 { "." } else { "" }, step.name, step.key)?;
        }
        Ok(())
    }
}
