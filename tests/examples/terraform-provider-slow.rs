//! A provider to test with: its cloud is a directory with a file for each object, and it takes its time.
//!
//! With `SLOW_FAULT=crash CALL` in its environment the process ends in that call, with `hang CALL` it answers never;
//! `SLOW_FAULT_ONCE=FILE` does so only if the file is not there yet, and creates it.
//!
//! With `SLOW_BEARS=N` it refuses every change beyond N at the same time, as clouds do that want fewer calls; beside the cloud
//! stands a line for each refusal (`cloud.refused`) and the most changes at once that it has borne (`cloud.most`).
//!
//! Every object gets an id of its own, `NAME.PROCESS-NUMBER`, so that an object that was created twice shows as two files.

use async_trait::async_trait;
use formwork_diag::Diagnostics;
use formwork_model::{
    ApplyProvider, ApplyRequest, ApplyResponse, Attribute, Block, CallFunctionResponse, ConfigureRequest, DataResponse,
    EphemeralResponse, ImportRequest, ImportResponse, ImportedObject, MoveRequest, MoveResponse, PlanProvider,
    PlanRequest, PlanResponse, ProviderSchema, RawState, ReadRequest, ReadResponse, Schema, UpgradeResponse,
    ValidateResponse,
};
use formwork_value::{Path, Str, Type, Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

const OBJECT: &str = "slow_object";

#[tokio::main]
async fn main() -> ExitCode {
    let provider = Slow {
        schema: Arc::new(schema()),
        settings: OnceLock::new(),
        number: AtomicU64::new(0),
        under_way: Mutex::default(),
    };
    formwork_protocol::serve(Arc::new(provider)).await
}

struct Slow {
    schema: Arc<ProviderSchema>,
    settings: OnceLock<Settings>,
    number: AtomicU64,
    under_way: Mutex<(usize, usize)>,
}

#[derive(Default)]
struct Settings {
    cloud: PathBuf,
    /// Time that each change takes: half of it before the effect, half after.
    delay: Duration,
}

fn schema() -> ProviderSchema {
    let text = || Attribute::new(Type::String);
    let provider =
        Block::new([("cloud", text().required()), ("delay_ms", Attribute::new(Type::Number).optional())], []);
    let object = Block::new(
        [
            ("name", text().required().describe("Replaces the object when it changes.")),
            ("text", text().optional().describe("What the file holds.")),
            (
                "gate",
                text().optional().describe("A file to wait for before the effect; FILE.reached tells of the wait."),
            ),
            ("hold", text().optional().describe("The same, after the effect and before the answer.")),
            ("id", text().computed()),
        ],
        [],
    );
    let schema = |block| Arc::new(Schema { version: 0, block });
    ProviderSchema {
        provider: schema(provider),
        resources: BTreeMap::from([(Str::from(OBJECT), schema(object))]),
        schema_optional: true,
        ..ProviderSchema::default()
    }
}

fn object_type() -> Type {
    Type::object(["name", "text", "gate", "hold", "id"].map(|name| (name, Type::String)))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}

/// The value with one attribute replaced.
fn with(value: &Value, name: &str, new: Value) -> Value {
    let mut attributes = value.as_mapping().cloned().unwrap_or_default();
    attributes.insert(name.into(), new);
    Value::object_map(attributes)
}

fn problem(summary: &str, detail: impl ToString) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    diagnostics.error(summary, detail.to_string());
    diagnostics
}

impl Slow {
    fn cloud(&self) -> PathBuf {
        self.settings.get().map(|settings| settings.cloud.clone()).unwrap_or_default()
    }

    async fn wait(&self) {
        tokio::time::sleep(self.settings.get().map_or(Duration::ZERO, |settings| settings.delay) / 2).await;
    }

    /// Begins a change, if that is not too much.
    fn begin(&self) -> Result<Option<UnderWay<'_>>, Diagnostics> {
        let Some(bears) = std::env::var("SLOW_BEARS").ok().and_then(|text| text.parse::<usize>().ok()) else {
            return Ok(None);
        };
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let (now, most) = &mut *under_way;
        if *now >= bears {
            append(&self.cloud().with_extension("refused"), "refused");
            return Err(problem("creating the object", "ThrottlingException: Rate exceeded"));
        }
        *now += 1;
        if *now > *most {
            *most = *now;
            let _ = std::fs::write(self.cloud().with_extension("most"), most.to_string());
        }
        Ok(Some(UnderWay(&self.under_way)))
    }

    async fn change(&self, prior: &Value, planned: &Value) -> std::io::Result<Value> {
        self.wait().await;
        let wanted = if planned.is_null() { prior } else { planned };
        pass(text(wanted, "gate")).await?;
        let changed = if planned.is_null() {
            std::fs::remove_file(self.cloud().join(text(prior, "id")))?;
            planned.clone()
        } else {
            let id = match text(prior, "id") {
                "" => self.new_id(text(planned, "name")),
                id => id.to_owned(),
            };
            std::fs::write(self.cloud().join(&id), text(planned, "text"))?;
            with(planned, "id", Value::from(id))
        };
        pass(text(wanted, "hold")).await?;
        self.wait().await;
        Ok(changed)
    }

    fn new_id(&self, name: &str) -> String {
        format!("{name}.{}-{}", std::process::id(), self.number.fetch_add(1, Ordering::Relaxed))
    }

    /// What the cloud has under an id, as far as a file can tell.
    fn look(&self, current: &Value, id: &str) -> std::io::Result<Value> {
        match std::fs::read_to_string(self.cloud().join(id)) {
            Ok(found) if found.is_empty() => Ok(with(current, "text", Value::null(Type::String))),
            Ok(found) => Ok(with(current, "text", Value::from(found))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Value::null(object_type())),
            Err(error) => Err(error),
        }
    }
}

/// A change that is under way, until it is dropped.
struct UnderWay<'a>(&'a Mutex<(usize, usize)>);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 -= 1;
    }
}

/// Adds a line to a file.
fn append(path: &std::path::Path, line: &str) {
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    let _ = file.and_then(|mut file| writeln!(file, "{line}"));
}

/// What the environment asks for in a call.
async fn fault(call: &str) {
    let wanted = std::env::var("SLOW_FAULT").unwrap_or_default();
    let Some((what, _)) = wanted.split_once(' ').filter(|(_, name)| *name == call) else { return };
    if let Ok(path) = std::env::var("SLOW_FAULT_ONCE") {
        if std::path::Path::new(&path).exists() {
            return;
        }
        let _ = std::fs::write(path, "");
    }
    match what {
        "crash" => std::process::exit(7),
        _ => std::future::pending().await,
    }
}

/// Waits until the file is there.
async fn pass(gate: &str) -> std::io::Result<()> {
    if gate.is_empty() {
        return Ok(());
    }
    std::fs::write(format!("{gate}.reached"), "")?;
    while !std::path::Path::new(gate).exists() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(())
}

#[async_trait]
impl PlanProvider for Slow {
    fn schema(&self) -> Arc<ProviderSchema> {
        self.schema.clone()
    }

    async fn validate_provider(&self, config: &Value) -> ValidateResponse {
        fault("validate-provider").await;
        ValidateResponse { prepared: config.clone(), diagnostics: Diagnostics::new() }
    }

    async fn configure(&self, request: ConfigureRequest<'_>) -> Diagnostics {
        fault("configure").await;
        let delay = request.config.get("delay_ms").and_then(Value::as_number).and_then(|n| n.to_string().parse().ok());
        let delay = Duration::from_millis(delay.unwrap_or(0));
        let cloud = PathBuf::from(text(request.config, "cloud"));
        // Beside the cloud stands which process works on it.
        let written = std::fs::write(cloud.with_extension("process"), std::process::id().to_string());
        let _ = self.settings.set(Settings { cloud, delay });
        written.err().map(|error| problem("The cloud cannot be used", error)).unwrap_or_default()
    }

    async fn validate_resource(&self, _: &str, _: &Value) -> Diagnostics {
        fault("validate").await;
        Diagnostics::new()
    }

    async fn validate_data(&self, _: &str, _: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    async fn validate_ephemeral(&self, _: &str, _: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    async fn upgrade_resource_state(&self, _: &str, _: u64, state: RawState) -> UpgradeResponse {
        fault("upgrade").await;
        let RawState::Json(text) = state else {
            let diagnostics = problem("Old state", "There is no older form of this state.");
            return UpgradeResponse { state: Value::null(object_type()), diagnostics };
        };
        match json::decode_state(&text, &object_type()) {
            Ok(state) => UpgradeResponse { state, diagnostics: Diagnostics::new() },
            Err(error) => {
                UpgradeResponse { state: Value::null(object_type()), diagnostics: problem("Bad state", error) }
            }
        }
    }

    async fn upgrade_identity(&self, _: &str, _: u64, _: Str) -> UpgradeResponse {
        UpgradeResponse { state: Value::dynamic(), diagnostics: problem("No identities", "There are none.") }
    }

    async fn read_resource(&self, request: ReadRequest<'_>) -> ReadResponse {
        fault("read").await;
        let looked = self.look(request.current, text(request.current, "id"));
        let (state, diagnostics) = match looked {
            Ok(state) => (state, Diagnostics::new()),
            Err(error) => (request.current.clone(), problem("The cloud does not answer", error)),
        };
        ReadResponse { state, private: request.private.to_vec(), identity: None, deferred: None, diagnostics }
    }

    async fn plan_resource(&self, request: PlanRequest<'_>) -> PlanResponse {
        fault("plan").await;
        let (prior, proposed) = (request.prior, request.proposed);
        let creates = prior.is_null() && !proposed.is_null();
        let planned = match creates {
            true => with(proposed, "id", Value::unknown_not_null(Type::String)),
            false => proposed.clone(),
        };
        let renames = !creates && !proposed.is_null() && text(prior, "name") != text(proposed, "name");
        PlanResponse {
            planned,
            requires_replace: renames.then(|| Path::root().attribute("name")).into_iter().collect(),
            planned_private: Vec::new(),
            planned_identity: None,
            legacy_type_system: false,
            deferred: None,
            diagnostics: Diagnostics::new(),
        }
    }

    async fn import_resource(&self, request: ImportRequest<'_>) -> ImportResponse {
        let name = request.id.split('.').next().unwrap_or_default();
        let known = [("name", Value::from(name)), ("id", Value::from(request.id))];
        let unknown = ["text", "gate", "hold"].map(|name| (name, Value::null(Type::String)));
        let imported = self.look(&Value::object(known.into_iter().chain(unknown)), request.id);
        let (objects, diagnostics) = match imported {
            Ok(state) if state.is_null() => (Vec::new(), problem("No such object", request.id)),
            Ok(state) => {
                let object = ImportedObject { kind: OBJECT.into(), state, private: Vec::new(), identity: None };
                (vec![object], Diagnostics::new())
            }
            Err(error) => (Vec::new(), problem("The cloud does not answer", error)),
        };
        ImportResponse { objects, deferred: None, diagnostics }
    }

    async fn move_resource(&self, _: MoveRequest<'_>) -> MoveResponse {
        let diagnostics = problem("Unsupported move", "Nothing can be moved here.");
        MoveResponse { state: Value::null(object_type()), private: Vec::new(), identity: None, diagnostics }
    }

    async fn read_data(&self, _: &str, _: &Value, _: Option<&Value>) -> DataResponse {
        DataResponse { state: Value::dynamic(), deferred: None, diagnostics: problem("No data", "There is none.") }
    }

    async fn open_ephemeral(&self, _: &str, _: &Value) -> EphemeralResponse {
        let diagnostics = problem("Nothing ephemeral", "There is none.");
        EphemeralResponse { result: Value::dynamic(), private: Vec::new(), renew_at: None, deferred: None, diagnostics }
    }

    async fn renew_ephemeral(&self, kind: &str, _: &[u8]) -> EphemeralResponse {
        self.open_ephemeral(kind, &Value::dynamic()).await
    }

    async fn close_ephemeral(&self, _: &str, _: &[u8]) -> Diagnostics {
        Diagnostics::new()
    }

    async fn call_function(&self, _: &str, _: &[Value]) -> CallFunctionResponse {
        CallFunctionResponse { result: Value::dynamic(), error: Some(("there are no functions".to_owned(), None)) }
    }

    async fn stop(&self) -> Diagnostics {
        Diagnostics::new()
    }
}

#[async_trait]
impl ApplyProvider for Slow {
    async fn apply_resource(&self, request: ApplyRequest<'_>) -> ApplyResponse {
        fault("apply").await;
        let (new_state, diagnostics) = match self.begin() {
            Err(refused) => (request.prior.clone(), refused),
            Ok(_under_way) => match self.change(request.prior, request.planned).await {
                Ok(state) => (state, Diagnostics::new()),
                Err(error) => (request.prior.clone(), problem("The cloud does not answer", error)),
            },
        };
        ApplyResponse {
            new_state: Some(new_state),
            private: Vec::new(),
            identity: None,
            legacy_type_system: false,
            diagnostics,
        }
    }
}
