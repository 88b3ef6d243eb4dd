//! What the engine tells while it works. One closed type; terminal, JSON stream and run record subscribe.

use crate::{Action, ActionInstance, DeposedKey, InvocationCause, OperationId, Plan, ResourceInstance};
use formwork_diag::Diagnostic;
use formwork_value::Str;
use std::sync::Arc;

/// Receives events in order. Must not block for long.
pub trait EventSink: Send + Sync {
    fn emit(&self, event: Event);
}

/// The object an event is about, and how to name it: `id=vpc-123`.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectEvent {
    pub address: ResourceInstance,
    pub deposed: Option<DeposedKey>,
    pub action: Action,
    /// Key and value of the object's identifying attribute, if known and not sensitive.
    pub id: Option<(Str, Str)>,
    /// Milliseconds since the operation started; 0 in start events.
    pub elapsed_ms: u64,
}

#[derive(Clone, Debug)]
pub enum Event {
    RefreshStarted {
        address: ResourceInstance,
        deposed: Option<DeposedKey>,
        id: Option<(Str, Str)>,
    },
    RefreshFinished {
        address: ResourceInstance,
        deposed: Option<DeposedKey>,
        id: Option<(Str, Str)>,
    },
    /// The plan is ready (once per plan; also when a saved plan is about to be applied).
    Planned(Arc<Plan>),
    /// An operation of an apply, or the reading of a data source while planning, has started. In apply, action is one
    /// of create, update, delete, read, forget: replacements show as their halves.
    Started {
        operation: Option<OperationId>,
        object: ObjectEvent,
    },
    /// Still running (about every ten seconds).
    Running {
        operation: Option<OperationId>,
        object: ObjectEvent,
    },
    Finished {
        operation: Option<OperationId>,
        object: ObjectEvent,
    },
    Failed {
        operation: Option<OperationId>,
        object: ObjectEvent,
    },
    /// Will not run, because something it waits for has failed.
    Skipped {
        operation: OperationId,
        address: ResourceInstance,
    },
    ProvisionStarted {
        address: ResourceInstance,
        provisioner: Str,
    },
    ProvisionOutput {
        address: ResourceInstance,
        provisioner: Str,
        line: Str,
    },
    ProvisionFinished {
        address: ResourceInstance,
        provisioner: Str,
    },
    ProvisionFailed {
        address: ResourceInstance,
        provisioner: Str,
    },
    Action {
        action: ActionInstance,
        cause: InvocationCause,
        progress: ActionProgress,
    },
    Progress(Progress),
    Diagnostic(Diagnostic),
}

/// How far an apply is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub done: usize,
    pub running: usize,
    pub total: usize,
}

/// How far the invocation of an action is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionProgress {
    Started,
    /// What the provider tells.
    Told(Str),
    Finished,
    Failed(Str),
}
