//! The plan: everything that apply needs, and nothing left to choose.

use crate::{
    AbsResource, CheckResult, ConfigSummary, ExecutionGraph, InstanceKey, Invocation, LockFile, OutputChange, PlanMode,
    PlanOptions, ProviderAddress, ProviderSchema, ResourceChange, ResourceInstance, StateSnapshot,
};
use formwork_value::{Path, Str, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Where the state lives, as `init` configured it.
#[derive(Clone, Default, PartialEq)]
pub struct BackendRecord {
    /// `local`, `s3`, ...
    pub kind: Str,
    /// Attributes of the backend's configuration.
    pub config: BTreeMap<Str, Value>,
    pub workspace: Str,
}

/// Without the configuration: there may be keys in it.
impl fmt::Debug for BackendRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, workspace) = (&self.kind, &self.workspace);
        f.debug_struct("BackendRecord").field("kind", kind).field("workspace", workspace).finish_non_exhaustive()
    }
}

/// An attribute that contributed to the planned changes.
#[derive(Clone, Debug, PartialEq)]
pub struct RelevantAttribute {
    pub resource: AbsResource,
    /// The instance, where the reference names one.
    pub key: InstanceKey,
    pub attribute: Path,
}

/// A reviewable plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    pub options: PlanOptions,
    /// Values of root variables as given, with marks; ephemeral ones are absent.
    pub variables: BTreeMap<Str, Value>,
    /// Names of ephemeral variables that must be given again at apply.
    pub apply_time_variables: Vec<Str>,
    /// In the order of addresses; includes no-op ones.
    pub changes: Vec<ResourceChange>,
    /// In the order in which they are shown; those of one change in the order in which they are invoked.
    pub invocations: Vec<Invocation>,
    pub drift: Vec<ResourceChange>,
    pub outputs: Vec<OutputChange>,
    pub execution: ExecutionGraph,
    /// State after refresh and moves, from which apply starts.
    pub prior: StateSnapshot,
    /// State before refresh.
    pub previous: StateSnapshot,
    pub checks: Vec<CheckResult>,
    pub relevant_attributes: Vec<RelevantAttribute>,
    pub backend: BackendRecord,
    /// RFC 3339, UTC, whole seconds.
    pub timestamp: Str,
    pub errored: bool,
    pub applyable: bool,
    pub complete: bool,
    /// Resource types that occur in the plan, with their schemas.
    pub schemas: BTreeMap<ProviderAddress, Arc<ProviderSchema>>,
    /// The configuration, as the JSON plan shows it; empty in plans that are applied at once.
    pub config: ConfigSummary,
    /// Configuration files by path, as planned.
    pub sources: BTreeMap<Str, Str>,
    /// SHA-256 (hex) of other files that were read while planning, by path.
    pub files_read: BTreeMap<Str, Str>,
    pub lock_file: LockFile,
    /// Planned values of all instances after apply, by address (unknown where not known yet), data sources included.
    pub planned_values: BTreeMap<ResourceInstance, Value>,
}

impl Plan {
    /// True if errors kept the planning from beginning.
    pub fn is_blank(&self) -> bool {
        self.errored && self.changes.is_empty() && self.outputs.is_empty() && self.sources.is_empty()
    }

    /// True if nothing is to be left.
    pub fn destroys_all(&self) -> bool {
        let options = &self.options;
        options.mode == PlanMode::Destroy && options.targets.is_empty() && options.excludes.is_empty()
    }

    /// True if apply would change something: an object, or a root output.
    pub fn has_changes(&self) -> bool {
        self.changes.iter().any(|c| c.action != crate::Action::NoOp || c.is_moved() || c.importing.is_some())
            || self.outputs.iter().any(|o| o.action != crate::Action::NoOp)
            || !self.invocations.is_empty()
    }
}
