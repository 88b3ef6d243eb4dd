//! Root outputs and checks after the walk.

use crate::ApplyInputs;
use crate::stage::Stage;
use formwork_diag::Diagnostic;
use formwork_eval::{CheckOutcome, ModuleId, evaluate_check};
use formwork_model::{CheckKind, CheckStatus, ModulePath, OutputState, PlanMode, State};
use formwork_value::Str;
use std::collections::BTreeMap;

/// Evaluates root outputs with the final values, and conditions that the plan could not decide.
pub(crate) fn update(stage: &Stage<'_>) {
    checks(stage);
    let plan = &stage.inputs.plan;
    let Some(root) = stage.inputs.config.modules.get(&ModulePath::root()) else { return };
    if plan.options.mode == PlanMode::Destroy {
        return;
    }
    let planned: BTreeMap<&Str, ()> = plan.outputs.iter().map(|o| (&o.name, ())).collect();
    for (name, block) in root.outputs.iter().filter(|(n, _)| planned.contains_key(n)) {
        match stage.evaluator.output(ModuleId::ROOT, name) {
            Ok(value) => {
                let (value, _) = value.unmark_deep();
                if value.is_wholly_known() {
                    stage.outputs.borrow_mut().insert(name.clone(), OutputState { value, sensitive: block.sensitive });
                }
            }
            Err(problems) => stage.report(problems),
        }
    }
}

/// Assertions of check blocks, whose failures are warnings.
fn checks(stage: &Stage<'_>) {
    for module in stage.inputs.config.modules.values().filter(|m| m.path.is_root()) {
        for (name, block) in &module.checks {
            let scope = stage.evaluator.module_scope(ModuleId::ROOT);
            let mut status = CheckStatus::Pass;
            let mut failures: Vec<Str> = Vec::new();
            for rule in &block.asserts {
                let (outcome, problems) = evaluate_check(rule, &scope);
                stage.report(
                    problems
                        .into_iter()
                        .map(|mut p| {
                            p.severity = formwork_diag::Severity::Warning;
                            p
                        })
                        .collect(),
                );
                match outcome {
                    CheckOutcome::Pass => {}
                    CheckOutcome::Unknown => status = status.max(CheckStatus::Unknown),
                    CheckOutcome::Error => status = status.max(CheckStatus::Error),
                    CheckOutcome::Fail(message) => {
                        status = status.max(CheckStatus::Fail);
                        failures.push(message.as_str().into());
                        stage.report_one(
                            Diagnostic::warning("Check block assertion failed", message).at(rule.condition.span),
                        );
                    }
                }
            }
            let address = format!("check.{name}");
            let mut checks = stage.checks.borrow_mut();
            if let Some(result) =
                checks.iter_mut().find(|c| c.address.kind == CheckKind::Check && *c.address.config == *address)
            {
                result.status = status;
                if let Some(object) = result.objects.iter_mut().flatten().next() {
                    object.status = status;
                    object.failures = failures;
                }
            }
        }
    }
}

/// The outputs of the new state: evaluated ones, the others as they were; none after a full destroy.
pub(crate) fn take(state: &mut State, inputs: &ApplyInputs<'_>, evaluated: BTreeMap<Str, OutputState>) {
    let plan = &inputs.plan;
    for change in &plan.outputs {
        match evaluated.get(&change.name) {
            Some(output) if output.value.is_null() => {
                state.outputs.remove(&change.name);
            }
            Some(output) => {
                state.outputs.insert(change.name.clone(), output.clone());
            }
            None if change.after.is_null() => {
                state.outputs.remove(&change.name);
            }
            None => {}
        }
    }
}
