//! Create, read, update, delete and import, around what the resource types do.

use crate::kit::call::{CONSISTENCY, Call};
use crate::kit::failure::Failure;
use crate::kit::object::{Attributes, Object};
use crate::kit::planner::{agrees, resolve};
use crate::kit::resource::Resource;
use crate::kit::spec::Spec;
use crate::kit::tags;
use crate::session::Session;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::{Nesting, parse_duration};
use formwork_value::{Type, Value};
use std::time::Duration;

/// How long reads may lag behind a change that EC2 has accepted.
const LAG: Duration = Duration::from_secs(10);

/// Time of an operation whose type declares none.
const USUAL: Duration = Duration::from_secs(20 * 60);

/// A resource type as it is registered.
pub struct Registered {
    pub resource: Box<dyn Resource>,
    pub spec: Spec,
    pub ty: Type,
}

/// What an operation leaves, and what went wrong.
pub struct Outcome {
    pub state: Value,
    pub diagnostics: Diagnostics,
}

impl Registered {
    pub fn new(resource: Box<dyn Resource>) -> Registered {
        let spec = resource.spec();
        let ty = spec.body.ty();
        Registered { resource, spec, ty }
    }

    pub fn null(&self) -> Value {
        Value::null(self.ty.clone())
    }

    pub async fn create(&self, session: &Session, planned: &Value, config: &Value) -> Outcome {
        let mut object = self.resolved(session, planned, config);
        let call = Call::new(session, time("create", self.spec.timeouts.create, &object));
        let mut result = self.resource.create(&call, &mut object).await;
        if result.is_ok() {
            result = self.settle(&call, &mut object).await;
        }
        let doing = format!("Could not create {}", self.spec.title);
        self.outcome(object, result, &doing)
    }

    pub async fn update(&self, session: &Session, prior: &Value, planned: &Value, config: &Value) -> Outcome {
        let prior = Object::from_value(&self.ty, prior);
        let mut object = self.resolved(session, planned, config);
        let call = Call::new(session, time("update", self.spec.timeouts.update, &object));
        let result = self.change(&call, &prior, &mut object).await;
        let doing = format!("Could not update {} {}", self.spec.title, prior.id());
        if result.is_err() {
            // What was reached before the failure is what the object has now.
            let mut found = prior.clone();
            let read = self.resource.read(&call, &mut found).await;
            return self.outcome(if read.is_ok() { found } else { prior }, result, &doing);
        }
        self.outcome(object, result, &doing)
    }

    async fn change(&self, call: &Call<'_>, prior: &Object, object: &mut Object) -> Result<(), Failure> {
        if self.spec.tagged && prior.value("tags_all") != object.value("tags_all") {
            tags::update(call, &self.resource.tag_target(prior), prior, object, "tags_all").await?;
        }
        self.resource.update(call, prior, object).await?;
        self.settle(call, object).await
    }

    /// Null if there is nothing any more.
    pub async fn read(&self, session: &Session, current: &Value) -> Outcome {
        let mut object = Object::from_value(&self.ty, current);
        let call = Call::new(session, time("read", self.spec.timeouts.read, &object));
        match self.observe(&call, &mut object).await {
            Err(failure) if failure.gone => Outcome { state: self.null(), diagnostics: Diagnostics::new() },
            result => {
                let doing = format!("Could not read {} {}", self.spec.title, object.id());
                let mut outcome = self.outcome(object, result, &doing);
                if outcome.diagnostics.has_errors() {
                    outcome.state = current.clone();
                }
                outcome
            }
        }
    }

    pub async fn delete(&self, session: &Session, prior: &Value) -> Outcome {
        let object = Object::from_value(&self.ty, prior);
        let call = Call::new(session, time("delete", self.spec.timeouts.delete, &object));
        match self.resource.delete(&call, &object).await {
            Err(failure) if !failure.gone => {
                let doing = format!("Could not delete {} {}", self.spec.title, object.id());
                Outcome { state: prior.clone(), diagnostics: failure.diagnostic(&doing).into() }
            }
            _ => Outcome { state: self.null(), diagnostics: Diagnostics::new() },
        }
    }

    /// An object of which little more than the id is known.
    pub async fn import(&self, session: &Session, id: &str) -> Outcome {
        let mut object = Object::empty(&self.ty);
        for (name, block) in &self.spec.body.blocks {
            match block.nesting {
                Nesting::List | Nesting::Set => object.set(name, Vec::<Value>::new()),
                _ => {}
            }
        }
        for (name, field) in &self.spec.body.fields {
            if let Some(default) = &field.default {
                object.set(name, default.clone());
            }
        }
        object.set("id", id);
        let call = Call::new(session, USUAL);
        let result = self.resource.import(&call, &mut object).await;
        self.outcome(object, result, &format!("Could not import {} {id}", self.spec.title))
    }

    /// The planned object, with everything in it that has become known since.
    fn resolved(&self, session: &Session, planned: &Value, config: &Value) -> Object {
        let mut object = Object::from_value(&self.ty, planned).configured(config);
        resolve(&self.spec, &mut object, config);
        if self.spec.tagged && !object.value("tags_all").is_some_and(Value::is_wholly_known) {
            let own = object.value("tags").cloned().unwrap_or_else(|| Value::null(Type::map(Type::String)));
            object.set("tags_all", tags::planned_all(Some(&session.default_tags), &own));
        }
        object
    }

    /// Reads a changed object until EC2 reports what was planned. A lag that does not end is not an error here: the
    /// engine compares the result with the plan.
    async fn settle(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let planned = object.clone();
        let (existence, agreement) = (call.within(CONSISTENCY), call.within(LAG));
        let mut pause = Duration::from_millis(100);
        loop {
            let mut seen = planned.clone();
            match self.observe(call, &mut seen).await {
                Err(failure) if failure.gone && !existence.is_over() => {}
                Err(failure) => return Err(failure),
                Ok(()) => {
                    let agreed = planned.attributes().iter().all(|(name, value)| {
                        let observed = seen.value(name);
                        observed.is_some_and(|observed| agrees(value, observed))
                    });
                    if agreed || agreement.is_over() {
                        *object = seen;
                        return Ok(());
                    }
                }
            }
            call.pause(&mut pause).await?;
        }
    }

    /// Reads; what means the same as before stays as it was.
    async fn observe(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let before = object.clone();
        self.resource.read(call, object).await?;
        for (name, field) in &self.spec.body.fields {
            let (Some(same), Some(old), Some(new)) = (field.same, before.value(name), object.value(name)) else {
                continue;
            };
            if !old.is_null() && old.is_wholly_known() && !new.is_null() && same(old, new) {
                object.set(name, old.clone());
            }
        }
        Ok(())
    }

    /// An object without an id was never there.
    fn outcome(&self, object: Object, result: Result<(), Failure>, doing: &str) -> Outcome {
        let diagnostics = match result {
            Ok(()) => Diagnostics::new(),
            Err(failure) => self.blame(failure).diagnostic(doing).into(),
        };
        let state = if object.id().is_empty() { self.null() } else { object.to_value().unknown_as_null() };
        Outcome { state, diagnostics }
    }

    /// Points a failure at the attribute that EC2's code is about.
    fn blame(&self, mut failure: Failure) -> Failure {
        let candidates = BLAMED.iter().filter(|(prefix, _)| failure.code.starts_with(prefix));
        let named =
            candidates.flat_map(|(_, names)| names.iter()).find(|name| self.spec.body.fields.contains_key(*name));
        if let (None, Some(name)) = (&failure.attribute, named) {
            failure = failure.at(name);
        }
        failure
    }
}

/// The time of an operation: as the object says, as its type says, or as usual.
pub fn time(operation: &str, of_type: Option<Duration>, object: &Object) -> Duration {
    let given = object.value("timeouts").and_then(|timeouts| parse_duration(timeouts.text(operation)?));
    given.or(of_type).unwrap_or(USUAL)
}

/// Attributes that cause EC2's errors, by the beginning of their codes.
const BLAMED: &[(&str, &[&str])] = &[
    ("InvalidAMIID", &["ami"]),
    ("InvalidKeyPair", &["key_name"]),
    ("InvalidKey", &["public_key"]),
    ("InvalidSubnetID", &["subnet_id"]),
    ("InvalidSubnet.", &["cidr_block"]),
    ("InvalidVpc.Range", &["cidr_block"]),
    ("InvalidVpcRange", &["cidr_block"]),
    ("InvalidVpcID", &["vpc_id"]),
    ("InvalidGroup.Duplicate", &["name"]),
    ("InvalidGroup", &["security_group_id", "vpc_security_group_ids"]),
    ("InvalidSecurityGroupID", &["vpc_security_group_ids", "security_group_id"]),
    ("InvalidInstanceType", &["instance_type"]),
    ("InvalidRouteTableID", &["route_table_id"]),
    ("InvalidGatewayID", &["gateway_id"]),
    ("InvalidInternetGatewayID", &["gateway_id"]),
    ("InvalidNatGatewayID", &["nat_gateway_id"]),
    ("RouteAlreadyExists", &["destination_cidr_block"]),
    ("IncorrectState", &[]),
];

/// The error of an operation on a provider without configuration.
pub fn unconfigured() -> Diagnostics {
    let detail = "The configuration of provider aws depends on values that are not known yet, or has errors.";
    Diagnostic::error("Provider is not configured", detail).into()
}
