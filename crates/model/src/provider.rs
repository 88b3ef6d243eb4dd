//! Ports to providers, and what goes through them.
//!
//! Values are unmarked. Every answer carries diagnostics; with errors the other fields may be missing, and callers
//! check what providers answer (they may be wrong or hostile). A lost connection is an error diagnostic as well.

use crate::{ProviderSchema, ResourceInstance};
use async_trait::async_trait;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_value::{Path, Str, Value};
use std::sync::Arc;

/// What the planner may ask of a provider: nothing here changes the world.
#[async_trait]
pub trait PlanProvider: Send + Sync {
    fn schema(&self) -> Arc<ProviderSchema>;

    /// Checks a provider configuration and returns it as prepared by the provider (protocol 5 may fill in defaults).
    async fn validate_provider(&self, config: &Value) -> ValidateResponse;

    async fn configure(&self, request: ConfigureRequest<'_>) -> Diagnostics;

    async fn validate_resource(&self, kind: &str, config: &Value) -> Diagnostics;

    async fn validate_data(&self, kind: &str, config: &Value) -> Diagnostics;

    async fn validate_ephemeral(&self, kind: &str, config: &Value) -> Diagnostics;

    /// Brings a stored object to the current schema version.
    async fn upgrade_resource_state(&self, kind: &str, version: u64, state: RawState) -> UpgradeResponse;

    /// Brings a stored identity to the current identity schema version.
    async fn upgrade_identity(&self, kind: &str, version: u64, identity_json: Str) -> UpgradeResponse;

    async fn read_resource(&self, request: ReadRequest<'_>) -> ReadResponse;

    async fn plan_resource(&self, request: PlanRequest<'_>) -> PlanResponse;

    async fn import_resource(&self, request: ImportRequest<'_>) -> ImportResponse;

    async fn move_resource(&self, request: MoveRequest<'_>) -> MoveResponse;

    async fn read_data(&self, kind: &str, config: &Value, provider_meta: Option<&Value>) -> DataResponse;

    async fn open_ephemeral(&self, kind: &str, config: &Value) -> EphemeralResponse;

    async fn renew_ephemeral(&self, kind: &str, private: &[u8]) -> EphemeralResponse;

    async fn close_ephemeral(&self, kind: &str, private: &[u8]) -> Diagnostics;

    async fn call_function(&self, name: &str, args: &[Value]) -> CallFunctionResponse;

    /// The configuration that describes an object, for writing it into files.
    async fn generate_config(&self, kind: &str, state: &Value) -> GenerateResponse {
        let diagnostics = unsupported("configurations written for", kind);
        GenerateResponse { config: Value::null(state.ty()), diagnostics }
    }

    /// Checks the `config` of a `list` block, and its other arguments.
    async fn validate_list(&self, kind: &str, config: &Value, arguments: ListArguments<'_>) -> Diagnostics {
        let _ = (config, arguments);
        unsupported("listing of", kind)
    }

    /// Looks for objects and hands over each that is found, until there are no more or `found` wants no more. What is
    /// returned concerns the listing as a whole.
    async fn list_resources(&self, request: ListRequest<'_>, found: &mut dyn ListSink) -> Diagnostics {
        let _ = found;
        unsupported("listing of", request.kind)
    }

    async fn validate_action(&self, kind: &str, config: &Value) -> Diagnostics {
        let _ = config;
        unsupported("action", kind)
    }

    /// Checks whether an action can be invoked with a configuration, of which parts may be unknown.
    async fn plan_action(&self, request: ActionRequest<'_>) -> PlanActionResponse {
        PlanActionResponse { deferred: None, diagnostics: unsupported("action", request.kind) }
    }

    /// Asks calls in progress to end soon (the user interrupted).
    async fn stop(&self) -> Diagnostics;

    /// What answers for one object in place of the provider, if anything does.
    fn stand_in(&self, address: &ResourceInstance) -> Option<Arc<dyn PlanProvider>> {
        let _ = address;
        None
    }
}

/// What only the applier may ask.
#[async_trait]
pub trait ApplyProvider: PlanProvider {
    async fn apply_resource(&self, request: ApplyRequest<'_>) -> ApplyResponse;

    /// Runs an action to its end; hands over what it tells of its progress.
    async fn invoke_action(
        &self,
        request: ActionRequest<'_>,
        progress: &mut (dyn FnMut(String) + Send),
    ) -> Diagnostics {
        let _ = progress;
        unsupported("action", request.kind)
    }

    /// As [`PlanProvider::stand_in`].
    fn apply_stand_in(&self, address: &ResourceInstance) -> Option<Arc<dyn ApplyProvider>> {
        let _ = address;
        None
    }

    /// True if applying has no effect outside of the engine, so that it needs no intent in the journal.
    fn is_pure(&self, kind: &str) -> bool {
        let _ = kind;
        false
    }
}

fn unsupported(what: &str, kind: &str) -> Diagnostics {
    let detail = format!("The provider has no {what} {kind:?}. A newer version of it may.");
    Diagnostic::error("Unsupported by the provider", detail).blame(Blame::Config).into()
}

/// What the engine offers to the provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientCapabilities {
    pub deferral_allowed: bool,
    pub write_only_attributes_allowed: bool,
}

/// Why the provider puts an object off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deferred {
    Unknown,
    ResourceConfigUnknown,
    ProviderConfigUnknown,
    AbsentPrerequisite,
}

#[derive(Clone, Debug)]
pub struct ValidateResponse {
    pub prepared: Value,
    pub diagnostics: Diagnostics,
}

#[derive(Clone, Copy, Debug)]
pub struct ConfigureRequest<'a> {
    pub terraform_version: &'a str,
    pub config: &'a Value,
    pub capabilities: ClientCapabilities,
}

/// A stored object: JSON text, or the flat map of state versions before 4.
#[derive(Clone, Debug, PartialEq)]
pub enum RawState {
    Json(Str),
    Flatmap(Vec<(Str, Str)>),
}

#[derive(Clone, Debug)]
pub struct UpgradeResponse {
    pub state: Value,
    pub diagnostics: Diagnostics,
}

#[derive(Clone, Copy, Debug)]
pub struct ReadRequest<'a> {
    pub kind: &'a str,
    pub current: &'a Value,
    pub private: &'a [u8],
    pub provider_meta: Option<&'a Value>,
    pub identity: Option<&'a Value>,
    pub capabilities: ClientCapabilities,
}

#[derive(Clone, Debug)]
pub struct ReadResponse {
    /// Null if the object is gone.
    pub state: Value,
    pub private: Vec<u8>,
    pub identity: Option<Value>,
    pub deferred: Option<Deferred>,
    pub diagnostics: Diagnostics,
}

#[derive(Clone, Copy, Debug)]
pub struct PlanRequest<'a> {
    pub kind: &'a str,
    pub prior: &'a Value,
    pub proposed: &'a Value,
    pub config: &'a Value,
    pub prior_private: &'a [u8],
    pub provider_meta: Option<&'a Value>,
    pub prior_identity: Option<&'a Value>,
    pub capabilities: ClientCapabilities,
}

#[derive(Clone, Debug)]
pub struct PlanResponse {
    pub planned: Value,
    pub requires_replace: Vec<Path>,
    pub planned_private: Vec<u8>,
    pub planned_identity: Option<Value>,
    pub legacy_type_system: bool,
    pub deferred: Option<Deferred>,
    pub diagnostics: Diagnostics,
}

#[derive(Clone, Copy, Debug)]
pub struct ApplyRequest<'a> {
    pub kind: &'a str,
    pub prior: &'a Value,
    pub planned: &'a Value,
    pub config: &'a Value,
    pub planned_private: &'a [u8],
    pub provider_meta: Option<&'a Value>,
    pub planned_identity: Option<&'a Value>,
}

#[derive(Clone, Debug)]
pub struct ApplyResponse {
    /// `None` if the provider sent nothing, or nothing that could be decoded (then a diagnostic says so).
    pub new_state: Option<Value>,
    pub private: Vec<u8>,
    pub identity: Option<Value>,
    pub legacy_type_system: bool,
    pub diagnostics: Diagnostics,
}

#[derive(Clone, Copy, Debug)]
pub struct ImportRequest<'a> {
    pub kind: &'a str,
    pub id: &'a str,
    pub identity: Option<&'a Value>,
    pub capabilities: ClientCapabilities,
}

#[derive(Clone, Debug)]
pub struct ImportResponse {
    pub objects: Vec<ImportedObject>,
    pub deferred: Option<Deferred>,
    pub diagnostics: Diagnostics,
}

#[derive(Clone, Debug)]
pub struct ImportedObject {
    pub kind: Str,
    pub state: Value,
    pub private: Vec<u8>,
    pub identity: Option<Value>,
}

#[derive(Clone, Debug)]
pub struct MoveRequest<'a> {
    pub source_provider: &'a str,
    pub source_kind: &'a str,
    pub source_schema_version: u64,
    pub source_state: RawState,
    pub source_private: &'a [u8],
    pub source_identity_json: Option<Str>,
    pub target_kind: &'a str,
}

#[derive(Clone, Debug)]
pub struct MoveResponse {
    pub state: Value,
    pub private: Vec<u8>,
    pub identity: Option<Value>,
    pub diagnostics: Diagnostics,
}

#[derive(Clone, Debug)]
pub struct DataResponse {
    pub state: Value,
    pub deferred: Option<Deferred>,
    pub diagnostics: Diagnostics,
}

#[derive(Clone, Debug)]
pub struct EphemeralResponse {
    pub result: Value,
    pub private: Vec<u8>,
    /// Seconds since the epoch at which to renew.
    pub renew_at: Option<i64>,
    pub deferred: Option<Deferred>,
    pub diagnostics: Diagnostics,
}

#[derive(Clone, Debug)]
pub struct CallFunctionResponse {
    pub result: Value,
    /// Message and, if one argument is to blame, its index.
    pub error: Option<(String, Option<usize>)>,
}

#[derive(Clone, Debug)]
pub struct GenerateResponse {
    pub config: Value,
    pub diagnostics: Diagnostics,
}

/// The arguments of a `list` block that are the engine's; absent, or perhaps not known yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListArguments<'a> {
    /// A bool.
    pub include_resource: Option<&'a Value>,
    /// A number.
    pub limit: Option<&'a Value>,
}

#[derive(Clone, Copy, Debug)]
pub struct ListRequest<'a> {
    pub kind: &'a str,
    pub config: &'a Value,
    /// Whether the objects are wanted, or only who they are.
    pub include_resource: bool,
    /// How many are wanted at most.
    pub limit: u64,
}

/// One object that a listing has found, or news about it.
#[derive(Clone, Debug)]
pub struct ListedObject {
    pub identity: Option<Value>,
    /// For people.
    pub display_name: String,
    /// Only if it was asked for.
    pub resource: Option<Value>,
    pub diagnostics: Diagnostics,
}

/// Takes what a listing finds.
#[async_trait]
pub trait ListSink: Send {
    /// Takes an object, perhaps after a while; false if no more are wanted.
    async fn take(&mut self, object: ListedObject) -> bool;
}

#[async_trait]
impl<F: FnMut(ListedObject) -> bool + Send> ListSink for F {
    async fn take(&mut self, object: ListedObject) -> bool {
        self(object)
    }
}

#[derive(Clone, Copy, Debug)]
pub struct ActionRequest<'a> {
    pub kind: &'a str,
    pub config: &'a Value,
    pub capabilities: ClientCapabilities,
}

#[derive(Clone, Debug)]
pub struct PlanActionResponse {
    pub deferred: Option<Deferred>,
    pub diagnostics: Diagnostics,
}
