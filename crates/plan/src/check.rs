//! Conditions of variables, outputs, resources and check blocks while planning.

use crate::planner::Planner;
use crate::resource::Wanted;
use formwork_config::{CheckRule, Module};
use formwork_diag::{Diagnostic, Diagnostics, Severity, Span};
use formwork_eval::{CheckOutcome, FailureReport, InstanceScope, Item, ItemAddress, ModuleId, evaluate_check, judge};
use formwork_model::{CheckKind, CheckObject, CheckResult, CheckStatus, CheckableAddress, PlanMode, ResourceInstance};
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
    let report = FailureReport { summary: "Check block assertion failed", severity: Severity::Warning, address: None };
    let outcomes = match failure {
        Some(message) => vec![CheckOutcome::Fail(message)],
        None => run(planner, &block.asserts, &scope, report),
    };
    add(planner, CheckKind::Check, module, &format!("check.{name}"), "", &outcomes);
}

/// Preconditions of a resource instance. True if none fails.
pub(crate) fn resource_before(planner: &Planner<'_>, wanted: &Wanted<'_>) -> bool {
    let rules = &wanted.block.lifecycle.preconditions;
    let severity = if planner.tolerant { Severity::Warning } else { Severity::Error };
    let scope = planner.instance_scope(wanted);
    let address = wanted.address.to_string();
    let outcomes = run(
        planner,
        rules,
        &scope,
        FailureReport { summary: "Resource precondition failed", severity, address: Some(&address) },
    );
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
    let severity = if planner.tolerant { Severity::Warning } else { Severity::Error };
    let scope = planner.instance_scope(wanted).with_self(value.clone());
    let address = wanted.address.to_string();
    let mut outcomes = run(
        planner,
        rules,
        &scope,
        FailureReport { summary: "Resource postcondition failed", severity, address: Some(&address) },
    );
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
    report: FailureReport<'_>,
) -> Vec<CheckOutcome> {
    let evaluate = |rule: &CheckRule| {
        let (outcome, problems) = judge(rule, scope, report);
        planner.report(problems);
        if outcome == CheckOutcome::Unknown && report.address.is_none() {
            planner.report_one(undecided(rule.condition.span));
        }
        outcome
    };
    let outcomes = rules.iter().map(evaluate).collect();
    planner.report(planner.evaluator.take_problems());
    outcomes
}

fn undecided(span: Span) -> Diagnostic {
    Diagnostic::warning(
        "Check block assertion known after apply",
        "The condition needs values that are known only after apply. It is checked then.",
    )
    .at(span)
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
    let (status, failures) = CheckOutcome::summarize(outcomes);
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

/// The results, with those of things that were not looked at.
pub(crate) fn results(planner: &Planner<'_>) -> Vec<CheckResult> {
    let mut results = std::mem::take(&mut planner.work.borrow_mut().checks);
    for (path, module) in &planner.inputs.config.modules {
        let prefix = if path.is_root() { String::new() } else { format!("{path}.") };
        for (kind, item, local) in checkables(module) {
            let address = CheckableAddress { kind, config: format!("{prefix}{local}").into() };
            let item = ItemAddress { module: path.clone(), item };
            results.entry(address.clone()).or_insert_with(|| {
                let (status, objects) = unseen(planner, kind, &item, &local);
                CheckResult { address, status, objects }
            });
        }
    }
    let mut results: Vec<CheckResult> = results.into_values().collect();
    for result in results.iter_mut().filter(|result| result.address.kind == CheckKind::Resource) {
        // They came in the order in which providers answered.
        let objects = result.objects.iter_mut();
        objects.for_each(|objects| objects.sort_by_cached_key(|o| ResourceInstance::parse(&o.address).ok()));
    }
    results
}

/// Everything in a module that has conditions.
fn checkables(module: &Module) -> Vec<(CheckKind, Item, String)> {
    let mut found = Vec::new();
    for (resource, block) in &module.resources {
        if !block.lifecycle.preconditions.is_empty() || !block.lifecycle.postconditions.is_empty() {
            found.push((CheckKind::Resource, Item::Resource(resource.clone()), resource.to_string()));
        }
    }
    for (name, _) in module.outputs.iter().filter(|(_, o)| !o.preconditions.is_empty()) {
        found.push((CheckKind::Output, Item::Output(name.clone()), format!("output.{name}")));
    }
    for name in module.checks.keys() {
        found.push((CheckKind::Check, Item::Check(name.clone()), format!("check.{name}")));
    }
    for (name, _) in module.variables.iter().filter(|(_, v)| !v.validations.is_empty()) {
        found.push((CheckKind::Variable, Item::Variable(name.clone()), format!("var.{name}")));
    }
    found
}

/// What is said of something without results: nothing if it was not looked at, or that it has no instances. Of check
/// blocks and variables the instances are known even if their rules could not be evaluated.
fn unseen(
    planner: &Planner<'_>,
    kind: CheckKind,
    item: &ItemAddress,
    local: &str,
) -> (CheckStatus, Option<Vec<CheckObject>>) {
    let failed = planner.work.borrow().failed.contains(item);
    let left_out = planner.mode() == PlanMode::Destroy || !planner.scope.wants_item(&planner.graph, item);
    if left_out || failed && !matches!(kind, CheckKind::Check | CheckKind::Variable) {
        return (CheckStatus::Unknown, None);
    }
    if !failed {
        return (CheckStatus::Pass, Some(Vec::new()));
    }
    let evaluator = &planner.evaluator;
    let instances = evaluator.modules().into_iter().map(|module| evaluator.module_address(module));
    let objects = instances.filter(|instance| instance.path() == item.module).map(|instance| {
        let prefix = if instance.is_root() { String::new() } else { format!("{instance}.") };
        let address = format!("{prefix}{local}").into();
        CheckObject { address, status: CheckStatus::Unknown, failures: Vec::new() }
    });
    (CheckStatus::Unknown, Some(objects.collect()))
}
