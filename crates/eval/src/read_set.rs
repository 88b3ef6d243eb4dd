//! What an evaluation read.

use crate::ModuleId;
use formwork_model::{InstanceKey, Resource};
use std::collections::BTreeSet;

/// An object that was read: one instance, or (without a key) all instances of a resource.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Read {
    pub module: ModuleId,
    pub resource: Resource,
    pub key: Option<InstanceKey>,
}

/// All objects that an evaluation read, directly or through remembered values.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReadSet(pub BTreeSet<Read>);

impl ReadSet {
    pub fn insert(&mut self, read: Read) {
        self.0.insert(read);
    }

    pub fn extend(&mut self, other: &ReadSet) {
        if self.0.is_empty() {
            self.0.clone_from(&other.0);
        } else {
            self.0.extend(other.0.iter().cloned());
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Read> {
        self.0.iter()
    }
}
