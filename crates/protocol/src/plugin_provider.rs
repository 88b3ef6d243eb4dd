//! A plugin as a provider of the engine.

mod action;
mod call;
mod data;
mod listing;
mod resource;
mod setup;
#[cfg(test)]
mod tests;

use crate::RunningProvider;
use async_trait::async_trait;
use formwork_diag::Diagnostics;
use formwork_model::{
    ActionRequest, ApplyProvider, ApplyRequest, ApplyResponse, CallFunctionResponse, ConfigureRequest, DataResponse,
    EphemeralResponse, GenerateResponse, ImportRequest, ImportResponse, ListArguments, ListRequest, ListSink,
    MoveRequest, MoveResponse, PlanActionResponse, PlanProvider, PlanRequest, PlanResponse, ProviderSchema, RawState,
    ReadRequest, ReadResponse, UpgradeResponse, ValidateResponse,
};
use formwork_value::{Str, Value};
use std::sync::Arc;

/// A running plugin with its schema. Calls run at the same time over one connection.
#[derive(Clone)]
pub struct PluginProvider {
    running: Arc<RunningProvider>,
    schema: Arc<ProviderSchema>,
}

impl PluginProvider {
    /// The plugin must have been asked for its schema, unless it declares `schema_optional`.
    pub fn new(running: Arc<RunningProvider>, schema: Arc<ProviderSchema>) -> PluginProvider {
        PluginProvider { running, schema }
    }

    pub fn running(&self) -> &Arc<RunningProvider> {
        &self.running
    }
}

#[async_trait]
impl PlanProvider for PluginProvider {
    fn schema(&self) -> Arc<ProviderSchema> {
        self.schema.clone()
    }

    async fn validate_provider(&self, config: &Value) -> ValidateResponse {
        self.call_validate_provider(config).await
    }

    async fn configure(&self, request: ConfigureRequest<'_>) -> Diagnostics {
        self.call_configure(request).await.unwrap_or_else(Diagnostics::from)
    }

    async fn validate_resource(&self, kind: &str, config: &Value) -> Diagnostics {
        self.call_validate_resource(kind, config).await.unwrap_or_else(Diagnostics::from)
    }

    async fn validate_data(&self, kind: &str, config: &Value) -> Diagnostics {
        self.call_validate_data(kind, config).await.unwrap_or_else(Diagnostics::from)
    }

    async fn validate_ephemeral(&self, kind: &str, config: &Value) -> Diagnostics {
        self.call_validate_ephemeral(kind, config).await.unwrap_or_else(Diagnostics::from)
    }

    async fn upgrade_resource_state(&self, kind: &str, version: u64, state: RawState) -> UpgradeResponse {
        self.call_upgrade_state(kind, version, state).await
    }

    async fn upgrade_identity(&self, kind: &str, version: u64, identity_json: Str) -> UpgradeResponse {
        self.call_upgrade_identity(kind, version, identity_json).await
    }

    async fn read_resource(&self, request: ReadRequest<'_>) -> ReadResponse {
        self.call_read(request).await
    }

    async fn plan_resource(&self, request: PlanRequest<'_>) -> PlanResponse {
        self.call_plan(request).await
    }

    async fn import_resource(&self, request: ImportRequest<'_>) -> ImportResponse {
        self.call_import(request).await
    }

    async fn move_resource(&self, request: MoveRequest<'_>) -> MoveResponse {
        self.call_move(request).await
    }

    async fn read_data(&self, kind: &str, config: &Value, provider_meta: Option<&Value>) -> DataResponse {
        self.call_read_data(kind, config, provider_meta).await
    }

    async fn open_ephemeral(&self, kind: &str, config: &Value) -> EphemeralResponse {
        self.call_open(kind, config).await
    }

    async fn renew_ephemeral(&self, kind: &str, private: &[u8]) -> EphemeralResponse {
        self.call_renew(kind, private).await
    }

    async fn close_ephemeral(&self, kind: &str, private: &[u8]) -> Diagnostics {
        self.call_close(kind, private).await.unwrap_or_else(Diagnostics::from)
    }

    async fn call_function(&self, name: &str, args: &[Value]) -> CallFunctionResponse {
        self.call_provider_function(name, args).await
    }

    async fn generate_config(&self, kind: &str, state: &Value) -> GenerateResponse {
        self.call_generate(kind, state).await
    }

    async fn validate_list(&self, kind: &str, config: &Value, arguments: ListArguments<'_>) -> Diagnostics {
        self.call_validate_list(kind, config, arguments).await.unwrap_or_else(Diagnostics::from)
    }

    async fn list_resources(&self, request: ListRequest<'_>, found: &mut dyn ListSink) -> Diagnostics {
        self.call_list(request, found).await.map_or_else(Diagnostics::from, |()| Diagnostics::new())
    }

    async fn validate_action(&self, kind: &str, config: &Value) -> Diagnostics {
        self.call_validate_action(kind, config).await.unwrap_or_else(Diagnostics::from)
    }

    async fn plan_action(&self, request: ActionRequest<'_>) -> PlanActionResponse {
        self.call_plan_action(request).await
    }

    async fn stop(&self) -> Diagnostics {
        self.call_stop().await.unwrap_or_else(Diagnostics::from)
    }
}

#[async_trait]
impl ApplyProvider for PluginProvider {
    async fn apply_resource(&self, request: ApplyRequest<'_>) -> ApplyResponse {
        self.call_apply(request).await
    }

    async fn invoke_action(
        &self,
        request: ActionRequest<'_>,
        progress: &mut (dyn FnMut(String) + Send),
    ) -> Diagnostics {
        self.call_invoke_action(request, progress).await.unwrap_or_else(Diagnostics::from)
    }
}
