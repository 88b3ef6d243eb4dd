//! Values of the instances of a resource in one module instance.

use crate::Expansion;
use formwork_model::InstanceKey;
use formwork_value::{Marks, Str, Type, Value};
use std::collections::BTreeMap;

/// The values of a resource's instances, as references see them.
#[derive(Clone, Debug)]
pub struct ResourceValues {
    /// `None` as long as count or for_each have not been evaluated.
    pub expansion: Option<Expansion>,
    instances: BTreeMap<InstanceKey, Value>,
    /// The value of the whole resource, built when first asked for.
    whole: Option<Value>,
}

impl ResourceValues {
    pub fn new(expansion: Option<Expansion>) -> ResourceValues {
        ResourceValues { expansion, instances: BTreeMap::new(), whole: None }
    }

    pub fn set(&mut self, key: InstanceKey, value: Value) {
        self.instances.insert(key, value);
        self.whole = None;
    }

    pub fn remove(&mut self, key: &InstanceKey) {
        self.instances.remove(key);
        self.whole = None;
    }

    pub fn get(&self, key: &InstanceKey) -> Option<&Value> {
        self.instances.get(key)
    }

    /// The value of `aws_vpc.main`: the object itself, a tuple (count), or an object by key (for_each).
    /// What has no value yet is unknown of `ty`.
    pub fn whole(&mut self, ty: &Type) -> Value {
        if let Some(value) = &self.whole {
            return value.clone();
        }
        let value = self.build(ty);
        self.whole = Some(value.clone());
        value
    }

    /// As [`ResourceValues::whole`], with the instances that have a value only: those that exist, whatever the configuration
    /// says. Unknown if there are none. Source: the console of Terraform 1.11.4.
    pub fn present(&mut self, ty: &Type) -> Value {
        if !matches!(self.expansion, Some(Expansion::Count { .. } | Expansion::ForEach { .. })) {
            return self.whole(ty);
        }
        let mut items = Vec::new();
        let mut attributes = BTreeMap::new();
        for (key, value) in &self.instances {
            match key {
                InstanceKey::Int(_) => items.push(value.clone()),
                InstanceKey::String(key) => drop(attributes.insert(key.clone(), value.clone())),
                InstanceKey::None => {}
            }
        }
        match (items.is_empty(), attributes.is_empty()) {
            (true, true) => Value::dynamic(),
            (false, _) => Value::tuple(items),
            (true, false) => Value::object_map(attributes),
        }
    }

    fn build(&self, ty: &Type) -> Value {
        let instance =
            |key: InstanceKey| self.instances.get(&key).cloned().unwrap_or_else(|| Value::unknown(ty.clone()));
        match &self.expansion {
            None | Some(Expansion::Single) => instance(InstanceKey::None),
            Some(Expansion::Disabled) => Value::null(ty.clone()),
            Some(Expansion::Unknown { .. }) => Value::dynamic(),
            Some(Expansion::Count { count, .. }) => Value::tuple((0..*count).map(|i| instance(InstanceKey::Int(i)))),
            Some(Expansion::ForEach { items, marks }) => {
                let attributes: BTreeMap<Str, Value> =
                    items.keys().map(|k| (k.clone(), instance(InstanceKey::String(k.clone())))).collect();
                Value::object_map(attributes).with_marks(marks.without(Marks::EPHEMERAL))
            }
        }
    }
}
