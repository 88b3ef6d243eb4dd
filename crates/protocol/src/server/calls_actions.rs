//! The calls of a host about actions, lists, and the writing of configurations.

use super::calls::{Calls, decode, encode, invalid};
use crate::convert::{capabilities_from, deferred_to, diagnostics_to};
use crate::wire::Outgoing;
use crate::wire::tfplugin6 as wire;
use async_trait::async_trait;
use bytes::Bytes;
use formwork_model::{ActionRequest, ListArguments, ListRequest, ListSink, ListedObject};
use formwork_value::{Type, Value};
use prost::Message;
use std::pin::pin;
use tokio::sync::mpsc::{self, Sender};
use tonic::Status;

/// Where the messages of a stream go; it takes only some at a time.
pub(super) type Events = Sender<Result<Box<dyn Outgoing>, Status>>;

/// True if a method answers with a stream.
pub(super) fn is_streaming(method: &str) -> bool {
    matches!(method, "ListResource" | "InvokeAction")
}

/// Answers the call of a method that [`is_streaming`].
pub(super) async fn stream(calls: &Calls<'_>, method: &str, message: Bytes, events: &Events) -> Result<(), Status> {
    match method {
        "ListResource" => calls.list(request(message)?, events).await,
        _ => calls.invoke_action(request(message)?, events).await,
    }
}

fn request<R: Message + Default>(message: Bytes) -> Result<R, Status> {
    R::decode(message).map_err(|error| invalid(format!("the request cannot be decoded: {error}")))
}

/// False if nobody listens any more.
async fn send(events: &Events, message: impl Outgoing) -> bool {
    events.send(Ok(Box::new(message))).await.is_ok()
}

/// Sends what a listing finds.
struct Sending<'a, 'b> {
    calls: &'a Calls<'b>,
    kind: &'a str,
    /// How many are still wanted.
    left: u64,
    events: &'a Events,
    broken: Option<Status>,
}

#[async_trait]
impl ListSink for Sending<'_, '_> {
    async fn take(&mut self, object: ListedObject) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= u64::from(object.identity.is_some());
        match self.calls.listed(self.kind, object) {
            Ok(event) => send(self.events, event).await && self.left > 0,
            Err(status) => {
                self.broken = Some(status);
                false
            }
        }
    }
}

impl Calls<'_> {
    pub(super) async fn generate_config(
        &self,
        request: wire::generate_resource_config::Request,
    ) -> Result<wire::generate_resource_config::Response, Status> {
        let ty = self.resource_type(&request.type_name)?;
        let state = decode(request.state, &ty)?;
        let response = self.provider.generate_config(&request.type_name, &state).await;
        Ok(wire::generate_resource_config::Response {
            config: encode(&response.config, &ty)?,
            diagnostics: diagnostics_to(&response.diagnostics),
        })
    }

    pub(super) async fn validate_list(
        &self,
        request: wire::validate_list_resource_config::Request,
    ) -> Result<wire::validate_list_resource_config::Response, Status> {
        let config = decode(request.config, &self.list_type(&request.type_name)?)?;
        let argument = |value: Option<wire::DynamicValue>, ty: &Type| match value {
            Some(value) => decode(Some(value), ty).map(Some),
            None => Ok(None),
        };
        let include_resource = argument(request.include_resource_object, &Type::Bool)?;
        let limit = argument(request.limit, &Type::Number)?;
        let arguments = ListArguments { include_resource: include_resource.as_ref(), limit: limit.as_ref() };
        let diagnostics = self.provider.validate_list(&request.type_name, &config, arguments).await;
        Ok(wire::validate_list_resource_config::Response { diagnostics: diagnostics_to(&diagnostics) })
    }

    /// Ends at the limit, whatever the provider does.
    async fn list(&self, request: wire::list_resource::Request, events: &Events) -> Result<(), Status> {
        let kind = &request.type_name;
        let config = decode(request.config, &self.list_type(kind)?)?;
        let (limit, include_resource) = (u64::try_from(request.limit).unwrap_or(0), request.include_resource_object);
        let call = ListRequest { kind, config: &config, include_resource, limit };
        let mut sending = Sending { calls: self, kind, left: limit, events, broken: None };
        let diagnostics = self.provider.list_resources(call, &mut sending).await;
        if !diagnostics.is_empty() {
            let end = wire::list_resource::Event { diagnostic: diagnostics_to(&diagnostics), ..Default::default() };
            send(events, end).await;
        }
        sending.broken.map_or(Ok(()), Err)
    }

    fn listed(&self, kind: &str, object: ListedObject) -> Result<wire::list_resource::Event, Status> {
        let resource_object = match object.resource {
            Some(resource) => encode(&resource, &self.resource_type(kind)?)?,
            None => None,
        };
        Ok(wire::list_resource::Event {
            identity: self.identity_out(kind, object.identity)?,
            display_name: object.display_name,
            resource_object,
            diagnostic: diagnostics_to(&object.diagnostics),
        })
    }

    pub(super) async fn validate_action(
        &self,
        request: wire::validate_action_config::Request,
    ) -> Result<wire::validate_action_config::Response, Status> {
        let config = decode(request.config, &self.action_type(&request.type_name)?)?;
        let diagnostics = self.provider.validate_action(&request.type_name, &config).await;
        Ok(wire::validate_action_config::Response { diagnostics: diagnostics_to(&diagnostics) })
    }

    pub(super) async fn plan_action(
        &self,
        request: wire::plan_action::Request,
    ) -> Result<wire::plan_action::Response, Status> {
        let config = self.action_config(&request.action_type, request.config)?;
        let capabilities = capabilities_from(request.client_capabilities);
        let call = ActionRequest { kind: &request.action_type, config: &config, capabilities };
        let response = self.provider.plan_action(call).await;
        Ok(wire::plan_action::Response {
            diagnostics: diagnostics_to(&response.diagnostics),
            deferred: deferred_to(response.deferred),
        })
    }

    async fn invoke_action(&self, request: wire::invoke_action::Request, events: &Events) -> Result<(), Status> {
        use wire::invoke_action::Event;
        use wire::invoke_action::event::{Completed, Progress, Type};
        let config = self.action_config(&request.action_type, request.config)?;
        let capabilities = capabilities_from(request.client_capabilities);
        let call = ActionRequest { kind: &request.action_type, config: &config, capabilities };
        let (sender, mut told) = mpsc::unbounded_channel();
        let mut progress = |message| drop(sender.send(message));
        let mut invocation = pin!(self.provider.invoke_action(call, &mut progress));
        let event = |message| Event { r#type: Some(Type::Progress(Progress { message })) };
        let diagnostics = loop {
            tokio::select! {
                biased;
                Some(message) = told.recv() => drop(send(events, event(message)).await),
                diagnostics = &mut invocation => break diagnostics,
            }
        };
        while let Ok(message) = told.try_recv() {
            send(events, event(message)).await;
        }
        let completed = Completed { diagnostics: diagnostics_to(&diagnostics) };
        send(events, Event { r#type: Some(Type::Completed(completed)) }).await;
        Ok(())
    }

    fn action_config(&self, kind: &str, config: Option<wire::DynamicValue>) -> Result<Value, Status> {
        decode(config, &self.action_type(kind)?)
    }

    fn list_type(&self, kind: &str) -> Result<Type, Status> {
        let schema = self.schema.list_resources.get(kind);
        Ok(schema.ok_or_else(|| invalid(format!("there is no list of {kind:?}")))?.block.implied_type())
    }

    fn action_type(&self, kind: &str) -> Result<Type, Status> {
        let schema = self.schema.actions.get(kind);
        Ok(schema.ok_or_else(|| invalid(format!("there is no action {kind:?}")))?.block.implied_type())
    }
}
