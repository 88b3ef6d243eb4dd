//! Values of input variables.

use crate::check_rule::evaluate_validation;
use crate::{CheckOutcome, Evaluator, InstanceScope, ModuleId, Phase, Repetition};
use formwork_config::{ModuleCall, VariableBlock};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::Attribute;
use formwork_value::{Marks, Str, Value, convert};

impl Evaluator {
    /// The value of a variable of a module instance: converted, with defaults, marked, not validated.
    pub fn variable(&self, module: ModuleId, name: &Str) -> Result<Value, Diagnostics> {
        let data = self.data(module);
        let Some(block) = data.module.variables.get(name) else {
            return Err(Diagnostic::error(
                "Reference to undeclared input variable",
                format!("An input variable with the name {name:?} has not been declared."),
            )
            .into());
        };
        self.remember(&data.variables, name, || {
            let (value, diagnostics) = match (data.parent, &data.call) {
                (Some(parent), Some(call)) => self.passed_value(parent, call, module, block),
                _ => self.root_value(block),
            };
            let mut marks = Marks::NONE;
            if block.sensitive {
                marks |= Marks::SENSITIVE;
            }
            if block.ephemeral {
                marks |= Marks::EPHEMERAL;
            }
            (value.with_marks(marks), diagnostics)
        })
    }

    fn root_value(&self, block: &VariableBlock) -> (Value, Diagnostics) {
        if self.phase() == Phase::Validate {
            return (Value::unknown(block.ty.without_optional()), Diagnostics::new());
        }
        match self.given.get(&block.name) {
            Some(value) => (value.clone(), Diagnostics::new()),
            None => (default_value(block), Diagnostics::new()),
        }
    }

    /// The value that a call passes, or the default.
    fn passed_value(
        &self,
        parent: ModuleId,
        call: &Str,
        module: ModuleId,
        block: &VariableBlock,
    ) -> (Value, Diagnostics) {
        let parent_data = self.data(parent);
        let Some(call) = parent_data.module.calls.get(call) else { return (default_value(block), Diagnostics::new()) };
        let Some(argument) = argument(call, &block.name) else { return (default_value(block), Diagnostics::new()) };
        let mut repetition = self.call_repetition(module);
        if self.phase() == Phase::Validate {
            // Which of them there is matters only where the instances of the call are known.
            let any = Repetition::unknown(true, true);
            repetition.count_index = repetition.count_index.or(any.count_index);
            repetition.each = repetition.each.or(any.each);
        }
        let scope = InstanceScope::new(self, parent).with_repetition(&repetition);
        let evaluated = formwork_hcl::evaluate(&argument.expr, &scope);
        let mut diagnostics = evaluated.diagnostics;
        if diagnostics.has_errors() {
            return (Value::unknown(block.ty.without_optional()), diagnostics);
        }
        if let Some((_, reads)) = self.call_instances(parent, &call.name).ok().map(|(_, c, r)| (c, r)) {
            self.read_shared(&reads);
        }
        self.depends_on(parent, &call.depends_on);
        let value = match conclude(block, &evaluated.value) {
            Ok(value) => value,
            Err(message) => {
                diagnostics.push(
                    Diagnostic::error(
                        "Invalid value for input variable",
                        format!("The given value is not suitable for {} {message}.", call_variable(call, &block.name)),
                    )
                    .at(argument.expr.span),
                );
                Value::unknown(block.ty.without_optional())
            }
        };
        if value.marks_deep().is_ephemeral() && !block.ephemeral {
            diagnostics.push(
                Diagnostic::error(
                    "Ephemeral value not allowed",
                    format!("This input variable is not declared as accepting ephemeral values, so {:?} cannot be set to an ephemeral value.", &*block.name),
                )
                .at(argument.expr.span),
            );
        }
        let value = if diagnostics.has_errors() { Value::unknown(block.ty.without_optional()) } else { value };
        (value, diagnostics)
    }

    /// Evaluates the validation rules of a variable of a module instance.
    pub fn validate_variable(&self, module: ModuleId, name: &Str) -> (Vec<CheckOutcome>, Diagnostics) {
        let data = self.data(module);
        let mut diagnostics = Diagnostics::new();
        let Some(block) = data.module.variables.get(name) else { return (Vec::new(), diagnostics) };
        let value = match self.variable(module, name) {
            Ok(value) => value,
            Err(problems) => return (Vec::new(), problems),
        };
        let scope = self.module_scope(module);
        let mut outcomes = Vec::new();
        for rule in &block.validations {
            let (outcome, problems) = evaluate_validation(rule, &scope);
            // A hidden message needs no warning of its own: the failure says so.
            // Nor is it a mistake if the variable's own value is what must not show.
            let of_itself =
                |problem: &Diagnostic| block.sensitive && problem.summary == "Error message refers to sensitive values";
            diagnostics.extend(problems.into_iter().filter(|problem| problem.is_error() && !of_itself(problem)));
            if let CheckOutcome::Fail(message) = &outcome {
                let place = match data.parent.and(data.call.as_ref()).map(|call| (data.parent, call)) {
                    Some((Some(parent), call)) => {
                        let parent = self.data(parent);
                        parent.module.calls.get(call).and_then(|c| argument(c, name)).map(|a| a.expr.span)
                    }
                    _ => None,
                };
                let _ = &value;
                diagnostics.push(
                    Diagnostic::error(
                        "Invalid value for variable",
                        format!(
                            "{message}\n\nThis was checked by the validation rule at {}.",
                            self.place(rule.condition.span)
                        ),
                    )
                    .at(place.unwrap_or(block.header_span)),
                );
            }
            outcomes.push(outcome);
        }
        (outcomes, diagnostics)
    }

    /// `file:line` of a span, with the columns as `file:line,start-end`.
    fn place(&self, span: formwork_diag::Span) -> String {
        let Some(file) = self.config.sources.get(span.file) else { return "an unknown place".into() };
        let line = file.line(span.start);
        let column = (span.start as usize).saturating_sub(file.line_start(line)) + 1;
        let end = column + (span.end.saturating_sub(span.start)) as usize;
        format!("{}:{line},{column}-{end}", file.name)
    }
}

fn call_variable(call: &ModuleCall, name: &str) -> String {
    format!("child module input variable {name:?} of module.{}:", call.name)
}

/// The argument of a call by name.
pub(crate) fn argument(call: &ModuleCall, name: &str) -> Option<Attribute> {
    let (attributes, _) = call.body.just_attributes();
    attributes.into_iter().find(|a| &*a.name.name == name)
}

fn default_value(block: &VariableBlock) -> Value {
    block.default.clone().unwrap_or_else(|| Value::unknown(block.ty.without_optional()))
}

/// Converts a passed value as a variable's type says: null becomes the default unless the variable is nullable, defaults
/// of optional attributes are filled in.
pub(crate) fn conclude(block: &VariableBlock, value: &Value) -> Result<Value, String> {
    if value.is_null() && !block.nullable {
        return match &block.default {
            Some(default) => Ok(default.clone()),
            None => Err("required variable may not be set to null".into()),
        };
    }
    let value = if value.is_null() { value.clone() } else { formwork_hcl::apply_defaults(value, &block.defaults) };
    convert(&value, &block.ty).map_err(|e| e.to_string())
}
