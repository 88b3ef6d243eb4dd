//! The only place that changes the state.

use formwork_diag::{Blame, Diagnostic};
use formwork_model::{
    DeposedKey, Journal, JournalEntry, ObjectState, OperationId, OperationKind, ProviderConfigAddress,
    ResourceInstance, State,
};
use formwork_value::Str;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Holds the state, and writes every change of it to the journal first.
pub(crate) struct Recorder<'a> {
    journal: &'a dyn Journal,
    state: RefCell<State>,
    /// Intents that become durable together with their results, by operation.
    held: RefCell<BTreeMap<OperationId, JournalEntry>>,
    /// The journal failed: nothing new may be started.
    broken: Cell<bool>,
}

/// What is about to happen.
pub(crate) struct Intent<'a> {
    pub operation: OperationId,
    pub address: &'a ResourceInstance,
    pub provider: &'a ProviderConfigAddress,
    pub kind: &'a OperationKind,
    pub planned: Option<Str>,
}

impl Intent<'_> {
    fn entry(self) -> JournalEntry {
        JournalEntry::Intent {
            operation: self.operation.0,
            address: self.address.clone(),
            provider: self.provider.clone(),
            kind: self.kind.clone(),
            planned: self.planned,
        }
    }
}

/// What happened.
pub(crate) struct Outcome<'a> {
    pub operation: OperationId,
    pub address: &'a ResourceInstance,
    pub deposed: Option<&'a DeposedKey>,
    pub provider: &'a ProviderConfigAddress,
    pub object: Option<Arc<ObjectState>>,
}

impl<'a> Recorder<'a> {
    pub fn new(journal: &'a dyn Journal, state: State) -> Recorder<'a> {
        Recorder { journal, state: RefCell::new(state), held: RefCell::default(), broken: Cell::new(false) }
    }

    pub fn is_broken(&self) -> bool {
        self.broken.get()
    }

    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.borrow())
    }

    /// Returns when the intent is durable. On failure the effect must not happen.
    pub async fn intend(&self, intent: Intent<'_>) -> Result<(), Box<Diagnostic>> {
        self.append(vec![intent.entry()]).await
    }

    /// Keeps an intent for the result to come: nothing happens outside of this process, so that before the result there
    /// is nothing to know.
    pub fn hold(&self, intent: Intent<'_>) {
        self.held.borrow_mut().insert(intent.operation, intent.entry());
    }

    /// Changes the state and makes the change durable. If the journal fails the state in memory is changed all the
    /// same: it will be stored at the end.
    pub async fn record(&self, outcome: Outcome<'_>) -> Result<(), Box<Diagnostic>> {
        self.set(&outcome);
        let entry = JournalEntry::Result {
            operation: outcome.operation.0,
            address: outcome.address.clone(),
            deposed: outcome.deposed.cloned(),
            provider: outcome.provider.clone(),
            object: outcome.object,
        };
        let held = self.held.borrow_mut().remove(&outcome.operation);
        self.append(held.into_iter().chain([entry]).collect()).await
    }

    fn set(&self, outcome: &Outcome<'_>) {
        let object = outcome.object.clone();
        self.state.borrow_mut().set_object(outcome.address, outcome.deposed, outcome.provider, object);
    }

    /// The current object becomes deposed; part of a replacement whose intent names the key already.
    pub fn depose(&self, address: &ResourceInstance, key: &DeposedKey, provider: &ProviderConfigAddress) {
        let mut state = self.state.borrow_mut();
        if let Some(object) = state.object(address).cloned() {
            state.set_object(address, Some(key), provider, Some(object));
            state.set_object(address, None, provider, None);
        }
    }

    /// The deposed object becomes current again, if nothing took its place.
    pub fn restore(&self, address: &ResourceInstance, key: &DeposedKey, provider: &ProviderConfigAddress) {
        let mut state = self.state.borrow_mut();
        let instance = state.instance(address);
        let object = instance.filter(|i| i.current.is_none()).and_then(|i| i.deposed.get(key)).cloned();
        if let Some(object) = object {
            state.set_object(address, None, provider, Some(object));
            state.set_object(address, Some(key), provider, None);
        }
    }

    async fn append(&self, entries: Vec<JournalEntry>) -> Result<(), Box<Diagnostic>> {
        if self.is_broken() {
            return Err(Box::new(broken("an earlier write to it failed")));
        }
        self.journal.append(entries).await.map_err(|error| {
            self.broken.set(true);
            Box::new(broken(&error.to_string()))
        })
    }

    pub fn into_state(self) -> State {
        self.state.into_inner()
    }
}

fn broken(why: &str) -> Diagnostic {
    Diagnostic::error(
        "Failed to write the journal",
        format!("The journal of this run cannot be written: {why}. No further operations are started; what is in progress is finished and kept. Free disk space or mend the file system, then run apply again."),
    )
    .blame(Blame::Environment)
}
