//! State: what the engine remembers of the objects it manages.

use crate::{
    AbsResource, CheckResult, ConfigResource, InstanceKey, ProviderConfigAddress, RawState, ResourceInstance, Shared,
};
use formwork_value::{Path, Str, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// All objects and root outputs. Clones share what none of them changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub outputs: BTreeMap<Str, OutputState>,
    pub resources: Shared<BTreeMap<AbsResource, ResourceState>>,
    pub checks: Vec<CheckResult>,
}

/// A state with its place in history.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateSnapshot {
    /// Identity of the history; empty if not yet known.
    pub lineage: Str,
    /// Grows by one with every write that changes something.
    pub serial: u64,
    /// Version of Terraform in the file that was read.
    pub terraform_version: Str,
    pub state: State,
}

#[derive(Clone, Debug, PartialEq)]
pub struct OutputState {
    /// Unmarked.
    pub value: Value,
    pub sensitive: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ResourceState {
    /// The provider configuration, without the key of an instance of it: each instance of the resource has its own.
    pub provider: ProviderConfigAddress,
    pub instances: Shared<BTreeMap<InstanceKey, InstanceState>>,
}

/// The current object of an instance, and those that a replacement has not yet destroyed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InstanceState {
    pub current: Option<Arc<ObjectState>>,
    pub deposed: BTreeMap<DeposedKey, Arc<ObjectState>>,
    /// Which instance of the provider configuration, if that has `for_each`.
    pub provider_key: InstanceKey,
}

/// Eight lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DeposedKey(pub Str);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ObjectStatus {
    #[default]
    Ready,
    Tainted,
}

/// A stored object. The attributes stay encoded until a schema is at hand.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectState {
    pub schema_version: u64,
    /// JSON by the schema's implied type, or a flat map from old states.
    pub attributes: RawState,
    pub sensitive: Vec<Path>,
    pub private: Vec<u8>,
    pub identity_schema_version: u64,
    /// JSON of the identity.
    pub identity: Option<Str>,
    pub status: ObjectStatus,
    /// Resources that this object depends on, sorted.
    pub dependencies: Vec<ConfigResource>,
    pub create_before_destroy: bool,
}

impl fmt::Display for DeposedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl State {
    pub fn is_empty(&self) -> bool {
        self.outputs.is_empty() && self.resources.is_empty()
    }

    pub fn resource(&self, address: &AbsResource) -> Option<&ResourceState> {
        self.resources.get(address)
    }

    pub fn instance(&self, address: &ResourceInstance) -> Option<&InstanceState> {
        self.resources.get(&address.resource())?.instances.get(&address.key)
    }

    /// The current object of an instance.
    pub fn object(&self, address: &ResourceInstance) -> Option<&Arc<ObjectState>> {
        self.instance(address)?.current.as_ref()
    }

    /// The provider configuration, or instance of one, that an instance belongs to.
    pub fn provider_of(&self, address: &ResourceInstance) -> Option<ProviderConfigAddress> {
        let resource = self.resources.get(&address.resource())?;
        let instance = resource.instances.get(&address.key);
        Some(resource.provider.instance(instance.map_or(InstanceKey::None, |i| i.provider_key.clone())))
    }

    /// Says which provider configuration, or instance of one, an instance belongs to from now on.
    pub fn set_provider(&mut self, address: &ResourceInstance, provider: &ProviderConfigAddress) {
        let resource = address.resource();
        let Some(stored) = self.resources.get(&resource) else { return };
        let Some(instance) = stored.instances.get(&address.key) else { return };
        let (config, same_key) = (provider.config(), instance.provider_key == provider.key);
        if same_key && stored.provider == config {
            return;
        }
        let Some(stored) = self.resources.get_mut(&resource) else { return };
        stored.provider = config;
        if !same_key && let Some(instance) = stored.instances.get_mut(&address.key) {
            instance.provider_key = provider.key.clone();
        }
    }

    /// Sets or removes an object; instances and resources without objects disappear.
    pub fn set_object(
        &mut self,
        address: &ResourceInstance,
        deposed: Option<&DeposedKey>,
        provider: &ProviderConfigAddress,
        object: Option<Arc<ObjectState>>,
    ) {
        let resource = address.resource();
        if object.is_none() && !self.resources.contains_key(&resource) {
            return;
        }
        let entry = self
            .resources
            .entry(resource.clone())
            .or_insert_with(|| ResourceState { provider: provider.config(), instances: Shared::default() });
        let instance = entry.instances.entry(address.key.clone()).or_default();
        if object.is_some() {
            entry.provider = provider.config();
            instance.provider_key = provider.key.clone();
        }
        match (deposed, object) {
            (None, object) => instance.current = object,
            (Some(key), Some(object)) => {
                instance.deposed.insert(key.clone(), object);
            }
            (Some(key), None) => {
                instance.deposed.remove(key);
            }
        }
        if instance.is_empty() {
            entry.instances.remove(&address.key);
        }
        if entry.instances.is_empty() {
            self.resources.remove(&resource);
        }
    }

    /// All instances with their addresses, in order.
    pub fn instances(&self) -> impl Iterator<Item = (ResourceInstance, &ResourceState, &InstanceState)> {
        self.resources.iter().flat_map(|(address, resource)| {
            resource.instances.iter().map(move |(key, instance)| (address.instance(key.clone()), resource, instance))
        })
    }
}

impl InstanceState {
    pub fn is_empty(&self) -> bool {
        self.current.is_none() && self.deposed.is_empty()
    }
}
