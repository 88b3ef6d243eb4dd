//! The calls of a host that are not about managed resources.

use super::calls::{Calls, decode, encode, invalid};
use crate::convert::{capabilities_from, deferred_to, diagnostics_to, function_to};
use crate::schema_codec::{identities_response, schema_response, server_capabilities};
use crate::wire::Timestamp;
use crate::wire::tfplugin6 as wire;
use bytes::Bytes;
use formwork_model::{ConfigureRequest, Schema};
use formwork_value::{Str, Type};
use std::collections::BTreeMap;
use std::sync::Arc;
use tonic::Status;

impl Calls<'_> {
    pub(super) async fn metadata(
        &self,
        _: wire::get_metadata::Request,
    ) -> Result<wire::get_metadata::Response, Status> {
        use wire::get_metadata::{
            ActionMetadata, DataSourceMetadata, EphemeralMetadata, FunctionMetadata, ListResourceMetadata,
            ResourceMetadata,
        };
        let names = |map: &BTreeMap<Str, Arc<Schema>>| map.keys().map(ToString::to_string).collect::<Vec<_>>();
        let schema = &self.schema;
        Ok(wire::get_metadata::Response {
            server_capabilities: Some(server_capabilities(schema)),
            data_sources: names(&schema.data_sources)
                .into_iter()
                .map(|type_name| DataSourceMetadata { type_name })
                .collect(),
            resources: names(&schema.resources).into_iter().map(|type_name| ResourceMetadata { type_name }).collect(),
            functions: schema.functions.keys().map(|name| FunctionMetadata { name: name.to_string() }).collect(),
            ephemeral_resources: names(&schema.ephemeral_resources)
                .into_iter()
                .map(|type_name| EphemeralMetadata { type_name })
                .collect(),
            list_resources: names(&schema.list_resources)
                .into_iter()
                .map(|type_name| ListResourceMetadata { type_name })
                .collect(),
            actions: names(&schema.actions).into_iter().map(|type_name| ActionMetadata { type_name }).collect(),
            ..wire::get_metadata::Response::default()
        })
    }

    pub(super) async fn provider_schema(
        &self,
        _: wire::get_provider_schema::Request,
    ) -> Result<wire::get_provider_schema::Response, Status> {
        Ok(schema_response(&self.schema))
    }

    pub(super) async fn identity_schemas(
        &self,
        _: wire::get_resource_identity_schemas::Request,
    ) -> Result<wire::get_resource_identity_schemas::Response, Status> {
        Ok(identities_response(&self.schema))
    }

    pub(super) async fn functions(
        &self,
        _: wire::get_functions::Request,
    ) -> Result<wire::get_functions::Response, Status> {
        let functions = self.schema.functions.iter().map(|(name, function)| (name.to_string(), function_to(function)));
        Ok(wire::get_functions::Response { functions: functions.collect(), diagnostics: Vec::new() })
    }

    pub(super) async fn validate_provider(
        &self,
        request: wire::validate_provider_config::Request,
    ) -> Result<wire::validate_provider_config::Response, Status> {
        let config = decode(request.config, &self.schema.provider.block.implied_type())?;
        let response = self.provider.validate_provider(&config).await;
        Ok(wire::validate_provider_config::Response { diagnostics: diagnostics_to(&response.diagnostics) })
    }

    pub(super) async fn configure(
        &self,
        request: wire::configure_provider::Request,
    ) -> Result<wire::configure_provider::Response, Status> {
        let config = decode(request.config, &self.schema.provider.block.implied_type())?;
        let call = ConfigureRequest {
            terraform_version: &request.terraform_version,
            config: &config,
            capabilities: capabilities_from(request.client_capabilities),
        };
        let diagnostics = self.provider.configure(call).await;
        Ok(wire::configure_provider::Response { diagnostics: diagnostics_to(&diagnostics) })
    }

    pub(super) async fn validate_resource(
        &self,
        request: wire::validate_resource_config::Request,
    ) -> Result<wire::validate_resource_config::Response, Status> {
        let config = decode(request.config, &self.resource_type(&request.type_name)?)?;
        let diagnostics = self.provider.validate_resource(&request.type_name, &config).await;
        Ok(wire::validate_resource_config::Response { diagnostics: diagnostics_to(&diagnostics) })
    }

    pub(super) async fn validate_data(
        &self,
        request: wire::validate_data_resource_config::Request,
    ) -> Result<wire::validate_data_resource_config::Response, Status> {
        let config = decode(request.config, &self.data_type(&request.type_name)?)?;
        let diagnostics = self.provider.validate_data(&request.type_name, &config).await;
        Ok(wire::validate_data_resource_config::Response { diagnostics: diagnostics_to(&diagnostics) })
    }

    pub(super) async fn validate_ephemeral(
        &self,
        request: wire::validate_ephemeral_resource_config::Request,
    ) -> Result<wire::validate_ephemeral_resource_config::Response, Status> {
        let config = decode(request.config, &self.ephemeral_type(&request.type_name)?)?;
        let diagnostics = self.provider.validate_ephemeral(&request.type_name, &config).await;
        Ok(wire::validate_ephemeral_resource_config::Response { diagnostics: diagnostics_to(&diagnostics) })
    }

    pub(super) async fn read_data(
        &self,
        request: wire::read_data_source::Request,
    ) -> Result<wire::read_data_source::Response, Status> {
        let ty = self.data_type(&request.type_name)?;
        let (config, meta) = (decode(request.config, &ty)?, self.meta(request.provider_meta)?);
        let response = self.provider.read_data(&request.type_name, &config, meta.as_ref()).await;
        Ok(wire::read_data_source::Response {
            state: encode(&response.state, &ty)?,
            diagnostics: diagnostics_to(&response.diagnostics),
            deferred: deferred_to(response.deferred),
        })
    }

    pub(super) async fn open(
        &self,
        request: wire::open_ephemeral_resource::Request,
    ) -> Result<wire::open_ephemeral_resource::Response, Status> {
        let ty = self.ephemeral_type(&request.type_name)?;
        let config = decode(request.config, &ty)?;
        let response = self.provider.open_ephemeral(&request.type_name, &config).await;
        Ok(wire::open_ephemeral_resource::Response {
            diagnostics: diagnostics_to(&response.diagnostics),
            renew_at: response.renew_at.map(timestamp),
            result: encode(&response.result, &ty)?,
            private: private(response.private),
            deferred: deferred_to(response.deferred),
        })
    }

    pub(super) async fn renew(
        &self,
        request: wire::renew_ephemeral_resource::Request,
    ) -> Result<wire::renew_ephemeral_resource::Response, Status> {
        let old = request.private.unwrap_or_default();
        let response = self.provider.renew_ephemeral(&request.type_name, &old).await;
        Ok(wire::renew_ephemeral_resource::Response {
            diagnostics: diagnostics_to(&response.diagnostics),
            renew_at: response.renew_at.map(timestamp),
            private: private(response.private),
        })
    }

    pub(super) async fn close(
        &self,
        request: wire::close_ephemeral_resource::Request,
    ) -> Result<wire::close_ephemeral_resource::Response, Status> {
        let private = request.private.unwrap_or_default();
        let diagnostics = self.provider.close_ephemeral(&request.type_name, &private).await;
        Ok(wire::close_ephemeral_resource::Response { diagnostics: diagnostics_to(&diagnostics) })
    }

    pub(super) async fn call_function(
        &self,
        request: wire::call_function::Request,
    ) -> Result<wire::call_function::Response, Status> {
        let function = self.schema.functions.get(request.name.as_str());
        let function = function.ok_or_else(|| invalid(format!("there is no function {:?}", request.name)))?;
        let parameters = function.parameters.iter().chain(function.variadic.iter().cycle());
        let arguments = request.arguments.into_iter().zip(parameters);
        let arguments = arguments.map(|(value, parameter)| decode(Some(value), &parameter.ty));
        let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
        let response = self.provider.call_function(&request.name, &arguments).await;
        if let Some((text, argument)) = response.error {
            let function_argument = argument.and_then(|index| i64::try_from(index).ok());
            let error = Some(wire::FunctionError { text, function_argument });
            return Ok(wire::call_function::Response { result: None, error });
        }
        let result = encode(&response.result, &function.return_type)?;
        Ok(wire::call_function::Response { result, error: None })
    }

    pub(super) async fn stop(&self, _: wire::stop_provider::Request) -> Result<wire::stop_provider::Response, Status> {
        let diagnostics = self.provider.stop().await;
        let error = diagnostics.iter().filter(|d| d.is_error()).map(|d| format!("{}: {}", d.summary, d.detail));
        Ok(wire::stop_provider::Response { error: error.collect::<Vec<_>>().join("\n") })
    }

    fn data_type(&self, kind: &str) -> Result<Type, Status> {
        let schema = self.schema.data_sources.get(kind);
        Ok(schema.ok_or_else(|| invalid(format!("there is no data source {kind:?}")))?.block.implied_type())
    }

    fn ephemeral_type(&self, kind: &str) -> Result<Type, Status> {
        let schema = self.schema.ephemeral_resources.get(kind);
        Ok(schema.ok_or_else(|| invalid(format!("there is no ephemeral resource {kind:?}")))?.block.implied_type())
    }
}

fn timestamp(seconds: i64) -> Timestamp {
    Timestamp { seconds, nanos: 0 }
}

fn private(bytes: Vec<u8>) -> Option<Bytes> {
    Some(Bytes::from(bytes)).filter(|bytes| !bytes.is_empty())
}
