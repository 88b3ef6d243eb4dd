//! The provider of the simulated cloud.

use super::answer::{made, planned_legacy, planned_old, planned_shape, planned_thing, text, with};
use super::schema::provider_schema;
use super::{Cloud, CloudObject, Fault, find, note_links};
use async_trait::async_trait;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::{
    ApplyProvider, ApplyRequest, ApplyResponse, CallFunctionResponse, ConfigureRequest, DataResponse,
    EphemeralResponse, ImportRequest, ImportResponse, ImportedObject, MoveRequest, MoveResponse, PlanProvider,
    PlanRequest, PlanResponse, ProviderSchema, RawState, ReadRequest, ReadResponse, UpgradeResponse, ValidateResponse,
};
use formwork_value::{Path, Str, Type, Value, json};
use std::sync::{Arc, OnceLock};

/// The type whose objects live in the state alone.
const SHAPE: &str = "cloud_shape";

/// One configured instance of the provider.
pub struct CloudProvider {
    cloud: Arc<Cloud>,
    /// `None` if it is unknown. Set by whoever makes the provider or configures it first.
    endpoint: OnceLock<Option<Str>>,
}

/// The endpoint of a configuration.
fn endpoint_of(config: &Value) -> Option<Str> {
    match config.get("endpoint") {
        Some(value) if !value.is_known() => None,
        Some(value) => Some(value.as_str().unwrap_or_default().into()),
        None => Some("".into()),
    }
}

fn shared_schema() -> Arc<ProviderSchema> {
    static SCHEMA: OnceLock<Arc<ProviderSchema>> = OnceLock::new();
    SCHEMA.get_or_init(|| Arc::new(provider_schema())).clone()
}

fn ty_of(kind: &str) -> Type {
    shared_schema().resources.get(kind).map_or(Type::Dynamic, |s| s.block.implied_type())
}

fn error(summary: &str, detail: impl Into<String>) -> Diagnostics {
    Diagnostic::error(summary, detail).into()
}

fn name_of(value: &Value) -> String {
    text(value, "name").unwrap_or_default()
}

/// Private bytes of every object: whoever loses or mixes them up is found out.
fn private_of(id: &str) -> Vec<u8> {
    format!("private of {id}").into_bytes()
}

fn meta(value: Option<&Value>) -> String {
    let team = value.and_then(|v| text(v, "team"));
    team.map(|team| format!(" for team {team}")).unwrap_or_default()
}

fn identity(id: Option<&str>) -> Value {
    Value::object([("id", id.map_or_else(|| Value::unknown(Type::String), Value::string))])
}

impl CloudProvider {
    pub fn new(cloud: Arc<Cloud>, config: Option<&Value>) -> CloudProvider {
        let endpoint = config.map_or_else(|| Some("".into()), endpoint_of);
        CloudProvider { cloud, endpoint: OnceLock::from(endpoint) }
    }

    /// A provider that gets its configuration as plugins do.
    pub fn unconfigured(cloud: Arc<Cloud>) -> CloudProvider {
        CloudProvider { cloud, endpoint: OnceLock::new() }
    }

    fn endpoint(&self) -> Option<Str> {
        self.endpoint.get().cloned().flatten()
    }

    /// The endpoint, or why there is none.
    fn reach(&self) -> Result<Str, Diagnostics> {
        self.endpoint().ok_or_else(|| error("Endpoint unknown", "The provider's endpoint is not known."))
    }

    fn at(&self) -> String {
        match self.endpoint().as_deref() {
            None => " at ?".to_string(),
            Some("") => String::new(),
            Some(endpoint) => format!(" at {endpoint}"),
        }
    }

    /// Private bytes must come back as they were given.
    fn check_private(&self, value: &Value, private: &[u8]) -> Diagnostics {
        match text(value, "id") {
            Some(id) if private != private_of(&id) => {
                error("Private data lost", format!("Object {id} came with {:?}.", String::from_utf8_lossy(private)))
            }
            _ => Diagnostics::new(),
        }
    }

    fn create(&self, request: &ApplyRequest<'_>, endpoint: Str, fault: Option<Fault>) -> (Option<Value>, Diagnostics) {
        let name = name_of(request.planned);
        let failed = || error("Create failed", format!("The cloud does not make {name:?}."));
        if fault == Some(Fault::Fail) {
            return (Some(Value::null(ty_of(request.kind))), failed());
        }
        let mut world = self.cloud.world();
        world.made += 1;
        let id = format!("{}-{}", request.kind.trim_start_matches("cloud_"), world.made);
        let mut value = made(request.prior, request.planned, &id);
        let mut problems = Diagnostics::new();
        match fault {
            Some(Fault::Partial) => {
                value = with(&value, "version", Value::null(Type::Number));
                problems = failed();
            }
            Some(Fault::Inconsistent) => value = with(&value, "name", Value::string("something else")),
            Some(Fault::Unknown) => {
                let object =
                    CloudObject { number: world.made, kind: request.kind.into(), endpoint, value: value.clone() };
                world.objects.insert(id.into(), object);
                return (Some(with(&value, "arn", Value::unknown(Type::String))), problems);
            }
            Some(Fault::Null) => return (Some(Value::null(ty_of(request.kind))), problems),
            _ => {}
        }
        let object = CloudObject { number: world.made, kind: request.kind.into(), endpoint, value: value.clone() };
        world.objects.insert(id.into(), object);
        (if fault == Some(Fault::Nothing) { None } else { Some(value) }, problems)
    }

    fn update(&self, request: &ApplyRequest<'_>, fault: Option<Fault>) -> (Option<Value>, Diagnostics) {
        let name = name_of(request.prior);
        let failed = || error("Update failed", format!("The cloud does not change {name:?}."));
        let id = text(request.prior, "id").unwrap_or_default();
        let mut value = made(request.prior, request.planned, &id);
        let mut problems = Diagnostics::new();
        match fault {
            Some(Fault::Fail) => return (Some(request.prior.clone()), failed()),
            Some(Fault::Null) => return (Some(Value::null(ty_of(request.kind))), failed()),
            Some(Fault::Partial) => {
                value = with(request.prior, "version", Value::from(99));
                problems = failed();
            }
            Some(Fault::Inconsistent) => value = with(&value, "name", Value::string("something else")),
            Some(Fault::Unknown) => return (Some(with(&value, "arn", Value::unknown(Type::String))), problems),
            _ => {}
        }
        let mut world = self.cloud.world();
        match world.objects.get_mut(&*id) {
            Some(object) => object.value = value.clone(),
            None => problems = error("Not found", format!("There is no {id}.")),
        }
        (if fault == Some(Fault::Nothing) { None } else { Some(value) }, problems)
    }

    fn delete(&self, request: &ApplyRequest<'_>, endpoint: &str, fault: Option<Fault>) -> (Option<Value>, Diagnostics) {
        let name = name_of(request.prior);
        if matches!(fault, Some(Fault::Fail | Fault::Partial | Fault::Null)) {
            let problems = error("Delete failed", format!("The cloud does not let go of {name:?}."));
            let null = || Value::null(ty_of(request.kind));
            return (Some(if fault == Some(Fault::Null) { null() } else { request.prior.clone() }), problems);
        }
        let id = text(request.prior, "id").unwrap_or_default();
        let mut world = self.cloud.world();
        if world.objects.get(&*id).is_some_and(|o| &*o.endpoint != endpoint) {
            let problems = error("Not found", format!("There is no {id} at {endpoint:?}."));
            return (Some(request.prior.clone()), problems);
        }
        note_links(&mut world, &id);
        world.objects.remove(&*id);
        match fault {
            Some(Fault::Nothing) => (None, Diagnostics::new()),
            Some(Fault::Inconsistent) => (Some(request.prior.clone()), Diagnostics::new()),
            _ => (Some(Value::null(ty_of(request.kind))), Diagnostics::new()),
        }
    }

    /// What becomes of an object that the cloud does not keep.
    fn shape(&self, request: &ApplyRequest<'_>, fault: Option<Fault>) -> (Option<Value>, Diagnostics) {
        let made = made(request.prior, request.planned, &format!("shape-{}", name_of(request.planned)));
        match fault {
            Some(_) => (Some(request.prior.clone()), error("Change failed", "The cloud does not want this shape.")),
            None => (Some(made), Diagnostics::new()),
        }
    }

    fn replace_paths(&self, request: &PlanRequest<'_>) -> Vec<Path> {
        let mut paths = Vec::new();
        if !request.prior.is_null() && request.proposed.get("zone").is_some() {
            // As real providers do: named whether it has changed or not.
            paths.push(Path::root().attribute("zone"));
        }
        paths
    }
}

#[async_trait]
impl PlanProvider for CloudProvider {
    fn schema(&self) -> Arc<ProviderSchema> {
        shared_schema()
    }

    async fn validate_provider(&self, config: &Value) -> ValidateResponse {
        ValidateResponse { prepared: config.clone(), diagnostics: Diagnostics::new() }
    }

    async fn configure(&self, request: ConfigureRequest<'_>) -> Diagnostics {
        let _ = self.endpoint.set(endpoint_of(request.config));
        Diagnostics::new()
    }

    async fn validate_resource(&self, _: &str, config: &Value) -> Diagnostics {
        let name = name_of(config);
        self.cloud.note("validate", name.clone());
        match self.cloud.fault("validate", &name) {
            Some(_) => error("Bad name", format!("{name:?} is no name."))
                .into_iter()
                .map(|d| d.attribute(Path::root().attribute("name")))
                .collect(),
            None => Diagnostics::new(),
        }
    }

    async fn validate_data(&self, _: &str, _: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    async fn validate_ephemeral(&self, _: &str, _: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    async fn upgrade_resource_state(&self, kind: &str, _: u64, state: RawState) -> UpgradeResponse {
        self.cloud.note("upgrade", kind.to_string());
        let RawState::Json(text) = state else {
            return UpgradeResponse { state: Value::dynamic(), diagnostics: error("Too old", "A flat map.") };
        };
        match json::decode_state(&text, &ty_of(kind)) {
            Ok(state) => UpgradeResponse { state, diagnostics: Diagnostics::new() },
            Err(e) => UpgradeResponse { state: Value::dynamic(), diagnostics: error("Unreadable", e.to_string()) },
        }
    }

    async fn upgrade_identity(&self, _: &str, _: u64, _: Str) -> UpgradeResponse {
        UpgradeResponse { state: Value::dynamic(), diagnostics: error("Too old", "An identity.") }
    }

    async fn read_resource(&self, request: ReadRequest<'_>) -> ReadResponse {
        let name = name_of(request.current);
        self.cloud.note("read", format!("{name}{}{}", self.at(), meta(request.provider_meta)));
        self.cloud.take_time("read", &name).await;
        let mut diagnostics = self.check_private(request.current, request.private);
        let mut state = request.current.clone();
        match (self.reach(), self.cloud.fault("read", &name)) {
            (Err(problems), _) => diagnostics.extend(problems),
            (_, Some(_)) => diagnostics.extend(error("Read failed", format!("The cloud does not find {name:?}."))),
            (Ok(_), None) if request.kind == SHAPE => {}
            (Ok(endpoint), None) => {
                let id = text(request.current, "id").unwrap_or_default();
                let world = self.cloud.world();
                let object = world.objects.get(&*id).filter(|o| o.endpoint == endpoint);
                state = object.map_or_else(|| Value::null(ty_of(request.kind)), |o| o.value.clone());
            }
        }
        let id = text(request.current, "id");
        let identity = (request.kind == "cloud_thing").then(|| identity(id.as_deref()));
        ReadResponse { state, private: request.private.to_vec(), identity, deferred: None, diagnostics }
    }

    async fn plan_resource(&self, request: PlanRequest<'_>) -> PlanResponse {
        let subject = if request.proposed.is_null() { request.prior } else { request.proposed };
        let name = name_of(subject);
        let call = if request.proposed.is_null() { "plan-destroy" } else { "plan" };
        self.cloud.note(call, format!("{name}{}{}", self.at(), meta(request.provider_meta)));
        self.cloud.take_time(call, &name).await;
        let mut diagnostics = self.check_private(request.prior, request.prior_private);
        let mut planned = match (request.proposed.is_null(), request.kind) {
            (true, _) => request.proposed.clone(),
            (false, "cloud_thing") => planned_thing(request.prior, request.proposed),
            (false, SHAPE) => planned_shape(request.prior, request.proposed),
            (false, "cloud_legacy") => planned_legacy(request.prior, request.proposed),
            (false, _) => planned_old(request.prior, request.proposed),
        };
        match self.cloud.fault(call, &name) {
            Some(Fault::Inconsistent) => planned = with(&planned, "tags", Value::string("not a map")),
            Some(Fault::Unknown) => planned = with(&planned, "name", Value::string("invented")),
            Some(_) => diagnostics.extend(error("Plan failed", format!("The cloud does not want {name:?}."))),
            None => {}
        }
        let id = text(&planned, "id");
        let identity = (request.kind == "cloud_thing" && !planned.is_null()).then(|| identity(id.as_deref()));
        PlanResponse {
            planned,
            requires_replace: self.replace_paths(&request),
            planned_private: request.prior_private.to_vec(),
            planned_identity: identity,
            legacy_type_system: request.kind == "cloud_legacy",
            deferred: None,
            diagnostics,
        }
    }

    async fn import_resource(&self, request: ImportRequest<'_>) -> ImportResponse {
        let by_identity = request.identity.and_then(|i| text(i, "id"));
        let id = by_identity.unwrap_or_else(|| request.id.to_string());
        self.cloud.note("import", id.clone());
        let state = with(&super::answer::imported(&id, ""), "name", Value::null(Type::String));
        let object = ImportedObject {
            kind: request.kind.into(),
            state,
            private: private_of(&id),
            identity: Some(identity(Some(&id))),
        };
        ImportResponse { objects: vec![object], deferred: None, diagnostics: Diagnostics::new() }
    }

    async fn move_resource(&self, request: MoveRequest<'_>) -> MoveResponse {
        self.cloud
            .note("move", format!("{} {} to {}", request.source_provider, request.source_kind, request.target_kind));
        let old = Type::object([("id", Type::String), ("name", Type::String)]);
        let RawState::Json(json_text) = &request.source_state else {
            return MoveResponse {
                state: Value::dynamic(),
                private: Vec::new(),
                identity: None,
                diagnostics: error("Cannot move", "A flat map."),
            };
        };
        let diagnostics = match request.source_kind {
            "cloud_old" | "terraform_data" => Diagnostics::new(),
            kind => error("Cannot move", format!("{kind} does not become a thing.")),
        };
        let old = json::decode_state(json_text, &old).unwrap_or_else(|_| Value::empty_object());
        let (id, name) = (text(&old, "id").unwrap_or_default(), text(&old, "name").unwrap_or_default());
        let state = super::answer::imported(&id, &name);
        let object =
            CloudObject { number: 0, kind: request.target_kind.into(), endpoint: "".into(), value: state.clone() };
        self.cloud.world().objects.insert(id.as_str().into(), object);
        MoveResponse { state, private: private_of(&id), identity: Some(identity(Some(&id))), diagnostics }
    }

    async fn read_data(&self, _: &str, config: &Value, provider_meta: Option<&Value>) -> DataResponse {
        let name = name_of(config);
        self.cloud.note("data", format!("{name}{}{}", self.at(), meta(provider_meta)));
        self.cloud.take_time("data", &name).await;
        let world = self.cloud.world();
        let found = find(&world, &name).and_then(|id| world.objects.get(&id));
        let (state, diagnostics) = match found {
            Some(object) => {
                let pick = |attribute: &str| object.value.get(attribute).cloned().unwrap_or_else(Value::dynamic);
                let state = Value::object([("name", Value::string(&name)), ("id", pick("id")), ("size", pick("size"))]);
                (state, Diagnostics::new())
            }
            None => (config.clone(), error("Not found", format!("There is no {name:?}."))),
        };
        DataResponse { state, deferred: None, diagnostics }
    }

    async fn open_ephemeral(&self, _: &str, config: &Value) -> EphemeralResponse {
        let name = name_of(config);
        self.cloud.note("open", name.clone());
        self.cloud.take_time("open", &name).await;
        let fault = self.cloud.fault("open", &name);
        let diagnostics = match fault {
            Some(_) => error("Open failed", format!("There is no token {name:?}.")),
            None => Diagnostics::new(),
        };
        let mut world = self.cloud.world();
        if fault.is_none() {
            *world.open.entry(name.as_str().into()).or_default() += 1;
        }
        let lifetime = config.get("lifetime").and_then(Value::as_number).and_then(|n| n.to_i64());
        EphemeralResponse {
            result: with(config, "value", Value::string(format!("token of {name}"))),
            private: match lifetime {
                Some(seconds) => format!("{name} for {seconds}").into_bytes(),
                None => name.into_bytes(),
            },
            renew_at: lifetime.map(|seconds| self.cloud.now() + seconds),
            deferred: None,
            diagnostics,
        }
    }

    async fn renew_ephemeral(&self, _: &str, private: &[u8]) -> EphemeralResponse {
        let private_text = String::from_utf8_lossy(private).into_owned();
        let (name, seconds) = private_text.split_once(" for ").unwrap_or((&private_text, ""));
        self.cloud.note("renew", name.to_string());
        let fault = self.cloud.fault("renew", name);
        self.cloud.take_time("renew", name).await;
        let diagnostics = match fault {
            Some(_) => error("Renewal failed", format!("The token {name:?} has expired.")),
            None => Diagnostics::new(),
        };
        let lifetime = seconds.parse::<i64>().ok();
        EphemeralResponse {
            result: Value::dynamic(),
            private: private.to_vec(),
            renew_at: lifetime.map(|seconds| self.cloud.now() + seconds),
            deferred: None,
            diagnostics,
        }
    }

    async fn close_ephemeral(&self, _: &str, private: &[u8]) -> Diagnostics {
        let name = String::from_utf8_lossy(private);
        let name = name.split(" for ").next().unwrap_or_default().to_string();
        self.cloud.note("close", name.clone());
        if self.cloud.fault("close", &name).is_some() {
            return error("Close failed", format!("The token {name:?} cannot be given back."));
        }
        let mut world = self.cloud.world();
        if let Some(count) = world.open.get_mut(&*name) {
            *count = count.saturating_sub(1);
        }
        Diagnostics::new()
    }

    async fn call_function(&self, name: &str, _: &[Value]) -> CallFunctionResponse {
        CallFunctionResponse { result: Value::dynamic(), error: Some((format!("there is no function {name}"), None)) }
    }

    async fn stop(&self) -> Diagnostics {
        Diagnostics::new()
    }
}

#[async_trait]
impl ApplyProvider for CloudProvider {
    async fn apply_resource(&self, request: ApplyRequest<'_>) -> ApplyResponse {
        let call = match (request.prior.is_null(), request.planned.is_null()) {
            (true, _) => "create",
            (_, true) => "delete",
            _ => "update",
        };
        let name = name_of(if call == "delete" { request.prior } else { request.planned });
        let token = text(request.config, "token").map(|t| format!(" with token {t:?}")).unwrap_or_default();
        self.cloud.note(call, format!("{name}{}{token}{}", self.at(), meta(request.provider_meta)));
        self.cloud.take_time(call, &name).await;
        let mut diagnostics = self.check_private(request.prior, request.planned_private);
        let fault = self.cloud.fault(call, &name);
        let (new_state, problems) = match self.reach() {
            Err(problems) => (Some(request.prior.clone()), problems),
            Ok(_) if request.kind == SHAPE => self.shape(&request, fault),
            Ok(endpoint) => match call {
                "create" => self.create(&request, endpoint, fault),
                "delete" => self.delete(&request, &endpoint, fault),
                _ => self.update(&request, fault),
            },
        };
        diagnostics.extend(problems);
        let id = new_state.as_ref().and_then(|s| text(s, "id"));
        let identity = id.as_deref().filter(|_| request.kind == "cloud_thing").map(|id| identity(Some(id)));
        ApplyResponse {
            new_state,
            private: id.map(|id| private_of(&id)).unwrap_or_default(),
            identity,
            legacy_type_system: request.kind == "cloud_legacy",
            diagnostics,
        }
    }
}
