//! Provider schemas and function signatures.

use super::writer::JsonWriter;
use formwork_model::{
    Attribute, AttributeType, Block, DescriptionKind, FunctionParameter, FunctionSignature, IdentitySchema,
    NestedBlock, NestedType, Nesting, ProviderAddress, ProviderSchema, Schema,
};
use formwork_value::Str;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The document of `providers schema -json` (plan-formats.md 6), without a final newline.
pub fn json_provider_schemas(schemas: &BTreeMap<ProviderAddress, Arc<ProviderSchema>>) -> String {
    let mut w = JsonWriter::new();
    w.object(|w| {
        w.key("format_version").string("1.0");
        if !schemas.is_empty() {
            write_provider_schemas(w.key("provider_schemas"), schemas);
        }
    });
    w.finish()
}

/// The schemas by provider.
pub(crate) fn write_provider_schemas(w: &mut JsonWriter, schemas: &BTreeMap<ProviderAddress, Arc<ProviderSchema>>) {
    w.object(|w| {
        for (address, schema) in schemas {
            write_provider(w.key(&address.to_string()), address, schema);
        }
    });
}

/// The document of `metadata functions -json`, without a final newline.
pub fn json_function_signatures(functions: &BTreeMap<Str, FunctionSignature>) -> String {
    let mut w = JsonWriter::new();
    w.object(|w| {
        w.key("format_version").string("1.0");
        w.key("function_signatures").object(|w| write_functions(w, functions));
    });
    w.finish()
}

fn write_provider(w: &mut JsonWriter, address: &ProviderAddress, schema: &ProviderSchema) {
    w.object(|w| {
        w.key("provider");
        if address.is_builtin() && schema.provider.block == Block::default() {
            w.object(|w| w.key("version").unsigned(schema.provider.version));
        } else {
            write_schema(w, &schema.provider);
        }
        for (name, schemas) in [
            ("resource_schemas", &schema.resources),
            ("data_source_schemas", &schema.data_sources),
            ("ephemeral_resource_schemas", &schema.ephemeral_resources),
        ] {
            if !schemas.is_empty() {
                w.key(name).object(|w| schemas.iter().for_each(|(kind, schema)| write_schema(w.key(kind), schema)));
            }
        }
        if !schema.functions.is_empty() {
            w.key("functions").object(|w| write_functions(w, &schema.functions));
        }
        if !schema.identities.is_empty() {
            w.key("resource_identity_schemas").object(|w| {
                schema.identities.iter().for_each(|(kind, identity)| write_identity(w.key(kind), identity));
            });
        }
    });
}

fn write_schema(w: &mut JsonWriter, schema: &Schema) {
    w.object(|w| {
        w.key("version").unsigned(schema.version);
        write_block(w.key("block"), &schema.block);
    });
}

fn write_block(w: &mut JsonWriter, block: &Block) {
    w.object(|w| {
        if !block.attributes.is_empty() {
            write_attributes(w.key("attributes"), &block.attributes);
        }
        if !block.blocks.is_empty() {
            w.key("block_types").object(|w| {
                block.blocks.iter().for_each(|(name, nested)| write_nested_block(w.key(name), nested));
            });
        }
        write_text(w, "description", &block.description);
        write_description_kind(w, block.description_kind);
        write_true(w, "deprecated", block.deprecated);
    });
}

fn write_attributes(w: &mut JsonWriter, attributes: &BTreeMap<Str, Attribute>) {
    w.object(|w| attributes.iter().for_each(|(name, attribute)| write_attribute(w.key(name), attribute)));
}

fn write_attribute(w: &mut JsonWriter, attribute: &Attribute) {
    w.object(|w| {
        match &attribute.kind {
            AttributeType::Plain(ty) => w.key("type").ty(ty),
            AttributeType::Nested(nested) => write_nested_type(w.key("nested_type"), nested),
        }
        write_text(w, "description", &attribute.description);
        write_description_kind(w, attribute.description_kind);
        write_true(w, "deprecated", attribute.deprecated);
        write_true(w, "required", attribute.required);
        write_true(w, "optional", attribute.optional);
        write_true(w, "computed", attribute.computed);
        write_true(w, "sensitive", attribute.sensitive);
        write_true(w, "write_only", attribute.write_only);
    });
}

fn write_nested_type(w: &mut JsonWriter, nested: &NestedType) {
    w.object(|w| {
        if !nested.attributes.is_empty() {
            write_attributes(w.key("attributes"), &nested.attributes);
        }
        w.key("nesting_mode").string(nesting_name(nested.nesting));
    });
}

fn write_nested_block(w: &mut JsonWriter, nested: &NestedBlock) {
    w.object(|w| {
        w.key("nesting_mode").string(nesting_name(nested.nesting));
        write_block(w.key("block"), &nested.block);
        for (name, count) in [("min_items", nested.min_items), ("max_items", nested.max_items)] {
            if count > 0 {
                w.key(name).unsigned(count);
            }
        }
    });
}

fn nesting_name(nesting: Nesting) -> &'static str {
    match nesting {
        Nesting::Single => "single",
        Nesting::Group => "group",
        Nesting::List => "list",
        Nesting::Set => "set",
        Nesting::Map => "map",
    }
}

fn write_identity(w: &mut JsonWriter, identity: &IdentitySchema) {
    w.object(|w| {
        w.key("version").unsigned(identity.version);
        w.key("attributes").object(|w| {
            for (name, attribute) in &identity.attributes {
                w.key(name).object(|w| {
                    w.key("type").ty(&attribute.ty);
                    write_text(w, "description", &attribute.description);
                    write_true(w, "required_for_import", attribute.required_for_import);
                    write_true(w, "optional_for_import", attribute.optional_for_import);
                });
            }
        });
    });
}

fn write_functions(w: &mut JsonWriter, functions: &BTreeMap<Str, FunctionSignature>) {
    for (name, function) in functions {
        w.key(name).object(|w| {
            write_text(w, "description", &function.description);
            write_text(w, "summary", &function.summary);
            write_text(w, "deprecation_message", &function.deprecation_message);
            w.key("return_type").ty(&function.return_type);
            if !function.parameters.is_empty() {
                w.key("parameters").array(|w| function.parameters.iter().for_each(|p| write_parameter(w, p)));
            }
            if let Some(variadic) = &function.variadic {
                write_parameter(w.key("variadic_parameter"), variadic);
            }
        });
    }
}

fn write_parameter(w: &mut JsonWriter, parameter: &FunctionParameter) {
    w.object(|w| {
        write_text(w, "name", &parameter.name);
        write_text(w, "description", &parameter.description);
        write_true(w, "is_nullable", parameter.allow_null);
        w.key("type").ty(&parameter.ty);
    });
}

fn write_text(w: &mut JsonWriter, name: &str, text: &str) {
    if !text.is_empty() {
        w.key(name).string(text);
    }
}

fn write_true(w: &mut JsonWriter, name: &str, value: bool) {
    if value {
        w.key(name).bool(true);
    }
}

fn write_description_kind(w: &mut JsonWriter, kind: DescriptionKind) {
    w.key("description_kind").string(match kind {
        DescriptionKind::Plain => "plain",
        DescriptionKind::Markdown => "markdown",
    });
}
