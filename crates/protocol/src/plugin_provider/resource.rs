//! Calls about managed resources.

use super::PluginProvider;
use super::call::{bytes, raw_state};
use crate::convert::{capabilities_to, deferred_from, diagnostics_from, path_from};
use crate::wire::Method;
use crate::wire::tfplugin6 as wire;
use bytes::Bytes;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{
    ApplyRequest, ApplyResponse, ImportRequest, ImportResponse, ImportedObject, MoveRequest, MoveResponse, PlanRequest,
    PlanResponse, RawState, ReadRequest, ReadResponse, UpgradeResponse,
};
use formwork_value::{Str, Type, Value};
use std::collections::BTreeMap;

impl PluginProvider {
    pub(super) async fn call_upgrade_state(&self, kind: &str, version: u64, state: RawState) -> UpgradeResponse {
        self.try_upgrade_state(kind, version, state).await.unwrap_or_else(failed_upgrade)
    }

    async fn try_upgrade_state(
        &self,
        kind: &str,
        version: u64,
        state: RawState,
    ) -> Result<UpgradeResponse, Diagnostic> {
        let method = Method::UpgradeResourceState;
        let ty = self.resource_type(kind)?;
        let message = wire::upgrade_resource_state::Request {
            type_name: kind.to_owned(),
            version: i64::try_from(version).unwrap_or(i64::MAX),
            raw_state: Some(raw_state(state)),
        };
        let answer: wire::upgrade_resource_state::Response = self.call(method, message).await?;
        let mut diagnostics = diagnostics_from(answer.diagnostics, Blame::Environment);
        let state = self.decode(method, answer.upgraded_state.as_ref(), &ty, &mut diagnostics);
        Ok(UpgradeResponse { state, diagnostics })
    }

    pub(super) async fn call_upgrade_identity(&self, kind: &str, version: u64, json: Str) -> UpgradeResponse {
        self.try_upgrade_identity(kind, version, json).await.unwrap_or_else(failed_upgrade)
    }

    async fn try_upgrade_identity(&self, kind: &str, version: u64, json: Str) -> Result<UpgradeResponse, Diagnostic> {
        let method = Method::UpgradeResourceIdentity;
        let message = wire::upgrade_resource_identity::Request {
            type_name: kind.to_owned(),
            version: i64::try_from(version).unwrap_or(i64::MAX),
            raw_identity: Some(raw_state(RawState::Json(json))),
        };
        let answer: wire::upgrade_resource_identity::Response = self.call(method, message).await?;
        let mut diagnostics = diagnostics_from(answer.diagnostics, Blame::Environment);
        let identity = self.decode_identity(method, kind, answer.upgraded_identity, &mut diagnostics);
        Ok(UpgradeResponse { state: identity.unwrap_or_else(|| Value::null(Type::Dynamic)), diagnostics })
    }

    pub(super) async fn call_read(&self, request: ReadRequest<'_>) -> ReadResponse {
        self.try_read(request).await.unwrap_or_else(|diagnostic| ReadResponse {
            state: request.current.clone(),
            private: request.private.to_vec(),
            identity: request.identity.cloned(),
            deferred: None,
            diagnostics: diagnostic.into(),
        })
    }

    async fn try_read(&self, request: ReadRequest<'_>) -> Result<ReadResponse, Diagnostic> {
        let method = Method::ReadResource;
        let ty = self.resource_type(request.kind)?;
        let message = wire::read_resource::Request {
            type_name: request.kind.to_owned(),
            current_state: self.encode(method, request.current, &ty)?,
            private: bytes(request.private),
            provider_meta: self.encode_meta(method, request.provider_meta)?,
            client_capabilities: capabilities_to(request.capabilities),
            current_identity: self.encode_identity(method, request.kind, request.identity)?,
        };
        let answer: wire::read_resource::Response = self.call(method, message).await?;
        let mut diagnostics = diagnostics_from(answer.diagnostics, Blame::Environment);
        Ok(ReadResponse {
            state: self.decode(method, answer.new_state.as_ref(), &ty, &mut diagnostics),
            private: answer.private.to_vec(),
            identity: self.decode_identity(method, request.kind, answer.new_identity, &mut diagnostics),
            deferred: deferred_from(answer.deferred),
            diagnostics,
        })
    }

    pub(super) async fn call_plan(&self, request: PlanRequest<'_>) -> PlanResponse {
        self.try_plan(request).await.unwrap_or_else(|diagnostic| PlanResponse {
            planned: Value::null(Type::Dynamic),
            requires_replace: Vec::new(),
            planned_private: Vec::new(),
            planned_identity: None,
            legacy_type_system: false,
            deferred: None,
            diagnostics: diagnostic.into(),
        })
    }

    async fn try_plan(&self, request: PlanRequest<'_>) -> Result<PlanResponse, Diagnostic> {
        let method = Method::PlanResourceChange;
        let ty = self.resource_type(request.kind)?;
        let message = wire::plan_resource_change::Request {
            type_name: request.kind.to_owned(),
            prior_state: self.encode(method, request.prior, &ty)?,
            proposed_new_state: self.encode(method, request.proposed, &ty)?,
            config: self.encode(method, request.config, &ty)?,
            prior_private: bytes(request.prior_private),
            provider_meta: self.encode_meta(method, request.provider_meta)?,
            client_capabilities: capabilities_to(request.capabilities),
            prior_identity: self.encode_identity(method, request.kind, request.prior_identity)?,
            planned_private: Bytes::new(),
        };
        let answer: wire::plan_resource_change::Response = self.call(method, message).await?;
        let mut diagnostics = diagnostics_from(answer.diagnostics, Blame::Config);
        Ok(PlanResponse {
            planned: self.decode(method, answer.planned_state.as_ref(), &ty, &mut diagnostics),
            requires_replace: answer.requires_replace.iter().map(path_from).collect(),
            planned_private: answer.planned_private.to_vec(),
            planned_identity: self.decode_identity(method, request.kind, answer.planned_identity, &mut diagnostics),
            legacy_type_system: answer.legacy_type_system,
            deferred: deferred_from(answer.deferred),
            diagnostics,
        })
    }

    pub(super) async fn call_apply(&self, request: ApplyRequest<'_>) -> ApplyResponse {
        self.try_apply(request).await.unwrap_or_else(|diagnostic| ApplyResponse {
            new_state: None,
            private: Vec::new(),
            identity: None,
            legacy_type_system: false,
            diagnostics: diagnostic.into(),
        })
    }

    async fn try_apply(&self, request: ApplyRequest<'_>) -> Result<ApplyResponse, Diagnostic> {
        let method = Method::ApplyResourceChange;
        let ty = self.resource_type(request.kind)?;
        let message = wire::apply_resource_change::Request {
            type_name: request.kind.to_owned(),
            prior_state: self.encode(method, request.prior, &ty)?,
            planned_state: self.encode(method, request.planned, &ty)?,
            config: self.encode(method, request.config, &ty)?,
            planned_private: bytes(request.planned_private),
            provider_meta: self.encode_meta(method, request.provider_meta)?,
            planned_identity: self.encode_identity(method, request.kind, request.planned_identity)?,
        };
        let answer: wire::apply_resource_change::Response = self.call(method, message).await?;
        let mut diagnostics = diagnostics_from(answer.diagnostics, Blame::Environment);
        let sent = answer.new_state.filter(|value| !value.msgpack.is_empty() || !value.json.is_empty());
        let before = diagnostics.len();
        let state = sent.map(|value| self.decode(method, Some(&value), &ty, &mut diagnostics));
        Ok(ApplyResponse {
            // A state that cannot be decoded counts as none: the object must not be taken for destroyed.
            new_state: state.filter(|_| diagnostics.len() == before),
            private: answer.private.to_vec(),
            identity: self.decode_identity(method, request.kind, answer.new_identity, &mut diagnostics),
            legacy_type_system: answer.legacy_type_system,
            diagnostics,
        })
    }

    pub(super) async fn call_import(&self, request: ImportRequest<'_>) -> ImportResponse {
        self.try_import(request).await.unwrap_or_else(|diagnostic| ImportResponse {
            objects: Vec::new(),
            deferred: None,
            diagnostics: diagnostic.into(),
        })
    }

    async fn try_import(&self, request: ImportRequest<'_>) -> Result<ImportResponse, Diagnostic> {
        let method = Method::ImportResourceState;
        self.resource_type(request.kind)?;
        let message = wire::import_resource_state::Request {
            type_name: request.kind.to_owned(),
            id: request.id.to_owned(),
            client_capabilities: capabilities_to(request.capabilities),
            identity: self.encode_identity(method, request.kind, request.identity)?,
        };
        let answer: wire::import_resource_state::Response = self.call(method, message).await?;
        let mut diagnostics = diagnostics_from(answer.diagnostics, Blame::Environment);
        let mut objects = Vec::new();
        for object in answer.imported_resources {
            match self.imported_object(object, &mut diagnostics) {
                Ok(object) => objects.push(object),
                Err(diagnostic) => diagnostics.push(diagnostic),
            }
        }
        Ok(ImportResponse { objects, deferred: deferred_from(answer.deferred), diagnostics })
    }

    fn imported_object(
        &self,
        object: wire::import_resource_state::ImportedResource,
        diagnostics: &mut Diagnostics,
    ) -> Result<ImportedObject, Diagnostic> {
        let method = Method::ImportResourceState;
        let kind = object.type_name.as_str();
        let ty = self.resource_type(kind)?;
        Ok(ImportedObject {
            kind: Str::from(kind),
            state: self.decode(method, object.state.as_ref(), &ty, diagnostics),
            private: object.private.to_vec(),
            identity: self.decode_identity(method, kind, object.identity, diagnostics),
        })
    }

    pub(super) async fn call_move(&self, request: MoveRequest<'_>) -> MoveResponse {
        self.try_move(request).await.unwrap_or_else(|diagnostic| MoveResponse {
            state: Value::null(Type::Dynamic),
            private: Vec::new(),
            identity: None,
            diagnostics: diagnostic.into(),
        })
    }

    async fn try_move(&self, request: MoveRequest<'_>) -> Result<MoveResponse, Diagnostic> {
        let method = Method::MoveResourceState;
        let ty = self.resource_type(request.target_kind)?;
        let identity = request
            .source_identity_json
            .map(|json| wire::RawState { json: Bytes::copy_from_slice(json.as_bytes()), flatmap: BTreeMap::new() });
        let message = wire::move_resource_state::Request {
            source_provider_address: request.source_provider.to_owned(),
            source_type_name: request.source_kind.to_owned(),
            source_schema_version: i64::try_from(request.source_schema_version).unwrap_or(i64::MAX),
            source_state: Some(raw_state(request.source_state)),
            target_type_name: request.target_kind.to_owned(),
            source_private: bytes(request.source_private),
            source_identity: identity,
            source_identity_schema_version: 0,
        };
        let answer: wire::move_resource_state::Response = self.call(method, message).await?;
        let mut diagnostics = diagnostics_from(answer.diagnostics, Blame::Config);
        Ok(MoveResponse {
            state: self.decode(method, answer.target_state.as_ref(), &ty, &mut diagnostics),
            private: answer.target_private.to_vec(),
            identity: self.decode_identity(method, request.target_kind, answer.target_identity, &mut diagnostics),
            diagnostics,
        })
    }
}

fn failed_upgrade(diagnostic: Diagnostic) -> UpgradeResponse {
    UpgradeResponse { state: Value::null(Type::Dynamic), diagnostics: diagnostic.into() }
}
