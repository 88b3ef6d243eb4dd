//! The signatures of all functions, for `metadata functions -json`.

use super::TABLE;
use super::definition::{Definition, Parameter};
use formwork_model::{DescriptionKind, FunctionParameter, FunctionSignature};
use formwork_value::Str;
use std::collections::BTreeMap;

/// Functions of later versions than the one that we present ourselves as; besides them those whose names begin with
/// `assume`.
const LATER: &[&str] = &["base64gunzip", "cidrcontains", "convert", "urldecode"];

/// The signatures of functions by name, on request also those of later versions; each is there a second time under its full
/// name `core::NAME`.
pub fn function_signatures(later: bool) -> BTreeMap<Str, FunctionSignature> {
    // The console alone has `type`.
    let is_listed = |name: &str| name != "type" && (later || !LATER.contains(&name) && !name.starts_with("assume"));
    let mut signatures = BTreeMap::new();
    for entry in TABLE.iter().filter(|entry| is_listed(entry.definition.name)) {
        let signature = signature(entry.definition);
        signatures.insert(Str::from(format!("core::{}", entry.definition.name)), signature.clone());
        signatures.insert(Str::from(entry.definition.name), signature);
    }
    signatures
}

fn signature(definition: &Definition) -> FunctionSignature {
    FunctionSignature {
        parameters: definition.parameters.iter().map(parameter).collect(),
        variadic: definition.variadic.as_ref().map(parameter),
        return_type: definition.returns.ty(),
        summary: Str::from(""),
        description: definition.description.into(),
        description_kind: DescriptionKind::Plain,
        deprecation_message: Str::from(""),
    }
}

fn parameter(parameter: &Parameter) -> FunctionParameter {
    FunctionParameter {
        name: parameter.name.into(),
        ty: parameter.shape.ty(),
        allow_null: parameter.null,
        allow_unknown: parameter.unknown,
        description: Str::from(""),
        description_kind: DescriptionKind::Plain,
    }
}
