//! What the simulated provider declares.

use formwork_model::{
    Attribute, AttributeType, Block, IdentityAttribute, IdentitySchema, NestedBlock, NestedType, Nesting,
    ProviderSchema, Schema,
};
use formwork_value::{Str, Type};
use std::collections::BTreeMap;
use std::sync::Arc;

fn text() -> Attribute {
    Attribute::new(Type::String)
}

fn number() -> Attribute {
    Attribute::new(Type::Number)
}

fn nested(nesting: Nesting, attributes: impl IntoIterator<Item = (&'static str, Attribute)>) -> Attribute {
    let attributes: BTreeMap<Str, Attribute> = attributes.into_iter().map(|(n, a)| (n.into(), a)).collect();
    Attribute { kind: AttributeType::Nested(NestedType { nesting, attributes }), ..text().optional() }
}

fn blocks(nesting: Nesting, attributes: impl IntoIterator<Item = (&'static str, Attribute)>) -> NestedBlock {
    NestedBlock { nesting, block: Block::new(attributes, []), min_items: 0, max_items: 0 }
}

fn thing() -> Block {
    Block::new(
        [
            ("id", text().computed()),
            ("name", text().optional()),
            ("zone", text().optional()),
            ("size", number().optional().computed()),
            ("arn", text().computed()),
            ("version", number().computed()),
            ("secret", text().optional().sensitive()),
            ("token", Attribute { write_only: true, ..text().optional() }),
            ("token_version", number().optional()),
            ("tags", Attribute::new(Type::map(Type::String)).optional()),
            ("links", Attribute::new(Type::list(Type::String)).optional()),
            ("spec", nested(Nesting::Single, [("mode", text().optional()), ("level", number().optional().computed())])),
            ("parts", nested(Nesting::List, [("sku", text().required()), ("price", number().computed())])),
        ],
        [
            ("rule", blocks(Nesting::List, [("port", number().required()), ("note", text().optional())])),
            ("peer", blocks(Nesting::Set, [("cidr", text().required()), ("weight", number().optional().computed())])),
            ("endpoint", blocks(Nesting::Map, [("url", text().optional())])),
            ("limits", blocks(Nesting::Single, [("cpu", number().optional())])),
        ],
    )
}

fn legacy() -> Block {
    Block::new(
        [
            ("id", text().computed()),
            ("name", text().optional()),
            ("zone", text().optional()),
            ("note", text().optional()),
        ],
        [("rule", blocks(Nesting::List, [("port", number().required())]))],
    )
}

fn old() -> Block {
    Block::new([("id", text().computed()), ("name", text().optional())], [])
}

fn lookup() -> Block {
    Block::new([("name", text().required()), ("id", text().computed()), ("size", number().computed())], [])
}

fn token() -> Block {
    Block::new(
        [("name", text().required()), ("lifetime", number().optional()), ("value", text().computed().sensitive())],
        [],
    )
}

fn schema(version: u64, block: Block) -> Arc<Schema> {
    Arc::new(Schema { version, block })
}

pub(super) fn provider_schema() -> ProviderSchema {
    let identity = IdentityAttribute {
        ty: Type::String,
        description: "".into(),
        required_for_import: true,
        optional_for_import: false,
    };
    let identity = IdentitySchema { version: 0, attributes: [("id".into(), identity)].into() };
    ProviderSchema {
        provider: schema(
            0,
            Block::new([("endpoint", text().optional()), ("token", text().optional().sensitive())], []),
        ),
        provider_meta: Some(schema(0, Block::new([("team", text().optional())], []))),
        resources: [
            ("cloud_thing".into(), schema(2, thing())),
            ("cloud_legacy".into(), schema(0, legacy())),
            ("cloud_old".into(), schema(0, old())),
        ]
        .into(),
        data_sources: [("cloud_lookup".into(), schema(0, lookup()))].into(),
        ephemeral_resources: [("cloud_token".into(), schema(0, token()))].into(),
        identities: [("cloud_thing".into(), identity)].into(),
        plan_destroy: true,
        move_resource_state: true,
        ..ProviderSchema::default()
    }
}

/// The type of an attribute, so that values set by hand are of it.
pub(super) fn attribute_type(kind: &str, attribute: &str) -> Option<Type> {
    let schema = provider_schema();
    let block = &schema.resources.get(kind)?.block;
    let of_attribute = block.attributes.get(attribute).map(Attribute::ty);
    of_attribute.or_else(|| block.blocks.get(attribute).map(NestedBlock::ty))
}
