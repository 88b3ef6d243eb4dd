//! The provider as the engine sees it.

use crate::configuration;
use crate::kit::call::Call;
use crate::kit::lifecycle::{Registered, time, unconfigured};
use crate::kit::object::{Attributes, Object};
use crate::kit::planner;
use crate::kit::resource::DataSource;
use crate::kit::spec::Spec;
use crate::kit::validation::validate;
use crate::registry;
use crate::session::Session;
use async_trait::async_trait;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::*;
use formwork_value::{Str, Type, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use tokio::sync::watch;

/// The provider; one process serves one configuration.
pub struct Aws {
    schema: Arc<ProviderSchema>,
    spec: Spec,
    resources: BTreeMap<&'static str, Registered>,
    data_sources: BTreeMap<&'static str, RegisteredData>,
    session: RwLock<Option<Arc<Session>>>,
    stop: watch::Sender<bool>,
}

struct RegisteredData {
    source: Box<dyn DataSource>,
    spec: Spec,
    ty: Type,
}

impl Default for Aws {
    fn default() -> Aws {
        Aws::new()
    }
}

impl Aws {
    pub fn new() -> Aws {
        let resources = registry::resources().into_iter().map(Registered::new);
        let resources: BTreeMap<_, _> = resources.map(|registered| (registered.spec.kind, registered)).collect();
        let data_sources = registry::data_sources().into_iter().map(|source| {
            let spec = source.spec();
            let ty = spec.body.ty();
            (spec.kind, RegisteredData { source, spec, ty })
        });
        let data_sources: BTreeMap<_, _> = data_sources.collect();
        let spec = configuration::spec();
        let schemas = |(kind, spec): (&&'static str, &Spec)| (Str::from(*kind), Arc::new(spec.schema()));
        let schema = Arc::new(ProviderSchema {
            provider: Arc::new(spec.schema()),
            resources: resources.iter().map(|(kind, it)| schemas((kind, &it.spec))).collect(),
            data_sources: data_sources.iter().map(|(kind, it)| schemas((kind, &it.spec))).collect(),
            schema_optional: true,
            ..ProviderSchema::default()
        });
        let (stop, _) = watch::channel(false);
        Aws { schema, spec, resources, data_sources, session: RwLock::new(None), stop }
    }

    fn session(&self) -> Option<Arc<Session>> {
        self.session.read().ok()?.clone()
    }

    fn resource(&self, kind: &str) -> Result<&Registered, Diagnostics> {
        self.resources.get(kind).ok_or_else(|| unsupported(kind))
    }

    /// The resource type and the session, or why there is none.
    fn ready(&self, kind: &str) -> Result<(&Registered, Arc<Session>), Diagnostics> {
        Ok((self.resource(kind)?, self.session().ok_or_else(unconfigured)?))
    }

    fn plan(&self, request: &PlanRequest<'_>) -> Result<PlanResponse, Diagnostics> {
        let registered = self.resource(request.kind)?;
        let session = self.session();
        let prior = (!request.prior.is_null()).then(|| Object::from_value(&registered.ty, request.prior));
        let mut plan =
            planner::begin(&registered.spec, &registered.ty, session.as_deref(), prior.as_ref(), request.config);
        registered.resource.plan(&mut plan);
        planner::finish(&registered.spec, &mut plan);
        Ok(PlanResponse {
            planned: plan.planned.to_value(),
            requires_replace: plan.replace,
            planned_private: request.prior_private.to_vec(),
            planned_identity: None,
            legacy_type_system: registered.spec.legacy,
            deferred: None,
            diagnostics: Diagnostics::new(),
        })
    }

    async fn import(&self, request: ImportRequest<'_>) -> Result<ImportResponse, Diagnostics> {
        let (registered, session) = self.ready(request.kind)?;
        if request.id.is_empty() {
            return Err(
                Diagnostic::error("Missing import id", "The id of the object to import must not be empty.").into()
            );
        }
        let outcome = registered.import(&session, request.id).await;
        let object =
            ImportedObject { kind: request.kind.into(), state: outcome.state, private: Vec::new(), identity: None };
        let objects = if outcome.diagnostics.has_errors() { Vec::new() } else { vec![object] };
        Ok(ImportResponse { objects, deferred: None, diagnostics: outcome.diagnostics })
    }

    fn upgrade(&self, kind: &str, state: RawState) -> Result<Value, Diagnostics> {
        let registered = self.resource(kind)?;
        let RawState::Json(text) = state else {
            let detail = "The state was written by Terraform 0.11 or older. Let Terraform 0.12 upgrade it first.";
            return Err(Diagnostic::error("State is too old", detail).into());
        };
        let value = json::decode_state(&text, &registered.ty).map_err(|error| {
            Diagnostics::from(Diagnostic::error(
                "State cannot be read",
                format!("A stored {kind} is not as expected: {error}."),
            ))
        })?;
        let mut object = Object::from_value(&registered.ty, &value);
        for (name, block) in &registered.spec.body.blocks {
            let is_collection = block.nesting != Nesting::Single && block.nesting != Nesting::Group;
            if is_collection && object.value(name).is_some_and(Value::is_null) {
                object.set(name, Vec::<Value>::new());
            }
        }
        Ok(object.to_value())
    }

    async fn read_data_source(&self, kind: &str, config: &Value) -> Result<Value, Diagnostics> {
        let registered = self.data_sources.get(kind).ok_or_else(|| unsupported(kind))?;
        let session = self.session().ok_or_else(unconfigured)?;
        let mut object = Object::from_value(&registered.ty, config);
        let call = Call::new(&session, time("read", registered.spec.timeouts.read, &object));
        match registered.source.read(&call, &mut object).await {
            Ok(()) => Ok(object.to_value().unknown_as_null()),
            Err(failure) => Err(failure.diagnostic(&format!("Could not read {}", registered.spec.title)).into()),
        }
    }
}

fn unsupported(kind: &str) -> Diagnostics {
    Diagnostic::error("Unsupported type", format!("Provider aws has no {kind:?}.")).blame(Blame::Engine).into()
}

fn no_ephemeral(kind: &str) -> EphemeralResponse {
    EphemeralResponse {
        result: Value::null(Type::Dynamic),
        private: Vec::new(),
        renew_at: None,
        deferred: None,
        diagnostics: unsupported(kind),
    }
}

#[async_trait]
impl PlanProvider for Aws {
    fn schema(&self) -> Arc<ProviderSchema> {
        self.schema.clone()
    }

    async fn validate_provider(&self, config: &Value) -> ValidateResponse {
        ValidateResponse { prepared: config.clone(), diagnostics: validate(&self.spec, config) }
    }

    async fn configure(&self, request: ConfigureRequest<'_>) -> Diagnostics {
        // Without all of it nothing can be read; plans of new objects work all the same.
        if !configuration::is_known(request.config) {
            return Diagnostics::new();
        }
        match configuration::connect(request.config, self.stop.subscribe()).await {
            Ok(session) => {
                if let Ok(mut slot) = self.session.write() {
                    *slot = Some(Arc::new(session));
                }
                Diagnostics::new()
            }
            Err(failure) => failure.diagnostic("Could not configure provider aws").into(),
        }
    }

    async fn validate_resource(&self, kind: &str, config: &Value) -> Diagnostics {
        match self.resource(kind) {
            Ok(registered) => {
                let mut diagnostics = validate(&registered.spec, config);
                registered.resource.validate(config, &mut diagnostics);
                diagnostics
            }
            Err(diagnostics) => diagnostics,
        }
    }

    async fn validate_data(&self, kind: &str, config: &Value) -> Diagnostics {
        match self.data_sources.get(kind) {
            Some(registered) => validate(&registered.spec, config),
            None => unsupported(kind),
        }
    }

    async fn validate_ephemeral(&self, kind: &str, _: &Value) -> Diagnostics {
        unsupported(kind)
    }

    async fn upgrade_resource_state(&self, kind: &str, _: u64, state: RawState) -> UpgradeResponse {
        match self.upgrade(kind, state) {
            Ok(state) => UpgradeResponse { state, diagnostics: Diagnostics::new() },
            Err(diagnostics) => UpgradeResponse { state: Value::null(Type::Dynamic), diagnostics },
        }
    }

    async fn upgrade_identity(&self, kind: &str, _: u64, _: Str) -> UpgradeResponse {
        UpgradeResponse { state: Value::null(Type::Dynamic), diagnostics: unsupported(kind) }
    }

    async fn read_resource(&self, request: ReadRequest<'_>) -> ReadResponse {
        let (state, diagnostics) = match self.ready(request.kind) {
            Ok((registered, session)) => {
                let outcome = registered.read(&session, request.current).await;
                (outcome.state, outcome.diagnostics)
            }
            Err(diagnostics) => (request.current.clone(), diagnostics),
        };
        ReadResponse { state, private: request.private.to_vec(), identity: None, deferred: None, diagnostics }
    }

    async fn plan_resource(&self, request: PlanRequest<'_>) -> PlanResponse {
        let answer = |planned: Value, diagnostics| PlanResponse {
            planned,
            requires_replace: Vec::new(),
            planned_private: request.prior_private.to_vec(),
            planned_identity: None,
            legacy_type_system: false,
            deferred: None,
            diagnostics,
        };
        if request.proposed.is_null() {
            return answer(request.proposed.clone(), Diagnostics::new());
        }
        self.plan(&request).unwrap_or_else(|diagnostics| answer(request.prior.clone(), diagnostics))
    }

    async fn import_resource(&self, request: ImportRequest<'_>) -> ImportResponse {
        self.import(request).await.unwrap_or_else(|diagnostics| ImportResponse {
            objects: Vec::new(),
            deferred: None,
            diagnostics,
        })
    }

    async fn move_resource(&self, request: MoveRequest<'_>) -> MoveResponse {
        let detail = format!("{} cannot be moved to {}.", request.source_kind, request.target_kind);
        MoveResponse {
            state: Value::null(Type::Dynamic),
            private: Vec::new(),
            identity: None,
            diagnostics: Diagnostic::error("Unsupported move", detail).into(),
        }
    }

    async fn read_data(&self, kind: &str, config: &Value, _: Option<&Value>) -> DataResponse {
        match self.read_data_source(kind, config).await {
            Ok(state) => DataResponse { state, deferred: None, diagnostics: Diagnostics::new() },
            Err(diagnostics) => {
                let state = Value::null(config.ty());
                DataResponse { state, deferred: None, diagnostics }
            }
        }
    }

    async fn open_ephemeral(&self, kind: &str, _: &Value) -> EphemeralResponse {
        no_ephemeral(kind)
    }

    async fn renew_ephemeral(&self, kind: &str, _: &[u8]) -> EphemeralResponse {
        no_ephemeral(kind)
    }

    async fn close_ephemeral(&self, kind: &str, _: &[u8]) -> Diagnostics {
        unsupported(kind)
    }

    async fn call_function(&self, name: &str, _: &[Value]) -> CallFunctionResponse {
        let error = Some((format!("Provider aws has no function {name:?}."), None));
        CallFunctionResponse { result: Value::null(Type::Dynamic), error }
    }

    async fn stop(&self) -> Diagnostics {
        self.stop.send_replace(true);
        Diagnostics::new()
    }
}

#[async_trait]
impl ApplyProvider for Aws {
    async fn apply_resource(&self, request: ApplyRequest<'_>) -> ApplyResponse {
        let (new_state, diagnostics, legacy) = match self.ready(request.kind) {
            Ok((registered, session)) => {
                let outcome = if request.planned.is_null() {
                    registered.delete(&session, request.prior).await
                } else if request.prior.is_null() {
                    registered.create(&session, request.planned, request.config).await
                } else {
                    registered.update(&session, request.prior, request.planned, request.config).await
                };
                (outcome.state, outcome.diagnostics, registered.spec.legacy)
            }
            Err(diagnostics) => (request.prior.clone(), diagnostics, false),
        };
        ApplyResponse {
            new_state: Some(new_state),
            private: request.planned_private.to_vec(),
            identity: None,
            legacy_type_system: legacy,
            diagnostics,
        }
    }
}
