//! Sensitivity that comes from provider schemas.

use formwork_model::{Attribute, AttributeType, Block, NestedBlock, NestedType, Nesting, Resource, ResourceMode};
use formwork_model::{ProviderAddress, ProviderSchema, Schema};
use formwork_value::{Collection, Kind, MapValue, Marks, Str, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

type SchemaOf<'a> = &'a dyn Fn(&ProviderAddress) -> Option<Arc<ProviderSchema>>;

/// Adds the marks that schemas ask for; remembers the schemas of resource types.
pub(crate) struct SchemaMarks<'a> {
    schema_of: SchemaOf<'a>,
    known: BTreeMap<ProviderAddress, BTreeMap<(ResourceMode, Str), Option<KnownSchema>>>,
}

struct KnownSchema {
    schema: Arc<Schema>,
    has_sensitive: bool,
}

impl<'a> SchemaMarks<'a> {
    pub(crate) fn new(schema_of: SchemaOf<'a>) -> SchemaMarks<'a> {
        SchemaMarks { schema_of, known: BTreeMap::new() }
    }

    fn lookup(&mut self, provider: &ProviderAddress, resource: &Resource) -> Option<&KnownSchema> {
        if !self.known.contains_key(provider) {
            self.known.insert(provider.clone(), BTreeMap::new());
        }
        let schema_of = self.schema_of;
        let types = self.known.get_mut(provider)?;
        let entry = types.entry((resource.mode, resource.kind.clone())).or_insert_with(|| {
            let schema = schema_of(provider).and_then(|schema| resource_schema(&schema, resource))?;
            let has_sensitive = has_sensitive(&schema.block);
            Some(KnownSchema { schema, has_sensitive })
        });
        entry.as_ref()
    }

    pub(crate) fn schema(&mut self, provider: &ProviderAddress, resource: &Resource) -> Option<Arc<Schema>> {
        self.lookup(provider, resource).map(|known| known.schema.clone())
    }

    /// The object with its schema's marks added.
    pub(crate) fn apply(&mut self, value: &Value, provider: &ProviderAddress, resource: &Resource) -> Value {
        match self.lookup(provider, resource) {
            Some(known) if known.has_sensitive => mark_block(value, &known.schema.block),
            _ => value.clone(),
        }
    }
}

/// Schema of a resource type.
pub(crate) fn resource_schema(provider: &ProviderSchema, resource: &Resource) -> Option<Arc<Schema>> {
    provider.resource(resource.mode, &resource.kind).cloned()
}

fn has_sensitive(block: &Block) -> bool {
    block.attributes.values().any(attribute_has_sensitive) || block.blocks.values().any(|b| has_sensitive(&b.block))
}

fn attribute_has_sensitive(attribute: &Attribute) -> bool {
    attribute.sensitive
        || matches!(&attribute.kind, AttributeType::Nested(n) if n.attributes.values().any(attribute_has_sensitive))
}

fn mark_block(value: &Value, block: &Block) -> Value {
    change_entries(value, |name, inner| match (block.attributes.get(name), block.blocks.get(name)) {
        (Some(attribute), _) => mark_attribute(inner, attribute),
        (None, Some(nested)) => mark_nested_block(inner, nested),
        (None, None) => None,
    })
}

fn mark_attribute(value: &Value, attribute: &Attribute) -> Option<Value> {
    if attribute.sensitive {
        return Some(value.clone().with_marks(Marks::SENSITIVE));
    }
    match &attribute.kind {
        AttributeType::Nested(nested) if nested.attributes.values().any(attribute_has_sensitive) => {
            Some(mark_nested_type(value, nested))
        }
        _ => None,
    }
}

fn mark_nested_type(value: &Value, nested: &NestedType) -> Value {
    mark_nesting(value, nested.nesting, &|object| {
        change_entries(object, |name, inner| nested.attributes.get(name).and_then(|a| mark_attribute(inner, a)))
    })
}

fn mark_nested_block(value: &Value, nested: &NestedBlock) -> Option<Value> {
    has_sensitive(&nested.block)
        .then(|| mark_nesting(value, nested.nesting, &|object| mark_block(object, &nested.block)))
}

fn mark_nesting(value: &Value, nesting: Nesting, mark: &dyn Fn(&Value) -> Value) -> Value {
    match (nesting, value.kind()) {
        (Nesting::Single | Nesting::Group, _) => mark(value),
        (Nesting::Set, Kind::Set(c)) if !c.items.is_empty() => value.clone().with_marks(Marks::SENSITIVE),
        _ => change_elements(value, mark),
    }
}

/// The object with some attributes replaced.
fn change_entries(value: &Value, change: impl Fn(&str, &Value) -> Option<Value>) -> Value {
    let Kind::Object(attributes) = value.kind() else { return value.clone() };
    let mut changed: Option<BTreeMap<Str, Value>> = None;
    for (name, inner) in attributes.iter() {
        if let Some(new) = change(name, inner) {
            changed.get_or_insert_with(|| (**attributes).clone()).insert(name.clone(), new);
        }
    }
    match changed {
        Some(attributes) => Value::object_map(attributes).with_marks(value.marks()),
        None => value.clone(),
    }
}

fn change_elements(value: &Value, change: &dyn Fn(&Value) -> Value) -> Value {
    let changed: Value = match value.kind() {
        Kind::List(c) => {
            let items = c.items.iter().map(change).collect();
            Kind::List(Arc::new(Collection { element: c.element.clone(), items })).into()
        }
        Kind::Map(m) => {
            let items = m.items.iter().map(|(k, v)| (k.clone(), change(v))).collect();
            Kind::Map(Arc::new(MapValue { element: m.element.clone(), items })).into()
        }
        Kind::Tuple(items) => Value::tuple(items.iter().map(change).collect::<Vec<_>>()),
        Kind::Object(o) => Value::object_map(o.iter().map(|(k, v)| (k.clone(), change(v))).collect()),
        _ => return value.clone(),
    };
    changed.with_marks(value.marks())
}
