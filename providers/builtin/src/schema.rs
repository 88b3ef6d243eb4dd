//! What the provider declares.

use formwork_model::{Attribute, Block, DescriptionKind, FunctionParameter, FunctionSignature, ProviderSchema, Schema};
use formwork_value::Type;
use std::sync::Arc;

pub(crate) const DATA: &str = "terraform_data";
pub(crate) const REMOTE_STATE: &str = "terraform_remote_state";

pub(crate) fn provider_schema() -> ProviderSchema {
    let of = |block: Block| Arc::new(Schema { version: 0, block });
    ProviderSchema {
        provider: of(Block::default()),
        resources: [(DATA.into(), of(terraform_data()))].into(),
        data_sources: [(REMOTE_STATE.into(), of(remote_state()))].into(),
        functions: functions(),
        schema_optional: true,
        move_resource_state: true,
        ..ProviderSchema::default()
    }
}

fn terraform_data() -> Block {
    let any = || Attribute::new(Type::Dynamic);
    Block::new(
        [
            ("id", Attribute::new(Type::String).computed()),
            ("input", any().optional()),
            ("output", any().computed()),
            ("triggers_replace", any().optional()),
        ],
        [],
    )
}

fn remote_state() -> Block {
    let markdown = |attribute: Attribute| Attribute { description_kind: DescriptionKind::Markdown, ..attribute };
    let any = || Attribute::new(Type::Dynamic);
    Block::new(
        [
            (
                "backend",
                markdown(
                    Attribute::new(Type::String).required().describe("Type of the backend that holds the state: `s3`."),
                ),
            ),
            (
                "config",
                markdown(any().optional().describe("Arguments of the backend, as in a `backend` block of that type.")),
            ),
            ("defaults", markdown(any().optional().describe("Values for outputs that the state does not have."))),
            ("outputs", markdown(any().computed().describe("All root outputs of the state, as one object."))),
            (
                "workspace",
                markdown(
                    Attribute::new(Type::String).optional().describe("The workspace to read; `default` if not given."),
                ),
            ),
        ],
        [],
    )
}

fn functions() -> std::collections::BTreeMap<formwork_value::Str, FunctionSignature> {
    let signature = |parameter: &str, ty: Type, allow_unknown: bool, result: Type, summary: &str, description: &str| {
        FunctionSignature {
            parameters: vec![FunctionParameter {
                name: parameter.into(),
                ty,
                allow_null: false,
                allow_unknown,
                description: "".into(),
                description_kind: DescriptionKind::Plain,
            }],
            variadic: None,
            return_type: result,
            summary: summary.into(),
            description: description.into(),
            description_kind: DescriptionKind::Plain,
            deprecation_message: "".into(),
        }
    };
    [
        (
            "decode_tfvars".into(),
            signature(
                "src",
                Type::String,
                false,
                Type::Dynamic,
                "Parse a string containing syntax like that used in a `.tfvars` file",
                "Returns an object of the values that a text in the syntax of `.tfvars` files assigns.",
            ),
        ),
        (
            "encode_expr".into(),
            signature(
                "value",
                Type::Dynamic,
                true,
                Type::String,
                "Produce a string representation of an arbitrary value using Terraform expression syntax",
                "Returns an expression of the language that gives the value again, as far as an expression can.",
            ),
        ),
        (
            "encode_tfvars".into(),
            signature(
                "value",
                Type::Dynamic,
                false,
                Type::String,
                "Produce a string representation of an object using the same syntax as for `.tfvars` files",
                "Returns the attributes of an object as assignments, as a `.tfvars` file has them.",
            ),
        ),
    ]
    .into()
}
