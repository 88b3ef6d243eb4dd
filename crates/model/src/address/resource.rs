//! Resource addresses.

use super::{InstanceKey, ModuleInstance, ModulePath};
use formwork_value::Str;
use std::cmp::Ordering;
use std::fmt;

/// Order as in plans: data before ephemeral before managed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ResourceMode {
    Data,
    Ephemeral,
    Managed,
}

/// A resource within its module: `aws_vpc.main`, `data.aws_ami.a`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Resource {
    pub mode: ResourceMode,
    pub kind: Str,
    pub name: Str,
}

/// By mode, type and name. Resources of a module share the texts of their types, which is told faster than equal texts.
impl Ord for Resource {
    fn cmp(&self, other: &Resource) -> Ordering {
        let text = |a: &Str, b: &Str| if Str::ptr_eq(a, b) { Ordering::Equal } else { a.cmp(b) };
        let kinds = || text(&self.kind, &other.kind);
        self.mode.cmp(&other.mode).then_with(kinds).then_with(|| text(&self.name, &other.name))
    }
}

impl PartialOrd for Resource {
    fn partial_cmp(&self, other: &Resource) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A resource in the configuration, in whatever instances of its module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConfigResource {
    pub module: ModulePath,
    pub resource: Resource,
}

/// A resource in a module instance.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AbsResource {
    pub module: ModuleInstance,
    pub resource: Resource,
}

/// An instance of a resource in a module instance.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ResourceInstance {
    pub module: ModuleInstance,
    pub resource: Resource,
    pub key: InstanceKey,
}

impl ResourceMode {
    /// `managed`, `data`, `ephemeral`, as in state and JSON.
    pub fn name(self) -> &'static str {
        match self {
            ResourceMode::Data => "data",
            ResourceMode::Ephemeral => "ephemeral",
            ResourceMode::Managed => "managed",
        }
    }
}

impl Resource {
    pub fn new(mode: ResourceMode, kind: impl Into<Str>, name: impl Into<Str>) -> Resource {
        Resource { mode, kind: kind.into(), name: name.into() }
    }

    pub fn in_module(&self, module: ModuleInstance) -> AbsResource {
        AbsResource { module, resource: self.clone() }
    }

    /// Local name of the provider when the block does not say: the type up to the first underscore.
    pub fn implied_provider(&self) -> &str {
        self.kind.split('_').next().unwrap_or(&self.kind)
    }
}

impl AbsResource {
    pub fn instance(&self, key: InstanceKey) -> ResourceInstance {
        ResourceInstance { module: self.module.clone(), resource: self.resource.clone(), key }
    }

    pub fn config(&self) -> ConfigResource {
        ConfigResource { module: self.module.path(), resource: self.resource.clone() }
    }
}

impl ResourceInstance {
    pub fn resource(&self) -> AbsResource {
        AbsResource { module: self.module.clone(), resource: self.resource.clone() }
    }

    pub fn config(&self) -> ConfigResource {
        ConfigResource { module: self.module.path(), resource: self.resource.clone() }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mode {
            ResourceMode::Managed => write!(f, "{}.{}", self.kind, self.name),
            ResourceMode::Data => write!(f, "data.{}.{}", self.kind, self.name),
            ResourceMode::Ephemeral => write!(f, "ephemeral.{}.{}", self.kind, self.name),
        }
    }
}

impl fmt::Display for ConfigResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        self.resource.fmt(f)
    }
}

impl fmt::Display for AbsResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        self.resource.fmt(f)
    }
}

impl fmt::Display for ResourceInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        write!(f, "{}{}", self.resource, self.key)
    }
}
