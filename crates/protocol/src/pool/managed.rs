//! A provider as the engine sees it: its calls keep the limits, and are made again where it asked for fewer.

use super::limits::CallLanes;
use super::throttling::is_throttling;
use super::usage::Usage;
use async_trait::async_trait;
use formwork_diag::Diagnostics;
use formwork_model::{
    ActionRequest, ApplyProvider, ApplyRequest, ApplyResponse, CallFunctionResponse, ConfigureRequest, DataResponse,
    EphemeralResponse, GenerateResponse, ImportRequest, ImportResponse, ListArguments, ListRequest, ListSink,
    MoveRequest, MoveResponse, PlanActionResponse, PlanProvider, PlanRequest, PlanResponse, ProviderSchema, RawState,
    ReadRequest, ReadResponse, UpgradeResponse, ValidateResponse,
};
use formwork_value::{Str, Value};
use std::pin::Pin;
use std::sync::Arc;

use super::plugin::Call;
use super::session::Session;
use super::slot::Provider;

type Answering<'a, A> = Pin<Box<dyn Future<Output = A> + Send + 'a>>;

/// What answers the calls.
pub(super) enum Target {
    Linked(Provider),
    Session(Arc<Session>, Arc<ProviderSchema>),
}

pub(super) struct ManagedProvider {
    target: Target,
    lanes: Arc<CallLanes>,
    usage: Arc<Usage>,
}

impl ManagedProvider {
    pub fn new(target: Target, lanes: Arc<CallLanes>, usage: Arc<Usage>) -> ManagedProvider {
        ManagedProvider { target, lanes, usage }
    }

    /// The provider, with its process kept alive until the call's end.
    async fn begin(&self) -> Result<(Provider, Option<Call>), Diagnostics> {
        match &self.target {
            Target::Linked(provider) => Ok((provider.clone(), None)),
            Target::Session(session, _) => {
                let call = session.call().await?;
                Ok((call.plugin().provider.clone(), Some(call)))
            }
        }
    }

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
            let shared = self.lanes.shared();
            let _alone = match &shared.memory {
                Some(memory) => memory.alone(shared).await,
                None => None,
            };
            let (provider, in_progress) = match self.begin().await {
                Ok(begun) => begun,
                Err(problems) => return refused(problems),
            };
            let busy = self.usage.call();
            let answer = call(provider).await;
            drop((busy, in_progress));
            if let Some(memory) = &shared.memory {
                memory.note_change();
            }
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

fn unopened(diagnostics: Diagnostics) -> EphemeralResponse {
    EphemeralResponse { result: Value::dynamic(), private: Vec::new(), renew_at: None, deferred: None, diagnostics }
}

#[async_trait]
impl PlanProvider for ManagedProvider {
    fn schema(&self) -> Arc<ProviderSchema> {
        match &self.target {
            Target::Linked(provider) => provider.schema(),
            Target::Session(_, schema) => schema.clone(),
        }
    }

    async fn validate_provider(&self, config: &Value) -> ValidateResponse {
        match self.begin().await {
            Ok((provider, _call)) => provider.validate_provider(config).await,
            Err(diagnostics) => ValidateResponse { prepared: config.clone(), diagnostics },
        }
    }

    async fn configure(&self, request: ConfigureRequest<'_>) -> Diagnostics {
        match self.begin().await {
            Ok((provider, _call)) => provider.configure(request).await,
            Err(diagnostics) => diagnostics,
        }
    }

    async fn validate_resource(&self, kind: &str, config: &Value) -> Diagnostics {
        match self.begin().await {
            Ok((provider, _call)) => provider.validate_resource(kind, config).await,
            Err(diagnostics) => diagnostics,
        }
    }

    async fn validate_data(&self, kind: &str, config: &Value) -> Diagnostics {
        match self.begin().await {
            Ok((provider, _call)) => provider.validate_data(kind, config).await,
            Err(diagnostics) => diagnostics,
        }
    }

    async fn validate_ephemeral(&self, kind: &str, config: &Value) -> Diagnostics {
        match self.begin().await {
            Ok((provider, _call)) => provider.validate_ephemeral(kind, config).await,
            Err(diagnostics) => diagnostics,
        }
    }

    async fn upgrade_resource_state(&self, kind: &str, version: u64, state: RawState) -> UpgradeResponse {
        match self.begin().await {
            Ok((provider, _call)) => provider.upgrade_resource_state(kind, version, state).await,
            Err(diagnostics) => UpgradeResponse { state: Value::dynamic(), diagnostics },
        }
    }

    async fn upgrade_identity(&self, kind: &str, version: u64, identity_json: Str) -> UpgradeResponse {
        match self.begin().await {
            Ok((provider, _call)) => provider.upgrade_identity(kind, version, identity_json).await,
            Err(diagnostics) => UpgradeResponse { state: Value::dynamic(), diagnostics },
        }
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
        match self.begin().await {
            Ok((provider, _call)) => provider.move_resource(request).await,
            Err(diagnostics) => {
                MoveResponse { state: Value::dynamic(), private: Vec::new(), identity: None, diagnostics }
            }
        }
    }

    async fn read_data(&self, kind: &str, config: &Value, provider_meta: Option<&Value>) -> DataResponse {
        let refused = |diagnostics| DataResponse { state: Value::dynamic(), deferred: None, diagnostics };
        let call = |provider: Provider| -> Answering<'_, DataResponse> {
            Box::pin(async move { provider.read_data(kind, config, provider_meta).await })
        };
        self.call(kind, |answer| &answer.diagnostics, |_| true, refused, call).await
    }

    async fn open_ephemeral(&self, kind: &str, config: &Value) -> EphemeralResponse {
        match self.begin().await {
            Ok((provider, call)) => {
                let opened = provider.open_ephemeral(kind, config).await;
                if let Some(call) = call.filter(|_| !opened.diagnostics.has_errors()) {
                    call.plugin().hold(true);
                }
                opened
            }
            Err(diagnostics) => unopened(diagnostics),
        }
    }

    async fn renew_ephemeral(&self, kind: &str, private: &[u8]) -> EphemeralResponse {
        match self.begin().await {
            Ok((provider, _call)) => provider.renew_ephemeral(kind, private).await,
            Err(diagnostics) => unopened(diagnostics),
        }
    }

    async fn close_ephemeral(&self, kind: &str, private: &[u8]) -> Diagnostics {
        match self.begin().await {
            Ok((provider, call)) => {
                let problems = provider.close_ephemeral(kind, private).await;
                if let Some(call) = call {
                    call.plugin().hold(false);
                }
                problems
            }
            Err(diagnostics) => diagnostics,
        }
    }

    async fn call_function(&self, name: &str, args: &[Value]) -> CallFunctionResponse {
        if let Target::Session(session, _) = &self.target {
            session.slot().note_function();
        }
        match self.begin().await {
            Ok((provider, _call)) => provider.call_function(name, args).await,
            Err(problems) => {
                let reasons: Vec<String> = problems.iter().map(|p| format!("{}: {}", p.summary, p.detail)).collect();
                CallFunctionResponse { result: Value::dynamic(), error: Some((reasons.join("; "), None)) }
            }
        }
    }

    async fn generate_config(&self, kind: &str, state: &Value) -> GenerateResponse {
        match self.begin().await {
            Ok((provider, _call)) => provider.generate_config(kind, state).await,
            Err(diagnostics) => GenerateResponse { config: Value::null(state.ty()), diagnostics },
        }
    }

    async fn validate_list(&self, kind: &str, config: &Value, arguments: ListArguments<'_>) -> Diagnostics {
        match self.begin().await {
            Ok((provider, _call)) => provider.validate_list(kind, config, arguments).await,
            Err(diagnostics) => diagnostics,
        }
    }

    async fn list_resources(&self, request: ListRequest<'_>, found: &mut dyn ListSink) -> Diagnostics {
        match self.begin().await {
            Ok((provider, _call)) => provider.list_resources(request, found).await,
            Err(diagnostics) => diagnostics,
        }
    }

    async fn validate_action(&self, kind: &str, config: &Value) -> Diagnostics {
        match self.begin().await {
            Ok((provider, _call)) => provider.validate_action(kind, config).await,
            Err(diagnostics) => diagnostics,
        }
    }

    async fn plan_action(&self, request: ActionRequest<'_>) -> PlanActionResponse {
        let refused = |diagnostics| PlanActionResponse { deferred: None, diagnostics };
        let call = |provider: Provider| -> Answering<'_, PlanActionResponse> {
            Box::pin(async move { provider.plan_action(request).await })
        };
        self.call(request.kind, |answer| &answer.diagnostics, |_| true, refused, call).await
    }

    async fn stop(&self) -> Diagnostics {
        match &self.target {
            Target::Linked(provider) => provider.stop().await,
            Target::Session(session, _) => match session.current() {
                Some(plugin) => plugin.provider.stop().await,
                None => Diagnostics::new(),
            },
        }
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

    async fn invoke_action(
        &self,
        request: ActionRequest<'_>,
        progress: &mut (dyn FnMut(String) + Send),
    ) -> Diagnostics {
        match self.begin().await {
            Ok((provider, _call)) => provider.invoke_action(request, progress).await,
            Err(diagnostics) => diagnostics,
        }
    }

    fn is_pure(&self, kind: &str) -> bool {
        match &self.target {
            Target::Linked(provider) => provider.is_pure(kind),
            Target::Session(..) => false,
        }
    }
}
