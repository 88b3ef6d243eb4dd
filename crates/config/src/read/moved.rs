//! `moved` and `removed`.

use crate::constant::constant_bool;
use crate::item::complete;
use crate::read::address::{open_address, starts_reserved};
use crate::read::provisioner::read_provisioner;
use crate::reference_list::quoted;
use crate::{MoveEndpoint, MovedBlock, RemovedBlock, RemovedFrom, When};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{Block, BodySchema, Expr};
use formwork_model::{ModulePath, Resource, ResourceMode, TargetAddress};

/// `moved`.
pub(crate) fn read_moved(block: &Block, diagnostics: &mut Diagnostics) -> Option<MovedBlock> {
    let content = complete(&block.body, &BodySchema::new(&[("from", true), ("to", true)], &[]), diagnostics);
    let from = content.attribute("from").and_then(|a| endpoint(&a.expr, diagnostics));
    let to = content.attribute("to").and_then(|a| endpoint(&a.expr, diagnostics));
    let (from, to) = (from?, to?);
    let is_module = |e: &MoveEndpoint| matches!(e.address, TargetAddress::Module(_));
    if is_module(&from) != is_module(&to) {
        let detail = "Both addresses of a move must be resources, or both must be modules.";
        diagnostics.push(Diagnostic::error("Invalid \"moved\" addresses", detail).at(block.header_span));
        return None;
    }
    Some(MovedBlock { from, to, span: block.header_span })
}

fn endpoint(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<MoveEndpoint> {
    if quoted(expr).is_none() && starts_reserved(expr) {
        let detail = "The address of a resource or module is required here.";
        diagnostics.push(Diagnostic::error("Invalid address", detail).at(expr.span));
        return None;
    }
    match open_address(expr).and_then(|address| address.closed()) {
        Ok(address) => Some(MoveEndpoint { address, span: expr.span }),
        Err(problems) => {
            diagnostics.extend(problems);
            None
        }
    }
}

/// `removed`.
pub(crate) fn read_removed(block: &Block, diagnostics: &mut Diagnostics) -> Option<RemovedBlock> {
    let schema =
        BodySchema::new(&[("from", true)], &[("lifecycle", &[]), ("connection", &[]), ("provisioner", &["type"])]);
    let content = complete(&block.body, &schema, diagnostics);
    let from = content.attribute("from").map(|a| &a.expr);
    let target = from.and_then(|expr| removed_from(expr, diagnostics));
    let mut destroy = true;
    // The last one counts.
    for inner in content.blocks_of("lifecycle") {
        let lifecycle = complete(&inner.body, &BodySchema::new(&[("destroy", false)], &[]), diagnostics);
        let written = lifecycle.attribute("destroy").and_then(|a| constant_bool(&a.expr, diagnostics));
        destroy = written.unwrap_or(destroy);
    }
    let connection = content.blocks_of("connection").next().map(|b| b.body.clone());
    let own = match &target {
        Some(RemovedFrom::Resource(_, resource)) => Some(resource.clone()),
        _ => None,
    };
    let mut provisioners = Vec::new();
    for inner in content.blocks_of("provisioner") {
        let provisioner = read_provisioner(inner, own.as_ref(), connection.as_ref(), diagnostics);
        let problem = match &provisioner {
            _ if matches!(target, Some(RemovedFrom::Module(_))) => {
                Some("Provisioners belong to resources; a removed module cannot have any.")
            }
            Some(p) if p.when != When::Destroy => {
                Some("Only provisioners with \"when = destroy\" can run when an object is removed.")
            }
            _ => None,
        };
        if let Some(detail) = problem {
            diagnostics.push(Diagnostic::error("Invalid provisioner block", detail).at(inner.header_span));
        }
        provisioners.extend(provisioner);
    }
    let from_span = from?.span;
    Some(RemovedBlock { from: target?, from_span, destroy, provisioners, connection, span: block.header_span })
}

fn removed_from(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<RemovedFrom> {
    let address = match open_address(expr) {
        Ok(address) => address,
        Err(problems) => {
            diagnostics.extend(problems);
            return None;
        }
    };
    let mut refuse = |summary: &str, detail: &str| {
        diagnostics.push(Diagnostic::error(summary, detail).at(expr.span));
        None
    };
    let path = ModulePath(address.module.iter().map(|s| s.name.clone()).collect());
    if address.module.iter().any(|s| s.key.is_some()) {
        return refuse(
            "Module instance keys not allowed",
            "A removed module is removed with all its instances; write its address without keys.",
        );
    }
    match address.resource {
        None => Some(RemovedFrom::Module(path)),
        Some((_, Some(_))) => refuse(
            "Resource instance keys not allowed",
            "A removed resource is removed with all its instances; write its address without a key.",
        ),
        Some((Resource { mode: ResourceMode::Data, .. }, _)) => {
            refuse("Data source address not allowed", "Data sources own nothing that could be removed.")
        }
        Some((Resource { mode: ResourceMode::Ephemeral, .. }, _)) => {
            refuse("Ephemeral resource address not allowed", "Ephemeral resources own nothing that could be removed.")
        }
        Some((resource, None)) => Some(RemovedFrom::Resource(path, resource)),
    }
}
