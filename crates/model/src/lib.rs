//! The nouns of the engine and its ports.
//!
//! Addresses, provider schemas, state, planned changes, the plan with its execution graph, events; and the traits
//! through which the core reaches the outside world (providers, state store, journal, clock, entropy, files,
//! provisioners).
//!
//! Invariant: no wire format: no serde, no protobuf, no file layout. Codecs live in `backend`, `protocol`, `render`.
//! Invariant: nothing here evaluates configuration or decides an order.

mod action;
mod address;
mod change;
mod check;
mod config_summary;
mod duration;
mod event;
mod lock_file;
mod mode;
mod module_manifest;
mod operation;
mod path_text;
mod plan;
mod pool;
mod port;
mod provider;
mod schema;
mod sensitive;
mod shared;
mod state;
mod test_run;
mod verify;
mod version;

pub use action::{ActionEvent, ActionInstance, ActionName, Invocation, InvocationCause};
pub use address::{
    AbsResource, AddressError, ConfigResource, InstanceKey, ModuleInstance, ModulePath, ModuleStep, ProviderAddress,
    ProviderConfigAddress, Resource, ResourceInstance, ResourceMode, TargetAddress,
};
pub use change::{Action, ActionReason, Importing, OutputChange, ResourceChange, resources_that_stay};
pub use check::{CheckKind, CheckObject, CheckResult, CheckStatus, CheckableAddress};
pub use config_summary::{
    ConfigSummary, ExpressionSummary, ModuleCallSummary, ModuleSummary, OutputSummary, ProviderConfigSummary,
    ProvisionerSummary, ResourceSummary, VariableSummary,
};
pub use duration::parse_duration;
pub use event::{ActionProgress, Event, EventSink, ObjectEvent, Progress};
pub use lock_file::{LockFile, ProviderLock};
pub use mode::{PlanMode, PlanOptions};
pub use module_manifest::{InstalledModule, ModuleManifest};
pub use operation::{ExecutionGraph, Operation, OperationId, OperationKind, VerifyError};
pub use path_text::path_text;
pub use plan::{BackendRecord, Plan, RelevantAttribute};
pub use pool::{ApplyProviders, PlanProviders, Turns};
pub use port::{
    Clock, Entropy, Files, InDoubt, Journal, JournalEntry, JournalError, Lock, LockError, LockInfo, Provisioner,
    ProvisionerRequest, StateStore, StoreError,
};
pub use provider::{
    ActionRequest, ApplyProvider, ApplyRequest, ApplyResponse, CallFunctionResponse, ClientCapabilities,
    ConfigureRequest, DataResponse, Deferred, EphemeralResponse, GenerateResponse, ImportRequest, ImportResponse,
    ImportedObject, ListArguments, ListRequest, ListSink, ListedObject, MoveRequest, MoveResponse, PlanActionResponse,
    PlanProvider, PlanRequest, PlanResponse, RawState, ReadRequest, ReadResponse, UpgradeResponse, ValidateResponse,
};
pub use schema::{
    Attribute, AttributeType, Block, DescriptionKind, FunctionParameter, FunctionSignature, IdentityAttribute,
    IdentitySchema, NestedBlock, NestedType, Nesting, ProviderSchema, Schema,
};
pub use sensitive::{declares_sensitive, schema_marks, with_schema_marks};
pub use shared::Shared;
pub use state::{
    DeposedKey, InstanceState, ObjectState, ObjectStatus, OutputState, ResourceState, State, StateSnapshot,
};
pub use test_run::{LeftObject, RunProduct, RunReport, TestEvent, TestStatus, TestSummary};
pub use version::{Constraint, ConstraintOp, Constraints, Version, VersionError};

/// Version of Terraform as which the engine presents itself to providers, in state files and to `required_version`.
pub const TERRAFORM_VERSION: &str = "1.11.4";

/// Formwork's own version.
pub const FORMWORK_VERSION: &str = env!("CARGO_PKG_VERSION");
