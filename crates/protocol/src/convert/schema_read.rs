//! Schemas from the wire. The errors are phrases that say where and what.

use crate::wire::tfplugin6 as wire;
use crate::wire::{tfplugin5, tfplugin6};
use formwork_model::{
    Attribute, AttributeType, Block, DescriptionKind, FunctionParameter, FunctionSignature, IdentityAttribute,
    IdentitySchema, NestedBlock, NestedType, Nesting, Schema,
};
use formwork_value::{Str, Type, type_from_json};
use prost::Message;
use std::collections::BTreeMap;
use wire::schema::nested_block::NestingMode as BlockNesting;
use wire::schema::object::NestingMode as AttributeNesting;

/// Decodes a schema of protocol 5 or 6.
pub(crate) fn block_schema(protocol: u32, bytes: impl bytes::Buf) -> Result<Schema, String> {
    let undecodable = |error| format!("it cannot be decoded: {error}");
    let message = match protocol {
        5 => lift_schema(tfplugin5::Schema::decode(bytes).map_err(undecodable)?),
        _ => tfplugin6::Schema::decode(bytes).map_err(undecodable)?,
    };
    let version = u64::try_from(message.version).map_err(|_| format!("its version is {}", message.version))?;
    Ok(Schema { version, block: block(message.block.unwrap_or_default())? })
}

fn block(message: wire::schema::Block) -> Result<Block, String> {
    let mut block = Block::default();
    block.description_kind = description_kind(message.description_kind());
    block.description = message.description.into();
    block.deprecated = message.deprecated;
    block.deprecation_message = message.deprecation_message.into();
    block.attributes = attributes(message.attributes)?;
    for nested in message.block_types {
        let name = Str::from(nested.type_name.as_str());
        let nested = nested_block(nested).map_err(|error| format!("block {name}: {error}"))?;
        block.blocks.insert(name, nested);
    }
    Ok(block)
}

fn nested_block(message: wire::schema::NestedBlock) -> Result<NestedBlock, String> {
    let nesting = match message.nesting() {
        BlockNesting::Single => Nesting::Single,
        BlockNesting::List => Nesting::List,
        BlockNesting::Set => Nesting::Set,
        BlockNesting::Map => Nesting::Map,
        BlockNesting::Group => Nesting::Group,
        BlockNesting::Invalid => return Err(format!("{} is not a nesting mode", message.nesting)),
    };
    Ok(NestedBlock {
        nesting,
        block: block(message.block.unwrap_or_default())?,
        min_items: u64::try_from(message.min_items).unwrap_or(0),
        max_items: u64::try_from(message.max_items).unwrap_or(0),
    })
}

fn attributes(list: Vec<wire::schema::Attribute>) -> Result<BTreeMap<Str, Attribute>, String> {
    let mut attributes = BTreeMap::new();
    for message in list {
        let name = Str::from(message.name.as_str());
        let attribute = attribute(message).map_err(|error| format!("attribute {name}: {error}"))?;
        attributes.insert(name, attribute);
    }
    Ok(attributes)
}

fn attribute(message: wire::schema::Attribute) -> Result<Attribute, String> {
    let description_kind = description_kind(message.description_kind());
    let kind = match message.nested_type {
        Some(object) => AttributeType::Nested(nested_type(object)?),
        None => AttributeType::Plain(type_from(&message.r#type)?),
    };
    Ok(Attribute {
        kind,
        description: message.description.into(),
        description_kind,
        required: message.required,
        optional: message.optional,
        computed: message.computed,
        sensitive: message.sensitive,
        write_only: message.write_only,
        deprecated: message.deprecated,
        deprecation_message: message.deprecation_message.into(),
    })
}

fn nested_type(message: wire::schema::Object) -> Result<NestedType, String> {
    let nesting = match message.nesting() {
        AttributeNesting::Single => Nesting::Single,
        AttributeNesting::List => Nesting::List,
        AttributeNesting::Set => Nesting::Set,
        AttributeNesting::Map => Nesting::Map,
        AttributeNesting::Invalid => return Err(format!("{} is not a nesting mode", message.nesting)),
    };
    Ok(NestedType { nesting, attributes: attributes(message.attributes)? })
}

fn type_from(json: &[u8]) -> Result<Type, String> {
    match json {
        b"\"string\"" => Ok(Type::String),
        b"\"bool\"" => Ok(Type::Bool),
        b"\"number\"" => Ok(Type::Number),
        _ => type_from_json(std::str::from_utf8(json).map_err(|_| "the type is not valid UTF-8")?),
    }
}

fn description_kind(kind: wire::StringKind) -> DescriptionKind {
    match kind {
        wire::StringKind::Plain => DescriptionKind::Plain,
        wire::StringKind::Markdown => DescriptionKind::Markdown,
    }
}

pub(crate) fn function(message: wire::Function) -> Result<FunctionSignature, String> {
    let description_kind = description_kind(message.description_kind());
    let parameters = message.parameters.into_iter().map(parameter).collect::<Result<Vec<_>, _>>()?;
    Ok(FunctionSignature {
        parameters,
        variadic: message.variadic_parameter.map(parameter).transpose()?,
        return_type: type_from(&message.r#return.ok_or("it has no return type")?.r#type)?,
        summary: message.summary.into(),
        description: message.description.into(),
        description_kind,
        deprecation_message: message.deprecation_message.into(),
    })
}

fn parameter(message: wire::function::Parameter) -> Result<FunctionParameter, String> {
    let description_kind = description_kind(message.description_kind());
    Ok(FunctionParameter {
        ty: type_from(&message.r#type).map_err(|error| format!("parameter {}: {error}", message.name))?,
        name: message.name.into(),
        allow_null: message.allow_null_value,
        allow_unknown: message.allow_unknown_values,
        description: message.description.into(),
        description_kind,
    })
}

pub(crate) fn identity(message: wire::ResourceIdentitySchema) -> Result<IdentitySchema, String> {
    let version = u64::try_from(message.version).map_err(|_| format!("its version is {}", message.version))?;
    let mut attributes = BTreeMap::new();
    for attribute in message.identity_attributes {
        let ty = type_from(&attribute.r#type).map_err(|error| format!("attribute {}: {error}", attribute.name))?;
        let value = IdentityAttribute {
            ty,
            description: attribute.description.into(),
            required_for_import: attribute.required_for_import,
            optional_for_import: attribute.optional_for_import,
        };
        attributes.insert(Str::from(attribute.name), value);
    }
    Ok(IdentitySchema { version, attributes })
}

/// A schema of protocol 5 as one of protocol 6.
fn lift_schema(schema: tfplugin5::Schema) -> tfplugin6::Schema {
    tfplugin6::Schema { version: schema.version, block: schema.block.map(lift_block) }
}

fn lift_block(block: tfplugin5::schema::Block) -> tfplugin6::schema::Block {
    tfplugin6::schema::Block {
        version: block.version,
        attributes: block.attributes.into_iter().map(lift_attribute).collect(),
        block_types: block.block_types.into_iter().map(lift_nested).collect(),
        description: block.description,
        description_kind: block.description_kind,
        deprecated: block.deprecated,
        deprecation_message: block.deprecation_message,
        computed: false,
    }
}

fn lift_nested(nested: tfplugin5::schema::NestedBlock) -> tfplugin6::schema::NestedBlock {
    tfplugin6::schema::NestedBlock {
        type_name: nested.type_name,
        block: nested.block.map(lift_block),
        nesting: nested.nesting,
        min_items: nested.min_items,
        max_items: nested.max_items,
    }
}

fn lift_attribute(attribute: tfplugin5::schema::Attribute) -> tfplugin6::schema::Attribute {
    tfplugin6::schema::Attribute {
        name: attribute.name,
        r#type: attribute.r#type,
        description: attribute.description,
        required: attribute.required,
        optional: attribute.optional,
        computed: attribute.computed,
        sensitive: attribute.sensitive,
        description_kind: attribute.description_kind,
        deprecated: attribute.deprecated,
        nested_type: None,
        write_only: attribute.write_only,
        deprecation_message: attribute.deprecation_message,
    }
}
