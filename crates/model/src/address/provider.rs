//! Provider addresses.

use super::{AddressError, InstanceKey, ModulePath};
use formwork_value::Str;
use std::fmt;

/// Source address of a provider: `registry.terraform.io/hashicorp/aws`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ProviderAddress {
    pub host: Str,
    pub namespace: Str,
    pub name: Str,
}

/// A provider configuration: the module that declares it, the provider, and its alias; or one instance of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ProviderConfigAddress {
    pub module: ModulePath,
    pub provider: ProviderAddress,
    pub alias: Option<Str>,
    /// Which instance of a configuration with `for_each`; none stands for the configuration itself.
    pub key: InstanceKey,
}

impl ProviderAddress {
    pub const DEFAULT_HOST: &'static str = "registry.terraform.io";

    pub fn new(host: impl Into<Str>, namespace: impl Into<Str>, name: impl Into<Str>) -> ProviderAddress {
        ProviderAddress { host: host.into(), namespace: namespace.into(), name: name.into() }
    }

    /// The provider meant by a local name that `required_providers` does not declare. `terraform` is built in.
    pub fn implied(name: &str) -> ProviderAddress {
        match name {
            "terraform" => ProviderAddress::builtin("terraform"),
            _ => ProviderAddress::new(ProviderAddress::DEFAULT_HOST, "hashicorp", name),
        }
    }

    /// `terraform.io/builtin/NAME`.
    pub fn builtin(name: &str) -> ProviderAddress {
        ProviderAddress::new("terraform.io", "builtin", name)
    }

    pub fn is_builtin(&self) -> bool {
        &*self.host == "terraform.io" && &*self.namespace == "builtin"
    }

    /// Parses `NAME`, `NAMESPACE/NAME` or `HOST/NAMESPACE/NAME`.
    pub fn parse(text: &str) -> Result<ProviderAddress, AddressError> {
        super::parse::provider(text)
    }

    /// Short form for messages: host left out if it is the default.
    pub fn for_display(&self) -> String {
        if &*self.host == ProviderAddress::DEFAULT_HOST {
            format!("{}/{}", self.namespace, self.name)
        } else {
            self.to_string()
        }
    }
}

impl fmt::Display for ProviderAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.host, self.namespace, self.name)
    }
}

impl ProviderConfigAddress {
    /// The configuration without a key, as its block has it.
    pub fn config(&self) -> ProviderConfigAddress {
        self.instance(InstanceKey::None)
    }

    /// An instance of the configuration.
    pub fn instance(&self, key: InstanceKey) -> ProviderConfigAddress {
        ProviderConfigAddress { key, ..self.clone() }
    }
}

/// Writes `module.x.provider["host/ns/name"].alias["key"]`, as in state.
impl fmt::Display for ProviderConfigAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        write!(f, "provider[\"{}\"]", self.provider)?;
        if let Some(alias) = &self.alias {
            write!(f, ".{alias}")?;
        }
        write!(f, "{}", self.key)
    }
}
