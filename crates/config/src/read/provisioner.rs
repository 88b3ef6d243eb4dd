//! `provisioner`.

use crate::item::partial;
use crate::reference::attribute_step;
use crate::reference_list::keyword;
use crate::{OnFailure, ProvisionerBlock, When};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{Attribute, Block, Body, BodySchema, Traversal, body_references};
use formwork_model::Resource;
use formwork_value::Str;

/// Provisioners that the ecosystem has given up.
const REMOVED: [&str; 4] = ["chef", "habitat", "puppet", "salt-masterless"];

/// `provisioner "TYPE"` of a resource. The resource's connection is checked as well if it is used while destroying.
pub(crate) fn read_provisioner(
    block: &Block,
    own: Option<&Resource>,
    outer_connection: Option<&Body>,
    diagnostics: &mut Diagnostics,
) -> Option<ProvisionerBlock> {
    let label = block.labels.first()?;
    if REMOVED.contains(&&*label.text) {
        let summary = format!("The \"{}\" provisioner has been removed", label.text);
        let detail = "Set up machines with other means, such as images or cloud-init.";
        diagnostics.push(Diagnostic::error(summary, detail).at(label.span));
        return None;
    }
    let schema = BodySchema::new(
        &[("when", false), ("on_failure", false)],
        &[("_", &[]), ("connection", &[]), ("lifecycle", &[])],
    );
    let (content, rest) = partial(&block.body, &schema, diagnostics);
    let mut body = rest;
    let mut connection: Option<Body> = None;
    for inner in &content.blocks {
        match &*inner.kind.name {
            "_" => body = body.joined_with(&inner.body),
            "connection" if connection.is_some() => {
                let detail = "A provisioner can have one connection block only.";
                diagnostics.push(Diagnostic::error("Duplicate connection block", detail).at(inner.header_span));
            }
            "connection" => connection = Some(inner.body.clone()),
            other => {
                let detail =
                    format!("The block type {other:?} has no meaning in a provisioner yet; the name is reserved.");
                let summary = "Reserved block type name in provisioner block";
                diagnostics.push(Diagnostic::error(summary, detail).at(inner.kind.span));
            }
        }
    }
    let when = content.attribute("when").map(|a| read_when(a, diagnostics)).unwrap_or_default();
    let on_failure = content.attribute("on_failure").map(|a| read_on_failure(a, diagnostics)).unwrap_or_default();
    if when == When::Destroy {
        check_destroy_references(&body, own, diagnostics);
        if let Some(connection) = connection.as_ref().or(outer_connection) {
            check_destroy_references(connection, own, diagnostics);
        }
    }
    Some(ProvisionerBlock {
        kind: label.text.clone(),
        when,
        on_failure,
        body,
        connection,
        span: block.span,
        header_span: block.header_span,
    })
}

fn read_when(attribute: &Attribute, diagnostics: &mut Diagnostics) -> When {
    let word = keyword(&attribute.expr, diagnostics);
    match word.as_deref() {
        Some("create") => When::Create,
        Some("destroy") => When::Destroy,
        _ => {
            let detail = "A provisioner runs on \"create\" or on \"destroy\".";
            diagnostics.push(Diagnostic::error("Invalid \"when\" keyword", detail).at(attribute.expr.span));
            When::Create
        }
    }
}

fn read_on_failure(attribute: &Attribute, diagnostics: &mut Diagnostics) -> OnFailure {
    let word: Option<Str> = keyword(&attribute.expr, diagnostics);
    match word.as_deref() {
        Some("continue") => OnFailure::Continue,
        Some("fail") => OnFailure::Fail,
        _ => {
            let detail = "After a failure a provisioner can \"continue\" or \"fail\".";
            diagnostics.push(Diagnostic::error("Invalid \"on_failure\" keyword", detail).at(attribute.expr.span));
            OnFailure::Fail
        }
    }
}

/// When an object is destroyed, other objects may be gone or not be known any more.
fn check_destroy_references(body: &Body, own: Option<&Resource>, diagnostics: &mut Diagnostics) {
    let (attributes, _) = body.just_attributes();
    for reference in body_references(body) {
        if !allowed_on_destroy(&reference) {
            let argument = attributes.iter().map(|a| a.expr.span).find(|span| span.contains(reference.span));
            let this = own.map(Resource::to_string).unwrap_or_else(|| "the resource".to_string());
            let detail = format!(
                "What runs while {this} is destroyed can refer to its own attributes only: through \"self\", \
                 \"count.index\" or \"each.key\"."
            );
            let summary = "Invalid reference from destroy provisioner";
            diagnostics.push(Diagnostic::error(summary, detail).at(argument.unwrap_or(reference.span)));
        }
    }
}

fn allowed_on_destroy(reference: &Traversal) -> bool {
    let step = attribute_step(reference, 0).map(|s| &**s);
    match &*reference.root {
        "self" | "path" | "terraform" | "tofu" => true,
        "count" => step == Some("index"),
        "each" => step == Some("key"),
        _ => false,
    }
}
