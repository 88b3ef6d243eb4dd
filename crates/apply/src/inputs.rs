//! What an apply works with, and what comes of it.

use formwork_config::Config;
use formwork_diag::Diagnostics;
use formwork_eval::Environment;
use formwork_model::{
    ApplyProviders, Clock, EventSink, Journal, OperationId, Plan, Provisioner, ResourceInstance, StateSnapshot,
};
use formwork_value::{Str, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything that an apply works with.
pub struct ApplyInputs<'a> {
    pub plan: Arc<Plan>,
    pub config: Arc<Config>,
    /// Values of root variables: the plan's, and the ephemeral ones given again.
    pub variables: BTreeMap<Str, Value>,
    pub providers: &'a dyn ApplyProviders,
    pub environment: Environment,
    pub journal: &'a dyn Journal,
    pub provisioner: &'a dyn Provisioner,
    pub clock: &'a dyn Clock,
    pub events: &'a dyn EventSink,
    pub parallelism: usize,
    /// Instances that an earlier run of the plan has finished: nothing begins if their conditions do not hold.
    pub done: Vec<ResourceInstance>,
    /// Asked before each operation: true starts no new one.
    pub cancelled: &'a (dyn Fn() -> bool + Sync),
}

/// What came of it. The state is to be stored in any case.
#[derive(Debug)]
pub struct ApplyOutcome {
    /// New state under the lineage and serial from which the plan started.
    pub snapshot: StateSnapshot,
    pub diagnostics: Diagnostics,
    pub added: usize,
    pub changed: usize,
    pub destroyed: usize,
    pub imported: usize,
    /// Actions that have been invoked to their end.
    pub invoked: usize,
    /// Operations that were not run because of failures or an interrupt.
    pub skipped: usize,
    /// Operations that have succeeded, barriers not counted.
    pub finished: Vec<OperationId>,
}
