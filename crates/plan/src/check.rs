//! Conditions of variables, outputs, resources and check blocks while planning.

use crate::planner::Planner;
use crate::resource::Wanted;
use formwork_config::CheckRule;
use formwork_diag::{Diagnostic, Diagnostics, Severity, Span};
use formwork_eval::{CheckOutcome, InstanceScope, ModuleId, evaluate_check};
use formwork_model::{CheckKind, CheckObject, CheckResult, CheckStatus, CheckableAddress, PlanMode};
use formwork_value::{Str, Value};

/// Validation rules of a variable.
pub(crate) fn variable(planner: &Planner<'_>, module: ModuleId, name: &Str) {
    let config = planner.evaluator.module_config(module);
    let Some(block) = config.variables.get(name) else { return };
    if let Err(problems) = planner.evaluator.variable(module, name) {
        planner.report(problems);
        return;
    }
    if block.validations.is_empty() {
        return;
    }
    let (outcomes, problems) = planner.evaluator.validate_variable(module, name);
    planner.report(problems);
    add(planner, CheckKind::Variable, module, &format!("var.{name}"), "", &outcomes);
}

/// Preconditions of an output (their failures are reported by the evaluation of the output itself).
pub(crate) fn output(planner: &Planner<'_>, module: ModuleId, name: &Str) {
    let config = planner.evaluator.module_config(module);
    let Some(block) = config.outputs.get(name) else { return };
    if block.preconditions.is_empty() {
        return;
    }
    let scope = planner.evaluator.module_scope(module);
    let outcomes: Vec<CheckOutcome> = block.preconditions.iter().map(|rule| evaluate_check(rule, &scope).0).collect();
    add(planner, CheckKind::Output, module, &format!("output.{name}"), "", &outcomes);
}

/// Assertions of a check block; failing ones are warnings.
pub(crate) fn check_block(planner: &Planner<'_>, module: ModuleId, name: &Str) {
    let config = planner.evaluator.module_config(module);
    let Some(block) = config.checks.get(name) else { return };
    let scope = planner.evaluator.module_scope(module);
    let failure = planner.work.borrow().nested_failures.get(&(module, name.clone())).cloned();
    let outcomes = match failure {
        Some(message) => vec![CheckOutcome::Fail(message)],
        None => run(planner, &block.asserts, &scope, "Check block assertion failed", Severity::Warning, None),
    };
    add(planner, CheckKind::Check, module, &format!("check.{name}"), "", &outcomes);
}

/// Preconditions of a resource instance. True if none fails.
pub(crate) fn resource_before(planner: &Planner<'_>, wanted: &Wanted<'_>) -> bool {
    let rules = &wanted.block.lifecycle.preconditions;
    let severity = match planner.mode() {
        PlanMode::RefreshOnly => Severity::Warning,
        _ => Severity::Error,
    };
    let scope = planner.instance_scope(wanted);
    let address = wanted.address.to_string();
    let outcomes = run(planner, rules, &scope, "Resource precondition failed", severity, Some(&address));
    let goes_on = severity == Severity::Warning || all_pass(&outcomes);
    if wanted.block.lifecycle.postconditions.is_empty() || !goes_on {
        add_resource(planner, wanted, &outcomes);
    }
    goes_on
}

/// A data source inside of a check block that cannot be read makes the check fail, and nothing else.
pub(crate) fn nested_read(planner: &Planner<'_>, wanted: &Wanted<'_>, problems: &mut Diagnostics) {
    let Some(name) = &wanted.block.check else { return };
    if let Some(problem) = problems.iter().find(|p| p.is_error()) {
        let message = format!("{}: {}", problem.summary, problem.detail);
        planner.work.borrow_mut().nested_failures.insert((wanted.module, name.clone()), message);
    }
    for problem in problems.iter_mut() {
        problem.severity = Severity::Warning;
    }
}

/// Postconditions of a resource instance, against its planned or read value.
pub(crate) fn resource_after(planner: &Planner<'_>, wanted: &Wanted<'_>, value: &Value) {
    let rules = &wanted.block.lifecycle.postconditions;
    if rules.is_empty() {
        return;
    }
    let severity = match planner.mode() {
        PlanMode::RefreshOnly => Severity::Warning,
        _ => Severity::Error,
    };
    let scope = planner.instance_scope(wanted).with_self(value.clone());
    let address = wanted.address.to_string();
    let mut outcomes = run(planner, rules, &scope, "Resource postcondition failed", severity, Some(&address));
    // Their problems were reported before.
    outcomes.extend(wanted.block.lifecycle.preconditions.iter().map(|rule| evaluate_check(rule, &scope).0));
    add_resource(planner, wanted, &outcomes);
}

fn all_pass(outcomes: &[CheckOutcome]) -> bool {
    outcomes.iter().all(|o| matches!(o, CheckOutcome::Pass | CheckOutcome::Unknown))
}

/// Evaluates rules and reports the failing ones.
fn run(
    planner: &Planner<'_>,
    rules: &[CheckRule],
    scope: &InstanceScope<'_>,
    summary: &str,
    severity: Severity,
    address: Option<&str>,
) -> Vec<CheckOutcome> {
    let evaluate = |rule: &CheckRule| {
        let (outcome, mut problems) = evaluate_check(rule, scope);
        for problem in problems.iter_mut() {
            problem.severity = problem.severity.min(severity);
        }
        planner.report(problems);
        if let CheckOutcome::Fail(message) = &outcome {
            planner.report_one(failed(summary, message, severity, rule.condition.span, address));
        }
        outcome
    };
    let outcomes = rules.iter().map(evaluate).collect();
    planner.report(planner.evaluator.take_problems());
    outcomes
}

fn failed(summary: &str, message: &str, severity: Severity, span: Span, address: Option<&str>) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(summary, message).at(span);
    diagnostic.severity = severity;
    diagnostic.address = address.map(str::to_string);
    diagnostic
}

fn add_resource(planner: &Planner<'_>, wanted: &Wanted<'_>, outcomes: &[CheckOutcome]) {
    if outcomes.is_empty() {
        return;
    }
    let config = wanted.address.config().to_string();
    insert(planner, CheckKind::Resource, config, wanted.address.to_string(), outcomes);
}

fn add(planner: &Planner<'_>, kind: CheckKind, module: ModuleId, local: &str, key: &str, outcomes: &[CheckOutcome]) {
    let instance = planner.evaluator.module_address(module);
    let prefixed =
        |prefix: String| if prefix.is_empty() { local.to_string() } else { format!("{prefix}.{local}{key}") };
    insert(planner, kind, prefixed(instance.path().to_string()), prefixed(instance.to_string()), outcomes);
}

fn insert(planner: &Planner<'_>, kind: CheckKind, config: String, address: String, outcomes: &[CheckOutcome]) {
    let status = outcomes.iter().map(status_of).max().unwrap_or(CheckStatus::Pass);
    let failures = outcomes
        .iter()
        .filter_map(|o| match o {
            CheckOutcome::Fail(message) => Some(Str::from(message.as_str())),
            _ => None,
        })
        .collect();
    let object = CheckObject { address: address.into(), status, failures };
    let checkable = CheckableAddress { kind, config: config.into() };
    let mut work = planner.work.borrow_mut();
    let result = work.checks.entry(checkable.clone()).or_insert_with(|| CheckResult {
        address: checkable,
        status,
        objects: Some(Vec::new()),
    });
    result.status = result.status.max(status);
    result.objects.get_or_insert_default().push(object);
}

fn status_of(outcome: &CheckOutcome) -> CheckStatus {
    match outcome {
        CheckOutcome::Pass => CheckStatus::Pass,
        CheckOutcome::Unknown => CheckStatus::Unknown,
        CheckOutcome::Fail(_) => CheckStatus::Fail,
        CheckOutcome::Error => CheckStatus::Error,
    }
}
