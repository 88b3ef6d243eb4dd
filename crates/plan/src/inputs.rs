//! What a plan is made from.

use formwork_config::Config;
use formwork_eval::Environment;
use formwork_model::{BackendRecord, Clock, EventSink, LockFile, PlanOptions, PlanProviders, StateSnapshot};
use formwork_value::{Str, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything that a plan depends on.
pub struct PlanInputs<'a> {
    pub config: Arc<Config>,
    /// Values of root variables, converted to their types (defaults included, unset ones absent).
    pub variables: BTreeMap<Str, Value>,
    /// The state as read.
    pub previous: StateSnapshot,
    pub providers: &'a dyn PlanProviders,
    pub environment: Environment,
    pub events: &'a dyn EventSink,
    pub clock: &'a dyn Clock,
    pub options: PlanOptions,
    pub backend: BackendRecord,
    pub lock_file: LockFile,
    /// The plan is kept or shown as a document, which tells of the configuration: it is summed up.
    pub is_kept: bool,
    /// Providers check all blocks before anything is read.
    pub validates: bool,
    /// Asked between provider calls: true stops the planning.
    pub cancelled: &'a (dyn Fn() -> bool + Sync),
}
