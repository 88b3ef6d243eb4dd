//! A provider as tests see it: real, mocked, or replaced for single objects.

use crate::mock::{Answers, Overrides};
use crate::mock_value::{FillProblem, Filling, Gap};
use async_trait::async_trait;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::{
    ActionRequest, ApplyProvider, ApplyRequest, ApplyResponse, CallFunctionResponse, ConfigureRequest, DataResponse,
    Entropy, EphemeralResponse, ImportRequest, ImportResponse, ImportedObject, MoveRequest, MoveResponse,
    PlanActionResponse, PlanProvider, PlanRequest, PlanResponse, ProviderSchema, RawState, ReadRequest, ReadResponse,
    ResourceInstance, ResourceMode, Schema, UpgradeResponse, ValidateResponse,
};
use formwork_value::{Str, Value, json};
use std::sync::Arc;

/// Decorates a provider. What only describes (schemas, validation, functions) is asked of the real one in any case.
#[derive(Clone)]
pub(crate) struct TestProvider {
    pub real: Arc<dyn PlanProvider>,
    /// The same for applying; none where it is never asked.
    pub apply: Option<Arc<dyn ApplyProvider>>,
    /// Made-up answers; without them the real provider answers.
    pub answers: Option<Answers>,
    /// For which objects something else answers.
    pub overrides: Arc<Overrides>,
    pub entropy: Arc<dyn Entropy>,
}

impl TestProvider {
    fn replaced(&self, address: &ResourceInstance) -> Option<Arc<TestProvider>> {
        let found = self.overrides.of(address)?.clone();
        Some(Arc::new(TestProvider {
            answers: Some(Answers::Object(found)),
            overrides: Arc::default(),
            ..self.clone()
        }))
    }

    fn resource_schema(&self, kind: &str) -> Option<Arc<Schema>> {
        self.real.schema().resources.get(kind).cloned()
    }

    /// Fills the gaps of an object of a type. `planning`: values that count from apply on are not known yet.
    fn fill(
        &self,
        answers: &Answers,
        mode: ResourceMode,
        kind: &str,
        object: &Value,
        gap: Gap,
        planning: bool,
    ) -> (Value, Diagnostics) {
        let schemas = self.real.schema();
        let table = if mode == ResourceMode::Managed { &schemas.resources } else { &schemas.data_sources };
        let Some(schema) = table.get(kind) else { return (object.clone(), unknown_type(kind).into()) };
        let nothing = Value::empty_object();
        let given = answers.given(mode, kind, &nothing);
        let filling = Filling { given: given.values, unknown: planning && !given.during_plan, entropy: &*self.entropy };
        let (value, problems) = filling.fill(&schema.block, object, gap);
        (value, problems.into_iter().map(failed).collect())
    }

    fn imported(&self, answers: &Answers, kind: &str) -> ImportResponse {
        let mut response = ImportResponse { objects: Vec::new(), deferred: None, diagnostics: Diagnostics::new() };
        let (Answers::Object(_), Some(schema)) = (answers, self.resource_schema(kind)) else {
            let detail = "A mocked provider has no objects that could be imported. Override the resource: override_resource \
                 says what the imported object is.";
            response.diagnostics.push(Diagnostic::error("Unable to import from a mocked provider", detail));
            return response;
        };
        let empty = formwork_object::empty_block(&schema.block);
        let (state, problems) = self.fill(answers, ResourceMode::Managed, kind, &empty, Gap::Null, false);
        response.diagnostics.extend(problems);
        response.objects.push(ImportedObject { kind: kind.into(), state, private: Vec::new(), identity: None });
        response
    }
}

fn unknown_type(kind: &str) -> Diagnostic {
    Diagnostic::error("Invalid resource type", format!("The provider has no type {kind:?}."))
}

fn failed(problem: FillProblem) -> Diagnostic {
    let FillProblem { path, message } = problem;
    let detail = format!("The test gives something for {path} that cannot be used: {message}.");
    Diagnostic::error("Failed to compute attribute", detail)
}

fn no_ephemerals() -> Diagnostic {
    let detail = "Mocked providers cannot open ephemeral resources. Use the real provider in tests of this module.";
    Diagnostic::error("No ephemeral resource types in mock providers", detail)
}

#[async_trait]
impl PlanProvider for TestProvider {
    fn schema(&self) -> Arc<ProviderSchema> {
        self.real.schema()
    }

    async fn validate_provider(&self, config: &Value) -> ValidateResponse {
        self.real.validate_provider(config).await
    }

    async fn configure(&self, request: ConfigureRequest<'_>) -> Diagnostics {
        match &self.answers {
            Some(Answers::Mock(_)) => Diagnostics::new(),
            _ => self.real.configure(request).await,
        }
    }

    async fn validate_resource(&self, kind: &str, config: &Value) -> Diagnostics {
        self.real.validate_resource(kind, config).await
    }

    async fn validate_data(&self, kind: &str, config: &Value) -> Diagnostics {
        self.real.validate_data(kind, config).await
    }

    async fn validate_ephemeral(&self, kind: &str, config: &Value) -> Diagnostics {
        self.real.validate_ephemeral(kind, config).await
    }

    async fn upgrade_resource_state(&self, kind: &str, version: u64, state: RawState) -> UpgradeResponse {
        let (Some(Answers::Mock(_)), RawState::Json(text), Some(schema)) =
            (&self.answers, &state, self.resource_schema(kind))
        else {
            return self.real.upgrade_resource_state(kind, version, state).await;
        };
        let ty = schema.block.implied_type();
        match json::decode_state(text, &ty) {
            Ok(state) => UpgradeResponse { state, diagnostics: Diagnostics::new() },
            Err(error) => {
                let problem = Diagnostic::error("Unreadable object", format!("The state of a mocked object: {error}."));
                UpgradeResponse { state: Value::null(ty), diagnostics: problem.into() }
            }
        }
    }

    async fn upgrade_identity(&self, kind: &str, version: u64, identity_json: Str) -> UpgradeResponse {
        self.real.upgrade_identity(kind, version, identity_json).await
    }

    async fn read_resource(&self, request: ReadRequest<'_>) -> ReadResponse {
        if self.answers.is_none() {
            return self.real.read_resource(request).await;
        }
        ReadResponse {
            state: request.current.clone(),
            private: request.private.to_vec(),
            identity: request.identity.cloned(),
            deferred: None,
            diagnostics: Diagnostics::new(),
        }
    }

    async fn plan_resource(&self, request: PlanRequest<'_>) -> PlanResponse {
        let Some(answers) = &self.answers else { return self.real.plan_resource(request).await };
        let keeps = request.proposed.is_null() || matches!(answers, Answers::Mock(_)) && !request.prior.is_null();
        let (planned, diagnostics) = match keeps {
            true => (request.proposed.clone(), Diagnostics::new()),
            false => self.fill(answers, ResourceMode::Managed, request.kind, request.proposed, Gap::Null, true),
        };
        PlanResponse {
            planned,
            requires_replace: Vec::new(),
            planned_private: request.prior_private.to_vec(),
            planned_identity: request.prior_identity.cloned(),
            legacy_type_system: true,
            deferred: None,
            diagnostics,
        }
    }

    async fn import_resource(&self, request: ImportRequest<'_>) -> ImportResponse {
        match &self.answers {
            None => self.real.import_resource(request).await,
            Some(answers) => self.imported(answers, request.kind),
        }
    }

    async fn move_resource(&self, request: MoveRequest<'_>) -> MoveResponse {
        self.real.move_resource(request).await
    }

    async fn read_data(&self, kind: &str, config: &Value, provider_meta: Option<&Value>) -> DataResponse {
        let Some(answers) = &self.answers else { return self.real.read_data(kind, config, provider_meta).await };
        let (state, diagnostics) = self.fill(answers, ResourceMode::Data, kind, config, Gap::Null, false);
        DataResponse { state, deferred: None, diagnostics }
    }

    async fn open_ephemeral(&self, kind: &str, config: &Value) -> EphemeralResponse {
        if !matches!(self.answers, Some(Answers::Mock(_))) {
            return self.real.open_ephemeral(kind, config).await;
        }
        EphemeralResponse {
            result: Value::dynamic(),
            private: Vec::new(),
            renew_at: None,
            deferred: None,
            diagnostics: no_ephemerals().into(),
        }
    }

    async fn renew_ephemeral(&self, kind: &str, private: &[u8]) -> EphemeralResponse {
        self.real.renew_ephemeral(kind, private).await
    }

    async fn close_ephemeral(&self, kind: &str, private: &[u8]) -> Diagnostics {
        self.real.close_ephemeral(kind, private).await
    }

    async fn call_function(&self, name: &str, args: &[Value]) -> CallFunctionResponse {
        self.real.call_function(name, args).await
    }

    async fn validate_action(&self, kind: &str, config: &Value) -> Diagnostics {
        self.real.validate_action(kind, config).await
    }

    /// A mocked provider takes every action for possible.
    async fn plan_action(&self, request: ActionRequest<'_>) -> PlanActionResponse {
        match &self.answers {
            Some(_) => PlanActionResponse { deferred: None, diagnostics: Diagnostics::new() },
            None => self.real.plan_action(request).await,
        }
    }

    async fn stop(&self) -> Diagnostics {
        self.real.stop().await
    }

    fn stand_in(&self, address: &ResourceInstance) -> Option<Arc<dyn PlanProvider>> {
        self.replaced(address).map(|provider| provider as Arc<dyn PlanProvider>)
    }
}

#[async_trait]
impl ApplyProvider for TestProvider {
    async fn apply_resource(&self, request: ApplyRequest<'_>) -> ApplyResponse {
        match (&self.answers, &self.apply) {
            (None, Some(provider)) => provider.apply_resource(request).await,
            (None, None) => ApplyResponse {
                new_state: None,
                private: Vec::new(),
                identity: None,
                legacy_type_system: false,
                diagnostics: Diagnostic::error("Provider not ready", "It was not configured for applying.").into(),
            },
            (Some(answers), _) => {
                let (state, diagnostics) = match request.planned.is_null() {
                    true => (request.planned.clone(), Diagnostics::new()),
                    false => {
                        let (kind, planned) = (request.kind, request.planned);
                        self.fill(answers, ResourceMode::Managed, kind, planned, Gap::Unknown, false)
                    }
                };
                // What could not be made up is not there.
                let state = if diagnostics.has_errors() { state.unknown_as_null() } else { state };
                ApplyResponse {
                    new_state: Some(state),
                    private: request.planned_private.to_vec(),
                    identity: request.planned_identity.cloned(),
                    legacy_type_system: true,
                    diagnostics,
                }
            }
        }
    }

    /// A mocked provider does nothing.
    async fn invoke_action(
        &self,
        request: ActionRequest<'_>,
        progress: &mut (dyn FnMut(String) + Send),
    ) -> Diagnostics {
        match (&self.answers, &self.apply) {
            (None, Some(provider)) => provider.invoke_action(request, progress).await,
            _ => Diagnostics::new(),
        }
    }

    fn is_pure(&self, kind: &str) -> bool {
        self.answers.is_some() || self.apply.as_ref().is_some_and(|provider| provider.is_pure(kind))
    }

    fn apply_stand_in(&self, address: &ResourceInstance) -> Option<Arc<dyn ApplyProvider>> {
        self.replaced(address).map(|provider| provider as Arc<dyn ApplyProvider>)
    }
}
