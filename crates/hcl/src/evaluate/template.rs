//! Templates.

use super::evaluator::Evaluator;
use super::iteration::Iteration;
use crate::limits::TEXT_BYTES;
use crate::{Expr, TemplateDirective, TemplatePart};
use formwork_diag::Span;
use formwork_value::{Kind, Marks, Refinements, Str, Type, Value, convert};

/// The text so far. After the first unknown part it stays what it was: the known beginning.
#[derive(Default)]
struct Text {
    text: String,
    marks: Marks,
    unknown: bool,
}

impl Text {
    fn push(&mut self, text: &str) {
        if !self.unknown {
            self.text.push_str(text);
        }
    }
}

impl Evaluator<'_> {
    pub fn template(&mut self, parts: &[TemplatePart]) -> Value {
        let mut out = Text::default();
        let ((), failed) = self.checked(|evaluator| evaluator.parts(parts, &mut out));
        let value = if failed {
            Value::unknown_not_null(Type::String)
        } else if out.unknown {
            let known = if out.text.is_empty() { Refinements::not_null() } else { Refinements::prefix(&out.text) };
            Value::unknown_refined(Type::String, known)
        } else {
            Value::string(out.text)
        };
        value.with_marks(out.marks)
    }

    fn parts(&mut self, parts: &[TemplatePart], out: &mut Text) {
        for part in parts {
            match part {
                TemplatePart::Literal(text, span) => {
                    self.charge(text, *span, out);
                    out.push(text);
                }
                TemplatePart::Interpolation(expr) => self.interpolation(expr, out),
                TemplatePart::Directive(directive) => self.directive(directive, out),
            }
        }
    }

    /// Long texts use up fuel, and are limited.
    fn charge(&mut self, text: &str, span: Span, out: &mut Text) {
        let too_long = out.text.len() + text.len() > TEXT_BYTES;
        if !self.burn(1 + text.len() as u64 / 64, span) || too_long {
            if too_long && !out.unknown {
                let detail = format!(
                    "The text would be longer than {} MiB. Make it of fewer or shorter parts.",
                    TEXT_BYTES / 1024 / 1024
                );
                let problem = formwork_diag::Diagnostic::error("String too long", detail).at(span);
                self.diagnostics.push(problem);
            }
            out.unknown = true;
        }
    }

    fn interpolation(&mut self, expr: &Expr, out: &mut Text) {
        let value = self.eval(expr);
        out.marks |= value.marks();
        if let Kind::String(text) = value.kind() {
            self.charge(text, expr.span, out);
            return out.push(text);
        }
        if value.is_null() {
            let detail = "The value is null, and null has no text that could stand in a string.";
            self.error(expr, expr.span, "Invalid template interpolation value", detail);
            return;
        }
        // As in the reference, what is unknown is not looked at any further, whatever its type.
        if !value.is_known() {
            out.unknown = true;
            return;
        }
        match convert(&value, &Type::String) {
            Ok(converted) => match converted.as_str() {
                Some(text) => out.push(text),
                None => out.unknown = true,
            },
            Err(error) => {
                let detail = format!("This value cannot stand in a string: {}.", error.message);
                self.error(expr, expr.span, "Invalid template interpolation value", detail);
            }
        }
    }

    fn directive(&mut self, directive: &TemplateDirective, out: &mut Text) {
        match directive {
            TemplateDirective::If { condition, yes, no, .. } => {
                let decision = self.condition(condition);
                out.marks |= decision.marks();
                match decision.as_bool() {
                    Some(true) => self.parts(yes, out),
                    Some(false) => self.parts(no, out),
                    None => {
                        out.unknown = true;
                        self.parts(yes, out);
                        self.parts(no, out);
                    }
                }
            }
            TemplateDirective::For { key_name, value_name, collection, body, .. } => {
                self.for_directive(key_name, value_name, collection, body, out);
            }
        }
    }

    fn for_directive(
        &mut self,
        key_name: &Option<Str>,
        value_name: &Str,
        collection: &Expr,
        body: &[TemplatePart],
        out: &mut Text,
    ) {
        let value = self.eval(collection);
        out.marks |= value.marks();
        match Iteration::over(&value) {
            Ok(Some(iteration)) => {
                self.inside(value.marks(), |evaluator| {
                    evaluator.each(collection, iteration, key_name, value_name, |evaluator| evaluator.parts(body, out))
                });
            }
            Ok(None) => out.unknown = true,
            Err((summary, detail)) => {
                self.error(collection, collection.span, summary, detail);
            }
        }
    }
}
