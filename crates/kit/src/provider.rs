//! A provider made of types and functions.

use crate::lifecycle::{AnyDataSource, AnyEphemeral, AnyResource, Registered, Setting, unsupported};
use crate::validation::validate;
use crate::{Attribute, Body, DataSource, Ephemeral, Function, Moved, Object, Outcome, Resource};
use async_trait::async_trait;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::*;
use formwork_value::{Str, Type, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, RwLock};
use std::time::UNIX_EPOCH;
use tokio::sync::watch;

/// Makes of a provider's configuration what its types work with.
#[async_trait]
pub trait Connect: Send + Sync + 'static {
    type Config: Object;
    type Client: Send + Sync + 'static;

    async fn connect(&self, config: Self::Config) -> Outcome<Self::Client>;
}

#[async_trait]
trait AnyConnect<C>: Send + Sync {
    async fn connect(&self, config: &Value) -> Outcome<C>;
}

#[async_trait]
impl<T: Connect> AnyConnect<T::Client> for T {
    async fn connect(&self, config: &Value) -> Outcome<T::Client> {
        Connect::connect(self, T::Config::read(config)).await
    }
}

/// A provider; one serves one configuration. `C` is what its types work with.
pub struct Provider<C> {
    name: &'static str,
    body: Body,
    connect: Option<Box<dyn AnyConnect<C>>>,
    client: RwLock<Option<Arc<C>>>,
    resources: BTreeMap<&'static str, Box<dyn AnyResource<C>>>,
    data_sources: BTreeMap<&'static str, Box<dyn AnyDataSource<C>>>,
    ephemerals: BTreeMap<&'static str, Box<dyn AnyEphemeral<C>>>,
    functions: BTreeMap<&'static str, Function>,
    schema: OnceLock<Arc<ProviderSchema>>,
    stop: watch::Sender<bool>,
}

impl<C: Send + Sync + 'static> Provider<C> {
    /// A provider without configuration.
    pub fn new(name: &'static str, client: C) -> Provider<C> {
        Provider::with(name, Body::default(), None, Some(Arc::new(client)))
    }

    /// A provider that makes its client of its configuration.
    pub fn connecting<T: Connect<Client = C>>(name: &'static str, connect: T) -> Provider<C> {
        Provider::with(name, T::Config::members(), Some(Box::new(connect)), None)
    }

    fn with(
        name: &'static str,
        body: Body,
        connect: Option<Box<dyn AnyConnect<C>>>,
        client: Option<Arc<C>>,
    ) -> Provider<C> {
        Provider {
            name,
            body,
            connect,
            client: RwLock::new(client),
            resources: BTreeMap::new(),
            data_sources: BTreeMap::new(),
            ephemerals: BTreeMap::new(),
            functions: BTreeMap::new(),
            schema: OnceLock::new(),
            stop: watch::Sender::new(false),
        }
    }

    pub fn resource<R: Resource<Client = C>>(mut self, resource: R) -> Provider<C> {
        self.resources.insert(R::KIND, Box::new(Registered::resource(resource)));
        self
    }

    pub fn data_source<D: DataSource<Client = C>>(mut self, source: D) -> Provider<C> {
        self.data_sources.insert(D::KIND, Box::new(Registered::of(source, D::State::members())));
        self
    }

    pub fn ephemeral<E: Ephemeral<Client = C>>(mut self, ephemeral: E) -> Provider<C> {
        self.ephemerals.insert(E::KIND, Box::new(Registered::of(ephemeral, E::State::members())));
        self
    }

    pub fn function(mut self, function: Function) -> Provider<C> {
        self.functions.insert(function.name, function);
        self
    }

    fn make_schema(&self) -> ProviderSchema {
        let named = |(name, schema): (&'static str, Schema)| (Str::from(name), Arc::new(schema));
        ProviderSchema {
            provider: Arc::new(self.body.schema(0, None)),
            resources: self.resources.iter().map(|(name, it)| named((name, it.schema()))).collect(),
            data_sources: self.data_sources.iter().map(|(name, it)| named((name, it.schema()))).collect(),
            ephemeral_resources: self.ephemerals.iter().map(|(name, it)| named((name, it.schema()))).collect(),
            functions: self.functions.iter().map(|(name, it)| (Str::from(*name), it.signature.clone())).collect(),
            schema_optional: true,
            move_resource_state: true,
            ..ProviderSchema::default()
        }
    }

    fn setting(&self) -> Result<Setting<C>, Diagnostics> {
        let client = self.client.read().ok().and_then(|client| client.clone());
        match client {
            Some(client) => Ok(Setting { client, stop: self.stop.subscribe() }),
            None => {
                let detail = format!(
                    "The configuration of provider {} depends on values that are not known yet, or has errors.",
                    self.name
                );
                Err(Diagnostic::error("Provider is not configured", detail).into())
            }
        }
    }

    fn known_resource(&self, kind: &str) -> Result<&dyn AnyResource<C>, Diagnostics> {
        self.resources.get(kind).map(|resource| &**resource).ok_or_else(|| unsupported(self.name, kind))
    }

    fn ready(&self, kind: &str) -> Result<(&dyn AnyResource<C>, Setting<C>), Diagnostics> {
        Ok((self.known_resource(kind)?, self.setting()?))
    }

    fn ready_ephemeral(&self, kind: &str) -> Result<(&dyn AnyEphemeral<C>, Setting<C>), Diagnostics> {
        let ephemeral = self.ephemerals.get(kind).ok_or_else(|| unsupported(self.name, kind))?;
        Ok((&**ephemeral, self.setting()?))
    }

    fn moved(&self, request: &MoveRequest<'_>) -> Result<Value, Diagnostics> {
        let resource = self.known_resource(request.target_kind)?;
        let refused = || {
            let detail = format!("{} cannot be moved to {}.", request.source_kind, request.target_kind);
            Diagnostics::from(Diagnostic::error("Unsupported move", detail))
        };
        let RawState::Json(text) = &request.source_state else { return Err(refused()) };
        let state = json::decode_plain(text).map_err(|_| refused())?;
        let source = Moved {
            provider: request.source_provider,
            kind: request.source_kind,
            schema_version: request.source_schema_version,
            state: &state,
        };
        let outcome = resource.take_over(source).ok_or_else(refused)?;
        outcome.map_err(|failure| failure.diagnostic("Could not move the object").into())
    }
}

fn failed_ephemeral(diagnostics: Diagnostics) -> EphemeralResponse {
    EphemeralResponse {
        result: Value::null(Type::Dynamic),
        private: Vec::new(),
        renew_at: None,
        deferred: None,
        diagnostics,
    }
}

fn seconds(at: Option<std::time::SystemTime>) -> Option<i64> {
    at.and_then(|at| i64::try_from(at.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok())
}

#[async_trait]
impl<C: Send + Sync + 'static> PlanProvider for Provider<C> {
    fn schema(&self) -> Arc<ProviderSchema> {
        self.schema.get_or_init(|| Arc::new(self.make_schema())).clone()
    }

    async fn validate_provider(&self, config: &Value) -> ValidateResponse {
        ValidateResponse { prepared: config.clone(), diagnostics: validate(&self.body, &[], config) }
    }

    async fn configure(&self, request: ConfigureRequest<'_>) -> Diagnostics {
        let Some(connect) = &self.connect else { return Diagnostics::new() };
        // Without all of it nothing can be read; plans of new objects work all the same.
        if !request.config.is_wholly_known() {
            return Diagnostics::new();
        }
        match connect.connect(request.config).await {
            Ok(client) => {
                if let Ok(mut slot) = self.client.write() {
                    *slot = Some(Arc::new(client));
                }
                Diagnostics::new()
            }
            Err(failure) => failure.diagnostic(&format!("Could not configure provider {}", self.name)).into(),
        }
    }

    async fn validate_resource(&self, kind: &str, config: &Value) -> Diagnostics {
        self.known_resource(kind).map_or_else(|problem| problem, |resource| resource.validate(config))
    }

    async fn validate_data(&self, kind: &str, config: &Value) -> Diagnostics {
        self.data_sources.get(kind).map_or_else(|| unsupported(self.name, kind), |source| source.validate(config))
    }

    async fn validate_ephemeral(&self, kind: &str, config: &Value) -> Diagnostics {
        self.ephemerals.get(kind).map_or_else(|| unsupported(self.name, kind), |it| it.validate(config))
    }

    async fn upgrade_resource_state(&self, kind: &str, version: u64, state: RawState) -> UpgradeResponse {
        let upgraded = self.known_resource(kind).and_then(|resource| {
            resource
                .upgrade(version, state)
                .map_err(|failure| failure.diagnostic("Could not read a stored object").into())
        });
        match upgraded {
            Ok(state) => UpgradeResponse { state, diagnostics: Diagnostics::new() },
            Err(diagnostics) => UpgradeResponse { state: Value::null(Type::Dynamic), diagnostics },
        }
    }

    async fn upgrade_identity(&self, kind: &str, _: u64, _: Str) -> UpgradeResponse {
        UpgradeResponse { state: Value::null(Type::Dynamic), diagnostics: unsupported(self.name, kind) }
    }

    async fn read_resource(&self, request: ReadRequest<'_>) -> ReadResponse {
        let (state, diagnostics) = match self.ready(request.kind) {
            Ok((resource, setting)) => {
                let left = resource.read(setting, request.current).await;
                (left.state, left.diagnostics)
            }
            Err(diagnostics) => (request.current.clone(), diagnostics),
        };
        ReadResponse { state, private: request.private.to_vec(), identity: None, deferred: None, diagnostics }
    }

    async fn plan_resource(&self, request: PlanRequest<'_>) -> PlanResponse {
        let (planned, requires_replace, diagnostics) = match self.known_resource(request.kind) {
            _ if request.proposed.is_null() => (request.proposed.clone(), Vec::new(), Diagnostics::new()),
            Ok(resource) => {
                let planned = resource.plan(&request);
                (planned.value, planned.replace, planned.diagnostics)
            }
            Err(diagnostics) => (request.prior.clone(), Vec::new(), diagnostics),
        };
        PlanResponse {
            planned,
            requires_replace,
            planned_private: request.prior_private.to_vec(),
            planned_identity: None,
            legacy_type_system: false,
            deferred: None,
            diagnostics,
        }
    }

    async fn import_resource(&self, request: ImportRequest<'_>) -> ImportResponse {
        let (state, diagnostics) = match self.ready(request.kind) {
            Ok((resource, setting)) => {
                let left = resource.import(setting, request.id).await;
                (Some(left.state), left.diagnostics)
            }
            Err(diagnostics) => (None, diagnostics),
        };
        let object = |state| ImportedObject { kind: request.kind.into(), state, private: Vec::new(), identity: None };
        let objects = state.filter(|_| !diagnostics.has_errors()).map(object).into_iter().collect();
        ImportResponse { objects, deferred: None, diagnostics }
    }

    async fn move_resource(&self, request: MoveRequest<'_>) -> MoveResponse {
        let (state, diagnostics) = match self.moved(&request) {
            Ok(state) => (state, Diagnostics::new()),
            Err(diagnostics) => (Value::null(Type::Dynamic), diagnostics),
        };
        MoveResponse { state, private: Vec::new(), identity: None, diagnostics }
    }

    async fn read_data(&self, kind: &str, config: &Value, _: Option<&Value>) -> DataResponse {
        let source = self.data_sources.get(kind).ok_or_else(|| unsupported(self.name, kind));
        let (state, diagnostics) = match source.and_then(|source| Ok((source, self.setting()?))) {
            Ok((source, setting)) => {
                let left = source.read(setting, config).await;
                (left.state, left.diagnostics)
            }
            Err(diagnostics) => (Value::null(config.ty()), diagnostics),
        };
        DataResponse { state, deferred: None, diagnostics }
    }

    async fn open_ephemeral(&self, kind: &str, config: &Value) -> EphemeralResponse {
        match self.ready_ephemeral(kind) {
            Ok((ephemeral, setting)) => {
                let (left, opened) = ephemeral.open(setting, config).await;
                EphemeralResponse {
                    result: left.state,
                    private: opened.private,
                    renew_at: seconds(opened.renew_at),
                    deferred: None,
                    diagnostics: left.diagnostics,
                }
            }
            Err(diagnostics) => failed_ephemeral(diagnostics),
        }
    }

    async fn renew_ephemeral(&self, kind: &str, private: &[u8]) -> EphemeralResponse {
        let renewed = match self.ready_ephemeral(kind) {
            Ok((ephemeral, setting)) => ephemeral
                .renew(setting, private)
                .await
                .map_err(|failure| Diagnostics::from(failure.diagnostic(&format!("Could not renew {kind}")))),
            Err(diagnostics) => Err(diagnostics),
        };
        match renewed {
            Ok(opened) => EphemeralResponse {
                private: opened.private,
                renew_at: seconds(opened.renew_at),
                ..failed_ephemeral(Diagnostics::new())
            },
            Err(diagnostics) => failed_ephemeral(diagnostics),
        }
    }

    async fn close_ephemeral(&self, kind: &str, private: &[u8]) -> Diagnostics {
        match self.ready_ephemeral(kind) {
            Ok((ephemeral, setting)) => match ephemeral.close(setting, private).await {
                Ok(()) => Diagnostics::new(),
                Err(failure) => failure.diagnostic(&format!("Could not close {kind}")).into(),
            },
            Err(diagnostics) => diagnostics,
        }
    }

    async fn call_function(&self, name: &str, args: &[Value]) -> CallFunctionResponse {
        match self.functions.get(name) {
            Some(function) => function.call(args),
            None => {
                let error = Some((format!("Provider {} has no function {name:?}.", self.name), None));
                CallFunctionResponse { result: Value::null(Type::Dynamic), error }
            }
        }
    }

    async fn stop(&self) -> Diagnostics {
        self.stop.send_replace(true);
        Diagnostics::new()
    }
}

#[async_trait]
impl<C: Send + Sync + 'static> ApplyProvider for Provider<C> {
    async fn apply_resource(&self, request: ApplyRequest<'_>) -> ApplyResponse {
        let (new_state, diagnostics) = match self.ready(request.kind) {
            Ok((resource, setting)) => {
                let left = resource.apply(setting, &request).await;
                (left.state, left.diagnostics)
            }
            Err(diagnostics) => (request.prior.clone(), diagnostics),
        };
        ApplyResponse {
            new_state: Some(new_state),
            private: request.planned_private.to_vec(),
            identity: None,
            legacy_type_system: false,
            diagnostics,
        }
    }

    fn is_pure(&self, kind: &str) -> bool {
        self.resources.get(kind).is_some_and(|resource| resource.is_pure())
    }
}
