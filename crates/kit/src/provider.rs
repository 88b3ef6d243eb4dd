//! A provider made of types and functions.

use crate::call::Setting;
use crate::doing::{AnyAction, AnyList, Listing};
use crate::lifecycle::{AnyDataSource, AnyEphemeral, AnyResource, Registered, unsupported};
use crate::validation::validate;
use crate::{Action, Attribute, Body, DataSource, Ephemeral, Function, List, Moved, Object, Outcome, Resource};
use async_trait::async_trait;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::*;
use formwork_value::{Str, Type, Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, RwLock};
use std::time::UNIX_EPOCH;
use tokio::sync::{mpsc, watch};

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
    lists: BTreeMap<&'static str, Box<dyn AnyList<C>>>,
    actions: BTreeMap<&'static str, Box<dyn AnyAction<C>>>,
    describes: bool,
    awaits_config: AtomicBool,
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
            lists: BTreeMap::new(),
            actions: BTreeMap::new(),
            describes: false,
            awaits_config: AtomicBool::new(false),
            schema: OnceLock::new(),
            stop: watch::Sender::new(false),
        }
    }

    /// Adds a resource type.
    pub fn resource<R: Resource<Client = C>>(mut self, resource: R) -> Provider<C> {
        self.resources.insert(R::KIND, Box::new(Registered::resource(resource)));
        self
    }

    /// Adds a data source.
    pub fn data_source<D: DataSource<Client = C>>(mut self, source: D) -> Provider<C> {
        self.data_sources.insert(D::KIND, Box::new(Registered::of(source, D::State::members())));
        self
    }

    /// Adds an ephemeral resource type.
    pub fn ephemeral<E: Ephemeral<Client = C>>(mut self, ephemeral: E) -> Provider<C> {
        self.ephemerals.insert(E::KIND, Box::new(Registered::of(ephemeral, E::State::members())));
        self
    }

    /// Adds a function.
    pub fn function(mut self, function: Function) -> Provider<C> {
        self.functions.insert(function.name, function);
        self
    }

    /// A listing of the objects of a type, which has to be registered as a resource as well.
    pub fn list<L: List>(mut self, list: L, resource: L::Resource) -> Provider<C>
    where
        L::Resource: Resource<Client = C>,
    {
        self.lists.insert(L::Resource::KIND, Box::new(Listing::new(list, resource)));
        self
    }

    /// Adds an action.
    pub fn action<A: Action<Client = C>>(mut self, action: A) -> Provider<C> {
        self.actions.insert(A::KIND, Box::new(Registered::of(action, A::Config::members())));
        self
    }

    /// Configurations that describe objects (`plan -generate-config-out`, `query`) are written from what the rules say
    /// and from [`Resource::describe`], instead of by the engine from the schema alone.
    pub fn describing(mut self) -> Provider<C> {
        self.describes = true;
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
            list_resources: self.lists.iter().map(|(name, it)| named((name, it.schema()))).collect(),
            actions: self.actions.iter().map(|(name, it)| named((name, it.schema()))).collect(),
            identities: (self.resources.iter())
                .filter_map(|(name, it)| Some((Str::from(*name), it.identity_schema()?)))
                .collect(),
            schema_optional: true,
            move_resource_state: true,
            generate_resource_config: self.describes,
            ..ProviderSchema::default()
        }
    }

    fn setting(&self) -> Result<Setting<C>, Diagnostics> {
        let client = self.client.read().ok().and_then(|client| client.clone());
        match client {
            Some(client) => Ok(Setting {
                client,
                stop: self.stop.subscribe(),
                private: Vec::new(),
                may_defer: false,
                progress: None,
            }),
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

    fn ready(
        &self,
        kind: &str,
        private: &[u8],
        capabilities: ClientCapabilities,
    ) -> Result<(&dyn AnyResource<C>, Setting<C>), Diagnostics> {
        let setting =
            Setting { private: private.to_vec(), may_defer: capabilities.deferral_allowed, ..self.setting()? };
        Ok((self.known_resource(kind)?, setting))
    }

    /// Everything has to wait for a configuration that is not known yet, if the engine allows that.
    fn waits(&self, capabilities: ClientCapabilities) -> Option<Deferred> {
        let waits = capabilities.deferral_allowed && self.awaits_config.load(Ordering::Relaxed);
        waits.then_some(Deferred::ProviderConfigUnknown)
    }

    fn ready_action(&self, kind: &str) -> Result<(&dyn AnyAction<C>, Setting<C>), Diagnostics> {
        let action = self.actions.get(kind).ok_or_else(|| unsupported(self.name, kind))?;
        Ok((&**action, self.setting()?))
    }

    fn identity(&self, kind: &str, state: &Value) -> Option<Value> {
        self.resources.get(kind)?.identity(state)
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
        let identity = request.source_identity_json.as_ref().and_then(|text| json::decode_plain(text).ok());
        let source = Moved {
            provider: request.source_provider,
            kind: request.source_kind,
            schema_version: request.source_schema_version,
            state: &state,
            private: request.source_private,
            identity: identity.as_ref(),
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
        let is_known = request.config.is_wholly_known();
        self.awaits_config.store(!is_known, Ordering::Relaxed);
        if !is_known {
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

    async fn upgrade_identity(&self, kind: &str, version: u64, identity_json: Str) -> UpgradeResponse {
        let upgraded = self.known_resource(kind).and_then(|resource| {
            resource
                .upgrade_identity(version, &identity_json)
                .map_err(|failure| failure.diagnostic("Could not read a stored identity").into())
        });
        match upgraded {
            Ok(state) => UpgradeResponse { state, diagnostics: Diagnostics::new() },
            Err(diagnostics) => UpgradeResponse { state: Value::null(Type::Dynamic), diagnostics },
        }
    }

    async fn read_resource(&self, request: ReadRequest<'_>) -> ReadResponse {
        let mut response = ReadResponse {
            state: request.current.clone(),
            private: request.private.to_vec(),
            identity: request.identity.cloned(),
            deferred: self.waits(request.capabilities),
            diagnostics: Diagnostics::new(),
        };
        if response.deferred.is_some() {
            return response;
        }
        match self.ready(request.kind, request.private, request.capabilities) {
            Ok((resource, setting)) => {
                let left = resource.read(setting, request.current).await;
                response.identity = self.identity(request.kind, &left.state);
                ReadResponse {
                    state: left.state,
                    private: left.private,
                    deferred: left.deferred,
                    diagnostics: left.diagnostics,
                    ..response
                }
            }
            Err(diagnostics) => ReadResponse { diagnostics, ..response },
        }
    }

    async fn plan_resource(&self, request: PlanRequest<'_>) -> PlanResponse {
        let mut response = PlanResponse {
            planned: request.proposed.clone(),
            requires_replace: Vec::new(),
            planned_private: request.prior_private.to_vec(),
            planned_identity: None,
            legacy_type_system: false,
            deferred: self.waits(request.capabilities),
            diagnostics: Diagnostics::new(),
        };
        match self.known_resource(request.kind) {
            _ if request.proposed.is_null() => {}
            Ok(resource) => {
                let planned = resource.plan(&request);
                response.planned_identity = resource.identity(&planned.value);
                response.planned = planned.value;
                response.requires_replace = planned.replace;
                response.planned_private = planned.private;
                response.deferred = response.deferred.or(planned.deferred);
                response.diagnostics = planned.diagnostics;
            }
            Err(diagnostics) => {
                response.planned = request.prior.clone();
                response.diagnostics = diagnostics;
            }
        }
        response
    }

    async fn import_resource(&self, request: ImportRequest<'_>) -> ImportResponse {
        if let Some(deferred) = self.waits(request.capabilities) {
            return ImportResponse { objects: Vec::new(), deferred: Some(deferred), diagnostics: Diagnostics::new() };
        }
        let left = match self.ready(request.kind, &[], request.capabilities) {
            Ok((resource, setting)) => match request.identity {
                Some(identity) => resource.import_identity(setting, identity).await,
                None => resource.import(setting, request.id).await,
            },
            Err(diagnostics) => return ImportResponse { objects: Vec::new(), deferred: None, diagnostics },
        };
        let is_there = !left.diagnostics.has_errors() && !left.state.is_null();
        let object = is_there.then(|| ImportedObject {
            kind: request.kind.into(),
            identity: self.identity(request.kind, &left.state),
            state: left.state,
            private: left.private,
        });
        ImportResponse { objects: object.into_iter().collect(), deferred: left.deferred, diagnostics: left.diagnostics }
    }

    async fn move_resource(&self, request: MoveRequest<'_>) -> MoveResponse {
        let (state, diagnostics) = match self.moved(&request) {
            Ok(state) => (state, Diagnostics::new()),
            Err(diagnostics) => (Value::null(Type::Dynamic), diagnostics),
        };
        let identity = self.identity(request.target_kind, &state);
        MoveResponse { state, private: Vec::new(), identity, diagnostics }
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

    async fn generate_config(&self, kind: &str, state: &Value) -> GenerateResponse {
        match self.known_resource(kind) {
            Ok(resource) => GenerateResponse { config: resource.describe(state), diagnostics: Diagnostics::new() },
            Err(diagnostics) => GenerateResponse { config: Value::null(state.ty()), diagnostics },
        }
    }

    async fn validate_list(&self, kind: &str, config: &Value, _: ListArguments<'_>) -> Diagnostics {
        self.lists.get(kind).map_or_else(|| unsupported(self.name, kind), |list| list.validate(config))
    }

    async fn list_resources(&self, request: ListRequest<'_>, found: &mut dyn ListSink) -> Diagnostics {
        let Some(list) = self.lists.get(request.kind) else { return unsupported(self.name, request.kind) };
        match self.setting() {
            Ok(setting) => list.list(setting, &request, found).await,
            Err(diagnostics) => diagnostics,
        }
    }

    async fn validate_action(&self, kind: &str, config: &Value) -> Diagnostics {
        self.actions.get(kind).map_or_else(|| unsupported(self.name, kind), |action| action.validate(config))
    }

    async fn plan_action(&self, request: ActionRequest<'_>) -> PlanActionResponse {
        if let Some(deferred) = self.waits(request.capabilities) {
            return PlanActionResponse { deferred: Some(deferred), diagnostics: Diagnostics::new() };
        }
        match self.ready_action(request.kind) {
            // What the configuration of the provider depends on may be known only after the apply.
            Err(_) if self.awaits_config.load(Ordering::Relaxed) => {
                PlanActionResponse { deferred: None, diagnostics: Diagnostics::new() }
            }
            Err(diagnostics) => PlanActionResponse { deferred: None, diagnostics },
            Ok((action, setting)) => {
                let setting = Setting { may_defer: request.capabilities.deferral_allowed, ..setting };
                let (deferred, diagnostics) = action.plan(setting, request.config).await;
                PlanActionResponse { deferred, diagnostics }
            }
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
        let (new_state, private, diagnostics) =
            match self.ready(request.kind, request.planned_private, ClientCapabilities::default()) {
                Ok((resource, setting)) => {
                    let left = resource.apply(setting, &request).await;
                    (left.state, left.private, left.diagnostics)
                }
                Err(diagnostics) => (request.prior.clone(), request.planned_private.to_vec(), diagnostics),
            };
        ApplyResponse {
            identity: self.identity(request.kind, &new_state),
            new_state: Some(new_state),
            private,
            legacy_type_system: false,
            diagnostics,
        }
    }

    async fn invoke_action(
        &self,
        request: ActionRequest<'_>,
        progress: &mut (dyn FnMut(String) + Send),
    ) -> Diagnostics {
        let (action, setting) = match self.ready_action(request.kind) {
            Ok(ready) => ready,
            Err(diagnostics) => return diagnostics,
        };
        let (sender, mut told) = mpsc::unbounded_channel();
        let mut invocation = action.invoke(Setting { progress: Some(sender), ..setting }, request.config);
        let diagnostics = loop {
            tokio::select! {
                biased;
                Some(message) = told.recv() => progress(message),
                diagnostics = &mut invocation => break diagnostics,
            }
        };
        drop(invocation);
        while let Ok(message) = told.try_recv() {
            progress(message);
        }
        diagnostics
    }

    fn is_pure(&self, kind: &str) -> bool {
        self.resources.get(kind).is_some_and(|resource| resource.is_pure())
    }
}
