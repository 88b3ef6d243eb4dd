//! Module instances, by number.

use crate::{Expansion, ReadSet, Repetition, ResourceValues};
use formwork_config::Module;
use formwork_model::{ModuleInstance, Resource};
use formwork_value::{Str, Value};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// Number of a module instance within an evaluator.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ModuleId(pub(crate) u32);

impl ModuleId {
    pub const ROOT: ModuleId = ModuleId(0);
}

/// A value that was evaluated, and what it read.
#[derive(Clone, Debug)]
pub(crate) struct Remembered {
    pub value: Value,
    pub reads: Rc<ReadSet>,
}

/// How often a call or resource occurs, and what finding out has read.
#[derive(Clone, Debug)]
pub(crate) struct RememberedExpansion {
    pub expansion: Expansion,
    pub reads: Rc<ReadSet>,
    /// Child module instances by key (module calls only).
    pub children: Rc<BTreeMap<formwork_model::InstanceKey, ModuleId>>,
}

/// A module instance and all that was evaluated in it. `None` in a table marks an evaluation in progress.
pub(crate) struct ModuleData {
    pub address: ModuleInstance,
    pub module: Arc<Module>,
    pub parent: Option<ModuleId>,
    /// The call in the parent that made this instance.
    pub call: Option<Str>,
    /// Repetition of that call.
    pub repetition: Repetition,
    pub variables: RefCell<BTreeMap<Str, Option<Remembered>>>,
    pub locals: RefCell<BTreeMap<Str, Option<Remembered>>>,
    pub outputs: RefCell<BTreeMap<Str, Option<Remembered>>>,
    pub calls: RefCell<BTreeMap<Str, Option<RememberedExpansion>>>,
    pub expansions: RefCell<BTreeMap<Resource, Option<RememberedExpansion>>>,
    pub resources: RefCell<BTreeMap<Resource, ResourceValues>>,
    /// Everything inside of a call, for those that depend on the call as a whole.
    pub call_reads: RefCell<BTreeMap<Str, Rc<ReadSet>>>,
}

impl ModuleData {
    pub fn new(
        address: ModuleInstance,
        module: Arc<Module>,
        parent: Option<ModuleId>,
        call: Option<Str>,
        repetition: Repetition,
    ) -> ModuleData {
        ModuleData {
            address,
            module,
            parent,
            call,
            repetition,
            variables: RefCell::default(),
            locals: RefCell::default(),
            outputs: RefCell::default(),
            calls: RefCell::default(),
            expansions: RefCell::default(),
            resources: RefCell::default(),
            call_reads: RefCell::default(),
        }
    }

    /// Notes how often a resource occurs.
    pub fn set_expansion(&self, resource: &Resource, expansion: &Expansion) {
        let mut resources = self.resources.borrow_mut();
        if let Some(values) = resources.get_mut(resource) {
            values.expansion = Some(expansion.clone());
        } else {
            resources.insert(resource.clone(), ResourceValues::new(Some(expansion.clone())));
        }
    }
}
