//! The calls of a host: which function answers which, and those about managed resources.

use super::dispatch::Answer;
use crate::convert::{capabilities_from, decode_value, deferred_to, diagnostics_to, encode_value, path_to};
use crate::wire::Outgoing;
use crate::wire::tfplugin6 as wire;
use bytes::Bytes;
use formwork_model::{
    ApplyProvider, ApplyRequest, ImportRequest, MoveRequest, PlanRequest, ProviderSchema, RawState, ReadRequest,
};
use formwork_value::{Str, Type, Value};
use prost::Message;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use tonic::Status;

/// A provider with its schema, for the duration of a call.
pub(super) struct Calls<'a> {
    pub provider: &'a dyn ApplyProvider,
    pub schema: Arc<ProviderSchema>,
}

/// Decodes a request, answers it by a function, and makes the answer ready to be sent.
async fn run<R, A, F>(message: Bytes, call: impl FnOnce(R) -> F) -> Answer
where
    R: Message + Default,
    A: Outgoing,
    F: Future<Output = Result<A, Status>>,
{
    let request = R::decode(message).map_err(|error| invalid(format!("the request cannot be decoded: {error}")))?;
    Ok(Box::new(call(request).await?))
}

/// Answers the call of a method of `tfplugin6.Provider`.
pub(super) async fn answer(calls: &Calls<'_>, method: &str, message: Bytes) -> Answer {
    match method {
        "GetMetadata" => run(message, |r| calls.metadata(r)).await,
        "GetProviderSchema" => run(message, |r| calls.provider_schema(r)).await,
        "GetResourceIdentitySchemas" => run(message, |r| calls.identity_schemas(r)).await,
        "GetFunctions" => run(message, |r| calls.functions(r)).await,
        "ValidateProviderConfig" => run(message, |r| calls.validate_provider(r)).await,
        "ConfigureProvider" => run(message, |r| calls.configure(r)).await,
        "ValidateResourceConfig" => run(message, |r| calls.validate_resource(r)).await,
        "ValidateDataResourceConfig" => run(message, |r| calls.validate_data(r)).await,
        "ValidateEphemeralResourceConfig" => run(message, |r| calls.validate_ephemeral(r)).await,
        "UpgradeResourceState" => run(message, |r| calls.upgrade_state(r)).await,
        "UpgradeResourceIdentity" => run(message, |r| calls.upgrade_identity(r)).await,
        "ReadResource" => run(message, |r| calls.read(r)).await,
        "PlanResourceChange" => run(message, |r| calls.plan(r)).await,
        "ApplyResourceChange" => run(message, |r| calls.apply(r)).await,
        "ImportResourceState" => run(message, |r| calls.import(r)).await,
        "MoveResourceState" => run(message, |r| calls.move_state(r)).await,
        "ReadDataSource" => run(message, |r| calls.read_data(r)).await,
        "OpenEphemeralResource" => run(message, |r| calls.open(r)).await,
        "RenewEphemeralResource" => run(message, |r| calls.renew(r)).await,
        "CloseEphemeralResource" => run(message, |r| calls.close(r)).await,
        "CallFunction" => run(message, |r| calls.call_function(r)).await,
        "GenerateResourceConfig" => run(message, |r| calls.generate_config(r)).await,
        "ValidateListResourceConfig" => run(message, |r| calls.validate_list(r)).await,
        "ValidateActionConfig" => run(message, |r| calls.validate_action(r)).await,
        "PlanAction" => run(message, |r| calls.plan_action(r)).await,
        "StopProvider" => run(message, |r| calls.stop(r)).await,
        _ => Err(Status::unimplemented(format!("this provider does not support {method}"))),
    }
}

/// The host sent what does not fit.
pub(super) fn invalid(reason: String) -> Status {
    Status::invalid_argument(reason)
}

impl<'a> Calls<'a> {
    pub(super) fn new(provider: &'a dyn ApplyProvider) -> Calls<'a> {
        Calls { provider, schema: provider.schema() }
    }

    pub(super) fn resource_type(&self, kind: &str) -> Result<Type, Status> {
        let schema = self.schema.resources.get(kind);
        Ok(schema.ok_or_else(|| invalid(format!("there is no resource type {kind:?}")))?.block.implied_type())
    }

    fn identity_type(&self, kind: &str) -> Option<Type> {
        Some(self.schema.identities.get(kind)?.ty())
    }

    /// Metadata of the module, absent if it is null.
    pub(super) fn meta(&self, value: Option<wire::DynamicValue>) -> Result<Option<Value>, Status> {
        let Some(schema) = &self.schema.provider_meta else {
            return Ok(None);
        };
        let value = decode(value, &schema.block.implied_type())?;
        Ok(Some(value).filter(|value| !value.is_null()))
    }

    fn identity_in(&self, kind: &str, data: Option<wire::ResourceIdentityData>) -> Result<Option<Value>, Status> {
        let (Some(data), Some(ty)) = (data, self.identity_type(kind)) else {
            return Ok(None);
        };
        Ok(Some(decode(data.identity_data, &ty)?).filter(|value| !value.is_null()))
    }

    pub(super) fn identity_out(
        &self,
        kind: &str,
        value: Option<Value>,
    ) -> Result<Option<wire::ResourceIdentityData>, Status> {
        let (Some(value), Some(ty)) = (value, self.identity_type(kind)) else {
            return Ok(None);
        };
        Ok(Some(wire::ResourceIdentityData { identity_data: encode(&value, &ty)? }))
    }

    async fn upgrade_state(
        &self,
        request: wire::upgrade_resource_state::Request,
    ) -> Result<wire::upgrade_resource_state::Response, Status> {
        let kind = request.type_name;
        let ty = self.resource_type(&kind)?;
        let state = raw_state(request.raw_state)?;
        let response = self.provider.upgrade_resource_state(&kind, version(request.version), state).await;
        Ok(wire::upgrade_resource_state::Response {
            upgraded_state: encode(&response.state, &ty)?,
            diagnostics: diagnostics_to(&response.diagnostics),
        })
    }

    async fn upgrade_identity(
        &self,
        request: wire::upgrade_resource_identity::Request,
    ) -> Result<wire::upgrade_resource_identity::Response, Status> {
        let kind = request.type_name;
        let RawState::Json(json) = raw_state(request.raw_identity)? else {
            return Err(invalid("an identity must be JSON".into()));
        };
        let response = self.provider.upgrade_identity(&kind, version(request.version), json).await;
        Ok(wire::upgrade_resource_identity::Response {
            upgraded_identity: self.identity_out(&kind, Some(response.state))?,
            diagnostics: diagnostics_to(&response.diagnostics),
        })
    }

    async fn read(&self, request: wire::read_resource::Request) -> Result<wire::read_resource::Response, Status> {
        let kind = request.type_name;
        let ty = self.resource_type(&kind)?;
        let (current, meta) = (decode(request.current_state, &ty)?, self.meta(request.provider_meta)?);
        let identity = self.identity_in(&kind, request.current_identity)?;
        let call = ReadRequest {
            kind: &kind,
            current: &current,
            private: &request.private,
            provider_meta: meta.as_ref(),
            identity: identity.as_ref(),
            capabilities: capabilities_from(request.client_capabilities),
        };
        let response = self.provider.read_resource(call).await;
        Ok(wire::read_resource::Response {
            new_state: encode(&response.state, &ty)?,
            diagnostics: diagnostics_to(&response.diagnostics),
            private: response.private.into(),
            deferred: deferred_to(response.deferred),
            new_identity: self.identity_out(&kind, response.identity)?,
        })
    }

    async fn plan(
        &self,
        request: wire::plan_resource_change::Request,
    ) -> Result<wire::plan_resource_change::Response, Status> {
        let kind = request.type_name;
        let ty = self.resource_type(&kind)?;
        let (prior, proposed) = (decode(request.prior_state, &ty)?, decode(request.proposed_new_state, &ty)?);
        let (config, meta) = (decode(request.config, &ty)?, self.meta(request.provider_meta)?);
        let identity = self.identity_in(&kind, request.prior_identity)?;
        let call = PlanRequest {
            kind: &kind,
            prior: &prior,
            proposed: &proposed,
            config: &config,
            prior_private: &request.prior_private,
            provider_meta: meta.as_ref(),
            prior_identity: identity.as_ref(),
            capabilities: capabilities_from(request.client_capabilities),
        };
        let response = self.provider.plan_resource(call).await;
        Ok(wire::plan_resource_change::Response {
            planned_state: encode(&response.planned, &ty)?,
            requires_replace: response.requires_replace.iter().map(path_to).collect(),
            planned_private: response.planned_private.into(),
            diagnostics: diagnostics_to(&response.diagnostics),
            legacy_type_system: response.legacy_type_system,
            deferred: deferred_to(response.deferred),
            planned_identity: self.identity_out(&kind, response.planned_identity)?,
        })
    }

    async fn apply(
        &self,
        request: wire::apply_resource_change::Request,
    ) -> Result<wire::apply_resource_change::Response, Status> {
        let kind = request.type_name;
        let ty = self.resource_type(&kind)?;
        let (prior, planned) = (decode(request.prior_state, &ty)?, decode(request.planned_state, &ty)?);
        let (config, meta) = (decode(request.config, &ty)?, self.meta(request.provider_meta)?);
        let identity = self.identity_in(&kind, request.planned_identity)?;
        let call = ApplyRequest {
            kind: &kind,
            prior: &prior,
            planned: &planned,
            config: &config,
            planned_private: &request.planned_private,
            provider_meta: meta.as_ref(),
            planned_identity: identity.as_ref(),
        };
        let response = self.provider.apply_resource(call).await;
        let new_state = match response.new_state {
            Some(state) => encode(&state, &ty)?,
            None => None,
        };
        Ok(wire::apply_resource_change::Response {
            new_state,
            private: response.private.into(),
            diagnostics: diagnostics_to(&response.diagnostics),
            legacy_type_system: response.legacy_type_system,
            new_identity: self.identity_out(&kind, response.identity)?,
        })
    }

    async fn import(
        &self,
        request: wire::import_resource_state::Request,
    ) -> Result<wire::import_resource_state::Response, Status> {
        let kind = request.type_name;
        let identity = self.identity_in(&kind, request.identity)?;
        let call = ImportRequest {
            kind: &kind,
            id: &request.id,
            identity: identity.as_ref(),
            capabilities: capabilities_from(request.client_capabilities),
        };
        let response = self.provider.import_resource(call).await;
        let mut objects = Vec::with_capacity(response.objects.len());
        for object in response.objects {
            objects.push(wire::import_resource_state::ImportedResource {
                type_name: object.kind.to_string(),
                state: encode(&object.state, &self.resource_type(&object.kind)?)?,
                private: object.private.into(),
                identity: self.identity_out(&object.kind, object.identity)?,
            });
        }
        Ok(wire::import_resource_state::Response {
            imported_resources: objects,
            diagnostics: diagnostics_to(&response.diagnostics),
            deferred: deferred_to(response.deferred),
        })
    }

    async fn move_state(
        &self,
        request: wire::move_resource_state::Request,
    ) -> Result<wire::move_resource_state::Response, Status> {
        let kind = request.target_type_name;
        let ty = self.resource_type(&kind)?;
        let identity = match request.source_identity {
            Some(identity) if !identity.json.is_empty() => Some(text(&identity.json)?),
            _ => None,
        };
        let call = MoveRequest {
            source_provider: &request.source_provider_address,
            source_kind: &request.source_type_name,
            source_schema_version: version(request.source_schema_version),
            source_state: raw_state(request.source_state)?,
            source_private: &request.source_private,
            source_identity_json: identity,
            target_kind: &kind,
        };
        let response = self.provider.move_resource(call).await;
        Ok(wire::move_resource_state::Response {
            target_state: encode(&response.state, &ty)?,
            diagnostics: diagnostics_to(&response.diagnostics),
            target_private: response.private.into(),
            target_identity: self.identity_out(&kind, response.identity)?,
        })
    }
}

pub(super) fn decode(value: Option<wire::DynamicValue>, ty: &Type) -> Result<Value, Status> {
    decode_value(value.as_ref(), ty).map_err(invalid)
}

/// A value for an answer.
pub(super) fn encode(value: &Value, ty: &Type) -> Result<Option<wire::DynamicValue>, Status> {
    encode_value(value, ty)
        .map(Some)
        .map_err(|reason| Status::internal(format!("{reason} This is a bug in the provider.")))
}

fn version(version: i64) -> u64 {
    u64::try_from(version).unwrap_or(0)
}

fn raw_state(state: Option<wire::RawState>) -> Result<RawState, Status> {
    let state = state.unwrap_or_default();
    if !state.json.is_empty() {
        return Ok(RawState::Json(text(&state.json)?));
    }
    let entries: BTreeMap<String, String> = state.flatmap;
    Ok(RawState::Flatmap(entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect()))
}

fn text(json: &[u8]) -> Result<Str, Status> {
    std::str::from_utf8(json).map(Str::from).map_err(|_| invalid("the state is not valid UTF-8".into()))
}
