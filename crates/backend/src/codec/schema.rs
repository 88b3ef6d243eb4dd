//! Provider schemas.

use super::basic::Item;
use super::{Code, Damaged, Reader, Writer, choice, record};
use formwork_model::{
    Attribute, AttributeType, Block, DescriptionKind, FunctionParameter, FunctionSignature, IdentityAttribute,
    IdentitySchema, NestedBlock, NestedType, Nesting, ProviderSchema, Schema,
};

choice! {
    DescriptionKind { Plain = 0, Markdown = 1 }
    Nesting { Single = 0, Group = 1, List = 2, Set = 3, Map = 4 }
}

record! {
    ProviderSchema {
        provider, provider_meta, resources, data_sources, ephemeral_resources, list_resources, actions, identities, functions, plan_destroy,
        schema_optional, move_resource_state, generate_resource_config,
    }
    Schema { version, block }
    Attribute {
        kind, description, description_kind, required, optional, computed, sensitive, write_only, deprecated,
        deprecation_message,
    }
    NestedType { nesting, attributes }
    NestedBlock { nesting, block, min_items, max_items }
    IdentitySchema { version, attributes }
    IdentityAttribute { ty, description, required_for_import, optional_for_import }
    FunctionSignature {
        parameters, variadic, return_type, summary, description, description_kind, deprecation_message,
    }
    FunctionParameter { name, ty, allow_null, allow_unknown, description, description_kind }
}

impl Item for FunctionParameter {}

impl Code for AttributeType {
    fn write(&self, out: &mut Writer) {
        match self {
            AttributeType::Plain(ty) => {
                out.byte(0);
                ty.write(out);
            }
            AttributeType::Nested(nested) => {
                out.byte(1);
                out.nested(|out| nested.write(out));
            }
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<AttributeType, Damaged> {
        match input.byte()? {
            0 => Code::read(input).map(AttributeType::Plain),
            1 => input.nested(Code::read).map(AttributeType::Nested),
            _ => Err(Damaged("unknown kind of attribute")),
        }
    }
}

/// By hand because of the type that a block computes from its parts.
impl Code for Block {
    fn write(&self, out: &mut Writer) {
        self.attributes.write(out);
        out.nested(|out| self.blocks.write(out));
        self.description.write(out);
        self.description_kind.write(out);
        self.deprecated.write(out);
        self.deprecation_message.write(out);
    }

    fn read(input: &mut Reader<'_>) -> Result<Block, Damaged> {
        let mut block = Block::default();
        block.attributes = Code::read(input)?;
        block.blocks = input.nested(Code::read)?;
        block.description = Code::read(input)?;
        block.description_kind = Code::read(input)?;
        block.deprecated = Code::read(input)?;
        block.deprecation_message = Code::read(input)?;
        Ok(block)
    }
}
