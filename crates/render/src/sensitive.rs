//! Sensitivity that comes from provider schemas.

use formwork_model::{
    ProviderAddress, ProviderSchema, Resource, ResourceMode, Schema, declares_sensitive, with_schema_marks,
};
use formwork_value::{Str, Value};
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
            let has_sensitive = declares_sensitive(&schema.block);
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
            Some(known) if known.has_sensitive => with_schema_marks(&known.schema.block, value),
            _ => value.clone(),
        }
    }
}

/// Schema of a resource type.
pub(crate) fn resource_schema(provider: &ProviderSchema, resource: &Resource) -> Option<Arc<Schema>> {
    provider.resource(resource.mode, &resource.kind).cloned()
}
