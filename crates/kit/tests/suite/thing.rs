//! A provider with a type that has everything.

use formwork_kit::{
    Attribute, Call, Connect, Ephemeral, Failure, Function, Group, Moved, Opened, Outcome, Plan, Presence, Provider,
    Resource, Set, Timeouts, async_trait, between, blocks, computed, object, optional, required,
};
use formwork_model::{ApplyProvider, ClientCapabilities};
use formwork_model::{ApplyRequest, ApplyResponse, ConfigureRequest, PlanProvider, PlanRequest, PlanResponse};
use formwork_value::{Type, Value};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

pub type Log = Mutex<Vec<String>>;

object! {
    pub struct Part {
        /// A name.
        name: String = required().replaces(),
        size: i64 = optional().default_value(1).check(between(0, 9)),
        id: Option<String> = computed(),
    }
}

object! {
    pub struct Thing {
        id: Option<String> = computed(),
        /// Two
        /// lines.
        name: String = required().replaces(),
        color: String = optional().default_value("grey"),
        length: Option<i64> = computed().follows(&["name", "color"]),
        labels: Option<BTreeMap<String, Option<String>>> = optional(),
        zone: Option<String> = optional().computed().replaces_when(|_, planned| planned.as_str() == Some("far")),
        secret: Option<String> = optional().write_only(),
        old: Option<bool> = optional().deprecated("Leave it out."),
        inner: Option<Part> = optional().nested(),
        part: Vec<Part> = blocks(),
        side: Set<Part> = blocks().items(0, 2),
    }
}

pub struct Things;

#[async_trait]
impl Resource for Things {
    type State = Thing;
    type Client = Log;

    const KIND: &'static str = "x_thing";
    const VERSION: u64 = 2;

    fn timeouts(&self) -> Timeouts {
        Timeouts { create: Some(Duration::from_secs(60)), ..Timeouts::default() }
    }

    fn groups(&self) -> Vec<Group> {
        vec![Group::AtMostOne(&["old", "zone"]), Group::Needs("secret", "labels")]
    }

    fn plan(&self, plan: &mut Plan<'_>) {
        if plan.text("color") == Some("paint") {
            plan.replace("color");
        }
        if plan.text("color") == Some("none") {
            plan.fail(Failure::new("There is no such color.").at("color"));
        }
    }

    async fn create(&self, call: &Call<Log>, thing: &mut Thing) -> Outcome<()> {
        call.client().lock().unwrap().push(format!("create {} {:?}", thing.name, thing.secret));
        thing.id = Some(format!("id-{}", thing.name));
        for part in thing.part.iter_mut().chain(&mut thing.side.0).chain(&mut thing.inner) {
            part.id = Some(format!("part-{}", part.name));
        }
        thing.length = Some(thing.name.len() as i64);
        match thing.name.as_str() {
            "fails" => return Err(Failure::new("Nothing was made.").at("name")),
            "breaks" => {
                call.exists();
                return Err(Failure::new("Half was made.").summary("Broken"));
            }
            "slow" => {
                call.exists();
                call.pause(Duration::from_secs(3600)).await;
            }
            "warns" => call.warn("Careful", "It is hot."),
            _ => {}
        }
        Ok(())
    }

    async fn read(&self, _: &Call<Log>, thing: &mut Thing) -> Outcome<Presence> {
        match thing.name.as_str() {
            "gone" => return Ok(Presence::Gone),
            "moved" => thing.zone = Some("far".into()),
            _ => {}
        }
        Ok(Presence::Present)
    }

    async fn import(&self, _: &Call<Log>, id: &str) -> Outcome<Thing> {
        Ok(Thing { id: Some(id.to_owned()), ..Thing::default() })
    }

    fn upgrade(&self, version: u64, state: Value) -> Outcome<Value> {
        let mut attributes = state.as_mapping().cloned().unwrap_or_default();
        attributes.insert("color".into(), format!("from {version}").into());
        Ok(Value::object_map(attributes))
    }

    fn take_over(&self, source: Moved<'_>) -> Option<Outcome<Thing>> {
        let name = source.state.get("name").and_then(Value::as_str)?.to_owned();
        (source.kind == "y_thing").then(|| Ok(Thing { name, ..Thing::default() }))
    }
}

object! {
    pub struct Lease {
        name: String = required(),
        token: Option<String> = computed(),
        part: Vec<Part> = blocks(),
    }
}

pub struct Leases;

#[async_trait]
impl Ephemeral for Leases {
    type State = Lease;
    type Client = Log;

    const KIND: &'static str = "x_lease";

    async fn open(&self, _: &Call<Log>, lease: &mut Lease) -> Outcome<Opened> {
        lease.token = Some("t".into());
        Ok(Opened { private: b"p".to_vec(), renew_at: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(7)) })
    }

    async fn close(&self, call: &Call<Log>, private: &[u8]) -> Outcome<()> {
        call.client().lock().unwrap().push(format!("close {private:?}"));
        Ok(())
    }
}

object! {
    pub struct Config {
        region: String = required(),
    }
}

struct Connection;

#[async_trait]
impl Connect for Connection {
    type Config = Config;
    type Client = Log;

    async fn connect(&self, config: Config) -> Outcome<Log> {
        match config.region.as_str() {
            "nowhere" => Err(Failure::new("There is no such region.").at("region")),
            region => Ok(Mutex::new(vec![format!("connect {region}")])),
        }
    }
}

fn double((number, name): (i64, String)) -> Outcome<i64> {
    if number > 100 {
        return Err(Failure::new(format!("{name} is too much.")).at("number"));
    }
    Ok(number * 2)
}

/// With a client from the start.
pub fn provider() -> Provider<Log> {
    Provider::new("x", Log::default()).resource(Things).ephemeral(Leases).function(Function::new(
        "double",
        &["number", "name"],
        double,
    ))
}

/// With a client made of a configuration.
pub async fn configured(region: Value) -> (Provider<Log>, formwork_diag::Diagnostics) {
    let provider = Provider::connecting("x", Connection).resource(Things);
    let config = Value::object([("region", region)]);
    let request = ConfigureRequest { terraform_version: "1", config: &config, capabilities: Default::default() };
    let diagnostics = provider.configure(request).await;
    (provider, diagnostics)
}

pub fn ty() -> Type {
    provider().schema().resources["x_thing"].block.implied_type()
}

/// A configuration: null, or no blocks, but for what is given.
pub fn config(given: &[(&str, Value)]) -> Value {
    let mut attributes = Thing::default().write().as_mapping().unwrap().clone();
    let Type::Object(object) = ty() else { panic!() };
    for (name, ty) in &object.attributes {
        if !["part", "side"].contains(&&**name) {
            attributes.insert(name.clone(), Value::null(ty.clone()));
        }
    }
    for (name, value) in given {
        attributes.insert((*name).into(), value.clone());
    }
    Value::object_map(attributes)
}

pub fn part(name: &str, size: Option<i64>) -> Value {
    let size = size.map_or_else(|| Value::null(Type::Number), Value::from);
    Value::object([("name", name.into()), ("size", size), ("id", Value::null(Type::String))])
}

/// What the engine proposes: the configuration, with stored values for what is computed.
fn proposed(prior: &Value, config: &Value) -> Value {
    let Some(attributes) = config.as_mapping() else { return config.clone() };
    let merged = attributes.iter().map(|(name, value)| {
        let kept = ["id", "length", "zone"].contains(&&**name) && value.is_null();
        let value = if kept { prior.get(name).unwrap_or(value) } else { value };
        (name.clone(), value.clone())
    });
    Value::object_map(merged.collect())
}

pub async fn plan(provider: &Provider<Log>, prior: &Value, config: &Value) -> PlanResponse {
    let proposed = proposed(prior, config);
    let request = PlanRequest {
        kind: "x_thing",
        prior,
        proposed: &proposed,
        config,
        prior_private: b"",
        provider_meta: None,
        prior_identity: None,
        capabilities: ClientCapabilities::default(),
    };
    provider.plan_resource(request).await
}

pub async fn apply(provider: &Provider<Log>, prior: &Value, config: &Value) -> ApplyResponse {
    let planned = plan(provider, prior, config).await.planned;
    let request = ApplyRequest {
        kind: "x_thing",
        prior,
        planned: &planned,
        config,
        planned_private: b"",
        provider_meta: None,
        planned_identity: None,
    };
    provider.apply_resource(request).await
}
