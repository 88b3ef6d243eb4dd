//! Assertions of runs.

use crate::file::RunBlock;
use crate::scope::{AssertionScope, first_name};
use formwork_config::CheckRule;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_eval::{CheckOutcome, Reference, evaluate_check};
use formwork_hcl::{Traversal, references};
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
    let (outcome, mut problems) = evaluate_check(rule, scope);
    if !matches!(outcome, CheckOutcome::Fail(_)) {
        // A message that will not work when it is needed is told before that.
        problems.extend(formwork_hcl::evaluate(&rule.error_message, scope).diagnostics);
    }
    problems.extend(null_message(rule, scope));
    let broken = problems.has_errors();
    diagnostics.extend(problems.into_iter().map(|mut problem| {
        if problem.summary == "Invalid condition result" {
            problem.summary = "Invalid condition run".to_string();
        }
        problem
    }));
    match outcome {
        CheckOutcome::Pass if broken => TestStatus::Error,
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

fn null_message(rule: &CheckRule, scope: &AssertionScope<'_>) -> Option<Diagnostic> {
    let value = formwork_hcl::evaluate(&rule.error_message, scope).value;
    let problem = || {
        let detail = "The error message of an assertion is a string; this is null.";
        Diagnostic::error("Invalid error message", detail).at(rule.error_message.span)
    };
    value.is_null().then(problem)
}

/// References of assertions that can have no meaning whatever the run brings: told before anything is made.
pub(crate) fn senseless_references(run: &RunBlock) -> Diagnostics {
    let exprs = run.asserts.iter().flat_map(|rule| [&rule.condition, &rule.error_message]);
    let problem = |traversal: &Traversal| match &*traversal.root {
        "output" | "run" => first_name(traversal).err(),
        _ => Reference::parse(traversal).err().map(Diagnostics::from),
    };
    exprs.flat_map(references).filter_map(problem).flatten().collect()
}

fn unknown(rule: &CheckRule) -> Diagnostic {
    let detail = "The condition needs a value that is not known before apply. Write command = apply, leave the value out of \
         the condition, or override what it comes from with override_during = plan.";
    Diagnostic::error("Unknown condition value", detail).at(rule.condition.span)
}
