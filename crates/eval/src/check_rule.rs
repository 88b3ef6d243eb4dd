//! Conditions.

use crate::{Evaluator, InstanceScope, Phase};
use formwork_config::CheckRule;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::Scope;
use formwork_value::{Type, Value, convert};

/// What came of a condition.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckOutcome {
    Pass,
    /// The condition is not known yet.
    Unknown,
    /// False, with the error message.
    Fail(String),
    /// The condition could not be evaluated; the problem was reported.
    Error,
}

/// Evaluates a condition and, if it is false, its message. Failing itself is not reported as a problem: that is for the caller, who
/// knows whether it is an error or a warning.
pub fn evaluate_check(rule: &CheckRule, scope: &dyn Scope) -> (CheckOutcome, Diagnostics) {
    let evaluated = formwork_hcl::evaluate(&rule.condition, scope);
    let mut diagnostics = evaluated.diagnostics;
    if diagnostics.has_errors() {
        return (CheckOutcome::Error, diagnostics);
    }
    let invalid = |detail: &str| Diagnostic::error("Invalid condition result", detail).at(rule.condition.span);
    if !evaluated.value.is_known() {
        return (CheckOutcome::Unknown, diagnostics);
    }
    let condition = match convert(&evaluated.value, &Type::Bool) {
        Ok(value) => value,
        Err(e) => {
            diagnostics.push(invalid(&format!("Invalid condition result value: {e}.")));
            return (CheckOutcome::Error, diagnostics);
        }
    };
    if condition.is_null() {
        diagnostics.push(invalid("Condition expression must return either true or false, not null."));
        return (CheckOutcome::Error, diagnostics);
    }
    let outcome = match condition.as_bool() {
        None => CheckOutcome::Unknown,
        Some(true) => CheckOutcome::Pass,
        Some(false) => message(rule, scope, &mut diagnostics),
    };
    (outcome, diagnostics)
}

fn message(rule: &CheckRule, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> CheckOutcome {
    let evaluated = formwork_hcl::evaluate(&rule.error_message, scope);
    let failed = evaluated.diagnostics.has_errors();
    diagnostics.extend(evaluated.diagnostics);
    if failed {
        return CheckOutcome::Error;
    }
    let (value, marks) = evaluated.value.unmark();
    if marks.is_sensitive() || marks.is_ephemeral() {
        let kind = if marks.is_sensitive() { "sensitive" } else { "ephemeral" };
        diagnostics.push(
            Diagnostic::warning(
                format!("Error message refers to {kind} values"),
                format!("The error expression used to explain this condition refers to {kind} values, so the message is not shown. Use a message without them."),
            )
            .at(rule.error_message.span),
        );
        return CheckOutcome::Fail(format!("The error message included a {kind} value, so it will not be displayed."));
    }
    match convert(&value, &Type::String).ok().as_ref().and_then(Value::as_str) {
        Some(text) => CheckOutcome::Fail(text.trim().to_string()),
        None if value.is_null() => CheckOutcome::Fail("The condition failed, and its error message is null.".into()),
        None if !value.is_known() => CheckOutcome::Fail("The error message is not known yet.".into()),
        None => {
            diagnostics.push(
                Diagnostic::error("Invalid error message", "Unsuitable value for error message: a string is required.")
                    .at(rule.error_message.span),
            );
            CheckOutcome::Fail("The error message could not be evaluated.".into())
        }
    }
}

impl Evaluator {
    /// Evaluates the preconditions of an output. True if none fails.
    pub(crate) fn check_preconditions(
        &self,
        rules: &[CheckRule],
        scope: &InstanceScope<'_>,
        diagnostics: &mut Diagnostics,
    ) -> bool {
        let mut good = true;
        for rule in rules {
            let (outcome, problems) = evaluate_check(rule, scope);
            diagnostics.extend(problems);
            if self.phase() == Phase::Validate {
                continue;
            }
            if let CheckOutcome::Fail(message) = &outcome {
                diagnostics.push(
                    Diagnostic::error("Module output value precondition failed", message).at(rule.condition.span),
                );
            }
            good &= !matches!(outcome, CheckOutcome::Fail(_) | CheckOutcome::Error);
        }
        good
    }
}
