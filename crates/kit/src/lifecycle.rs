//! Between values and the structures of a type: what each type's own functions are wrapped in.

use crate::call::Setting;
use crate::planner::{begin, finish, resolve};
use crate::validation::validate;
use crate::{
    Attribute, Body, Call, DataSource, Ephemeral, Failure, Identity, Moved, Object, Opened, Outcome, Presence, Resource,
};
use async_trait::async_trait;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::{ApplyRequest, Deferred, IdentitySchema, Nesting, PlanRequest, RawState, Schema};
use formwork_value::{Path, Type, Value, json};
use std::future::Future;

/// A planned object.
pub(crate) struct Planned {
    pub value: Value,
    pub replace: Vec<Path>,
    pub private: Vec<u8>,
    pub deferred: Option<Deferred>,
    pub diagnostics: Diagnostics,
}

/// What an operation leaves, and what went wrong.
pub(crate) struct Left {
    pub state: Value,
    pub private: Vec<u8>,
    pub deferred: Option<Deferred>,
    pub diagnostics: Diagnostics,
}

/// A resource type as the provider holds it.
#[async_trait]
pub(crate) trait AnyResource<C>: Send + Sync {
    fn schema(&self) -> Schema;
    fn identity_schema(&self) -> Option<IdentitySchema>;
    /// What identifies an object, if the type says so.
    fn identity(&self, state: &Value) -> Option<Value>;
    fn upgrade_identity(&self, version: u64, text: &str) -> Outcome<Value>;
    fn describe(&self, state: &Value) -> Value;
    fn is_pure(&self) -> bool;
    fn validate(&self, config: &Value) -> Diagnostics;
    fn plan(&self, request: &PlanRequest<'_>) -> Planned;
    async fn apply(&self, setting: Setting<C>, request: &ApplyRequest<'_>) -> Left;
    async fn read(&self, setting: Setting<C>, current: &Value) -> Left;
    async fn import(&self, setting: Setting<C>, id: &str) -> Left;
    async fn import_identity(&self, setting: Setting<C>, identity: &Value) -> Left;
    fn upgrade(&self, version: u64, state: RawState) -> Outcome<Value>;
    fn take_over(&self, source: Moved<'_>) -> Option<Outcome<Value>>;
}

/// A data source as the provider holds it.
#[async_trait]
pub(crate) trait AnyDataSource<C>: Send + Sync {
    fn schema(&self) -> Schema;
    fn validate(&self, config: &Value) -> Diagnostics;
    async fn read(&self, setting: Setting<C>, config: &Value) -> Left;
}

/// An ephemeral resource type as the provider holds it.
#[async_trait]
pub(crate) trait AnyEphemeral<C>: Send + Sync {
    fn schema(&self) -> Schema;
    fn validate(&self, config: &Value) -> Diagnostics;
    async fn open(&self, setting: Setting<C>, config: &Value) -> (Left, Opened);
    async fn renew(&self, setting: Setting<C>, private: &[u8]) -> Outcome<Opened>;
    async fn close(&self, setting: Setting<C>, private: &[u8]) -> Outcome<()>;
}

/// A type with what is derived from its declaration once.
pub(crate) struct Registered<T> {
    pub(crate) own: T,
    pub(crate) body: Body,
    pub(crate) ty: Type,
}

impl<R: Resource> Registered<R> {
    pub fn resource(own: R) -> Registered<R> {
        let mut body = R::State::members();
        body.0.extend(own.timeouts().member());
        let ty = body.ty();
        Registered { own, body, ty }
    }
}

impl<T> Registered<T> {
    pub fn of(own: T, body: Body) -> Registered<T> {
        let ty = body.ty();
        Registered { own, body, ty }
    }

    pub(crate) fn null(&self) -> Value {
        Value::null(self.ty.clone())
    }

    /// What an operation leaves: the object, or what there is if it failed.
    pub(crate) fn left<C>(&self, call: &Call<C>, result: Result<Value, (Value, Failure)>, doing: &str) -> Left {
        let mut diagnostics = call.warnings();
        let state = result.unwrap_or_else(|(state, failure)| {
            diagnostics.push(failure.diagnostic(doing));
            state
        });
        Left { state, private: call.private(), deferred: call.deferred(), diagnostics }
    }

    /// A stored object has empty collections where it may have had no blocks.
    fn with_empty_blocks(&self, state: Value) -> Value {
        let Some(attributes) = state.as_mapping() else { return state };
        let mut attributes = attributes.clone();
        for member in self.body.0.iter().filter(|member| member.is_block()) {
            let Some((nesting, body)) = &member.inner else { continue };
            if let Some(value) = attributes.get_mut(member.name).filter(|value| value.is_null()) {
                match nesting {
                    Nesting::List => *value = Value::list(body.ty(), Vec::new()),
                    Nesting::Set => *value = Value::set(body.ty(), Vec::new()),
                    _ => {}
                }
            }
        }
        Value::object_map(attributes)
    }
}

/// A configuration, with the defaults of the rules at every level.
pub(crate) fn with_defaults(body: &Body, config: &Value) -> Value {
    let Some(attributes) = config.as_mapping() else { return config.clone() };
    let filled = attributes.iter().map(|(name, value)| {
        let member = body.member(name);
        let value = match member.and_then(|member| member.rules.default.as_ref()) {
            Some(default) if value.is_null() => default.clone(),
            _ => value.clone(),
        };
        let inner = member.filter(|member| member.is_block() || member.rules.nested);
        let value = match inner.and_then(|member| member.inner.as_ref()) {
            Some((nesting, body)) => each_object(*nesting, body, &value, &with_defaults),
            None => value,
        };
        (name.clone(), value)
    });
    Value::object_map(filled.collect())
}

/// The objects of an attribute or of blocks, each changed by a function.
fn each_object(nesting: Nesting, body: &Body, value: &Value, change: &dyn Fn(&Body, &Value) -> Value) -> Value {
    let items = || value.as_sequence().unwrap_or_default().iter().map(|item| change(body, item)).collect();
    match (nesting, value.as_mapping()) {
        _ if value.is_null() || !value.is_known() => value.clone(),
        (Nesting::List, _) => Value::list(body.ty(), items()),
        (Nesting::Set, _) => Value::set(body.ty(), items()),
        (Nesting::Map, Some(map)) => {
            let entries = map.iter().map(|(key, item)| (key.clone(), change(body, item)));
            Value::map(body.ty(), entries.collect())
        }
        _ => change(body, value),
    }
}

/// A stored object as a configuration: without what the provider sets, what is deprecated, and what is so by default.
fn without_the_obvious(body: &Body, state: &Value) -> Value {
    let Some(attributes) = state.as_mapping() else { return state.clone() };
    let told = attributes.iter().map(|(name, value)| {
        let Some(member) = body.member(name) else { return (name.clone(), value.clone()) };
        let rules = &member.rules;
        let is_set_by_provider = rules.computed && !rules.optional;
        let is_default = rules.default.as_ref() == Some(value);
        let value = match &member.inner {
            _ if is_set_by_provider || is_default || rules.deprecated.is_some() || rules.write_only => {
                Value::null(member.ty.clone())
            }
            Some((nesting, body)) if member.is_block() || rules.nested => {
                each_object(*nesting, body, value, &without_the_obvious)
            }
            _ => value.clone(),
        };
        (name.clone(), value)
    });
    Value::object_map(told.collect())
}

/// Lets an operation run until its time is over.
async fn within<C, T>(call: &Call<C>, operation: impl Future<Output = Outcome<T>> + Send) -> Outcome<T> {
    match call.deadline() {
        None => operation.await,
        Some(deadline) => tokio::time::timeout_at(deadline, operation).await.unwrap_or_else(|_| {
            Err(Failure::new("The operation took longer than the time that it has. More can be given in \"timeouts\"."))
        }),
    }
}

/// Gives up what only reads when the user asks to stop.
pub(crate) async fn unless_stopped<C, T>(
    call: &Call<C>,
    operation: impl Future<Output = Outcome<T>> + Send,
) -> Outcome<T> {
    tokio::select! {
        outcome = operation => outcome,
        () = call.stopped() => Err(Failure::new("The read was interrupted.")),
    }
}

/// The object after an operation: only what the type's code has changed, and what was unknown, takes a new value.
fn overlay(base: &Value, before: &Value, after: &Value) -> Value {
    let Some(attributes) = base.as_mapping() else { return after.clone() };
    let merged = attributes.iter().map(|(name, old)| {
        let value = match (before.get(name), after.get(name)) {
            (Some(before), Some(after)) if before != after || !old.is_wholly_known() => after.clone(),
            _ => old.clone(),
        };
        (name.clone(), value)
    });
    Value::object_map(merged.collect()).unknown_as_null()
}

#[async_trait]
impl<R: Resource> AnyResource<R::Client> for Registered<R> {
    fn schema(&self) -> Schema {
        self.body.schema(R::VERSION, R::DEPRECATED)
    }

    fn identity_schema(&self) -> Option<IdentitySchema> {
        self.own.identity().schema(&self.body)
    }

    fn identity(&self, state: &Value) -> Option<Value> {
        self.own.identity().read(state)
    }

    fn upgrade_identity(&self, version: u64, text: &str) -> Outcome<Value> {
        let unreadable = |error: json::CodecError| {
            Failure::new(format!("A stored identity of {} is not as expected: {error}.", R::KIND))
        };
        let ty = self.identity_schema().map_or(Type::Dynamic, |schema| schema.ty());
        let old = json::decode_plain(text).map_err(unreadable)?;
        let new = json::encode_plain(&self.own.upgrade_identity(version, old)?).map_err(unreadable)?;
        json::decode_state(&new, &ty).map_err(unreadable)
    }

    fn describe(&self, state: &Value) -> Value {
        let mut described = R::State::read(state);
        self.own.describe(&mut described);
        let before = R::State::read(state).write();
        without_the_obvious(&self.body, &overlay(state, &before, &described.write()))
    }

    fn is_pure(&self) -> bool {
        R::PURE
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = validate(&self.body, &self.own.groups(), config);
        self.own.validate(config, &mut diagnostics);
        diagnostics
    }

    fn plan(&self, request: &PlanRequest<'_>) -> Planned {
        let prior = (!request.prior.is_null()).then_some(request.prior);
        let mut plan = begin(&self.body, &self.ty, prior, request.config, request.proposed);
        plan.private = request.prior_private.to_vec();
        plan.may_defer = request.capabilities.deferral_allowed;
        self.own.plan(&mut plan);
        finish(&self.body, &mut plan);
        Planned {
            value: Value::object_map(plan.planned),
            replace: plan.replace,
            private: plan.private,
            deferred: plan.deferred,
            diagnostics: plan.diagnostics,
        }
    }

    async fn apply(&self, setting: Setting<R::Client>, request: &ApplyRequest<'_>) -> Left {
        if request.planned.is_null() {
            return self.delete(setting, request.prior).await;
        }
        let planned = resolve(request.planned, request.config);
        // What is write-only is in the configuration alone.
        let mut input = planned.clone();
        if let Some(attributes) = planned.as_mapping() {
            let mut attributes = attributes.clone();
            for member in self.body.0.iter().filter(|member| member.rules.write_only) {
                if let Some(given) = request.config.get(member.name) {
                    attributes.insert(member.name.into(), given.clone());
                }
            }
            input = Value::object_map(attributes);
        }
        let state = R::State::read(&input);
        if request.prior.is_null() {
            self.create(setting, planned, state).await
        } else {
            self.update(setting, request.prior, planned, state).await
        }
    }

    async fn read(&self, setting: Setting<R::Client>, current: &Value) -> Left {
        let call = setting.call(self.own.timeouts().of("read", current));
        let mut state = R::State::read(current);
        let before = state.write();
        let result = match within(&call, self.own.read(&call, &mut state)).await {
            Ok(Presence::Gone) => Ok(self.null()),
            Ok(Presence::Present) => Ok(overlay(current, &before, &state.write())),
            Err(failure) => Err((current.clone(), failure)),
        };
        self.left(&call, result, &format!("Could not read {}", R::KIND))
    }

    async fn import(&self, setting: Setting<R::Client>, id: &str) -> Left {
        let call = setting.call(None);
        let result = self.own.import(&call, id).await.map(|state| self.stored(&state));
        let result = result.map_err(|failure| (self.null(), failure));
        self.left(&call, result, &format!("Could not import {} {id:?}", R::KIND))
    }

    async fn import_identity(&self, setting: Setting<R::Client>, identity: &Value) -> Left {
        let call = setting.call(None);
        let mut attributes = R::State::default().write().as_mapping().cloned().unwrap_or_default();
        attributes
            .extend(identity.as_mapping().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
        let known = R::State::read(&Value::object_map(attributes));
        let result = self.own.import_identity(&call, known).await.map(|state| self.stored(&state));
        let result = result.map_err(|failure| (self.null(), failure));
        self.left(&call, result, &format!("Could not import {}", R::KIND))
    }

    fn upgrade(&self, version: u64, state: RawState) -> Outcome<Value> {
        let RawState::Json(text) = state else {
            return Err(Failure::new("It was stored by Terraform 0.11 or older. Let Terraform 0.12 upgrade it first."));
        };
        let unreadable =
            |error: json::CodecError| Failure::new(format!("A stored {} is not as expected: {error}.", R::KIND));
        let text = if version == R::VERSION {
            text.to_string()
        } else {
            let old = json::decode_plain(&text).map_err(unreadable)?;
            json::encode_plain(&self.own.upgrade(version, old)?).map_err(unreadable)?
        };
        let state = json::decode_state(&text, &self.ty).map_err(unreadable)?;
        Ok(self.with_empty_blocks(state))
    }

    fn take_over(&self, source: Moved<'_>) -> Option<Outcome<Value>> {
        self.own.take_over(source).map(|outcome| outcome.map(|state| self.stored(&state)))
    }
}

impl<R: Resource> Registered<R> {
    pub(crate) fn own_identity(&self) -> Identity {
        self.own.identity()
    }

    /// A structure as a stored object, all of it.
    pub(crate) fn stored(&self, state: &R::State) -> Value {
        let mut attributes = state.write().as_mapping().cloned().unwrap_or_default();
        if let Some(null) = self.own.timeouts().null() {
            attributes.insert("timeouts".into(), null);
        }
        Value::object_map(attributes)
    }

    async fn create(&self, setting: Setting<R::Client>, planned: Value, mut state: R::State) -> Left {
        let call = setting.call(self.own.timeouts().of("create", &planned));
        let before = state.write();
        let result = within(&call, self.own.create(&call, &mut state)).await;
        let object = overlay(&planned, &before, &state.write());
        let result = match result {
            Ok(()) => Ok(object),
            Err(failure) if call.is_there() => Err((object, failure)),
            Err(failure) => Err((self.null(), failure)),
        };
        self.left(&call, result, &format!("Could not create {}", R::KIND))
    }

    async fn update(&self, setting: Setting<R::Client>, prior: &Value, planned: Value, mut state: R::State) -> Left {
        let call = setting.call(self.own.timeouts().of("update", &planned));
        let before = state.write();
        let result = within(&call, self.own.update(&call, &R::State::read(prior), &mut state)).await;
        let result = result.map(|()| overlay(&planned, &before, &state.write()));
        self.left(&call, result.map_err(|failure| (prior.clone(), failure)), &format!("Could not change {}", R::KIND))
    }

    async fn delete(&self, setting: Setting<R::Client>, prior: &Value) -> Left {
        let call = setting.call(self.own.timeouts().of("delete", prior));
        let result = within(&call, self.own.delete(&call, &R::State::read(prior))).await.map(|()| self.null());
        self.left(&call, result.map_err(|failure| (prior.clone(), failure)), &format!("Could not delete {}", R::KIND))
    }
}

#[async_trait]
impl<D: DataSource> AnyDataSource<D::Client> for Registered<D> {
    fn schema(&self) -> Schema {
        self.body.schema(0, D::DEPRECATED)
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = validate(&self.body, &self.own.groups(), config);
        self.own.validate(config, &mut diagnostics);
        diagnostics
    }

    async fn read(&self, setting: Setting<D::Client>, config: &Value) -> Left {
        let config = with_defaults(&self.body, config);
        let mut state = D::State::read(&config);
        let before = state.write();
        let call = setting.call(None);
        let result = unless_stopped(&call, self.own.read(&call, &mut state)).await;
        let result = result.map(|()| overlay(&config, &before, &state.write()));
        self.left(&call, result.map_err(|failure| (self.null(), failure)), &format!("Could not read {}", D::KIND))
    }
}

#[async_trait]
impl<E: Ephemeral> AnyEphemeral<E::Client> for Registered<E> {
    fn schema(&self) -> Schema {
        self.body.schema(0, None)
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = validate(&self.body, &self.own.groups(), config);
        self.own.validate(config, &mut diagnostics);
        diagnostics
    }

    async fn open(&self, setting: Setting<E::Client>, config: &Value) -> (Left, Opened) {
        let config = with_defaults(&self.body, config);
        let mut state = E::State::read(&config);
        let before = state.write();
        let call = setting.call(None);
        let (result, opened) = match self.own.open(&call, &mut state).await {
            Ok(opened) => (Ok(overlay(&config, &before, &state.write())), opened),
            Err(failure) => (Err((self.null(), failure)), Opened::default()),
        };
        (self.left(&call, result, &format!("Could not open {}", E::KIND)), opened)
    }

    async fn renew(&self, setting: Setting<E::Client>, private: &[u8]) -> Outcome<Opened> {
        self.own.renew(&setting.call(None), private).await
    }

    async fn close(&self, setting: Setting<E::Client>, private: &[u8]) -> Outcome<()> {
        self.own.close(&setting.call(None), private).await
    }
}

/// The error of asking for a type that there is not.
pub(crate) fn unsupported(provider: &str, kind: &str) -> Diagnostics {
    Diagnostic::error("Unsupported type", format!("Provider {provider} has no {kind:?}.")).into()
}
