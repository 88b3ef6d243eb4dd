//! What all calls have in common: sending, decoding, types by name, complaints.

use super::PluginProvider;
use crate::convert::{decode_value, encode_value};
use crate::wire::tfplugin6::{DynamicValue, RawState as WireState, ResourceIdentityData};
use crate::wire::{Method, Outgoing};
use bytes::Bytes;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{RawState, Schema};
use formwork_value::{Str, Type, Value};
use prost::Message;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;
use tonic::Streaming;

impl PluginProvider {
    /// Sends a message and decodes the answer.
    pub(super) async fn call<A: Message + Default>(
        &self,
        method: Method,
        message: impl Outgoing,
    ) -> Result<A, Diagnostic> {
        let answer = self.running.call(method, Box::new(message)).await?;
        A::decode(answer).map_err(|error| self.invalid_answer(method, &format!("It cannot be decoded: {error}.")))
    }

    /// Sends a message that is answered by a stream.
    pub(super) async fn stream<A: Message + Default>(
        &self,
        method: Method,
        message: impl Outgoing,
    ) -> Result<Events<'_, A>, Diagnostic> {
        let stream = self.running.stream(method, Box::new(message)).await?;
        Ok(Events { provider: self, method, stream, kind: PhantomData })
    }

    /// A value for a message.
    pub(super) fn encode(&self, method: Method, value: &Value, ty: &Type) -> Result<Option<DynamicValue>, Diagnostic> {
        encode_value(value, ty).map(Some).map_err(|reason| {
            let detail = format!(
                "The call {} to provider {} could not be made. {reason} This is a bug in Formwork.",
                method.name(self.running.protocol()),
                self.running.provider()
            );
            Diagnostic::error("Invalid value for a provider", detail).blame(Blame::Engine)
        })
    }

    /// Module metadata for the provider: null if it has a schema for it and the module has none.
    pub(super) fn encode_meta(
        &self,
        method: Method,
        value: Option<&Value>,
    ) -> Result<Option<DynamicValue>, Diagnostic> {
        let Some(schema) = &self.schema.provider_meta else {
            return Ok(None);
        };
        let ty = schema.block.implied_type();
        match value {
            Some(value) => self.encode(method, value, &ty),
            None => self.encode(method, &Value::null(ty.clone()), &ty),
        }
    }

    pub(super) fn encode_identity(
        &self,
        method: Method,
        kind: &str,
        value: Option<&Value>,
    ) -> Result<Option<ResourceIdentityData>, Diagnostic> {
        let (Some(value), Some(ty)) = (value, self.identity_type(kind)) else {
            return Ok(None);
        };
        Ok(Some(ResourceIdentityData { identity_data: self.encode(method, value, &ty)? }))
    }

    /// A value of an answer. What cannot be decoded becomes null with a diagnostic.
    pub(super) fn decode(
        &self,
        method: Method,
        value: Option<&DynamicValue>,
        ty: &Type,
        diagnostics: &mut Diagnostics,
    ) -> Value {
        decode_value(value, ty).unwrap_or_else(|reason| {
            diagnostics.push(self.invalid_answer(method, &reason));
            Value::null(ty.clone())
        })
    }

    pub(super) fn decode_identity(
        &self,
        method: Method,
        kind: &str,
        identity: Option<ResourceIdentityData>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Value> {
        let data = identity?.identity_data?;
        let ty = self.identity_type(kind)?;
        Some(self.decode(method, Some(&data), &ty, diagnostics)).filter(|value| !value.is_null())
    }

    pub(super) fn identity_type(&self, kind: &str) -> Option<Type> {
        Some(self.schema.identities.get(kind)?.ty())
    }

    pub(super) fn provider_type(&self) -> Type {
        self.schema.provider.block.implied_type()
    }

    pub(super) fn resource_type(&self, kind: &str) -> Result<Type, Diagnostic> {
        self.type_in(&self.schema.resources, "resource", kind)
    }

    pub(super) fn data_type(&self, kind: &str) -> Result<Type, Diagnostic> {
        self.type_in(&self.schema.data_sources, "data source", kind)
    }

    pub(super) fn ephemeral_type(&self, kind: &str) -> Result<Type, Diagnostic> {
        self.type_in(&self.schema.ephemeral_resources, "ephemeral resource", kind)
    }

    pub(super) fn list_type(&self, kind: &str) -> Result<Type, Diagnostic> {
        self.type_in(&self.schema.list_resources, "list resource", kind)
    }

    pub(super) fn action_type(&self, kind: &str) -> Result<Type, Diagnostic> {
        self.type_in(&self.schema.actions, "action", kind)
    }

    fn type_in(&self, schemas: &BTreeMap<Str, Arc<Schema>>, what: &str, kind: &str) -> Result<Type, Diagnostic> {
        match schemas.get(kind) {
            Some(schema) => Ok(schema.block.implied_type()),
            None => {
                let provider = self.running.provider();
                let detail =
                    format!("Provider {provider} has no {what} of type {kind:?}. Check the name, or upgrade it.");
                Err(Diagnostic::error(format!("Invalid {what} type"), detail))
            }
        }
    }

    /// The provider broke the protocol.
    pub(super) fn invalid_answer(&self, method: Method, reason: &str) -> Diagnostic {
        let detail = format!(
            "The answer of provider {} to the call {} is not valid. {reason} This is a bug in the provider.",
            self.running.provider(),
            method.name(self.running.protocol())
        );
        Diagnostic::error("Provider produced invalid answer", detail).blame(Blame::Provider)
    }
}

/// The answer to a call, one event after another. Dropping it ends the call.
pub(super) struct Events<'a, A> {
    provider: &'a PluginProvider,
    method: Method,
    stream: Streaming<Bytes>,
    kind: PhantomData<A>,
}

impl<A: Message + Default> Events<'_, A> {
    pub async fn next(&mut self) -> Result<Option<A>, Diagnostic> {
        let Some(bytes) = self.provider.running.next_of(self.method, &mut self.stream).await? else { return Ok(None) };
        let event = A::decode(bytes);
        event.map(Some).map_err(|error| {
            self.provider.invalid_answer(self.method, &format!("An event cannot be decoded: {error}."))
        })
    }
}

/// A stored object for a message.
pub(super) fn raw_state(state: RawState) -> WireState {
    match state {
        RawState::Json(text) => WireState { json: Bytes::copy_from_slice(text.as_bytes()), flatmap: BTreeMap::new() },
        RawState::Flatmap(entries) => WireState {
            json: Bytes::new(),
            flatmap: entries.into_iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
        },
    }
}

pub(super) fn bytes(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(bytes)
}
