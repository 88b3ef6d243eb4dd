//! A small provider, served as a plugin. The tests run it with our host and with the reference.
//!
//! Its objects live in the state only. A note's identifier is made from its name; some names make it misbehave.

use async_trait::async_trait;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::{
    ActionRequest, ApplyProvider, ApplyRequest, ApplyResponse, Attribute, AttributeType, Block, CallFunctionResponse,
    ConfigureRequest, DataResponse, DescriptionKind, EphemeralResponse, FunctionParameter, FunctionSignature,
    GenerateResponse, IdentityAttribute, IdentitySchema, ImportRequest, ImportResponse, ImportedObject, ListArguments,
    ListRequest, ListSink, ListedObject, MoveRequest, MoveResponse, NestedBlock, NestedType, Nesting,
    PlanActionResponse, PlanProvider, PlanRequest, PlanResponse, ProviderSchema, RawState, ReadRequest, ReadResponse,
    Schema, UpgradeResponse, ValidateResponse,
};
use formwork_value::{Path, Str, Type, Value, json};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;

const NOTE: &str = "sample_note";

#[tokio::main]
async fn main() -> ExitCode {
    let provider = Sample { schema: Arc::new(schema()), prefix: OnceLock::new(), stopped: watch::Sender::new(false) };
    formwork_protocol::serve(Arc::new(provider)).await
}

struct Sample {
    schema: Arc<ProviderSchema>,
    prefix: OnceLock<String>,
    stopped: watch::Sender<bool>,
}

fn nested(nesting: Nesting, attributes: Vec<(&str, Attribute)>) -> Attribute {
    let attributes = attributes.into_iter().map(|(name, attribute)| (name.into(), attribute)).collect();
    let mut attribute = Attribute::new(Type::String);
    attribute.kind = AttributeType::Nested(NestedType { nesting, attributes });
    attribute
}

fn note_schema() -> Schema {
    let mut secret = Attribute::new(Type::String).optional();
    secret.write_only = true;
    let line = Block::new([("text", Attribute::new(Type::String).required())], []);
    let line = NestedBlock { nesting: Nesting::List, block: line, min_items: 0, max_items: 3 };
    // Protocol 5 has no attributes inside of attributes.
    let port = || ("port", Attribute::new(Type::Number).required());
    let rule = match std::env::var_os("SAMPLE_FLAT") {
        Some(_) => Attribute::new(Type::list(Type::object([("port", Type::Number)]))),
        None => nested(Nesting::List, vec![port()]),
    };
    let attributes = [
        ("name", Attribute::new(Type::String).required().describe("Replaces the note when it changes.")),
        ("id", Attribute::new(Type::String).computed()),
        ("size", Attribute::new(Type::Number).optional()),
        ("any", Attribute::new(Type::Dynamic).optional()),
        ("labels", Attribute::new(Type::set(Type::String)).optional()),
        ("password", Attribute::new(Type::String).optional().sensitive()),
        ("secret", secret),
        ("rule", rule.optional()),
    ];
    Schema { version: 1, block: Block::new(attributes, [("line", line)]) }
}

fn schema() -> ProviderSchema {
    let text = || Attribute::new(Type::String);
    let name = IdentityAttribute {
        ty: Type::String,
        description: "Name of the note".into(),
        required_for_import: true,
        optional_for_import: false,
    };
    let parameter = FunctionParameter {
        name: "texts".into(),
        ty: Type::String,
        allow_null: false,
        allow_unknown: false,
        description: "".into(),
        description_kind: DescriptionKind::Plain,
    };
    let glue = FunctionSignature {
        parameters: Vec::new(),
        variadic: Some(parameter),
        return_type: Type::String,
        summary: "Glues texts together".into(),
        description: "".into(),
        description_kind: DescriptionKind::Markdown,
        deprecation_message: "".into(),
    };
    let lookup = Block::new([("name", text().required()), ("id", text().computed())], []);
    let token = Block::new([("name", text().required()), ("token", text().computed().sensitive())], []);
    let schema = |block| Arc::new(Schema { version: 0, block });
    ProviderSchema {
        provider: schema(Block::new([("prefix", text().optional())], [])),
        resources: BTreeMap::from([(Str::from(NOTE), Arc::new(note_schema()))]),
        data_sources: BTreeMap::from([(Str::from(NOTE), schema(lookup))]),
        ephemeral_resources: BTreeMap::from([(Str::from("sample_token"), schema(token))]),
        identities: BTreeMap::from([(
            Str::from(NOTE),
            IdentitySchema { version: 0, attributes: BTreeMap::from([("name".into(), name)]) },
        )]),
        list_resources: BTreeMap::from([(
            Str::from(NOTE),
            schema(Block::new([("prefix", text().optional()), ("count", Attribute::new(Type::Number).required())], [])),
        )]),
        actions: BTreeMap::from([(
            Str::from("sample_ring"),
            schema(Block::new([("times", Attribute::new(Type::Number).required())], [])),
        )]),
        functions: BTreeMap::from([(Str::from("glue"), glue)]),
        plan_destroy: true,
        schema_optional: true,
        move_resource_state: true,
        generate_resource_config: true,
        ..ProviderSchema::default()
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}

/// The value with some attributes replaced.
fn with<const N: usize>(value: &Value, changes: [(&str, Value); N]) -> Value {
    let mut attributes = value.as_mapping().cloned().unwrap_or_default();
    attributes.extend(changes.into_iter().map(|(name, value)| (Str::from(name), value)));
    Value::object_map(attributes)
}

impl Sample {
    fn id(&self, name: &str) -> Value {
        Value::string(format!("{}{name}", self.prefix.get().map_or("", String::as_str)))
    }

    fn identity(value: &Value) -> Option<Value> {
        (!value.is_null()).then(|| Value::object([("name", Value::from(text(value, "name")))]))
    }

    fn note(&self, name: &str) -> Value {
        let ty = self.note_type();
        let Type::Object(object) = &ty else { unreachable!("a schema's type is an object") };
        let nulls = object.attributes.iter().map(|(name, ty)| match ty {
            Type::List(element) if &**name == "line" => (name.clone(), Value::list((**element).clone(), Vec::new())),
            _ => (name.clone(), Value::null(ty.clone())),
        });
        with(&Value::object(nulls), [("name", Value::from(name)), ("id", self.id(name))])
    }

    fn note_type(&self) -> Type {
        note_schema().block.implied_type()
    }
}

#[async_trait]
impl PlanProvider for Sample {
    fn schema(&self) -> Arc<ProviderSchema> {
        self.schema.clone()
    }

    async fn validate_provider(&self, config: &Value) -> ValidateResponse {
        ValidateResponse { prepared: config.clone(), diagnostics: Diagnostics::new() }
    }

    async fn configure(&self, request: ConfigureRequest<'_>) -> Diagnostics {
        let _ = self.prefix.set(text(request.config, "prefix").to_owned());
        Diagnostics::new()
    }

    async fn validate_resource(&self, _: &str, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        if text(config, "name") == "forbidden" {
            let path = Path::root().attribute("name");
            diagnostics.push(Diagnostic::error("Forbidden name", "Choose another name.").attribute(path));
        }
        diagnostics
    }

    async fn validate_data(&self, _: &str, _: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    async fn validate_ephemeral(&self, _: &str, _: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    async fn upgrade_resource_state(&self, _: &str, version: u64, state: RawState) -> UpgradeResponse {
        let mut diagnostics = Diagnostics::new();
        let state = match state {
            RawState::Json(text) => json::decode_state(&text, &self.note_type()),
            RawState::Flatmap(_) => json::decode_state("null", &self.note_type()),
        };
        if version > 1 {
            diagnostics.error("Too new", "The state is of a later version.");
        }
        let state = state.unwrap_or_else(|error| {
            diagnostics.error("Bad state", error.to_string());
            Value::null(self.note_type())
        });
        UpgradeResponse { state, diagnostics }
    }

    async fn upgrade_identity(&self, _: &str, _: u64, identity_json: Str) -> UpgradeResponse {
        let ty = Type::object([("name", Type::String)]);
        let state = json::decode_state(&identity_json, &ty).unwrap_or_else(|_| Value::null(ty));
        UpgradeResponse { state, diagnostics: Diagnostics::new() }
    }

    async fn read_resource(&self, request: ReadRequest<'_>) -> ReadResponse {
        match text(request.current, "name") {
            "abort" => std::process::abort(),
            "panic" => panic!("the note wants it"),
            "slow" => drop(self.stopped.subscribe().wait_for(|stopped| *stopped).await),
            _ => {}
        }
        ReadResponse {
            state: request.current.clone(),
            private: request.private.to_vec(),
            identity: Self::identity(request.current),
            deferred: None,
            diagnostics: Diagnostics::new(),
        }
    }

    async fn plan_resource(&self, request: PlanRequest<'_>) -> PlanResponse {
        let (prior, proposed) = (request.prior, request.proposed);
        let mut requires_replace = Vec::new();
        let mut planned = proposed.clone();
        if !proposed.is_null() {
            planned = with(proposed, [("secret", Value::null(Type::String))]);
            if prior.is_null() {
                planned = with(&planned, [("id", Value::unknown_not_null(Type::String))]);
            } else if text(prior, "name") != text(proposed, "name") {
                requires_replace.push(Path::root().attribute("name"));
            }
        }
        PlanResponse {
            planned_identity: Self::identity(&planned),
            planned,
            requires_replace,
            planned_private: b"planned".to_vec(),
            legacy_type_system: false,
            deferred: None,
            diagnostics: Diagnostics::new(),
        }
    }

    async fn import_resource(&self, request: ImportRequest<'_>) -> ImportResponse {
        let name = request.identity.map_or(request.id, |identity| text(identity, "name"));
        let state = self.note(name);
        let identity = Self::identity(&state);
        let objects = vec![ImportedObject { kind: NOTE.into(), state, private: Vec::new(), identity }];
        ImportResponse { objects, deferred: None, diagnostics: Diagnostics::new() }
    }

    async fn move_resource(&self, request: MoveRequest<'_>) -> MoveResponse {
        let mut diagnostics = Diagnostics::new();
        if request.source_kind != "other_note" {
            diagnostics.error("Unsupported move", format!("Nothing is known of {}.", request.source_kind));
            return MoveResponse {
                state: Value::null(self.note_type()),
                private: Vec::new(),
                identity: None,
                diagnostics,
            };
        }
        let RawState::Json(text) = &request.source_state else { unreachable!("the state is of today") };
        let source = json::decode_plain(text).unwrap_or_else(|_| Value::dynamic());
        let state = self.note(self::text(&source, "title"));
        let private = [request.source_private, request.source_identity_json.unwrap_or_default().as_bytes()].concat();
        MoveResponse { identity: Self::identity(&state), state, private, diagnostics }
    }

    async fn read_data(&self, _: &str, config: &Value, _: Option<&Value>) -> DataResponse {
        let state = with(config, [("id", self.id(text(config, "name")))]);
        DataResponse { state, deferred: None, diagnostics: Diagnostics::new() }
    }

    async fn open_ephemeral(&self, _: &str, config: &Value) -> EphemeralResponse {
        EphemeralResponse {
            result: with(config, [("token", self.id("token"))]),
            private: b"opened".to_vec(),
            renew_at: Some(4_000_000_000),
            deferred: None,
            diagnostics: Diagnostics::new(),
        }
    }

    async fn renew_ephemeral(&self, _: &str, private: &[u8]) -> EphemeralResponse {
        EphemeralResponse {
            result: Value::null(Type::Dynamic),
            private: [private, b"+"].concat(),
            renew_at: None,
            deferred: None,
            diagnostics: Diagnostics::new(),
        }
    }

    async fn close_ephemeral(&self, _: &str, private: &[u8]) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        if private != b"opened" {
            diagnostics.push(Diagnostic::warning("Closed late", String::from_utf8_lossy(private)));
        }
        diagnostics
    }

    async fn generate_config(&self, _: &str, state: &Value) -> GenerateResponse {
        let config = with(state, [("id", Value::null(Type::String)), ("size", Value::from(7))]);
        GenerateResponse { config, diagnostics: Diagnostics::new() }
    }

    async fn validate_list(&self, _: &str, config: &Value, arguments: ListArguments<'_>) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        if text(config, "prefix") == "forbidden" {
            let path = Path::root().attribute("prefix");
            let given =
                format!("{:?} {:?}", arguments.include_resource.and_then(Value::as_bool), arguments.limit.is_some());
            diagnostics.push(Diagnostic::error("Forbidden prefix", given).attribute(path));
        }
        diagnostics
    }

    async fn list_resources(&self, request: ListRequest<'_>, found: &mut dyn ListSink) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        for number in 0.. {
            if request.config.get("count") == Some(&Value::from(number)) {
                diagnostics.push(Diagnostic::warning("No more", "That was all."));
                break;
            }
            let state = self.note(&format!("{}{number}", text(request.config, "prefix")));
            let object = ListedObject {
                identity: Self::identity(&state),
                display_name: format!("Note {number}"),
                resource: request.include_resource.then_some(state),
                diagnostics: Diagnostics::new(),
            };
            if !found.take(object).await {
                break;
            }
        }
        diagnostics
    }

    async fn validate_action(&self, _: &str, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        if config.get("times") == Some(&Value::from(0)) {
            diagnostics.push(Diagnostic::error("No times", "Ring once.").attribute(Path::root().attribute("times")));
        }
        diagnostics
    }

    async fn plan_action(&self, request: ActionRequest<'_>) -> PlanActionResponse {
        let is_known = request.config.is_wholly_known();
        let waits = !is_known && request.capabilities.deferral_allowed;
        PlanActionResponse {
            deferred: waits.then_some(formwork_model::Deferred::ProviderConfigUnknown),
            diagnostics: Diagnostics::new(),
        }
    }

    async fn call_function(&self, _: &str, args: &[Value]) -> CallFunctionResponse {
        let mut glued = String::new();
        for (index, arg) in args.iter().enumerate() {
            match arg.as_str() {
                Some("") => {
                    let error = Some(("must not be empty".to_owned(), Some(index)));
                    return CallFunctionResponse { result: Value::null(Type::String), error };
                }
                text => glued.push_str(text.unwrap_or("?")),
            }
        }
        CallFunctionResponse { result: Value::from(glued), error: None }
    }

    async fn stop(&self) -> Diagnostics {
        self.stopped.send_replace(true);
        Diagnostics::new()
    }
}

#[async_trait]
impl ApplyProvider for Sample {
    async fn apply_resource(&self, request: ApplyRequest<'_>) -> ApplyResponse {
        let mut diagnostics = Diagnostics::new();
        let planned = request.planned;
        let new_state = match planned.is_null() {
            true => planned.clone(),
            false => with(planned, [("id", self.id(text(planned, "name")))]),
        };
        if text(planned, "name") == "unlucky" {
            diagnostics.error("No luck", "The note was made, but is damaged.");
        }
        ApplyResponse {
            identity: Self::identity(&new_state),
            new_state: Some(new_state),
            private: request.planned_private.to_vec(),
            legacy_type_system: false,
            diagnostics,
        }
    }
    async fn invoke_action(
        &self,
        request: ActionRequest<'_>,
        progress: &mut (dyn FnMut(String) + Send),
    ) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        for number in 0.. {
            match request.config.get("times") {
                Some(times) if *times == Value::from(number) => break,
                Some(_) if number == 3 => {
                    diagnostics.error("Bell is broken", "It has rung three times.");
                    break;
                }
                _ => progress(format!("ring {number}")),
            }
        }
        diagnostics
    }
}
