//! Provider schemas.

use crate::ResourceMode;
use formwork_value::{Str, Type};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// Everything a provider declares.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProviderSchema {
    /// The provider's own configuration.
    pub provider: Arc<Schema>,
    pub provider_meta: Option<Arc<Schema>>,
    pub resources: BTreeMap<Str, Arc<Schema>>,
    pub data_sources: BTreeMap<Str, Arc<Schema>>,
    pub ephemeral_resources: BTreeMap<Str, Arc<Schema>>,
    /// Types that can be listed, with the schema of the `config` of their `list` blocks.
    pub list_resources: BTreeMap<Str, Arc<Schema>>,
    /// Actions, with the schema of the `config` of their blocks.
    pub actions: BTreeMap<Str, Arc<Schema>>,
    pub identities: BTreeMap<Str, IdentitySchema>,
    pub functions: BTreeMap<Str, FunctionSignature>,
    /// The provider wants to be asked about planned destroys.
    pub plan_destroy: bool,
    /// The provider works without having been asked for its schema in the same process.
    pub schema_optional: bool,
    pub move_resource_state: bool,
    pub generate_resource_config: bool,
}

impl ProviderSchema {
    /// The schema of a type of resource.
    pub fn resource(&self, mode: ResourceMode, kind: &str) -> Option<&Arc<Schema>> {
        let table = match mode {
            ResourceMode::Managed => &self.resources,
            ResourceMode::Data => &self.data_sources,
            ResourceMode::Ephemeral => &self.ephemeral_resources,
        };
        table.get(kind)
    }
}

/// A versioned block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    pub version: u64,
    pub block: Block,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DescriptionKind {
    #[default]
    Plain,
    Markdown,
}

/// Attributes and nested blocks.
#[derive(Clone, Debug, Default)]
pub struct Block {
    pub attributes: BTreeMap<Str, Attribute>,
    pub blocks: BTreeMap<Str, NestedBlock>,
    pub description: Str,
    pub description_kind: DescriptionKind,
    pub deprecated: bool,
    pub deprecation_message: Str,
    /// Set by [`Block::implied_type`].
    implied: OnceLock<Type>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    pub kind: AttributeType,
    pub description: Str,
    pub description_kind: DescriptionKind,
    pub required: bool,
    pub optional: bool,
    pub computed: bool,
    pub sensitive: bool,
    pub write_only: bool,
    pub deprecated: bool,
    pub deprecation_message: Str,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AttributeType {
    Plain(Type),
    Nested(NestedType),
}

/// Attributes inside an attribute (protocol 6).
#[derive(Clone, Debug, PartialEq)]
pub struct NestedType {
    /// Single, list, set or map; never group.
    pub nesting: Nesting,
    pub attributes: BTreeMap<Str, Attribute>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NestedBlock {
    pub nesting: Nesting,
    pub block: Block,
    pub min_items: u64,
    /// 0 means no limit.
    pub max_items: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    Single,
    Group,
    List,
    Set,
    Map,
}

/// What identifies an object of a resource type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IdentitySchema {
    pub version: u64,
    pub attributes: BTreeMap<Str, IdentityAttribute>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct IdentityAttribute {
    pub ty: Type,
    pub description: Str,
    pub required_for_import: bool,
    pub optional_for_import: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FunctionSignature {
    pub parameters: Vec<FunctionParameter>,
    pub variadic: Option<FunctionParameter>,
    pub return_type: Type,
    pub summary: Str,
    pub description: Str,
    pub description_kind: DescriptionKind,
    pub deprecation_message: Str,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FunctionParameter {
    pub name: Str,
    pub ty: Type,
    pub allow_null: bool,
    pub allow_unknown: bool,
    pub description: Str,
    pub description_kind: DescriptionKind,
}

impl IdentitySchema {
    /// Object type of an identity.
    pub fn ty(&self) -> Type {
        Type::object(self.attributes.iter().map(|(name, attribute)| (name.clone(), attribute.ty.clone())))
    }
}

impl Attribute {
    /// An attribute of a type without any flag.
    pub fn new(ty: Type) -> Attribute {
        Attribute {
            kind: AttributeType::Plain(ty),
            description: Str::from(""),
            description_kind: DescriptionKind::Plain,
            required: false,
            optional: false,
            computed: false,
            sensitive: false,
            write_only: false,
            deprecated: false,
            deprecation_message: Str::from(""),
        }
    }

    pub fn required(mut self) -> Attribute {
        self.required = true;
        self
    }

    pub fn optional(mut self) -> Attribute {
        self.optional = true;
        self
    }

    pub fn computed(mut self) -> Attribute {
        self.computed = true;
        self
    }

    pub fn sensitive(mut self) -> Attribute {
        self.sensitive = true;
        self
    }

    pub fn describe(mut self, text: &str) -> Attribute {
        self.description = text.into();
        self
    }

    /// The type of the attribute's value.
    pub fn ty(&self) -> Type {
        match &self.kind {
            AttributeType::Plain(ty) => ty.clone(),
            AttributeType::Nested(nested) => nested.ty(),
        }
    }
}

impl NestedType {
    /// Object of the attributes, wrapped as the nesting says.
    pub fn ty(&self) -> Type {
        let object = self.element_type();
        match self.nesting {
            Nesting::Single | Nesting::Group => object,
            Nesting::List => Type::list(object),
            Nesting::Set => Type::set(object),
            Nesting::Map => Type::map(object),
        }
    }

    pub fn element_type(&self) -> Type {
        Type::object(self.attributes.iter().map(|(name, a)| (name.clone(), a.ty())))
    }
}

impl NestedBlock {
    /// Type of the value that holds all blocks of this type. Lists and maps with dynamic attributes are dynamic as
    /// a whole (source: provider protocol).
    pub fn ty(&self) -> Type {
        let object = self.block.implied_type();
        match self.nesting {
            Nesting::Single | Nesting::Group => object,
            Nesting::List | Nesting::Map if object.has_dynamic() => Type::Dynamic,
            Nesting::List => Type::list(object),
            Nesting::Set => Type::set(object),
            Nesting::Map => Type::map(object),
        }
    }
}

impl Block {
    pub fn new(
        attributes: impl IntoIterator<Item = (&'static str, Attribute)>,
        blocks: impl IntoIterator<Item = (&'static str, NestedBlock)>,
    ) -> Block {
        Block {
            attributes: attributes.into_iter().map(|(n, a)| (n.into(), a)).collect(),
            blocks: blocks.into_iter().map(|(n, b)| (n.into(), b)).collect(),
            ..Block::default()
        }
    }

    /// Object type of a value of this block (computed once).
    pub fn implied_type(&self) -> Type {
        self.implied
            .get_or_init(|| {
                let attributes = self.attributes.iter().map(|(name, a)| (name.clone(), a.ty()));
                let blocks = self.blocks.iter().map(|(name, b)| (name.clone(), b.ty()));
                Type::object(attributes.chain(blocks))
            })
            .clone()
    }
}

impl PartialEq for Block {
    fn eq(&self, other: &Block) -> bool {
        self.attributes == other.attributes
            && self.blocks == other.blocks
            && self.description == other.description
            && self.description_kind == other.description_kind
            && self.deprecated == other.deprecated
            && self.deprecation_message == other.deprecation_message
    }
}
