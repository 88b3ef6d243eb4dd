//! A simulated cloud and its provider: what real providers do, in memory, with faults on request.
//!
//! | type | what it stands for |
//! |---|---|
//! | `cloud_thing` | a provider of today: computed attributes, every kind of nested block and attribute, sensitive and write-only attributes, identity, private data |
//! | `cloud_shape` | every kind of nesting inside of another, computed, sensitive and write-only at any depth; its objects live in the state alone |
//! | `cloud_legacy` | a provider of the old kit: answers that only the legacy type system excuses |
//! | `cloud_old` | a former type whose objects `cloud_thing` takes over |
//! | data `cloud_lookup` | finds a thing by its name |
//! | ephemeral `cloud_token` | a secret that must be given back |
//!
//! Objects live at the endpoint that the provider was configured with. Faults and drift name objects by `name`.

mod answer;
mod provider;
mod schema;

pub use provider::CloudProvider;

use formwork_model::{Clock, ProviderAddress};
use formwork_value::{Str, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// An object in the cloud.
#[derive(Clone, Debug)]
pub struct CloudObject {
    /// Grows with every object that is made.
    pub number: u64,
    pub kind: Str,
    pub endpoint: Str,
    pub value: Value,
}

/// What goes wrong, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An error, and no object (for a create), or the old one.
    Fail,
    /// An error that leaves a half-made object.
    Partial,
    /// Success, with a value that was not planned.
    Inconsistent,
    /// Success, with a value that is still unknown.
    Unknown,
    /// Success, but no answer.
    Nothing,
    /// Null: with success for a create, with an error (and the object still there) for an update or a delete.
    Null,
}

#[derive(Default)]
struct World {
    objects: BTreeMap<Str, CloudObject>,
    made: u64,
    faults: Vec<(String, String, Fault)>,
    /// Seconds that calls by name of call and object take.
    slow: Vec<(String, String, u64)>,
    log: Vec<String>,
    calls: BTreeMap<&'static str, usize>,
    open: BTreeMap<Str, usize>,
    /// Objects that were deleted while others still had links to them.
    violations: Vec<String>,
    /// Each call gives way a number of times that this decides: another value, another timing.
    jitter: u64,
}

/// Hears of each line of the log.
type Listener = Box<dyn Fn(&str) + Send + Sync>;

/// The cloud.
pub struct Cloud {
    world: Mutex<World>,
    clock: Arc<dyn Clock>,
    log_also: Option<Listener>,
}

impl Cloud {
    pub fn new(clock: Arc<dyn Clock>) -> Cloud {
        Cloud { world: Mutex::default(), clock, log_also: None }
    }

    /// Tells every call as it comes, for a cloud that nobody can ask.
    pub fn telling(self, tell: impl Fn(&str) + Send + Sync + 'static) -> Cloud {
        Cloud { log_also: Some(Box::new(tell)), ..self }
    }

    /// `registry.terraform.io/hashicorp/cloud`.
    pub fn address() -> ProviderAddress {
        ProviderAddress::implied("cloud")
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Objects by id.
    pub fn objects(&self) -> BTreeMap<Str, CloudObject> {
        self.world().objects.clone()
    }

    /// Calls since the last question, one a line.
    pub fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.world().log)
    }

    /// Calls by name since the last question.
    pub fn take_calls(&self) -> BTreeMap<&'static str, usize> {
        std::mem::take(&mut self.world().calls)
    }

    /// Calls of one name so far.
    pub fn calls(&self, call: &str) -> usize {
        self.world().calls.get(call).copied().unwrap_or(0)
    }

    /// Ephemeral objects that were opened and not closed.
    pub fn left_open(&self) -> usize {
        self.world().open.values().sum()
    }

    /// Another timing of all calls to come.
    pub fn set_jitter(&self, seed: u64) {
        self.world().jitter = seed;
    }

    /// The next call of that name for the object goes wrong.
    pub fn inject(&self, call: &str, name: &str, fault: Fault) {
        self.world().faults.push((call.to_string(), name.to_string(), fault));
    }

    /// The next call of that name for the object takes so many seconds.
    pub fn slow_down(&self, call: &str, name: &str, seconds: u64) {
        self.world().slow.push((call.to_string(), name.to_string(), seconds));
    }

    /// Faults that nothing has met.
    pub fn faults_left(&self) -> usize {
        self.world().faults.len()
    }

    /// Nothing goes wrong any more.
    pub fn clear_faults(&self) {
        self.world().faults.clear();
    }

    /// Objects that were deleted while others still had links to them, since the last question.
    pub fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut self.world().violations)
    }

    /// An object that nobody here made. Attributes are JSON by name.
    pub fn add(&self, id: &str, name: &str) {
        let value = answer::imported(id, name);
        let object = CloudObject { number: 0, kind: "cloud_thing".into(), endpoint: "".into(), value };
        self.world().objects.insert(id.into(), object);
    }

    /// Removes the object with that name; false if there is none.
    pub fn remove(&self, name: &str) -> bool {
        let mut world = self.world();
        let id = find(&world, name);
        id.is_some_and(|id| world.objects.remove(&id).is_some())
    }

    /// Changes an attribute of the object with that name by hand; false if there is none.
    pub fn set(&self, name: &str, attribute: &str, json_text: &str) -> bool {
        let mut world = self.world();
        let Some(id) = find(&world, name) else { return false };
        let Some(object) = world.objects.get_mut(&id) else { return false };
        let Some(ty) = object.value.get(attribute).map(Value::ty) else { return false };
        let Some(ty) = schema::attribute_type(&object.kind, attribute).or(Some(ty)) else { return false };
        let Ok(new) = json::decode(json_text, &ty) else { return false };
        let mut attributes = object.value.as_mapping().cloned().unwrap_or_default();
        attributes.insert(attribute.into(), new);
        object.value = Value::object_map(attributes);
        true
    }

    fn note(&self, call: &'static str, line: String) {
        let line = format!("{call} {line}");
        if let Some(tell) = &self.log_also {
            tell(&line);
        }
        let mut world = self.world();
        *world.calls.entry(call).or_default() += 1;
        world.log.push(line);
    }

    fn fault(&self, call: &str, name: &str) -> Option<Fault> {
        let mut world = self.world();
        let at = world.faults.iter().position(|(c, n, _)| c == call && n == name)?;
        Some(world.faults.remove(at).2)
    }

    /// Seconds since the epoch.
    fn now(&self) -> i64 {
        i64::try_from(self.clock.since_epoch().as_secs()).unwrap_or(i64::MAX)
    }

    /// Takes the time that a call takes, and lets others run meanwhile.
    async fn take_time(&self, call: &str, name: &str) {
        let seconds = {
            let mut world = self.world();
            let at = world.slow.iter().position(|(c, n, _)| c == call && n == name);
            at.map(|at| world.slow.remove(at).2)
        };
        if let Some(seconds) = seconds {
            self.clock.sleep_until(self.clock.monotonic() + Duration::from_secs(seconds)).await;
        }
        self.give_way().await;
    }

    async fn give_way(&self) {
        let turns = {
            let mut world = self.world();
            if world.jitter == 0 {
                return;
            }
            world.jitter = world.jitter.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (world.jitter >> 60) as usize
        };
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    }
}

/// Notes objects with links to one that goes.
fn note_links(world: &mut World, id: &str) {
    let linked = |object: &CloudObject| {
        let links = object.value.get("links").and_then(Value::as_sequence).unwrap_or_default();
        links.iter().any(|link| link.as_str() == Some(id))
    };
    let found = world.objects.iter().find(|(other, object)| &***other != id && linked(object));
    if let Some(found) = found.map(|(other, _)| format!("{id} was deleted while {other} had a link to it")) {
        world.violations.push(found);
    }
}

fn find(world: &World, name: &str) -> Option<Str> {
    let named = |object: &CloudObject| object.value.get("name").and_then(Value::as_str) == Some(name);
    // Of several the newest, as clouds do that list by date.
    let found = world.objects.iter().filter(|(_, object)| named(object));
    found.max_by_key(|(_, object)| object.number).map(|(id, _)| id.clone())
}
