//! Schemas to the wire (protocol 6).

use crate::wire::tfplugin5;
use crate::wire::tfplugin6 as wire;
use bytes::Bytes;
use formwork_model::{
    Attribute, AttributeType, Block, DescriptionKind, FunctionParameter, FunctionSignature, IdentitySchema,
    NestedBlock, NestedType, Nesting, Schema,
};
use formwork_value::{Str, Type, type_to_json};
use std::collections::BTreeMap;
use wire::schema::nested_block::NestingMode as BlockNesting;
use wire::schema::object::NestingMode as AttributeNesting;

pub(crate) fn schema_to(schema: &Schema) -> wire::Schema {
    wire::Schema { version: int(schema.version), block: Some(block(&schema.block)) }
}

fn block(block_: &Block) -> wire::schema::Block {
    wire::schema::Block {
        version: 0,
        attributes: attributes(&block_.attributes),
        block_types: block_.blocks.iter().map(|(name, nested)| nested_block(name, nested)).collect(),
        description: block_.description.to_string(),
        description_kind: kind(block_.description_kind),
        deprecated: block_.deprecated,
        deprecation_message: block_.deprecation_message.to_string(),
        computed: false,
    }
}

fn nested_block(name: &Str, nested: &NestedBlock) -> wire::schema::NestedBlock {
    let nesting = match nested.nesting {
        Nesting::Single => BlockNesting::Single,
        Nesting::Group => BlockNesting::Group,
        Nesting::List => BlockNesting::List,
        Nesting::Set => BlockNesting::Set,
        Nesting::Map => BlockNesting::Map,
    };
    wire::schema::NestedBlock {
        type_name: name.to_string(),
        block: Some(block(&nested.block)),
        nesting: nesting.into(),
        min_items: int(nested.min_items),
        max_items: int(nested.max_items),
    }
}

fn attributes(map: &BTreeMap<Str, Attribute>) -> Vec<wire::schema::Attribute> {
    map.iter().map(|(name, value)| attribute(name, value)).collect()
}

fn attribute(name: &Str, attribute: &Attribute) -> wire::schema::Attribute {
    let (ty, nested_type) = match &attribute.kind {
        AttributeType::Plain(ty) => (type_to(ty), None),
        AttributeType::Nested(nested) => (Bytes::new(), Some(object(nested))),
    };
    wire::schema::Attribute {
        name: name.to_string(),
        r#type: ty,
        description: attribute.description.to_string(),
        required: attribute.required,
        optional: attribute.optional,
        computed: attribute.computed,
        sensitive: attribute.sensitive,
        description_kind: kind(attribute.description_kind),
        deprecated: attribute.deprecated,
        nested_type,
        write_only: attribute.write_only,
        deprecation_message: attribute.deprecation_message.to_string(),
    }
}

#[allow(deprecated)] // Two fields of the message that must be named.
fn object(nested: &NestedType) -> wire::schema::Object {
    let nesting = match nested.nesting {
        Nesting::Single | Nesting::Group => AttributeNesting::Single,
        Nesting::List => AttributeNesting::List,
        Nesting::Set => AttributeNesting::Set,
        Nesting::Map => AttributeNesting::Map,
    };
    wire::schema::Object {
        attributes: attributes(&nested.attributes),
        nesting: nesting.into(),
        min_items: 0,
        max_items: 0,
    }
}

/// A schema for protocol 5. Attributes inside of attributes, which it does not have, get no type: providers that have some
/// are not served over it.
pub(crate) fn lowered_schema(schema: &Schema) -> tfplugin5::Schema {
    let schema = schema_to(schema);
    tfplugin5::Schema { version: schema.version, block: schema.block.map(lowered_block) }
}

fn lowered_block(block: wire::schema::Block) -> tfplugin5::schema::Block {
    let nested = |nested: wire::schema::NestedBlock| tfplugin5::schema::NestedBlock {
        type_name: nested.type_name,
        block: nested.block.map(lowered_block),
        nesting: nested.nesting,
        min_items: nested.min_items,
        max_items: nested.max_items,
    };
    tfplugin5::schema::Block {
        version: block.version,
        attributes: block.attributes.into_iter().map(lowered_attribute).collect(),
        block_types: block.block_types.into_iter().map(nested).collect(),
        description: block.description,
        description_kind: block.description_kind,
        deprecated: block.deprecated,
        deprecation_message: block.deprecation_message,
    }
}

fn lowered_attribute(attribute: wire::schema::Attribute) -> tfplugin5::schema::Attribute {
    tfplugin5::schema::Attribute {
        name: attribute.name,
        r#type: attribute.r#type,
        description: attribute.description,
        required: attribute.required,
        optional: attribute.optional,
        computed: attribute.computed,
        sensitive: attribute.sensitive,
        description_kind: attribute.description_kind,
        deprecated: attribute.deprecated,
        write_only: attribute.write_only,
        deprecation_message: attribute.deprecation_message,
    }
}

pub(crate) fn function_to(function: &FunctionSignature) -> wire::Function {
    wire::Function {
        parameters: function.parameters.iter().map(parameter).collect(),
        variadic_parameter: function.variadic.as_ref().map(parameter),
        r#return: Some(wire::function::Return { r#type: type_to(&function.return_type) }),
        summary: function.summary.to_string(),
        description: function.description.to_string(),
        description_kind: kind(function.description_kind),
        deprecation_message: function.deprecation_message.to_string(),
    }
}

fn parameter(parameter: &FunctionParameter) -> wire::function::Parameter {
    wire::function::Parameter {
        name: parameter.name.to_string(),
        r#type: type_to(&parameter.ty),
        allow_null_value: parameter.allow_null,
        allow_unknown_values: parameter.allow_unknown,
        description: parameter.description.to_string(),
        description_kind: kind(parameter.description_kind),
    }
}

pub(crate) fn identity_to(identity: &IdentitySchema) -> wire::ResourceIdentitySchema {
    let attributes =
        identity.attributes.iter().map(|(name, attribute)| wire::resource_identity_schema::IdentityAttribute {
            name: name.to_string(),
            r#type: type_to(&attribute.ty),
            required_for_import: attribute.required_for_import,
            optional_for_import: attribute.optional_for_import,
            description: attribute.description.to_string(),
        });
    wire::ResourceIdentitySchema { version: int(identity.version), identity_attributes: attributes.collect() }
}

fn type_to(ty: &Type) -> Bytes {
    Bytes::from(type_to_json(ty))
}

fn kind(kind: DescriptionKind) -> i32 {
    match kind {
        DescriptionKind::Plain => wire::StringKind::Plain.into(),
        DescriptionKind::Markdown => wire::StringKind::Markdown.into(),
    }
}

fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
