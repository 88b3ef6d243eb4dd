//! Reading a body of the native syntax by a schema.

use super::{Attribute, Block, BlockSchema, Content, NativeBody, SchemaLookup, Taken};
use formwork_diag::{Diagnostic, Diagnostics};

pub(super) fn read(
    body: &NativeBody,
    schema: &SchemaLookup,
    taken: &Taken,
    complete: bool,
    diagnostics: &mut Diagnostics,
) -> Content {
    let mut content = Content::default();
    for attribute in body.attributes.iter().filter(|a| !taken.has_attribute(&a.name.name)) {
        if schema.is_attribute(&attribute.name.name) {
            content.attributes.push(attribute.clone());
        } else if complete {
            diagnostics.push(schema.unsupported_argument(&attribute.name.name, attribute.name.span));
        }
    }
    for block in body.blocks.iter().filter(|b| !taken.has_block(&b.kind.name)) {
        match schema.block(&block.kind.name) {
            Some(block_schema) => match check_labels(block, block_schema) {
                Ok(()) => content.blocks.push(block.clone()),
                Err(problem) => diagnostics.push(*problem),
            },
            None if complete => diagnostics.push(schema.unsupported_block(&block.kind.name, block.kind.span)),
            None => {}
        }
    }
    content
}

/// Checks the number of labels.
fn check_labels(block: &Block, schema: &BlockSchema) -> Result<(), Box<Diagnostic>> {
    let kind = &block.kind.name;
    let wanted = schema.labels.len();
    let names: Vec<&str> = schema.labels.iter().map(|l| &**l).collect();
    let names = names.join(", ");
    if let Some(label) = block.labels.get(wanted) {
        let detail = match wanted {
            0 => format!("Blocks of type \"{kind}\" have no labels."),
            1 => format!("Blocks of type \"{kind}\" have one label only ({names})."),
            _ => format!("Blocks of type \"{kind}\" have {wanted} labels only ({names})."),
        };
        return Err(Box::new(Diagnostic::error(format!("Extraneous label for {kind}"), detail).at(label.span)));
    }
    let Some(missing) = schema.labels.get(block.labels.len()) else { return Ok(()) };
    let detail = match wanted {
        1 => format!("Every block of type \"{kind}\" has a label in its header: its {names}."),
        _ => format!("Every block of type \"{kind}\" has {wanted} labels in its header: {names}."),
    };
    Err(Box::new(Diagnostic::error(format!("Missing {missing} for {kind}"), detail).at(block.header_span)))
}

pub(super) fn just_attributes(body: &NativeBody, taken: &Taken, diagnostics: &mut Diagnostics) -> Vec<Attribute> {
    if let Some(block) = body.blocks.iter().find(|b| !taken.has_block(&b.kind.name)) {
        let kind = &block.kind.name;
        let detail = "Blocks are not allowed here, only arguments (\"name = value\").";
        diagnostics.push(Diagnostic::error(format!("Unexpected \"{kind}\" block"), detail).at(block.kind.span));
    }
    body.attributes.iter().filter(|a| !taken.has_attribute(&a.name.name)).cloned().collect()
}
