//! The provider as the engine sees it.

use crate::schema::{DATA, REMOTE_STATE, provider_schema};
use crate::{RemoteStates, functions, remote_state, terraform_data};
use async_trait::async_trait;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::{
    ApplyProvider, ApplyRequest, ApplyResponse, CallFunctionResponse, ConfigureRequest, DataResponse, Entropy,
    EphemeralResponse, ImportRequest, ImportResponse, MoveRequest, MoveResponse, PlanProvider, PlanRequest,
    PlanResponse, ProviderAddress, ProviderSchema, RawState, ReadRequest, ReadResponse, UpgradeResponse,
    ValidateResponse,
};
use formwork_value::{Str, Type, Value, json};
use std::sync::Arc;

/// The built-in provider.
pub struct BuiltinProvider {
    schema: Arc<ProviderSchema>,
    entropy: Arc<dyn Entropy>,
    states: Arc<dyn RemoteStates>,
}

impl BuiltinProvider {
    pub fn new(entropy: Arc<dyn Entropy>, states: Arc<dyn RemoteStates>) -> BuiltinProvider {
        BuiltinProvider { schema: Arc::new(provider_schema()), entropy, states }
    }

    /// `terraform.io/builtin/terraform`.
    pub fn address() -> ProviderAddress {
        ProviderAddress::builtin("terraform")
    }
}

fn unsupported(what: &str, kind: &str) -> Diagnostic {
    Diagnostic::error("Unsupported by the built-in provider", format!("It has no {what} named {kind:?}."))
}

fn check_kind(what: &str, kind: &str, known: &str) -> Diagnostics {
    if kind == known { Diagnostics::new() } else { unsupported(what, kind).into() }
}

fn no_ephemeral(kind: &str) -> EphemeralResponse {
    EphemeralResponse {
        result: Value::dynamic(),
        private: Vec::new(),
        renew_at: None,
        deferred: None,
        diagnostics: unsupported("ephemeral resource type", kind).into(),
    }
}

#[async_trait]
impl PlanProvider for BuiltinProvider {
    fn schema(&self) -> Arc<ProviderSchema> {
        self.schema.clone()
    }

    async fn validate_provider(&self, config: &Value) -> ValidateResponse {
        ValidateResponse { prepared: config.clone(), diagnostics: Diagnostics::new() }
    }

    async fn configure(&self, _: ConfigureRequest<'_>) -> Diagnostics {
        Diagnostics::new()
    }

    async fn validate_resource(&self, kind: &str, config: &Value) -> Diagnostics {
        let diagnostics = check_kind("resource type", kind, DATA);
        if diagnostics.has_errors() { diagnostics } else { terraform_data::validate(config) }
    }

    async fn validate_data(&self, kind: &str, config: &Value) -> Diagnostics {
        let diagnostics = check_kind("data source", kind, REMOTE_STATE);
        if diagnostics.has_errors() { diagnostics } else { remote_state::validate(config, &*self.states) }
    }

    async fn validate_ephemeral(&self, kind: &str, _: &Value) -> Diagnostics {
        unsupported("ephemeral resource type", kind).into()
    }

    async fn upgrade_resource_state(&self, kind: &str, _: u64, state: RawState) -> UpgradeResponse {
        let decoded = match (self.schema.resources.get(kind), state) {
            (None, _) => Err(format!("there is no resource type {kind:?}")),
            (_, RawState::Flatmap(_)) => Err("the object is from before state format 4".to_owned()),
            (Some(schema), RawState::Json(text)) => {
                json::decode_state(&text, &schema.block.implied_type()).map_err(|error| error.to_string())
            }
        };
        match decoded {
            Ok(state) => UpgradeResponse { state, diagnostics: Diagnostics::new() },
            Err(message) => UpgradeResponse {
                state: Value::null(Type::Dynamic),
                diagnostics: Diagnostic::error("Unreadable object in the state", message).into(),
            },
        }
    }

    async fn upgrade_identity(&self, kind: &str, _: u64, _: Str) -> UpgradeResponse {
        UpgradeResponse {
            state: Value::null(Type::Dynamic),
            diagnostics: unsupported("resource type with an identity", kind).into(),
        }
    }

    async fn read_resource(&self, request: ReadRequest<'_>) -> ReadResponse {
        ReadResponse {
            state: request.current.clone(),
            private: request.private.to_vec(),
            identity: None,
            deferred: None,
            diagnostics: Diagnostics::new(),
        }
    }

    async fn plan_resource(&self, request: PlanRequest<'_>) -> PlanResponse {
        terraform_data::plan(&request)
    }

    async fn import_resource(&self, request: ImportRequest<'_>) -> ImportResponse {
        terraform_data::import(&request)
    }

    async fn move_resource(&self, request: MoveRequest<'_>) -> MoveResponse {
        terraform_data::take_over(&request)
    }

    async fn read_data(&self, kind: &str, config: &Value, _: Option<&Value>) -> DataResponse {
        if kind != REMOTE_STATE {
            let diagnostics = unsupported("data source", kind).into();
            return DataResponse { state: Value::dynamic(), deferred: None, diagnostics };
        }
        remote_state::read(config, &*self.states).await
    }

    async fn open_ephemeral(&self, kind: &str, _: &Value) -> EphemeralResponse {
        no_ephemeral(kind)
    }

    async fn renew_ephemeral(&self, kind: &str, _: &[u8]) -> EphemeralResponse {
        no_ephemeral(kind)
    }

    async fn close_ephemeral(&self, kind: &str, _: &[u8]) -> Diagnostics {
        unsupported("ephemeral resource type", kind).into()
    }

    async fn call_function(&self, name: &str, args: &[Value]) -> CallFunctionResponse {
        functions::call(name, args)
    }

    async fn stop(&self) -> Diagnostics {
        Diagnostics::new()
    }
}

#[async_trait]
impl ApplyProvider for BuiltinProvider {
    async fn apply_resource(&self, request: ApplyRequest<'_>) -> ApplyResponse {
        ApplyResponse {
            new_state: Some(terraform_data::apply(request.planned, &*self.entropy)),
            private: request.planned_private.to_vec(),
            identity: None,
            legacy_type_system: false,
            diagnostics: Diagnostics::new(),
        }
    }

    fn is_pure(&self, kind: &str) -> bool {
        kind == DATA
    }
}
