//! Assertions of runs.

use crate::file::RunBlock;
use crate::scope::AssertionScope;
use formwork_config::CheckRule;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_eval::{CheckOutcome, evaluate_check};
use formwork_model::TestStatus;

/// What came of a run's assertions.
#[derive(Debug, Default)]
pub(crate) struct Judgement {
    pub status: TestStatus,
    pub failed: usize,
    pub diagnostics: Diagnostics,
}

/// Evaluates all assertions of a run.
pub(crate) fn judge(run: &RunBlock, scope: &AssertionScope<'_>) -> Judgement {
    let mut judgement = Judgement { status: TestStatus::Pass, ..Judgement::default() };
    for rule in &run.asserts {
        let status = assertion(rule, scope, &mut judgement.diagnostics);
        judgement.failed += usize::from(status == TestStatus::Fail);
        judgement.status = judgement.status.max(status);
    }
    judgement
}

fn assertion(rule: &CheckRule, scope: &AssertionScope<'_>, diagnostics: &mut Diagnostics) -> TestStatus {
    let (outcome, problems) = evaluate_check(rule, scope);
    let broken = problems.has_errors();
    diagnostics.extend(problems.into_iter().map(|mut problem| {
        if problem.summary == "Invalid condition result" {
            problem.summary = "Invalid condition run".to_string();
        }
        problem
    }));
    match outcome {
        CheckOutcome::Pass => TestStatus::Pass,
        CheckOutcome::Error => TestStatus::Error,
        CheckOutcome::Unknown => {
            diagnostics.push(unknown(rule));
            TestStatus::Error
        }
        CheckOutcome::Fail(_) if broken => TestStatus::Error,
        CheckOutcome::Fail(message) => {
            let values = formwork_hcl::value_notes(&rule.condition, scope);
            let mut failure = Diagnostic::error("Test assertion failed", message).at(rule.condition.span);
            failure.values = values;
            diagnostics.push(failure);
            TestStatus::Fail
        }
    }
}

fn unknown(rule: &CheckRule) -> Diagnostic {
    let detail = "The condition needs a value that is not known before apply. Write command = apply, leave the value out of \
         the condition, or override what it comes from with override_during = plan.";
    Diagnostic::error("Unknown condition value", detail).at(rule.condition.span)
}
