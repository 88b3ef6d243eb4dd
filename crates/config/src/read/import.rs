//! `import`.

use crate::item::complete;
use crate::read::address::{open_address, starts_reserved};
use crate::read::provider::read_provider_ref;
use crate::{ImportBlock, ImportTarget};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{Block, BodySchema, Expr};
use formwork_model::ResourceMode;

/// `import`; `None` if it has errors.
pub(crate) fn read_import(block: &Block, all: &mut Diagnostics) -> Option<ImportBlock> {
    let mut problems = Diagnostics::new();
    let import = read(block, &mut problems).filter(|_| !problems.has_errors());
    all.extend(problems);
    import
}

fn read(block: &Block, diagnostics: &mut Diagnostics) -> Option<ImportBlock> {
    let attributes = [("to", true), ("id", false), ("identity", false), ("for_each", false), ("provider", false)];
    let content = complete(&block.body, &BodySchema::new(&attributes, &[]), diagnostics);
    let expr = |name: &str| content.attribute(name).map(|a| a.expr.clone());
    let (id, identity) = (expr("id"), expr("identity"));
    match (&id, content.attribute("identity")) {
        (None, None) => {
            let detail = "The argument \"id\" (or \"identity\") is required: it tells which object is to be imported.";
            diagnostics.push(Diagnostic::error("Missing required argument", detail).at(block.header_span));
        }
        (Some(_), Some(identity)) => {
            let detail = "Give either \"id\" or \"identity\", not both.";
            diagnostics.push(Diagnostic::error("Invalid combination of arguments", detail).at(identity.name.span));
        }
        _ => {}
    }
    let provider = content.attribute("provider").and_then(|a| read_provider_ref(&a.expr, diagnostics));
    let to = expr("to").and_then(|to| read_target(&to, diagnostics));
    Some(ImportBlock {
        to: to?,
        id,
        identity,
        for_each: expr("for_each"),
        provider,
        span: block.span,
        header_span: block.header_span,
    })
}

fn read_target(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<ImportTarget> {
    if starts_reserved(expr) {
        let detail = "The address of a managed resource is required here.";
        diagnostics.push(Diagnostic::error("Invalid address", detail).at(expr.span));
        return None;
    }
    let address = match open_address(expr) {
        Ok(address) => address,
        Err(problems) => {
            diagnostics.extend(problems);
            return None;
        }
    };
    match address.resource {
        Some((resource, key)) if resource.mode == ResourceMode::Managed => Some(ImportTarget {
            module: address.module.into_iter().map(|s| (s.name, s.key)).collect(),
            resource,
            key,
            span: expr.span,
        }),
        _ => {
            let detail = "Only managed resources can be imported; the address must be one of them.";
            diagnostics.push(Diagnostic::error("Invalid import address", detail).at(expr.span));
            None
        }
    }
}
