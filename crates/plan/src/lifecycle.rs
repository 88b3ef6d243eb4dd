//! What `lifecycle` says about the end of an object.

use crate::planner::Planner;
use formwork_config::ResourceBlock;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_eval::ModuleId;
use formwork_hcl::{Expr, references};
use formwork_model::ResourceInstance;
use formwork_value::{Type, convert};

/// What is told of an object that must not be destroyed.
const PREVENTED: &str = "Instance cannot be destroyed";

/// What is told of a rule about that which cannot be evaluated.
const INVALID_PREVENTION: &str = "Invalid prevent_destroy argument";

/// True if the object is forgotten where it would be destroyed.
pub(crate) fn forgets(block: &ResourceBlock) -> bool {
    block.lifecycle.destroy == Some(false)
}

/// Reports that an object must not be destroyed, if its block says so. To forget it is no destruction.
pub(crate) fn check_destroy(planner: &Planner<'_>, address: &ResourceInstance, block: &ResourceBlock) {
    let Some(expr) = block.lifecycle.prevent_destroy.as_ref().filter(|_| !forgets(block)) else { return };
    match is_prevented(planner, address, expr) {
        Ok(false) => {}
        Ok(true) => planner.report_one(
            Diagnostic::error(
                PREVENTED,
                format!("Resource {address} has lifecycle.prevent_destroy set, but the plan calls for this resource to be destroyed. To avoid this error and continue with the plan, either disable lifecycle.prevent_destroy or reduce the scope of the plan using the -target option."),
            )
            .at(block.header_span),
        ),
        Err(problems) => planner.report(problems),
    }
}

fn is_prevented(planner: &Planner<'_>, address: &ResourceInstance, expr: &Expr) -> Result<bool, Diagnostics> {
    // Where the module instance is gone, so are the values that its expressions refer to.
    let module = match planner.evaluator.module_id(&address.module) {
        None if !references(expr).is_empty() => return Ok(true),
        known => known.unwrap_or(ModuleId::ROOT),
    };
    let evaluation = planner.evaluator.evaluate(expr, &planner.evaluator.module_scope(module));
    if evaluation.diagnostics.has_errors() {
        return Err(evaluation.diagnostics);
    }
    let invalid = |detail: String| -> Diagnostics {
        Diagnostic::error(INVALID_PREVENTION, detail).at(expr.span).address(address).into()
    };
    let value = convert(&evaluation.value.unmark().0, &Type::Bool)
        .map_err(|error| invalid(format!("The value is unsuitable: {error}.")))?;
    match value.as_bool() {
        Some(prevented) => Ok(prevented),
        None if value.is_null() => Ok(false),
        None => Err(invalid(format!(
            "The plan destroys {address}, but whether that is prevented depends on values that are known after apply only. Let prevent_destroy depend on values that are known before."
        ))),
    }
}
