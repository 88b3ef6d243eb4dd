//! `templatefile` and `templatestring`.

use super::super::arguments::Arguments;
use super::super::definition::{Body, Definition, Outcome, Shape, any, blame, failed, text};
use super::super::{Functions, collection::root_marks};
use crate::Environment;
use formwork_diag::{Diagnostic, Diagnostics, Sources};
use formwork_hcl::{
    Evaluated, Expr, ExprKind, Function, FunctionFailure, FunctionName, Scope, Traversal, evaluate, parse_template,
    references,
};
use formwork_value::{Kind, Type, Value, convert};

pub(super) const STRING: Definition = Definition {
    name: "templatestring",
    description: "A text, given by reference, in which templates are replaced, with names given as a map.",
    parameters: &[text("template"), any("vars")],
    variadic: None,
    returns: Shape::Text,
    result: Shape::Text,
    body: Body::Lazy(string),
};

pub(super) fn file(args: &Arguments) -> Outcome {
    let path = args.text(0);
    let source = super::read_text(args)?;
    render(args.environment, path, &source, &args.value(1), 1)
}

/// The value of a template. Problems in it are told in the message.
fn render(environment: &Environment, name: &str, source: &str, vars: &Value, vars_index: usize) -> Outcome {
    let marks = root_marks([vars]);
    if !vars.is_known() {
        return match vars.kind() {
            Kind::Unknown(Type::Object(_) | Type::Map(_) | Type::Dynamic, _) => Ok(Value::dynamic().with_marks(marks)),
            _ => Err(blame(vars_index, "the names and values for the template must be a map or an object")),
        };
    }
    let Some(entries) = vars.as_mapping() else {
        return Err(blame(vars_index, "the names and values for the template must be a map or an object"));
    };
    if let Some(wrong) = entries.keys().find(|name| !formwork_hcl::is_identifier(name)) {
        let message = format!("{:?} cannot be used as a name in the template: names begin with a letter", &**wrong);
        return Err(blame(vars_index, message));
    }
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let mut sources = Sources::new();
    let file = sources.add(name, source);
    let (template, problems) = parse_template(file, source, 0);
    if problems.has_errors() {
        return Err(in_template(&problems, &sources));
    }
    if let Some(missing) = references(&template).into_iter().find(|traversal| !entries.contains_key(&traversal.root)) {
        let message = format!("the template refers to {:?}, which is not among the given names", &*missing.root);
        return Err(blame(vars_index, message));
    }
    let scope = TemplateScope { functions: Functions::new(environment), vars };
    let evaluated = evaluate(&template, &scope);
    if evaluated.diagnostics.has_errors() {
        return Err(in_template(&evaluated.diagnostics, &sources));
    }
    if evaluated.value.is_null() {
        return Err(failed("the result of the template is null"));
    }
    Ok(evaluated.value.with_marks(marks))
}

fn in_template(problems: &Diagnostics, sources: &Sources) -> FunctionFailure {
    let described = problems.iter().filter(|problem| problem.is_error()).map(|problem| {
        let place = problem.span.and_then(|span| {
            let file = sources.get(span.file)?;
            Some(format!("{}, line {}: ", file.name, file.line(span.start)))
        });
        format!("{}{}: {}", place.unwrap_or_default(), problem.summary, problem.detail)
    });
    failed(described.collect::<Vec<_>>().join("; "))
}

/// The names given, and functions except those that render templates.
struct TemplateScope<'v> {
    functions: Functions,
    vars: &'v Value,
}

impl Scope for TemplateScope<'_> {
    fn reference(&self, traversal: &Traversal) -> Result<(Value, usize), Diagnostics> {
        match self.vars.get(&traversal.root) {
            Some(value) => Ok((value.clone(), 0)),
            None => {
                let detail = format!("The template has no variable named {:?}.", &*traversal.root);
                Err(Diagnostic::error("Unknown variable", detail).at(traversal.root_span).into())
            }
        }
    }

    fn function(&self, name: &FunctionName) -> Result<&dyn Function, Diagnostic> {
        if matches!(&*name.name, "templatefile" | "templatestring") {
            let detail = format!("A template cannot call {:?}.", &*name.name);
            return Err(Diagnostic::error("Error in function call", detail).at(name.span));
        }
        self.functions.get(name)
    }
}

fn string(environment: &Environment, args: &[Expr], scope: &dyn Scope) -> Evaluated {
    let [template, vars] = args else { return Evaluated::ok(Value::dynamic()) };
    if !is_reference(template) {
        let detail = "The template must be given by reference, such as local.greeting, not as an expression. A template \
                      that is known when the configuration is written can be written as a template in the first place.";
        return problem(template, "Invalid function argument", detail.to_owned());
    }
    let (source, vars_value) = (evaluate(template, scope), evaluate(vars, scope));
    let mut diagnostics = source.diagnostics;
    diagnostics.extend(vars_value.diagnostics);
    if diagnostics.has_errors() {
        return Evaluated { value: Value::dynamic(), diagnostics };
    }
    match rendered(environment, &source.value, &vars_value.value) {
        Ok(value) => Evaluated { value, diagnostics },
        Err(failure) => {
            let blamed = failure.argument.and_then(|index| args.get(index));
            let place = blamed.unwrap_or(template);
            let mut failed = problem(
                place,
                "Error in function call",
                format!("The call of \"templatestring\" failed: {}.", failure.message),
            );
            failed.diagnostics.extend(diagnostics);
            failed
        }
    }
}

fn rendered(environment: &Environment, source: &Value, vars: &Value) -> Outcome {
    let text = convert(source, &Type::String).map_err(|error| blame(0, error.to_string()))?;
    let (text, marks) = text.unmark();
    if text.is_null() {
        return Err(blame(0, "argument must not be null"));
    }
    if vars.is_null() {
        return Err(blame(1, "argument must not be null"));
    }
    let Some(source) = text.as_str() else {
        return Ok(Value::unknown_not_null(Type::String).with_marks(marks | vars.marks()));
    };
    let value = render(environment, "the template", source, vars, 1)?;
    let converted =
        convert(&value, &Type::String).map_err(|error| failed(format!("the result is no text: {error}")))?;
    Ok(converted.with_marks(marks))
}

/// True for a reference with constant steps, or with keys that are references themselves.
fn is_reference(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Traversal(_) => true,
        ExprKind::Index { source, key } => is_reference(source) && is_key(key),
        ExprKind::Steps { source, .. } => is_reference(source),
        _ => false,
    }
}

fn is_key(key: &Expr) -> bool {
    matches!(key.kind, ExprKind::Literal(_)) || is_reference(key)
}

fn problem(place: &Expr, summary: &str, detail: String) -> Evaluated {
    Evaluated {
        value: Value::unknown(Type::String),
        diagnostics: Diagnostic::error(summary, detail).at(place.span).into(),
    }
}
