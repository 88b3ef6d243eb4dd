//! What identifies an object.

use crate::Body;
use formwork_model::{IdentityAttribute, IdentitySchema};
use formwork_value::{Str, Type, Value};

/// The attributes of a type that together identify an object, in any state and outside of all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Identity {
    required: Vec<&'static str>,
    optional: Vec<&'static str>,
    version: u64,
}

impl Identity {
    /// Attributes of the type's structure, which a user gives to import an object.
    pub fn of(attributes: &[&'static str]) -> Identity {
        Identity { required: attributes.to_vec(), ..Identity::default() }
    }

    /// Attributes that a user may leave out: the provider knows them as well.
    pub fn optional(mut self, attributes: &[&'static str]) -> Identity {
        self.optional = attributes.to_vec();
        self
    }

    /// Version of the stored form, see [`Resource::upgrade_identity`](crate::Resource::upgrade_identity).
    pub fn version(mut self, version: u64) -> Identity {
        self.version = version;
        self
    }

    /// The schema, if there is an identity at all.
    pub(crate) fn schema(&self, body: &Body) -> Option<IdentitySchema> {
        let attribute = |name: &&'static str, is_required: bool| {
            let member = body.member(name)?;
            let attribute = IdentityAttribute {
                ty: member.ty.clone(),
                description: member.description().into(),
                required_for_import: is_required,
                optional_for_import: !is_required,
            };
            Some((Str::from(*name), attribute))
        };
        let required = self.required.iter().filter_map(|name| attribute(name, true));
        let optional = self.optional.iter().filter_map(|name| attribute(name, false));
        let attributes = required.chain(optional).collect();
        (!self.is_empty()).then_some(IdentitySchema { version: self.version, attributes })
    }

    /// The identity of an object, which may have unknown parts.
    pub(crate) fn read(&self, state: &Value) -> Option<Value> {
        let names = self.required.iter().chain(&self.optional);
        let value = |name: &&'static str| {
            let value = state.get(name).cloned().unwrap_or_else(|| Value::null(Type::Dynamic));
            (Str::from(*name), value)
        };
        (!self.is_empty() && !state.is_null()).then(|| Value::object_map(names.map(value).collect()))
    }

    fn is_empty(&self) -> bool {
        self.required.is_empty() && self.optional.is_empty()
    }
}
