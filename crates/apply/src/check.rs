//! Conditions at apply.

use crate::stage::{Configured, Stage};
use crate::variable_rules;
use formwork_config::CheckRule;
use formwork_diag::Severity;
use formwork_eval::{CheckOutcome, FailureReport, InstanceScope, ModuleId, evaluate_check, judge};
use formwork_model::{Action, CheckKind, CheckResult, CheckStatus, PlanMode, ResourceInstance};
use formwork_value::Str;
use std::collections::BTreeMap;

/// The results that the plan began, and what becomes of them.
pub(crate) struct Checks {
    results: Vec<CheckResult>,
    /// Where the result of an object is, by kind and address.
    places: BTreeMap<(CheckKind, Str), (usize, usize)>,
}

impl Checks {
    /// Conditions of data sources that were read while planning are not looked at again, so that nothing is known of them.
    pub fn new(mut results: Vec<CheckResult>) -> Checks {
        for result in results.iter_mut().filter(|result| is_data_source(result)) {
            for object in result.objects.iter_mut().flatten() {
                object.status = CheckStatus::Unknown;
                object.failures.clear();
            }
        }
        let mut places = BTreeMap::new();
        for (at, result) in results.iter().enumerate() {
            for (object_at, object) in result.objects.iter().flatten().enumerate() {
                places.insert((result.address.kind, object.address.clone()), (at, object_at));
            }
        }
        Checks { results, places }
    }

    pub fn status(&self, kind: CheckKind, address: &str) -> Option<CheckStatus> {
        let (at, object_at) = self.places.get(&(kind, address.into()))?;
        Some(self.results.get(*at)?.objects.as_ref()?.get(*object_at)?.status)
    }

    fn set(&mut self, kind: CheckKind, address: &str, status: CheckStatus, failures: Vec<Str>) {
        let Some((at, object_at)) = self.places.get(&(kind, address.into())) else { return };
        let object = self.results.get_mut(*at).and_then(|r| r.objects.as_mut()?.get_mut(*object_at));
        if let Some(object) = object {
            object.status = status;
            object.failures = failures;
        }
    }

    /// All results; the status of the whole is the worst of its objects.
    pub fn finish(mut self) -> Vec<CheckResult> {
        for result in &mut self.results {
            let worst = result.objects.iter().flatten().map(|o| o.status).max();
            result.status = worst.unwrap_or(result.status);
        }
        self.results
    }
}

fn is_data_source(result: &CheckResult) -> bool {
    let mut rest = &*result.address.config;
    while let Some((_, inside)) = rest.strip_prefix("module.").and_then(|rest| rest.split_once('.')) {
        rest = inside;
    }
    result.address.kind == CheckKind::Resource && rest.starts_with("data.")
}

/// Rules of variables that the resource needs, and preconditions. True if none fails.
pub(crate) fn before(
    stage: &Stage<'_>,
    configured: &Configured,
    scope: &InstanceScope<'_>,
    address: &ResourceInstance,
) -> bool {
    variable_rules::hold(stage, &address.config())
        && run(stage, &configured.block.lifecycle.preconditions, scope, "Resource precondition failed", address)
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
    if rules.is_empty() {
        return true;
    }
    let text = address.to_string();
    let outcomes =
        judge_all(stage, rules, scope, FailureReport { summary, severity: Severity::Error, address: Some(&text) });
    record(stage, CheckKind::Resource, &text, &outcomes) < CheckStatus::Fail
}

/// Evaluates rules, and reports those that fail.
fn judge_all(
    stage: &Stage<'_>,
    rules: &[CheckRule],
    scope: &InstanceScope<'_>,
    report: FailureReport<'_>,
) -> Vec<CheckOutcome> {
    let judge = |rule: &CheckRule| {
        let (outcome, problems) = judge(rule, scope, report);
        stage.report(problems);
        outcome
    };
    rules.iter().map(judge).collect()
}

/// After the walk: check blocks, and whatever the plan could not decide of things that do not change.
pub(crate) fn conclude(stage: &Stage<'_>) {
    if stage.inputs.plan.options.mode == PlanMode::Destroy {
        return;
    }
    unchanged_resources(stage);
    for (instance, module) in stage.evaluator.module_instances() {
        let prefix = if instance.is_root() { String::new() } else { format!("{instance}.") };
        let config = stage.evaluator.module_config(module);
        for name in config.checks.keys() {
            check_block(stage, module, name, &format!("{prefix}check.{name}"));
        }
        for (name, block) in config.outputs.iter().filter(|(_, o)| !o.preconditions.is_empty()) {
            let address = format!("{prefix}output.{name}");
            let (value, reads) = stage.evaluator.record(|| stage.evaluator.output(module, name));
            if stage.has_unfinished(&reads) {
                stage.checks.borrow_mut().set(CheckKind::Output, &address, CheckStatus::Unknown, Vec::new());
                continue;
            }
            if stage.checks.borrow().status(CheckKind::Output, &address) != Some(CheckStatus::Unknown) {
                continue;
            }
            // Failures are reported by the evaluation of the output.
            if let Err(problems) = value {
                stage.report(problems);
            }
            let scope = stage.evaluator.module_scope(module);
            let outcomes: Vec<CheckOutcome> =
                block.preconditions.iter().map(|rule| evaluate_check(rule, &scope).0).collect();
            record(stage, CheckKind::Output, &address, &outcomes);
        }
        for name in config.variables.keys() {
            let address = format!("{prefix}var.{name}");
            if stage.checks.borrow().status(CheckKind::Variable, &address) == Some(CheckStatus::Unknown) {
                let (outcomes, problems) = stage.evaluator.validate_variable(module, name);
                stage.report(problems);
                record(stage, CheckKind::Variable, &address, &outcomes);
            }
        }
    }
}

/// Keeps what came of the rules of one object; the worst of it.
pub(crate) fn record(stage: &Stage<'_>, kind: CheckKind, address: &str, outcomes: &[CheckOutcome]) -> CheckStatus {
    let (status, failures) = CheckOutcome::summarize(outcomes);
    stage.checks.borrow_mut().set(kind, address, status, failures);
    status
}

/// True if the rules read something that has failed or was not begun: then nobody knows whether they hold.
fn needs_unfinished(stage: &Stage<'_>, module: ModuleId, rules: &[CheckRule]) -> bool {
    if !stage.is_any_unfinished() {
        return false;
    }
    let scope = stage.evaluator.module_scope(module);
    let (_, reads) = stage.evaluator.record(|| rules.iter().for_each(|rule| drop(evaluate_check(rule, &scope))));
    // They are reported when the rules are judged.
    drop(stage.evaluator.take_problems());
    stage.has_unfinished(&reads)
}

/// Assertions, whose failures are warnings.
fn check_block(stage: &Stage<'_>, module: ModuleId, name: &Str, address: &str) {
    let config = stage.evaluator.module_config(module);
    let Some(block) = config.checks.get(name) else { return };
    let failure = stage.nested_failures.borrow().get(&(module, name.clone())).cloned();
    let report = FailureReport { summary: "Check block assertion failed", severity: Severity::Warning, address: None };
    let outcomes = match failure {
        Some(message) => vec![CheckOutcome::Fail(message)],
        None if needs_unfinished(stage, module, &block.asserts) => vec![CheckOutcome::Unknown],
        None => judge_all(stage, &block.asserts, &stage.evaluator.module_scope(module), report),
    };
    record(stage, CheckKind::Check, address, &outcomes);
}

/// Conditions of what an earlier run of the plan has finished: whatever builds on it must wait until they hold. True if none
/// fails.
pub(crate) fn done_before(stage: &Stage<'_>) -> bool {
    let mut good = true;
    for address in stage.inputs.done.iter().filter(|_| stage.inputs.plan.options.mode != PlanMode::Destroy) {
        let conditions = stage.block(address).is_some_and(|block| {
            !block.lifecycle.preconditions.is_empty() || !block.lifecycle.postconditions.is_empty()
        });
        if !conditions {
            continue;
        }
        let Some(configured) = stage.configured(address) else { continue };
        let Some(value) = stage.inputs.plan.planned_values.get(address) else { continue };
        let scope = stage.scope(&configured, address);
        let holds = before(stage, &configured, &scope, address)
            && after(stage, &configured, &scope.with_self(value.clone()), address);
        if !holds {
            good = false;
        }
    }
    good
}

/// Conditions of instances without an operation that refer to what has changed.
fn unchanged_resources(stage: &Stage<'_>) {
    for change in stage.inputs.plan.changes.iter().filter(|c| c.action == Action::NoOp && c.deposed.is_none()) {
        let address = &change.address;
        let undecided = || {
            let checks = stage.checks.borrow();
            checks.status(CheckKind::Resource, &address.to_string()) == Some(CheckStatus::Unknown)
        };
        let conditions = stage.block(address).is_some_and(|block| {
            !block.lifecycle.preconditions.is_empty() || !block.lifecycle.postconditions.is_empty()
        });
        if !conditions || !undecided() {
            continue;
        }
        let Some(configured) = stage.configured(address) else { continue };
        let scope = stage.scope(&configured, address);
        if before(stage, &configured, &scope, address) {
            let scope = stage.scope(&configured, address).with_self(change.after.clone());
            after(stage, &configured, &scope, address);
        }
    }
}
