//! A provider as the engine sees it: its calls keep the limits, and are made again where it asked for fewer.

use super::limits::CallLanes;
use super::throttling::is_throttling;
use super::usage::Usage;
use async_trait::async_trait;
use formwork_diag::Diagnostics;
use formwork_model::{
    ApplyProvider, ApplyRequest, ApplyResponse, CallFunctionResponse, ConfigureRequest, DataResponse,
    EphemeralResponse, ImportRequest, ImportResponse, MoveRequest, MoveResponse, PlanProvider, PlanRequest,
    PlanResponse, ProviderSchema, RawState, ReadRequest, ReadResponse, UpgradeResponse, ValidateResponse,
};
use formwork_value::{Str, Value};
use std::pin::Pin;
use std::sync::Arc;

type Provider = Arc<dyn ApplyProvider>;

type Answering<'a, A> = Pin<Box<dyn Future<Output = A> + Send + 'a>>;

pub(super) struct ManagedProvider {
    pub provider: Provider,
    pub lanes: Arc<CallLanes>,
    pub usage: Arc<Usage>,
}

impl ManagedProvider {
    /// Makes a call as often as it is refused for being too much, within bounds. `is_safe` says of such an answer whether the
    /// call may be made again.
    async fn call<'a, A>(
        &self,
        kind: &str,
        problems: impl Fn(&A) -> &Diagnostics,
        is_safe: impl Fn(&A) -> bool,
        refused: impl FnOnce(Diagnostics) -> A,
        call: impl Fn(Provider) -> Answering<'a, A>,
    ) -> A {
        let mut attempt = 0;
        loop {
            let waiting = self.usage.wait();
            let leave = match self.lanes.enter(kind, attempt).await {
                Ok(leave) => leave,
                Err(stopped) => return refused(stopped),
            };
            drop(waiting);
            let busy = self.usage.call();
            let answer = call(self.provider.clone()).await;
            drop(busy);
            let throttled = is_throttling(problems(&answer));
            if throttled {
                self.usage.note_throttled();
            }
            if !leave.ended(throttled, attempt) || !is_safe(&answer) {
                return answer;
            }
            attempt += 1;
        }
    }
}

#[async_trait]
impl PlanProvider for ManagedProvider {
    fn schema(&self) -> Arc<ProviderSchema> {
        self.provider.schema()
    }

    async fn validate_provider(&self, config: &Value) -> ValidateResponse {
        self.provider.validate_provider(config).await
    }

    async fn configure(&self, request: ConfigureRequest<'_>) -> Diagnostics {
        self.provider.configure(request).await
    }

    async fn validate_resource(&self, kind: &str, config: &Value) -> Diagnostics {
        self.provider.validate_resource(kind, config).await
    }

    async fn validate_data(&self, kind: &str, config: &Value) -> Diagnostics {
        self.provider.validate_data(kind, config).await
    }

    async fn validate_ephemeral(&self, kind: &str, config: &Value) -> Diagnostics {
        self.provider.validate_ephemeral(kind, config).await
    }

    async fn upgrade_resource_state(&self, kind: &str, version: u64, state: RawState) -> UpgradeResponse {
        self.provider.upgrade_resource_state(kind, version, state).await
    }

    async fn upgrade_identity(&self, kind: &str, version: u64, identity_json: Str) -> UpgradeResponse {
        self.provider.upgrade_identity(kind, version, identity_json).await
    }

    async fn read_resource(&self, request: ReadRequest<'_>) -> ReadResponse {
        let refused = |diagnostics| ReadResponse {
            state: request.current.clone(),
            private: request.private.to_vec(),
            identity: request.identity.cloned(),
            deferred: None,
            diagnostics,
        };
        let call = |provider: Provider| -> Answering<'_, ReadResponse> {
            Box::pin(async move { provider.read_resource(request).await })
        };
        self.call(request.kind, |answer| &answer.diagnostics, |_| true, refused, call).await
    }

    async fn plan_resource(&self, request: PlanRequest<'_>) -> PlanResponse {
        let refused = |diagnostics| PlanResponse {
            planned: request.prior.clone(),
            requires_replace: Vec::new(),
            planned_private: request.prior_private.to_vec(),
            planned_identity: request.prior_identity.cloned(),
            legacy_type_system: false,
            deferred: None,
            diagnostics,
        };
        let call = |provider: Provider| -> Answering<'_, PlanResponse> {
            Box::pin(async move { provider.plan_resource(request).await })
        };
        self.call(request.kind, |answer| &answer.diagnostics, |_| true, refused, call).await
    }

    async fn import_resource(&self, request: ImportRequest<'_>) -> ImportResponse {
        let refused = |diagnostics| ImportResponse { objects: Vec::new(), deferred: None, diagnostics };
        let call = |provider: Provider| -> Answering<'_, ImportResponse> {
            Box::pin(async move { provider.import_resource(request).await })
        };
        self.call(request.kind, |answer| &answer.diagnostics, |_| true, refused, call).await
    }

    async fn move_resource(&self, request: MoveRequest<'_>) -> MoveResponse {
        self.provider.move_resource(request).await
    }

    async fn read_data(&self, kind: &str, config: &Value, provider_meta: Option<&Value>) -> DataResponse {
        let refused = |diagnostics| DataResponse { state: Value::dynamic(), deferred: None, diagnostics };
        let call = |provider: Provider| -> Answering<'_, DataResponse> {
            Box::pin(async move { provider.read_data(kind, config, provider_meta).await })
        };
        self.call(kind, |answer| &answer.diagnostics, |_| true, refused, call).await
    }

    async fn open_ephemeral(&self, kind: &str, config: &Value) -> EphemeralResponse {
        self.provider.open_ephemeral(kind, config).await
    }

    async fn renew_ephemeral(&self, kind: &str, private: &[u8]) -> EphemeralResponse {
        self.provider.renew_ephemeral(kind, private).await
    }

    async fn close_ephemeral(&self, kind: &str, private: &[u8]) -> Diagnostics {
        self.provider.close_ephemeral(kind, private).await
    }

    async fn call_function(&self, name: &str, args: &[Value]) -> CallFunctionResponse {
        self.provider.call_function(name, args).await
    }

    async fn stop(&self) -> Diagnostics {
        self.provider.stop().await
    }
}

#[async_trait]
impl ApplyProvider for ManagedProvider {
    async fn apply_resource(&self, request: ApplyRequest<'_>) -> ApplyResponse {
        let refused = |diagnostics| ApplyResponse {
            new_state: Some(request.prior.clone()),
            private: request.planned_private.to_vec(),
            identity: request.planned_identity.cloned(),
            legacy_type_system: false,
            diagnostics,
        };
        // The provider's own word: everything is as it was before, so that nothing is done twice.
        let unchanged = |answer: &ApplyResponse| answer.new_state.as_ref() == Some(request.prior);
        let call = |provider: Provider| -> Answering<'_, ApplyResponse> {
            Box::pin(async move { provider.apply_resource(request).await })
        };
        self.call(request.kind, |answer| &answer.diagnostics, unchanged, refused, call).await
    }

    fn is_pure(&self, kind: &str) -> bool {
        self.provider.is_pure(kind)
    }
}
