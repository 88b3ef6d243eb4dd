//! What a host of protocol 5 is answered, where that differs from protocol 6.

use super::calls::{Calls, answer, decode, encode};
use super::dispatch::Answer;
use crate::convert::{diagnostics_to, function_to, lowered_schema};
use crate::schema_codec::server_capabilities;
use crate::wire::{tfplugin5, tfplugin6};
use bytes::Bytes;
use formwork_model::{Attribute, AttributeType, Block, ProviderSchema, Schema};
use formwork_value::Str;
use prost::Message;
use std::collections::BTreeMap;
use std::sync::Arc;
use tonic::Status;

/// The answer to `GetSchema`.
#[derive(Clone, PartialEq, Message)]
struct SchemaResponse {
    #[prost(message, optional, tag = "1")]
    provider: Option<tfplugin5::Schema>,
    #[prost(btree_map = "string, message", tag = "2")]
    resource_schemas: BTreeMap<String, tfplugin5::Schema>,
    #[prost(btree_map = "string, message", tag = "3")]
    data_source_schemas: BTreeMap<String, tfplugin5::Schema>,
    #[prost(message, optional, tag = "5")]
    provider_meta: Option<tfplugin5::Schema>,
    #[prost(message, optional, tag = "6")]
    server_capabilities: Option<tfplugin6::ServerCapabilities>,
    #[prost(btree_map = "string, message", tag = "7")]
    functions: BTreeMap<String, tfplugin6::Function>,
    #[prost(btree_map = "string, message", tag = "8")]
    ephemeral_resource_schemas: BTreeMap<String, tfplugin5::Schema>,
    #[prost(btree_map = "string, message", tag = "9")]
    list_resource_schemas: BTreeMap<String, tfplugin5::Schema>,
    #[prost(btree_map = "string, message", tag = "11")]
    action_schemas: BTreeMap<String, ActionSchema>,
}

#[derive(Clone, PartialEq, Message)]
struct ActionSchema {
    #[prost(message, optional, tag = "1")]
    schema: Option<tfplugin5::Schema>,
}

/// The answer to `PrepareProviderConfig`; hosts of old use what is prepared.
#[derive(Clone, PartialEq, Message)]
struct PreparedConfig {
    #[prost(message, optional, tag = "1")]
    prepared_config: Option<tfplugin6::DynamicValue>,
    #[prost(message, repeated, tag = "2")]
    diagnostics: Vec<tfplugin6::Diagnostic>,
}

/// The answer to `GetMetadata`.
#[derive(Clone, PartialEq, Message)]
struct Metadata {
    #[prost(message, optional, tag = "1")]
    server_capabilities: Option<tfplugin6::ServerCapabilities>,
    #[prost(message, repeated, tag = "3")]
    data_sources: Vec<Named>,
    #[prost(message, repeated, tag = "4")]
    resources: Vec<Named>,
    #[prost(message, repeated, tag = "5")]
    functions: Vec<Named>,
    #[prost(message, repeated, tag = "6")]
    ephemeral_resources: Vec<Named>,
    #[prost(message, repeated, tag = "7")]
    list_resources: Vec<Named>,
    #[prost(message, repeated, tag = "8")]
    actions: Vec<Named>,
}

#[derive(Clone, PartialEq, Message)]
struct Named {
    #[prost(string, tag = "1")]
    name: String,
}

/// True if a provider can be served over protocol 5, which has no attributes inside of attributes.
pub(super) fn is_possible(schema: &ProviderSchema) -> bool {
    let all = [&schema.resources, &schema.data_sources, &schema.ephemeral_resources, &schema.list_resources];
    let schemas = all.into_iter().chain([&schema.actions]).flat_map(BTreeMap::values);
    schemas.chain([&schema.provider]).chain(&schema.provider_meta).all(|schema| is_flat(&schema.block))
}

fn is_flat(block: &Block) -> bool {
    let is_plain = |attribute: &Attribute| matches!(attribute.kind, AttributeType::Plain(_));
    block.attributes.values().all(is_plain) && block.blocks.values().all(|nested| is_flat(&nested.block))
}

/// The name in protocol 6 of a method of protocol 5.
pub(super) fn name_in_six(method: &str) -> &str {
    match method {
        "GetSchema" => "GetProviderSchema",
        "PrepareProviderConfig" => "ValidateProviderConfig",
        "ValidateResourceTypeConfig" => "ValidateResourceConfig",
        "ValidateDataSourceConfig" => "ValidateDataResourceConfig",
        "Configure" => "ConfigureProvider",
        "Stop" => "StopProvider",
        other => other,
    }
}

/// Answers the call of a method, by its name in protocol 6: most messages are equal on the wire.
pub(super) async fn answer_five(calls: &Calls<'_>, method: &str, message: Bytes) -> Answer {
    match method {
        "GetProviderSchema" => Ok(Box::new(schema_response(&calls.schema))),
        "GetMetadata" => Ok(Box::new(metadata(&calls.schema))),
        "ValidateProviderConfig" => prepare(calls, message).await,
        other => answer(calls, other, message).await,
    }
}

async fn prepare(calls: &Calls<'_>, message: Bytes) -> Answer {
    let request = tfplugin6::validate_provider_config::Request::decode(message)
        .map_err(|error| Status::invalid_argument(format!("the request cannot be decoded: {error}")))?;
    let ty = calls.schema.provider.block.implied_type();
    let response = calls.provider.validate_provider(&decode(request.config, &ty)?).await;
    Ok(Box::new(PreparedConfig {
        prepared_config: encode(&response.prepared, &ty)?,
        diagnostics: diagnostics_to(&response.diagnostics),
    }))
}

fn schema_response(schema: &ProviderSchema) -> SchemaResponse {
    let schemas = |map: &BTreeMap<Str, Arc<Schema>>| {
        map.iter().map(|(name, schema)| (name.to_string(), lowered_schema(schema))).collect()
    };
    let action = |schema: &Schema| ActionSchema { schema: Some(lowered_schema(schema)) };
    SchemaResponse {
        provider: Some(lowered_schema(&schema.provider)),
        resource_schemas: schemas(&schema.resources),
        data_source_schemas: schemas(&schema.data_sources),
        provider_meta: schema.provider_meta.as_deref().map(lowered_schema),
        server_capabilities: Some(server_capabilities(schema)),
        functions: schema.functions.iter().map(|(name, f)| (name.to_string(), function_to(f))).collect(),
        ephemeral_resource_schemas: schemas(&schema.ephemeral_resources),
        list_resource_schemas: schemas(&schema.list_resources),
        action_schemas: schema.actions.iter().map(|(name, schema)| (name.to_string(), action(schema))).collect(),
    }
}

fn metadata(schema: &ProviderSchema) -> Metadata {
    let named = |name: &Str| Named { name: name.to_string() };
    Metadata {
        server_capabilities: Some(server_capabilities(schema)),
        data_sources: schema.data_sources.keys().map(named).collect(),
        resources: schema.resources.keys().map(named).collect(),
        functions: schema.functions.keys().map(named).collect(),
        ephemeral_resources: schema.ephemeral_resources.keys().map(named).collect(),
        list_resources: schema.list_resources.keys().map(named).collect(),
        actions: schema.actions.keys().map(named).collect(),
    }
}
