//! What the functions of actions and listings are wrapped in.

use crate::call::Setting;
use crate::lifecycle::{Registered, unless_stopped, with_defaults};
use crate::validation::validate;
use crate::{Action, Attribute, Body, Found, List, Object, Outcome, Resource};
use async_trait::async_trait;
use formwork_diag::Diagnostics;
use formwork_model::{Deferred, ListRequest, ListSink, ListedObject, Schema};
use formwork_value::Value;

/// An action as the provider holds it.
#[async_trait]
pub(crate) trait AnyAction<C>: Send + Sync {
    fn schema(&self) -> Schema;
    fn validate(&self, config: &Value) -> Diagnostics;
    async fn plan(&self, setting: Setting<C>, config: &Value) -> (Option<Deferred>, Diagnostics);
    async fn invoke(&self, setting: Setting<C>, config: &Value) -> Diagnostics;
}

/// A listing as the provider holds it.
#[async_trait]
pub(crate) trait AnyList<C>: Send + Sync {
    fn schema(&self) -> Schema;
    fn validate(&self, config: &Value) -> Diagnostics;
    async fn list(&self, setting: Setting<C>, request: &ListRequest<'_>, found: &mut dyn ListSink) -> Diagnostics;
}

#[async_trait]
impl<A: Action> AnyAction<A::Client> for Registered<A> {
    fn schema(&self) -> Schema {
        self.body.schema(0, A::DEPRECATED)
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = validate(&self.body, &self.own.groups(), config);
        self.own.validate(config, &mut diagnostics);
        diagnostics
    }

    async fn plan(&self, setting: Setting<A::Client>, config: &Value) -> (Option<Deferred>, Diagnostics) {
        let call = setting.call(None);
        let config = with_defaults(&self.body, config);
        let result = unless_stopped(&call, self.own.plan(&call, &config)).await;
        let mut diagnostics = call.warnings();
        if let Err(failure) = result {
            diagnostics.push(failure.diagnostic(&format!("Could not plan {}", A::KIND)));
        }
        (call.deferred(), diagnostics)
    }

    async fn invoke(&self, setting: Setting<A::Client>, config: &Value) -> Diagnostics {
        let call = setting.call(None);
        let config = A::Config::read(&with_defaults(&self.body, config));
        let result = self.own.invoke(&call, config).await;
        let mut diagnostics = call.warnings();
        if let Err(failure) = result {
            diagnostics.push(failure.diagnostic(&format!("Could not complete {}", A::KIND)));
        }
        diagnostics
    }
}

/// A listing with the type that it lists.
pub(crate) struct Listing<L: List> {
    own: L,
    body: Body,
    resource: Registered<L::Resource>,
}

impl<L: List> Listing<L> {
    pub fn new(own: L, resource: L::Resource) -> Listing<L> {
        Listing { own, body: L::Config::members(), resource: Registered::resource(resource) }
    }
}

#[async_trait]
impl<L: List> AnyList<<L::Resource as Resource>::Client> for Listing<L> {
    fn schema(&self) -> Schema {
        self.body.schema(0, None)
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = validate(&self.body, &self.own.groups(), config);
        self.own.validate(config, &mut diagnostics);
        diagnostics
    }

    async fn list(
        &self,
        setting: Setting<<L::Resource as Resource>::Client>,
        request: &ListRequest<'_>,
        found: &mut dyn ListSink,
    ) -> Diagnostics {
        let call = setting.call(None);
        let config = L::Config::read(&with_defaults(&self.body, request.config));
        let include_resource = request.include_resource;
        let object = |display_name: String, state: <L::Resource as Resource>::State| {
            let state = self.resource.stored(&state);
            ListedObject {
                identity: self.resource.own_identity().read(&state),
                display_name,
                resource: include_resource.then_some(state),
                diagnostics: Diagnostics::new(),
            }
        };
        let mut sink = Found { include_resource, limit: request.limit, told: 0, object: &object, sink: found };
        let result: Outcome<()> = unless_stopped(&call, self.own.list(&call, config, &mut sink)).await;
        let mut diagnostics = call.warnings();
        if let Err(failure) = result {
            diagnostics.push(failure.diagnostic(&format!("Could not list {}", L::Resource::KIND)));
        }
        diagnostics
    }
}
