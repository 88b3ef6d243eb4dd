//! Attributes.

use super::dynamic::{ExpandedBlock, ExpandedBlocks};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{Attribute, Scope};
use formwork_model::{Attribute as AttributeDecl, AttributeType, Block, Nesting};
use formwork_value::{ObjectType, Str, Type, Value, convert};
use std::collections::BTreeMap;
use std::sync::Arc;

/// True for attributes that may be written as nested blocks too: lists and sets of objects. Older providers declare
/// such attributes where they want absence and emptiness to differ.
pub(super) fn may_be_blocks(attribute: &AttributeDecl) -> bool {
    match &attribute.kind {
        AttributeType::Plain(Type::List(element) | Type::Set(element)) => matches!(&**element, Type::Object(_)),
        _ => false,
    }
}

/// Evaluates the attributes that are written; the others become null.
pub(super) fn decode_attributes(
    written: &[Attribute],
    blocks: &BTreeMap<Str, ExpandedBlocks>,
    schema: &Block,
    scope: &dyn Scope,
    out: &mut BTreeMap<Str, Value>,
    diagnostics: &mut Diagnostics,
) {
    let by_name: BTreeMap<&str, &Attribute> = written.iter().map(|a| (&*a.name.name, a)).collect();
    for (name, declaration) in &schema.attributes {
        let ty = declaration.ty();
        let value = match (by_name.get(&**name), blocks.get(name)) {
            (Some(attribute), _) => {
                if declaration.deprecated {
                    diagnostics.push(deprecated(name, declaration, attribute));
                }
                decode_attribute(attribute, &target(declaration), scope, diagnostics)
            }
            (None, Some(blocks)) => from_blocks(blocks, &ty, diagnostics),
            (None, None) => Value::null(ty),
        };
        out.insert(name.clone(), value);
    }
}

fn deprecated(name: &str, declaration: &AttributeDecl, attribute: &Attribute) -> Diagnostic {
    let detail = match &*declaration.deprecation_message {
        "" => format!("The attribute {name:?} is deprecated. Refer to the provider documentation for details."),
        text => text.to_string(),
    };
    Diagnostic::warning("Argument is deprecated", detail).at(attribute.expr.span)
}

/// The type to which a written value is converted: inside nested types only required attributes must be written.
fn target(declaration: &AttributeDecl) -> Type {
    let AttributeType::Nested(nested) = &declaration.kind else { return declaration.ty() };
    let object = Type::Object(Arc::new(ObjectType {
        attributes: nested.attributes.iter().map(|(name, inner)| (name.clone(), target(inner))).collect(),
        optional: nested.attributes.iter().filter(|(_, inner)| !inner.required).map(|(name, _)| name.clone()).collect(),
    }));
    match nested.nesting {
        Nesting::Single | Nesting::Group => object,
        Nesting::List => Type::list(object),
        Nesting::Set => Type::set(object),
        Nesting::Map => Type::map(object),
    }
}

fn decode_attribute(attribute: &Attribute, ty: &Type, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Value {
    let evaluated = formwork_hcl::evaluate(&attribute.expr, scope);
    let failed = evaluated.diagnostics.has_errors();
    diagnostics.extend(evaluated.diagnostics);
    if failed {
        return Value::unknown(ty.without_optional());
    }
    match convert(&evaluated.value, ty) {
        Ok(value) => value,
        Err(error) => {
            let message = error.to_string();
            diagnostics.push(
                Diagnostic::error(
                    "Incorrect attribute value type",
                    format!("Inappropriate value for attribute {:?}: {message}.", &*attribute.name.name),
                )
                .at(attribute.expr.span),
            );
            Value::unknown(ty.without_optional())
        }
    }
}

/// The value of a list or set attribute that is written as blocks.
fn from_blocks(blocks: &ExpandedBlocks, ty: &Type, diagnostics: &mut Diagnostics) -> Value {
    if blocks.unknown {
        return Value::unknown(ty.clone());
    }
    let Some(element) = ty.element() else { return Value::null(ty.clone()) };
    let items: Vec<Value> = blocks.items.iter().map(|block| object(block, element, diagnostics)).collect();
    match ty {
        Type::Set(_) => Value::set(element.clone(), items),
        _ => Value::list(element.clone(), items),
    }
}

fn object(block: &ExpandedBlock, ty: &Type, diagnostics: &mut Diagnostics) -> Value {
    let Type::Object(object) = ty else { return Value::unknown(ty.clone()) };
    let mut schema = Block::default();
    schema.attributes =
        object.attributes.iter().map(|(name, ty)| (name.clone(), AttributeDecl::new(ty.clone()).optional())).collect();
    let (value, problems) = block.decode(&schema);
    diagnostics.extend(problems);
    value
}
