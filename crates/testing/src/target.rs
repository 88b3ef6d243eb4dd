//! Addresses in plan options.

use crate::file::RunBlock;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{Expr, ExprKind, Traversal};
use formwork_model::{PlanMode, PlanOptions, ResourceInstance, ResourceMode, TargetAddress};
use std::sync::Arc;

/// The options that a run plans with.
pub(crate) fn plan_options(run: &RunBlock, parallelism: usize) -> Result<PlanOptions, Diagnostics> {
    let mut diagnostics = Diagnostics::new();
    let mut targets = Vec::new();
    for traversal in &run.targets {
        match address(traversal) {
            Ok(target) => targets.push(target),
            Err(problems) => diagnostics.extend(problems),
        }
    }
    let mut replace = Vec::new();
    for traversal in &run.replace {
        match address(traversal) {
            Ok(target) => match instance(target) {
                Some(instance) if instance.resource.mode != ResourceMode::Managed => {
                    let detail = format!("Only managed resources are replaced, and {traversal} is none.");
                    diagnostics.push(Diagnostic::error("Invalid address", detail).at(traversal.span));
                }
                Some(instance) => replace.push(instance),
                None => diagnostics.push(not_an_instance(traversal)),
            },
            Err(problems) => diagnostics.extend(problems),
        }
    }
    if run.mode == PlanMode::RefreshOnly && !run.replace.is_empty() {
        let detail = "With mode = refresh-only nothing is replaced. Remove one of the two options.";
        diagnostics.push(Diagnostic::error("Unsupported plan mode", detail));
    }
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let options = PlanOptions { mode: run.mode, refresh: run.refresh, targets, replace, ..PlanOptions::default() };
    Ok(PlanOptions { parallelism, ..options })
}

fn address(traversal: &Traversal) -> Result<TargetAddress, Diagnostics> {
    let kind = ExprKind::Traversal(Arc::new(traversal.clone()));
    formwork_config::read_target_address(&Expr { kind, span: traversal.span })
}

fn instance(target: TargetAddress) -> Option<ResourceInstance> {
    match target {
        TargetAddress::Instance(instance) => Some(instance),
        TargetAddress::Resource(resource) => Some(resource.instance(Default::default())),
        TargetAddress::Module(_) => None,
    }
}

fn not_an_instance(traversal: &Traversal) -> Diagnostic {
    let detail = format!("Only a resource instance can be replaced, and {traversal} is none.");
    Diagnostic::error("Invalid address", detail).at(traversal.span)
}
