//! The attributes and blocks of a type.

use crate::{Attribute, Rules};
use formwork_model::{Attribute as SchemaAttribute, AttributeType, Block, NestedBlock, NestedType, Nesting, Schema};
use formwork_value::{Type, Value};

/// All members, in the order of their declaration.
#[derive(Clone, Default)]
pub struct Body(pub Vec<Member>);

/// One attribute, or all blocks of one type.
#[derive(Clone)]
pub struct Member {
    pub name: &'static str,
    pub rules: Rules,
    pub ty: Type,
    /// The members inside, if the attribute or block is made of objects.
    pub inner: Option<(Nesting, Body)>,
    description: String,
    /// What the Rust type demands of a configured value.
    pub(crate) check: fn(&Value) -> Result<(), String>,
}

/// The name in the schema of a field, which may be a word of Rust (`r#type`).
pub fn attribute_name(field: &'static str) -> &'static str {
    field.strip_prefix("r#").unwrap_or(field)
}

impl Member {
    pub fn of<T: Attribute>(name: &'static str, description: &'static str, rules: Rules) -> Member {
        let description = description.trim().split('\n').map(str::trim).collect::<Vec<_>>().join(" ");
        Member { name, rules, ty: T::ty(), inner: T::body(), description, check: T::check }
    }

    pub(crate) fn description(&self) -> &str {
        &self.description
    }

    pub(crate) fn is_block(&self) -> bool {
        self.rules.block.is_some() && self.inner.is_some()
    }

    fn attribute(&self) -> SchemaAttribute {
        let kind = match &self.inner {
            None => AttributeType::Plain(self.ty.clone()),
            Some((nesting, body)) if self.rules.nested => AttributeType::Nested(NestedType {
                nesting: *nesting,
                attributes: body.0.iter().map(|member| (member.name.into(), member.attribute())).collect(),
            }),
            Some(_) => AttributeType::Plain(self.ty.clone()),
        };
        let rules = &self.rules;
        SchemaAttribute {
            kind,
            required: rules.required,
            optional: rules.optional,
            computed: rules.computed,
            sensitive: rules.sensitive,
            write_only: rules.write_only,
            deprecated: rules.deprecated.is_some(),
            deprecation_message: rules.deprecated.unwrap_or_default().into(),
            ..SchemaAttribute::new(self.ty.clone()).describe(&self.description)
        }
    }

    fn block(&self) -> Option<NestedBlock> {
        let ((nesting, body), (min_items, max_items)) = (self.inner.as_ref()?, self.rules.block?);
        let mut block = body.block();
        block.description = self.description.as_str().into();
        Some(NestedBlock { nesting: *nesting, block, min_items, max_items })
    }
}

impl Body {
    pub fn block(&self) -> Block {
        let (blocks, attributes): (Vec<_>, Vec<_>) = self.0.iter().partition(|member| member.is_block());
        Block::new(
            attributes.into_iter().map(|member| (member.name, member.attribute())),
            blocks.into_iter().filter_map(|member| Some((member.name, member.block()?))),
        )
    }

    pub(crate) fn schema(&self, version: u64, deprecated: Option<&str>) -> Schema {
        let mut block = self.block();
        block.deprecated = deprecated.is_some();
        block.deprecation_message = deprecated.unwrap_or_default().into();
        Schema { version, block }
    }

    pub fn ty(&self) -> Type {
        Type::object(self.0.iter().map(|member| (member.name, member.ty.clone())))
    }

    pub fn member(&self, name: &str) -> Option<&Member> {
        self.0.iter().find(|member| member.name == name)
    }
}
