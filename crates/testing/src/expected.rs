//! Failures that a run expects.

use formwork_config::{CheckRule, Config};
use formwork_diag::{Diagnostic, Diagnostics, Severity, Span};
use formwork_eval::{Reference, Subject};
use formwork_hcl::{Traversal, TraversalStep};
use formwork_model::{InstanceKey, ModuleInstance, Resource};
use formwork_value::Str;

/// Something with conditions in the root of the module under test.
#[derive(Clone, Debug, PartialEq)]
enum Checkable {
    Variable(Str),
    Output(Str),
    Check(Str),
    /// A check block in another module, whose failure cannot be expected.
    InnerCheck,
    Resource(Resource),
}

/// An entry of `expect_failures`.
struct Expectation {
    text: String,
    subject: Checkable,
    /// Only this instance.
    key: Option<InstanceKey>,
    span: Span,
}

/// The failures that a run expects.
pub(crate) struct Expected<'a> {
    config: &'a Config,
    expectations: Vec<Expectation>,
}

impl<'a> Expected<'a> {
    /// Reads what is expected; an error if something has no conditions.
    pub fn read(config: &'a Config, references: &[Traversal]) -> Result<Expected<'a>, Diagnostics> {
        let mut diagnostics = Diagnostics::new();
        let mut expectations: Vec<Expectation> = Vec::new();
        for traversal in references {
            let Some((subject, key)) = checkable(traversal) else {
                diagnostics.push(not_checkable(traversal));
                continue;
            };
            let text = traversal.to_string();
            if !expectations.iter().any(|known| known.text == text) {
                expectations.push(Expectation { text, subject, key, span: traversal.span });
            }
        }
        if diagnostics.has_errors() { Err(diagnostics) } else { Ok(Expected { config, expectations }) }
    }

    /// Takes away expected failures and reports those that are missing. A failing check block that nobody expects is an
    /// error.
    pub fn settle(&self, diagnostics: Diagnostics) -> Diagnostics {
        let mut met = vec![false; self.expectations.len()];
        let mut rest = Vec::new();
        for mut diagnostic in diagnostics {
            let Some(culprit) = self.culprit(&diagnostic) else {
                rest.push(diagnostic);
                continue;
            };
            let is_hit = |e: &Expectation| e.is_about(&culprit, &diagnostic);
            let mut expected = false;
            for (met, expectation) in met.iter_mut().zip(&self.expectations) {
                if is_hit(expectation) {
                    *met = true;
                    expected = true;
                }
            }
            if !expected {
                diagnostic.severity = Severity::Error;
                rest.push(diagnostic);
            }
        }
        let missing = self.expectations.iter().zip(met).filter(|(_, met)| !met).map(|(expectation, _)| {
            let detail = format!("{} was expected to report a failure, but all its conditions hold.", expectation.text);
            Diagnostic::error("Missing expected failure", detail).at(expectation.span)
        });
        missing.chain(rest).collect()
    }

    /// Explains why expected failures do not count if they keep an apply from beginning.
    pub fn explain(&self, diagnostics: Diagnostics) -> Diagnostics {
        let mut out = Diagnostics::new();
        for diagnostic in diagnostics {
            let culprit = self.culprit(&diagnostic).filter(|_| diagnostic.is_error());
            let hit = culprit.and_then(|culprit| self.expectations.iter().find(|e| e.is_about(&culprit, &diagnostic)));
            if let Some(expectation) = hit {
                let detail = format!(
                    "A condition of {} failed in the plan already, as expected. Because of that nothing could be applied, \
                     so the run counts as failed. If the plan is to fail, write command = plan.",
                    expectation.text
                );
                // As in the reference: told of outputs only.
                let place = matches!(expectation.subject, Checkable::Output(_)).then_some(expectation.span);
                out.push(Diagnostic::warning("Expected failure while planning", detail).at_opt(place));
            }
            out.push(diagnostic);
        }
        out
    }

    /// True if the problem is a failing check block.
    pub fn is_check(&self, diagnostic: &Diagnostic) -> bool {
        matches!(self.culprit(diagnostic), Some(Checkable::Check(_) | Checkable::InnerCheck))
    }

    /// Whose condition a problem reports.
    fn culprit(&self, diagnostic: &Diagnostic) -> Option<Checkable> {
        let span = diagnostic.span?;
        let root = self.config.root();
        let has = |rules: &[CheckRule]| rules.iter().any(|rule| rule.condition.span == span);
        if diagnostic.summary == "Invalid value for variable" {
            let block = root.variables.values().find(|block| block.header_span == span)?;
            return Some(Checkable::Variable(block.name.clone()));
        }
        if diagnostic.summary.starts_with("Check block assertion") {
            let check = root.checks.values().find(|check| has(&check.asserts));
            return Some(check.map_or(Checkable::InnerCheck, |check| Checkable::Check(check.name.clone())));
        }
        if !diagnostic.summary.ends_with("failed") {
            return self.nested_check(diagnostic, span);
        }
        if let Some(output) = root.outputs.values().find(|output| has(&output.preconditions)) {
            return Some(Checkable::Output(output.name.clone()));
        }
        let mut resources = root.resources.values();
        let block = resources.find(|r| has(&r.lifecycle.preconditions) || has(&r.lifecycle.postconditions))?;
        Some(Checkable::Resource(block.resource.clone()))
    }

    /// The check block whose data source could not be read.
    fn nested_check(&self, diagnostic: &Diagnostic, span: Span) -> Option<Checkable> {
        if diagnostic.is_error() {
            return None;
        }
        let mut resources = self.config.root().resources.values();
        let block =
            resources.find(|r| r.check.is_some() && r.header_span.file == span.file && r.span.contains(span))?;
        block.check.clone().map(Checkable::Check)
    }
}

impl Expectation {
    fn is_about(&self, culprit: &Checkable, diagnostic: &Diagnostic) -> bool {
        if self.subject != *culprit {
            return false;
        }
        match (&self.subject, &self.key) {
            (Checkable::Resource(resource), Some(key)) => {
                let address = resource.in_module(ModuleInstance::root()).instance(key.clone()).to_string();
                diagnostic.address.as_deref() == Some(address.as_str())
            }
            _ => true,
        }
    }
}

/// What a reference names; as in the reference, what is taken from it behind that does not count.
fn checkable(traversal: &Traversal) -> Option<(Checkable, Option<InstanceKey>)> {
    let name = || match traversal.steps.first() {
        Some(TraversalStep::Attribute { name, .. }) => Some(name.clone()),
        _ => None,
    };
    match &*traversal.root {
        "var" => name().map(|name| (Checkable::Variable(name), None)),
        "output" => name().map(|name| (Checkable::Output(name), None)),
        "check" => name().map(|name| (Checkable::Check(name), None)),
        "run" => None,
        _ => {
            let reference = Reference::parse(traversal).ok()?;
            let Subject::Resource(resource, key) = reference.subject else { return None };
            // Attributes are those of an instance.
            let key = if reference.consumed < traversal.steps.len() { Some(key.unwrap_or_default()) } else { key };
            Some((Checkable::Resource(resource), key))
        }
    }
}

fn not_checkable(traversal: &Traversal) -> Diagnostic {
    let detail = format!(
        "{traversal} has no conditions that could fail. Failures can be expected of input variables, outputs, check blocks, \
         resources and data sources of the module under test."
    );
    Diagnostic::error("Invalid `expect_failures` reference", detail).at(traversal.span)
}
