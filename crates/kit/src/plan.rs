//! A plan in the making.

use crate::Failure;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::Deferred;
use formwork_value::{Path, Str, Type, Value};
use std::collections::BTreeMap;

/// What is planned for one object, for a type's own refinement.
pub struct Plan<'a> {
    pub(crate) ty: &'a Type,
    /// The stored object; `None` if one is to be created.
    pub prior: Option<&'a Value>,
    pub config: &'a Value,
    pub(crate) planned: BTreeMap<Str, Value>,
    pub(crate) replace: Vec<Path>,
    pub(crate) diagnostics: Diagnostics,
    /// What is kept with the object for the provider alone; what is put here is there when the plan is applied.
    pub private: Vec<u8>,
    pub(crate) may_defer: bool,
    pub(crate) deferred: Option<Deferred>,
}

impl Plan<'_> {
    pub fn is_create(&self) -> bool {
        self.prior.is_none()
    }

    /// The planned value of an attribute.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.planned.get(name)
    }

    /// The planned text of an attribute, if it is known.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// True if the configuration gives the attribute, perhaps unknown.
    pub fn configures(&self, name: &str) -> bool {
        self.config.get(name).is_some_and(|value| !value.is_null())
    }

    /// True if the attribute has, or may have, another value than before.
    pub fn changes(&self, name: &str) -> bool {
        self.prior.is_some_and(|prior| prior.get(name) != self.planned.get(name))
    }

    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.planned.insert(name.into(), value.into());
    }

    /// Plans an attribute that the configuration leaves open as unknown.
    pub fn unknown(&mut self, name: &str) {
        if !self.configures(name) {
            let ty = self.ty.attribute(name).cloned().unwrap_or(Type::Dynamic);
            self.set(name, Value::unknown(ty));
        }
    }

    /// Plans an attribute that the configuration leaves open as null.
    pub fn null(&mut self, name: &str) {
        if !self.configures(name) {
            let ty = self.ty.attribute(name).cloned().unwrap_or(Type::Dynamic);
            self.set(name, Value::null(ty));
        }
    }

    /// The attribute's new value needs a new object.
    pub fn replace(&mut self, name: &str) {
        let path = Path::root().attribute(name);
        if !self.replace.contains(&path) {
            self.replace.push(path);
        }
    }

    /// Puts the change off to a later run, if the engine allows that; false if it does not, which is a failure then.
    pub fn defer(&mut self, reason: Deferred) -> bool {
        if self.may_defer {
            self.deferred = Some(reason);
        }
        self.may_defer
    }

    /// The object cannot be planned in this way.
    pub fn fail(&mut self, failure: Failure) {
        self.diagnostics.push(failure.diagnostic("Invalid plan"));
    }

    /// Tells users of something that is no failure.
    pub fn warn(&mut self, summary: &str, detail: impl Into<String>) {
        self.diagnostics.push(Diagnostic::warning(summary, detail));
    }

    /// The attribute can be changed in place after all.
    pub fn keep(&mut self, name: &str) {
        self.replace.retain(|path| *path != Path::root().attribute(name));
    }
}
