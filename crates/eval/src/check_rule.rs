//! Conditions.

use crate::{Evaluator, InstanceScope, Phase};
use formwork_config::CheckRule;
use formwork_diag::{Diagnostic, Diagnostics, Severity};
use formwork_hcl::Scope;
use formwork_model::CheckStatus;
use formwork_value::{Kind, Str, Type, Value, convert};

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

impl CheckOutcome {
    pub fn status(&self) -> CheckStatus {
        match self {
            CheckOutcome::Pass => CheckStatus::Pass,
            CheckOutcome::Unknown => CheckStatus::Unknown,
            CheckOutcome::Fail(_) => CheckStatus::Fail,
            CheckOutcome::Error => CheckStatus::Error,
        }
    }

    /// The worst of several outcomes, and the messages of those that failed, except hidden and unknown ones. They have no particular
    /// order, so they come in that of the texts.
    pub fn summarize(outcomes: &[CheckOutcome]) -> (CheckStatus, Vec<Str>) {
        let status = outcomes.iter().map(CheckOutcome::status).max().unwrap_or(CheckStatus::Pass);
        let failures = outcomes.iter().filter_map(|outcome| match outcome {
            CheckOutcome::Fail(message) if ![HIDDEN_MESSAGE, UNKNOWN_MESSAGE].contains(&message.as_str()) => {
                Some(Str::from(message.as_str()))
            }
            _ => None,
        });
        let mut failures: Vec<Str> = failures.collect();
        failures.sort();
        (status, failures)
    }
}

/// How it is reported that a condition does not hold.
#[derive(Clone, Copy)]
pub struct FailureReport<'a> {
    pub summary: &'a str,
    pub severity: Severity,
    /// The resource instance; `None` for check blocks, of which only assertions that do not hold are warnings.
    pub address: Option<&'a str>,
}

/// As [`evaluate_check`], with a diagnostic if the condition does not hold.
pub fn judge(rule: &CheckRule, scope: &dyn Scope, report: FailureReport<'_>) -> (CheckOutcome, Diagnostics) {
    let (outcome, mut diagnostics) = evaluate_check(rule, scope);
    if report.address.is_some() {
        diagnostics.iter_mut().for_each(|problem| problem.severity = problem.severity.min(report.severity));
    }
    if let CheckOutcome::Fail(message) = &outcome {
        let mut failure = Diagnostic::error(report.summary, message).at(rule.condition.span);
        failure.severity = report.severity;
        failure.address = report.address.map(str::to_string);
        diagnostics.push(failure);
    }
    (outcome, diagnostics)
}

/// Evaluates a condition and its message, which must have a value even if it is not needed. Failing itself is not
/// reported as a problem: that is for the caller, who knows whether it is an error or a warning.
pub fn evaluate_check(rule: &CheckRule, scope: &dyn Scope) -> (CheckOutcome, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let message = message(rule, scope, &mut diagnostics);
    let unusable = diagnostics.has_errors();
    let outcome = match condition(rule, scope, &mut diagnostics) {
        _ if unusable => CheckOutcome::Error,
        CheckOutcome::Fail(_) => CheckOutcome::Fail(message),
        outcome => outcome,
    };
    (outcome, diagnostics)
}

/// As [`evaluate_check`] for a validation rule of a variable, whose message must suit only if the condition is false;
/// then both is a problem.
pub(crate) fn evaluate_validation(rule: &CheckRule, scope: &dyn Scope) -> (CheckOutcome, Diagnostics) {
    let mut diagnostics = message_problems(rule, scope);
    let unusable = diagnostics.has_errors();
    let outcome = condition(rule, scope, &mut diagnostics);
    if unusable {
        return (CheckOutcome::Error, diagnostics);
    }
    if !matches!(outcome, CheckOutcome::Fail(_)) {
        return (outcome, diagnostics);
    }
    let missing = formwork_hcl::evaluate(&rule.error_message, scope).value.is_null();
    let message = if missing { String::new() } else { message(rule, scope, &mut diagnostics) };
    // A variable's message that cannot be shown is a mistake, elsewhere it is a warning.
    diagnostics.iter_mut().for_each(|problem| problem.severity = Severity::Error);
    let unusable = || "The value does not fit, and the message that should say why is not usable either.".to_string();
    (CheckOutcome::Fail(if missing || diagnostics.has_errors() { unusable() } else { message }), diagnostics)
}

/// What validation can say of a condition of a resource: whether its expressions can be evaluated.
pub fn check_expressions(rule: &CheckRule, scope: &dyn Scope) -> Diagnostics {
    let mut diagnostics = message_problems(rule, scope);
    diagnostics.extend(formwork_hcl::evaluate(&rule.condition, scope).diagnostics);
    diagnostics
}

/// What validation can say of an assertion of a check block, whose condition it does not look at.
pub fn assertion_expressions(rule: &CheckRule, scope: &dyn Scope) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    message(rule, scope, &mut diagnostics);
    diagnostics.into_iter().filter(Diagnostic::is_error).collect()
}

fn message_problems(rule: &CheckRule, scope: &dyn Scope) -> Diagnostics {
    formwork_hcl::evaluate(&rule.error_message, scope).diagnostics
}

/// Whether a condition holds; without the message.
fn condition(rule: &CheckRule, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> CheckOutcome {
    let evaluated = formwork_hcl::evaluate(&rule.condition, scope);
    let failed = evaluated.diagnostics.has_errors();
    diagnostics.extend(evaluated.diagnostics);
    if failed {
        return CheckOutcome::Error;
    }
    let invalid = |detail: &str| Diagnostic::error("Invalid condition result", detail).at(rule.condition.span);
    if !evaluated.value.is_known() {
        return CheckOutcome::Unknown;
    }
    let condition = match convert(&evaluated.value, &Type::Bool) {
        Ok(value) => value,
        Err(e) => {
            diagnostics.push(invalid(&format!("Invalid condition result value: {e}.")));
            return CheckOutcome::Error;
        }
    };
    if condition.is_null() {
        diagnostics.push(invalid("Condition expression must return either true or false, not null."));
        return CheckOutcome::Error;
    }
    match condition.as_bool() {
        None => CheckOutcome::Unknown,
        Some(true) => CheckOutcome::Pass,
        Some(false) => CheckOutcome::Fail(String::new()),
    }
}

/// Stands in place of a message with values that must not be shown; nothing that records failures keeps it.
const HIDDEN_MESSAGE: &str = "The error message included a value that must not be shown, so it will not be displayed.";

/// Stands in place of a message that depends on what is not known yet; the reference records none then.
const UNKNOWN_MESSAGE: &str = "The error message is not known yet.";

/// The text of a message, which may be in place of one that cannot be shown.
fn message(rule: &CheckRule, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> String {
    let evaluated = formwork_hcl::evaluate(&rule.error_message, scope);
    let failed = evaluated.diagnostics.has_errors();
    diagnostics.extend(evaluated.diagnostics);
    if failed {
        return String::new();
    }
    let (value, marks) = evaluated.value.unmark();
    let invalid = |detail: &str| Diagnostic::error("Invalid error message", detail).at(rule.error_message.span);
    let text = match convert(&value, &Type::String) {
        Ok(text) if text.is_null() => {
            diagnostics.push(invalid("The error message is null; write a text that says what is wrong."));
            return String::new();
        }
        Ok(text) => text,
        Err(error) => {
            diagnostics.push(invalid(&format!("The error message must be a string: {error}.")));
            return String::new();
        }
    };
    if marks.is_sensitive() || marks.is_ephemeral() {
        let kind = if marks.is_sensitive() { "sensitive" } else { "ephemeral" };
        diagnostics.push(
            Diagnostic::warning(
                format!("Error message refers to {kind} values"),
                format!("The error expression used to explain this condition refers to {kind} values, so the message is not shown. Use a message without them."),
            )
            .at(rule.error_message.span),
        );
        return HIDDEN_MESSAGE.to_owned();
    }
    match text.as_str() {
        Some(text) => text.trim().to_string(),
        None => UNKNOWN_MESSAGE.into(),
    }
}

/// True if validation does not see what a value is: it is unknown, or an object that holds something unknown.
fn is_open(value: &Value) -> bool {
    !value.is_known() || matches!(value.kind(), Kind::Object(_)) && !value.is_wholly_known()
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
            let validates = self.phase() == Phase::Validate;
            if validates && is_open(&formwork_hcl::evaluate(&rule.condition, scope).value) {
                diagnostics.extend(check_expressions(rule, scope).into_iter().filter(Diagnostic::is_error));
                continue;
            }
            let (outcome, problems) = evaluate_check(rule, scope);
            let severity = if self.tolerant { Severity::Warning } else { Severity::Error };
            let tolerated =
                problems.into_iter().filter(|problem| !validates || problem.is_error()).map(|mut problem| {
                    problem.severity = problem.severity.min(severity);
                    problem
                });
            diagnostics.extend(tolerated.collect::<Diagnostics>());
            if let CheckOutcome::Fail(message) = &outcome {
                let summary = "Module output value precondition failed";
                let mut failure = Diagnostic::error(summary, message).at(rule.condition.span);
                failure.severity = severity;
                diagnostics.push(failure);
            }
            good &= self.tolerant || !matches!(outcome, CheckOutcome::Fail(_) | CheckOutcome::Error);
        }
        good
    }
}
