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

/// Arguments that never come back.
fn write_only() -> Attribute {
    Attribute { write_only: true, ..text().optional() }
}

/// Nested attributes of every kind, and what they may hold.
fn shape_attributes() -> [(&'static str, Attribute); 12] {
    let computed = |attribute: Attribute| attribute.optional().computed();
    let only_computed = |attribute: Attribute| Attribute { computed: true, optional: false, ..attribute };
    let inner = nested(Nesting::Single, [("given", text().optional()), ("stamp", text().computed())]);
    let single = [
        ("mode", text().optional()),
        ("level", computed(number())),
        ("stamp", text().computed()),
        ("password", text().optional().sensitive()),
        ("key", write_only()),
        ("inner", inner),
        ("list", nested(Nesting::List, [("given", text().optional()), ("stamp", text().computed())])),
    ];
    let items = [
        ("sku", text().required()),
        ("price", number().computed()),
        ("password", text().optional().sensitive()),
        ("key", write_only()),
    ];
    let pool =
        [("cidr", text().required()), ("weight", computed(number())), ("password", text().optional().sensitive())];
    let slots = [("port", number().required()), ("stamp", text().computed()), ("key", write_only())];
    let facts = || [("stamp", text().computed()), ("password", text().computed().sensitive())];
    [
        ("id", text().computed()),
        ("name", text().required()),
        ("secret", text().optional().sensitive()),
        ("token", write_only()),
        ("token_version", number().optional()),
        ("maps", Attribute::new(Type::list(Type::map(Type::String))).optional()),
        ("single", nested(Nesting::Single, single)),
        ("items", nested(Nesting::List, items)),
        ("pool", nested(Nesting::Set, pool)),
        ("slots", nested(Nesting::Map, slots)),
        ("facts", only_computed(nested(Nesting::List, facts()))),
        ("filled", computed(nested(Nesting::Single, facts().map(|(name, fact)| (name, fact.optional()))))),
    ]
}

/// Blocks in blocks.
fn shape_blocks() -> [(&'static str, NestedBlock); 5] {
    let with = |mut outer: NestedBlock, inner: Vec<(&str, NestedBlock)>| {
        outer.block.blocks = inner.into_iter().map(|(name, block)| (name.into(), block)).collect();
        outer
    };
    let rule = [
        ("port", number().required()),
        ("note", text().optional()),
        ("stamp", text().computed()),
        ("key", write_only()),
    ];
    let peer = [
        ("cidr", text().required()),
        ("weight", number().optional().computed()),
        ("password", text().optional().sensitive()),
    ];
    let header = [("name", text().required()), ("value", text().optional().sensitive())];
    let matched = blocks(Nesting::Set, [("path", text().required())]);
    let burst = || blocks(Nesting::Single, [("rate", number().optional())]);
    [
        ("rule", with(blocks(Nesting::List, rule), vec![("match", matched), ("burst", burst())])),
        ("peer", with(blocks(Nesting::Set, peer), vec![("hop", blocks(Nesting::List, [("to", text().required())]))])),
        (
            "endpoint",
            with(
                blocks(Nesting::Map, [("url", text().optional()), ("stamp", text().computed())]),
                vec![("header", blocks(Nesting::List, header))],
            ),
        ),
        ("limits", with(blocks(Nesting::Single, [("cpu", number().optional())]), vec![("burst", burst())])),
        ("group", blocks(Nesting::Group, [("total", number().optional())])),
    ]
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
            ("cloud_shape".into(), schema(0, Block::new(shape_attributes(), shape_blocks()))),
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
