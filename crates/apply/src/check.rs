//! Conditions at apply.

use crate::stage::{Configured, Stage};
use formwork_config::CheckRule;
use formwork_diag::Diagnostic;
use formwork_eval::{CheckOutcome, InstanceScope, evaluate_check};
use formwork_model::{CheckKind, CheckStatus, ResourceInstance};
use formwork_value::Str;

/// Preconditions. True if none fails.
pub(crate) fn before(
    stage: &Stage<'_>,
    configured: &Configured,
    scope: &InstanceScope<'_>,
    address: &ResourceInstance,
) -> bool {
    run(stage, &configured.block.lifecycle.preconditions, scope, "Resource precondition failed", address)
}

/// Postconditions. True if none fails.
pub(crate) fn after(
    stage: &Stage<'_>,
    configured: &Configured,
    scope: &InstanceScope<'_>,
    address: &ResourceInstance,
) -> bool {
    run(stage, &configured.block.lifecycle.postconditions, scope, "Resource postcondition failed", address)
}

fn run(
    stage: &Stage<'_>,
    rules: &[CheckRule],
    scope: &InstanceScope<'_>,
    summary: &str,
    address: &ResourceInstance,
) -> bool {
    let mut status = CheckStatus::Pass;
    let mut failures: Vec<Str> = Vec::new();
    for rule in rules {
        let (outcome, problems) = evaluate_check(rule, scope);
        stage.report(problems);
        match outcome {
            CheckOutcome::Pass => {}
            CheckOutcome::Unknown => status = status.max(CheckStatus::Unknown),
            CheckOutcome::Error => status = status.max(CheckStatus::Error),
            CheckOutcome::Fail(message) => {
                status = status.max(CheckStatus::Fail);
                failures.push(message.as_str().into());
                stage.report_one(Diagnostic::error(summary, message).at(rule.condition.span).address(address));
            }
        }
    }
    if !rules.is_empty() {
        update(stage, address, status, failures);
    }
    status < CheckStatus::Fail
}

/// Writes what is now known into the results that the plan began.
fn update(stage: &Stage<'_>, address: &ResourceInstance, status: CheckStatus, failures: Vec<Str>) {
    let (config, instance) = (address.config().to_string(), address.to_string());
    let mut checks = stage.checks.borrow_mut();
    let mut results = checks.iter_mut();
    let Some(result) = results.find(|c| c.address.kind == CheckKind::Resource && *c.address.config == *config) else {
        return;
    };
    if let Some(object) = result.objects.iter_mut().flatten().find(|o| *o.address == *instance) {
        object.status = status;
        object.failures = failures;
    }
    result.status = result.objects.iter().flatten().map(|o| o.status).max().unwrap_or(status);
}
