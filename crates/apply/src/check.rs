//! Conditions at apply.

use crate::stage::{Configured, Stage};
use crate::variable_rules;
use formwork_config::CheckRule;
use formwork_diag::{Diagnostic, Severity};
use formwork_eval::{CheckOutcome, HIDDEN_MESSAGE, InstanceScope, ModuleId, evaluate_check};
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
    let (status, failures) = judge(stage, rules, scope, summary, Severity::Error, Some(&text));
    stage.checks.borrow_mut().set(CheckKind::Resource, &text, status, failures);
    status < CheckStatus::Fail
}

/// Evaluates rules, and reports those that fail.
fn judge(
    stage: &Stage<'_>,
    rules: &[CheckRule],
    scope: &InstanceScope<'_>,
    summary: &str,
    severity: Severity,
    address: Option<&str>,
) -> (CheckStatus, Vec<Str>) {
    let mut status = CheckStatus::Pass;
    let mut failures: Vec<Str> = Vec::new();
    for rule in rules {
        let (outcome, mut problems) = evaluate_check(rule, scope);
        // Of check blocks, only assertions that do not hold are warnings.
        for problem in problems.iter_mut().filter(|_| address.is_some()) {
            problem.severity = problem.severity.min(severity);
        }
        stage.report(problems);
        status = status.max(status_of(&outcome));
        if let CheckOutcome::Fail(message) = outcome {
            failures.extend((message != HIDDEN_MESSAGE).then(|| message.as_str().into()));
            let mut problem = Diagnostic::error(summary, message).at(rule.condition.span);
            problem.severity = severity;
            problem.address = address.map(str::to_string);
            stage.report_one(problem);
        }
    }
    failures.sort();
    (status, failures)
}

fn status_of(outcome: &CheckOutcome) -> CheckStatus {
    match outcome {
        CheckOutcome::Pass => CheckStatus::Pass,
        CheckOutcome::Unknown => CheckStatus::Unknown,
        CheckOutcome::Fail(_) => CheckStatus::Fail,
        CheckOutcome::Error => CheckStatus::Error,
    }
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

/// The worst of several outcomes.
pub(crate) fn outcomes_status(outcomes: &[CheckOutcome]) -> CheckStatus {
    outcomes.iter().map(status_of).max().unwrap_or(CheckStatus::Pass)
}

/// Keeps what came of the rules of one object.
pub(crate) fn record(stage: &Stage<'_>, kind: CheckKind, address: &str, outcomes: &[CheckOutcome]) {
    let status = outcomes_status(outcomes);
    let failures = outcomes.iter().filter_map(|o| match o {
        CheckOutcome::Fail(message) => Some(message.as_str().into()),
        _ => None,
    });
    stage.checks.borrow_mut().set(kind, address, status, failures.collect());
}

/// Assertions, whose failures are warnings.
fn check_block(stage: &Stage<'_>, module: ModuleId, name: &Str, address: &str) {
    let config = stage.evaluator.module_config(module);
    let Some(block) = config.checks.get(name) else { return };
    let failure = stage.nested_failures.borrow().get(&(module, name.clone())).cloned();
    let (status, failures) = match failure {
        Some(message) => (CheckStatus::Fail, vec![message.into()]),
        None => {
            let scope = stage.evaluator.module_scope(module);
            let exprs = block.asserts.iter().flat_map(|rule| [&rule.condition, &rule.error_message]);
            let ((), reads) = stage.evaluator.record(|| stage.evaluator.read_references(&scope, exprs, []));
            if stage.has_unfinished(&reads) {
                // It would judge what was never finished.
                return stage.checks.borrow_mut().set(CheckKind::Check, address, CheckStatus::Unknown, Vec::new());
            }
            judge(stage, &block.asserts, &scope, "Check block assertion failed", Severity::Warning, None)
        }
    };
    stage.checks.borrow_mut().set(CheckKind::Check, address, status, failures);
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
