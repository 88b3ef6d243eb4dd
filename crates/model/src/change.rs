//! Changes, as users see them.

use crate::{ConfigResource, DeposedKey, ProviderConfigAddress, ResourceInstance};
use formwork_value::{Path, Str, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    NoOp,
    Create,
    Read,
    Update,
    DeleteThenCreate,
    CreateThenDelete,
    Delete,
    Forget,
    /// A replacement that leaves the old object as it is.
    ForgetThenCreate,
}

impl Action {
    pub fn is_replace(self) -> bool {
        matches!(self, Action::DeleteThenCreate | Action::CreateThenDelete | Action::ForgetThenCreate)
    }

    /// True if an object stays behind that nothing knows of any more.
    pub fn forgets(self) -> bool {
        matches!(self, Action::Forget | Action::ForgetThenCreate)
    }
}

/// Why an action was chosen, where that is not obvious.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ActionReason {
    #[default]
    None,
    ReplaceBecauseTainted,
    ReplaceByRequest,
    ReplaceByTriggers,
    ReplaceBecauseCannotUpdate,
    DeleteBecauseNoResourceConfig,
    DeleteBecauseNoModule,
    DeleteBecauseWrongRepetition,
    DeleteBecauseCountIndex,
    DeleteBecauseEachKey,
    DeleteBecauseNoMoveTarget,
    ReadBecauseConfigUnknown,
    ReadBecauseDependencyPending,
    ReadBecauseCheckNested,
}

impl ActionReason {
    /// The name in JSON plans; `None` for [`ActionReason::None`].
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            ActionReason::None => return None,
            ActionReason::ReplaceBecauseTainted => "replace_because_tainted",
            ActionReason::ReplaceByRequest => "replace_by_request",
            ActionReason::ReplaceByTriggers => "replace_by_triggers",
            ActionReason::ReplaceBecauseCannotUpdate => "replace_because_cannot_update",
            ActionReason::DeleteBecauseNoResourceConfig => "delete_because_no_resource_config",
            ActionReason::DeleteBecauseNoModule => "delete_because_no_module",
            ActionReason::DeleteBecauseWrongRepetition => "delete_because_wrong_repetition",
            ActionReason::DeleteBecauseCountIndex => "delete_because_count_index",
            ActionReason::DeleteBecauseEachKey => "delete_because_each_key",
            ActionReason::DeleteBecauseNoMoveTarget => "delete_because_no_move_target",
            ActionReason::ReadBecauseConfigUnknown => "read_because_config_unknown",
            ActionReason::ReadBecauseDependencyPending => "read_because_dependency_pending",
            ActionReason::ReadBecauseCheckNested => "read_because_check_nested",
        })
    }
}

/// The object is taken over rather than created.
#[derive(Clone, Debug, PartialEq)]
pub struct Importing {
    pub id: Option<Str>,
    pub identity: Option<Value>,
}

/// What is planned for an object (or, in drift, what was found to have changed).
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceChange {
    pub address: ResourceInstance,
    /// Address before a move; equal to `address` otherwise.
    pub previous_address: ResourceInstance,
    pub deposed: Option<DeposedKey>,
    pub provider: ProviderConfigAddress,
    pub action: Action,
    pub reason: ActionReason,
    /// With marks; null of the type if there is no object.
    pub before: Value,
    /// With marks; null if the object will be gone.
    pub after: Value,
    pub replace_paths: Vec<Path>,
    /// The provider's private bytes for apply.
    pub private: Vec<u8>,
    pub before_identity: Option<Value>,
    pub after_identity: Option<Value>,
    pub importing: Option<Importing>,
    pub generated_config: Option<Str>,
    /// Effective create_before_destroy.
    pub create_before_destroy: bool,
}

impl ResourceChange {
    pub fn is_moved(&self) -> bool {
        self.address != self.previous_address
    }

    /// True if the instance will not be in the state any more.
    pub fn removes_instance(&self) -> bool {
        self.deposed.is_none() && matches!(self.action, Action::Delete | Action::Forget)
    }
}

/// Resources that will have instances.
pub fn resources_that_stay(
    planned_values: &BTreeMap<ResourceInstance, Value>,
    changes: &[ResourceChange],
) -> BTreeSet<ConfigResource> {
    let removed: BTreeSet<&ResourceInstance> =
        changes.iter().filter(|c| c.removes_instance()).map(|c| &c.address).collect();
    planned_values.keys().filter(|a| !removed.contains(a)).map(ResourceInstance::config).collect()
}

/// What is planned for a root output.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputChange {
    pub name: Str,
    pub action: Action,
    pub before: Value,
    pub after: Value,
    pub sensitive: bool,
}
