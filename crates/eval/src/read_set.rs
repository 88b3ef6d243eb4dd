//! What an evaluation read.

use crate::ModuleId;
use formwork_model::{InstanceKey, Resource};
use std::collections::BTreeSet;
use std::rc::Rc;

/// An object that was read: one instance, or (without a key) all instances of a resource.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Read {
    pub module: ModuleId,
    pub resource: Resource,
    pub key: Option<InstanceKey>,
}

/// All objects that an evaluation read, directly or through remembered values. What a remembered value has read is
/// shared by all who use the value.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReadSet {
    own: BTreeSet<Read>,
    shared: Vec<Rc<ReadSet>>,
}

/// Smaller sets are copied rather than shared.
const SMALL: usize = 8;

impl ReadSet {
    pub fn insert(&mut self, read: Read) {
        self.own.insert(read);
    }

    pub fn extend(&mut self, other: &ReadSet) {
        if self.own.is_empty() {
            self.own.clone_from(&other.own);
        } else {
            self.own.extend(other.own.iter().cloned());
        }
        other.shared.iter().for_each(|set| self.share(set));
    }

    /// Adds what somebody else keeps.
    pub fn share(&mut self, other: &Rc<ReadSet>) {
        if other.shared.is_empty() && other.own.len() <= SMALL {
            self.own.extend(other.own.iter().cloned());
        } else if !self.shared.iter().any(|known| Rc::ptr_eq(known, other)) {
            self.shared.push(other.clone());
        }
    }

    /// The same without what is read of one resource.
    pub fn without(&self, module: ModuleId, resource: &Resource) -> ReadSet {
        let others = self.all().into_iter().filter(|read| read.module != module || read.resource != *resource);
        ReadSet { own: others.cloned().collect(), shared: Vec::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.own.is_empty() && self.shared.is_empty()
    }

    /// What was read apart from the shared sets.
    pub fn own(&self) -> impl Iterator<Item = &Read> {
        self.own.iter()
    }

    /// Sets that others may have read as well.
    pub fn shared(&self) -> &[Rc<ReadSet>] {
        &self.shared
    }

    /// Everything that was read, in order.
    pub fn all(&self) -> BTreeSet<&Read> {
        let mut all: BTreeSet<&Read> = BTreeSet::new();
        let mut seen: BTreeSet<*const ReadSet> = BTreeSet::new();
        let mut pending = vec![self];
        while let Some(set) = pending.pop() {
            all.extend(&set.own);
            pending.extend(set.shared.iter().filter(|inner| seen.insert(Rc::as_ptr(inner))).map(|inner| &**inner));
        }
        all
    }
}
