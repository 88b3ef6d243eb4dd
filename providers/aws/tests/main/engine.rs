//! A small engine: plans, applies and reads one object, and checks every answer as an engine does.

use crate::cloud::cloud;
use formwork_diag::Diagnostics;
use formwork_model::*;
use formwork_provider_aws::Aws;
use formwork_value::{Type, Value, json};
use std::sync::Arc;

pub struct Engine {
    provider: Aws,
    pub schema: Arc<ProviderSchema>,
}

/// What a plan says about an object.
#[derive(Debug, PartialEq, Eq)]
pub enum Change {
    None,
    Update,
    Replace,
}

const CLIENT: ClientCapabilities = ClientCapabilities { deferral_allowed: false, write_only_attributes_allowed: true };

#[track_caller]
pub fn fine(what: &str, diagnostics: &Diagnostics) {
    let texts: Vec<String> = diagnostics.iter().map(|d| format!("{}: {}", d.summary, d.detail)).collect();
    assert!(!diagnostics.has_errors(), "{what}: {}", texts.join("\n"));
}

/// A value of a block's type from JSON that leaves out what is null; absent blocks are empty.
pub fn object(block: &Block, text: &str) -> Value {
    let value = json::decode_state(text, &block.implied_type()).unwrap_or_else(|error| panic!("{text}: {error}"));
    complete(block, &value)
}

fn complete(block: &Block, value: &Value) -> Value {
    let mut attributes = value.as_mapping().expect("an object").clone();
    for (name, nested) in &block.blocks {
        let given = attributes.get(name).expect("every block is there").clone();
        let items = given.as_sequence().unwrap_or_default().iter().map(|item| complete(&nested.block, item)).collect();
        let element = nested.block.implied_type();
        let completed = match nested.nesting {
            Nesting::List => Value::list(element, items),
            Nesting::Set => Value::set(element, items),
            _ => given,
        };
        attributes.insert(name.clone(), completed);
    }
    Value::object_map(attributes)
}

/// A provider with a configuration, or what is wrong with that.
pub async fn configure(text: &str) -> Result<Aws, Diagnostics> {
    let provider = Aws::new();
    let config = object(&provider.schema().provider.block, text);
    let found = provider.validate_provider(&config).await.diagnostics;
    if found.has_errors() {
        return Err(found);
    }
    let request = ConfigureRequest { terraform_version: "1.11.4", config: &config, capabilities: CLIENT };
    let found = provider.configure(request).await;
    if found.has_errors() { Err(found) } else { Ok(provider) }
}

impl Engine {
    pub async fn new() -> Engine {
        Engine::with("").await
    }

    /// Configured with more than the defaults of these tests (JSON members, each followed by a comma).
    pub async fn with(more: &str) -> Engine {
        Engine::at(&cloud().url, more).await
    }

    /// With the service at an address.
    pub async fn at(url: &str, more: &str) -> Engine {
        let config = format!(
            r#"{{{more} "region": "eu-central-1", "access_key": "AKIAMOTO", "secret_key": "secret",
                "endpoints": [{{"ec2": "{url}", "sts": "{url}"}}]}}"#
        );
        Engine::configured(&config).await.expect("the configuration is right")
    }

    pub async fn configured(config: &str) -> Result<Engine, Diagnostics> {
        let provider = configure(config).await?;
        Ok(Engine { schema: provider.schema(), provider })
    }

    pub fn unconfigured() -> Engine {
        let provider = Aws::new();
        Engine { schema: provider.schema(), provider }
    }

    pub fn ty(&self, kind: &str) -> Type {
        self.schema.resources[kind].block.implied_type()
    }

    pub fn config(&self, kind: &str, text: &str) -> Value {
        object(&self.schema.resources[kind].block, text)
    }

    pub async fn validate(&self, kind: &str, text: &str) -> Diagnostics {
        self.provider.validate_resource(kind, &self.config(kind, text)).await
    }

    pub async fn validate_value(&self, kind: &str, config: &Value) -> Diagnostics {
        self.provider.validate_resource(kind, config).await
    }

    /// A stored object in the current form.
    pub async fn upgrade(&self, kind: &str, json: &str) -> Result<Value, Diagnostics> {
        let response = self.provider.upgrade_resource_state(kind, 0, RawState::Json(json.into())).await;
        if response.diagnostics.has_errors() { Err(response.diagnostics) } else { Ok(response.state) }
    }

    pub async fn plan(&self, kind: &str, prior: &Value, config: &Value) -> PlanResponse {
        let request = PlanRequest {
            kind,
            prior,
            proposed: config,
            config,
            prior_private: &[],
            provider_meta: None,
            prior_identity: None,
            capabilities: CLIENT,
        };
        let response = self.provider.plan_resource(request).await;
        fine("plan", &response.diagnostics);
        if !response.legacy_type_system {
            self.assert_valid(kind, prior, config, &response.planned);
        }
        response
    }

    /// The engine's rules for planned values, for top-level attributes.
    fn assert_valid(&self, kind: &str, prior: &Value, config: &Value, planned: &Value) {
        for (name, attribute) in &self.schema.resources[kind].block.attributes {
            let (planned, config, prior) = (&planned.get(name), &config.get(name), &prior.get(name));
            let is_null = config.is_none_or(Value::is_null);
            let ok = planned == config || (!is_null && planned == prior) || (is_null && attribute.computed);
            assert!(ok, "{kind}.{name}: planned {planned:?}, configured {config:?}, prior {prior:?}");
        }
    }

    async fn apply(&self, kind: &str, prior: &Value, planned: &Value, config: &Value) -> ApplyResponse {
        let request = ApplyRequest {
            kind,
            prior,
            planned,
            config,
            planned_private: &[],
            provider_meta: None,
            planned_identity: None,
        };
        self.provider.apply_resource(request).await
    }

    pub fn null(&self, kind: &str) -> Value {
        Value::null(self.ty(kind))
    }

    /// Creates an object, and checks the result, that it reads back as it is, and that a new plan is empty.
    pub async fn create(&self, kind: &str, text: &str) -> Value {
        let (config, null) = (self.config(kind, text), self.null(kind));
        fine("validate", &self.provider.validate_resource(kind, &config).await);
        let plan = self.plan(kind, &null, &config).await;
        let answer = self.apply(kind, &null, &plan.planned, &config).await;
        fine(kind, &answer.diagnostics);
        self.settled(kind, &plan, answer, &config).await
    }

    /// Updates an object in place, with the same checks.
    pub async fn update(&self, kind: &str, prior: &Value, text: &str) -> Value {
        let config = self.config(kind, text);
        fine("validate", &self.provider.validate_resource(kind, &config).await);
        let plan = self.plan(kind, prior, &config).await;
        assert_eq!(plan.requires_replace, vec![], "{kind} has to be replaced");
        assert_ne!(plan.planned, *prior, "{kind} does not change");
        let answer = self.apply(kind, prior, &plan.planned, &config).await;
        fine(kind, &answer.diagnostics);
        self.settled(kind, &plan, answer, &config).await
    }

    async fn settled(&self, kind: &str, plan: &PlanResponse, answer: ApplyResponse, config: &Value) -> Value {
        let state = answer.new_state.expect("apply answers with a state");
        assert!(!state.is_null() && state.is_wholly_known(), "{kind}: {state:?}");
        assert_eq!(state.ty(), self.ty(kind), "{kind} has another type");
        for (name, planned) in plan.planned.as_mapping().expect("an object") {
            let is_unset = plan.legacy_type_system && planned.is_null() && state.get(name).is_some_and(is_zero);
            let ok = !planned.is_wholly_known() || Some(planned) == state.get(name) || is_unset;
            assert!(ok, "{kind}.{name}: planned {planned:?}, got {:?}", state.get(name));
        }
        let read = self.read(kind, &state).await;
        assert_same(kind, &state, &read);
        assert_same(kind, &state, &self.plan(kind, &state, config).await.planned);
        state
    }

    pub async fn read(&self, kind: &str, current: &Value) -> Value {
        let request =
            ReadRequest { kind, current, private: &[], provider_meta: None, identity: None, capabilities: CLIENT };
        let response = self.provider.read_resource(request).await;
        fine("read", &response.diagnostics);
        response.state
    }

    pub async fn change(&self, kind: &str, prior: &Value, text: &str) -> Change {
        let plan = self.plan(kind, prior, &self.config(kind, text)).await;
        match plan {
            plan if !plan.requires_replace.is_empty() => Change::Replace,
            plan if plan.planned == *prior => Change::None,
            _ => Change::Update,
        }
    }

    pub async fn delete(&self, kind: &str, prior: &Value) {
        let null = self.null(kind);
        let answer = self.apply(kind, prior, &null, &null).await;
        fine("delete", &answer.diagnostics);
        assert!(answer.new_state.expect("a state").is_null());
        assert!(self.read(kind, prior).await.is_null(), "{kind} is still there");
    }

    /// What is left of a create that may fail, and why it did.
    pub async fn try_create(&self, kind: &str, text: &str) -> (Value, String) {
        self.try_update(kind, &self.null(kind), text).await
    }

    /// What is left of an update that may fail, and why it did.
    pub async fn try_update(&self, kind: &str, prior: &Value, text: &str) -> (Value, String) {
        let config = self.config(kind, text);
        let plan = self.plan(kind, prior, &config).await;
        let answer = self.apply(kind, prior, &plan.planned, &config).await;
        let why = answer.diagnostics.iter().map(|d| format!("{}: {}", d.summary, d.detail)).collect();
        (answer.new_state.expect("a state"), why)
    }

    /// As when the user interrupts.
    pub async fn stop(&self) {
        fine("stop", &self.provider.stop().await);
    }

    /// Deletes an object, or tells why that is refused.
    pub async fn try_delete(&self, kind: &str, prior: &Value) -> Result<(), String> {
        let null = self.null(kind);
        let answer = self.apply(kind, prior, &null, &null).await;
        if answer.diagnostics.has_errors() {
            assert_eq!(answer.new_state.as_ref(), Some(prior), "what is not deleted is still in the state");
            return Err(answer.diagnostics.iter().map(|d| d.detail.clone()).collect());
        }
        Ok(())
    }

    /// Imports an object and reads it.
    pub async fn import(&self, kind: &str, id: &str) -> Value {
        let request = ImportRequest { kind, id, identity: None, capabilities: CLIENT };
        let response = self.provider.import_resource(request).await;
        fine("import", &response.diagnostics);
        let [imported] = response.objects.as_slice() else { panic!("one object is imported") };
        let state = self.read(kind, &imported.state).await;
        assert!(!state.is_null(), "{kind} {id} is not found");
        state
    }

    /// Imports what is there and asserts that the values are the same, apart from some attributes.
    pub async fn assert_imports(&self, kind: &str, id: &str, state: &Value, apart_from: &[&str]) {
        let imported = self.import(kind, id).await;
        let without = |value: &Value| {
            let all = value.as_mapping().expect("an object").clone();
            Value::object_map(all.into_iter().filter(|(name, _)| !apart_from.contains(&&**name)).collect())
        };
        assert_same(kind, &without(state), &without(&imported));
    }

    pub async fn data(&self, kind: &str, text: &str) -> Result<Value, String> {
        let config = object(&self.schema.data_sources[kind].block, text);
        fine("validate", &self.provider.validate_data(kind, &config).await);
        let response = self.provider.read_data(kind, &config, None).await;
        if response.diagnostics.has_errors() {
            return Err(response.diagnostics.iter().map(|d| d.detail.clone()).collect());
        }
        assert!(response.state.is_wholly_known());
        assert_eq!(response.state.ty(), config.ty(), "{kind} has another type");
        Ok(response.state)
    }
}

/// What older providers store for attributes that are not set.
fn is_zero(value: &Value) -> bool {
    value.as_str() == Some("") || value.as_bool() == Some(false) || *value == Value::from(0)
}

#[track_caller]
pub fn assert_same(kind: &str, old: &Value, new: &Value) {
    for (name, value) in old.as_mapping().expect("an object") {
        assert_eq!(Some(value), new.get(name), "{kind}.{name} differs");
    }
}

pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("{name} is not text: {:?}", value.get(name)))
}

pub fn id(value: &Value) -> &str {
    text(value, "id")
}
