//! The provider's functions.

use crate::expression_text::{assignments_text, expression_text, is_identifier};
use formwork_diag::{Diagnostics, Sources};
use formwork_hcl::EmptyScope;
use formwork_model::CallFunctionResponse;
use formwork_value::{Kind, Refinements, Type, Value};

/// Calls a function with unmarked arguments.
pub(crate) fn call(name: &str, args: &[Value]) -> CallFunctionResponse {
    let result = match (name, args) {
        ("encode_expr", [value]) => encode_expr(value),
        ("encode_tfvars", [value]) => encode_tfvars(value),
        ("decode_tfvars", [source]) => decode_tfvars(source),
        _ => Err((format!("there is no function {name:?} with {} parameters", args.len()), None)),
    };
    match result {
        Ok(result) => CallFunctionResponse { result, error: None },
        Err(error) => CallFunctionResponse { result: Value::dynamic(), error: Some(error) },
    }
}

type Failure = (String, Option<usize>);

fn too_deep() -> Failure {
    ("the value is nested too deeply".to_owned(), Some(0))
}

/// Of values that are not known yet, at least the first character of the text may be.
fn encode_expr(value: &Value) -> Result<Value, Failure> {
    if value.is_wholly_known() {
        return expression_text(value).map(Value::from).ok_or_else(too_deep);
    }
    let not_null = value.refinements().is_some_and(|r| r.not_null);
    let first = match value.ty() {
        Type::String if not_null => "\"",
        Type::Object(_) | Type::Map(_) if not_null || value.is_known() => "{",
        Type::Tuple(_) | Type::List(_) | Type::Set(_) if not_null || value.is_known() => "[",
        _ => return Ok(Value::unknown_not_null(Type::String)),
    };
    Ok(Value::unknown_refined(Type::String, Refinements { prefix: Some(first.into()), ..Refinements::not_null() }))
}

fn encode_tfvars(value: &Value) -> Result<Value, Failure> {
    if !value.is_wholly_known() {
        return Ok(Value::unknown_not_null(Type::String));
    }
    let attributes = match value.kind() {
        Kind::Object(attributes) => &**attributes,
        Kind::Map(map) => &map.items,
        _ => return Err(("a value to be written as variable definitions must be an object".to_owned(), Some(0))),
    };
    if let Some(name) = attributes.keys().find(|name| !is_identifier(name)) {
        let message = format!("{name:?} cannot be the name of a variable: names are identifiers");
        return Err((message, Some(0)));
    }
    assignments_text(attributes).map(Value::from).ok_or_else(too_deep)
}

fn decode_tfvars(source: &Value) -> Result<Value, Failure> {
    let Some(text) = source.as_str() else {
        return Ok(Value::dynamic());
    };
    let fail = |diagnostics: &Diagnostics, sources: &Sources| {
        let problem = diagnostics.iter().find(|d| d.is_error());
        let message = problem.map_or("the text is not valid".to_owned(), |d| {
            let line = d.span.and_then(|span| sources.get(span.file).map(|file| file.line(span.start)));
            let place = line.map(|line| format!("line {line}: ")).unwrap_or_default();
            format!("{place}{}: {}", d.summary, d.detail)
        });
        (message, Some(0))
    };
    let mut sources = Sources::new();
    let file = sources.add("<src>", text);
    let (body, diagnostics) = formwork_hcl::parse(file, text);
    if diagnostics.has_errors() {
        return Err(fail(&diagnostics, &sources));
    }
    let (attributes, diagnostics) = body.just_attributes();
    if diagnostics.has_errors() {
        return Err(fail(&diagnostics, &sources));
    }
    let mut values = Vec::with_capacity(attributes.len());
    for attribute in &attributes {
        let evaluated = formwork_hcl::evaluate(&attribute.expr, &EmptyScope);
        if evaluated.diagnostics.has_errors() {
            return Err(fail(&evaluated.diagnostics, &sources));
        }
        values.push((attribute.name.name.clone(), evaluated.value));
    }
    Ok(Value::object(values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_and_decodes_variable_definitions() {
        let value = Value::object([("n", Value::from(1)), ("long", Value::tuple([Value::from("a")]))]);
        let text = call("encode_tfvars", std::slice::from_ref(&value)).result;
        assert_eq!(text.as_str(), Some("long = [\"a\"]\nn    = 1\n"));
        assert_eq!(call("decode_tfvars", &[text]).result, value);
    }

    #[test]
    fn refuses_what_no_definition_file_can_hold() {
        let refused = [
            ("encode_tfvars", Value::from("x")),
            ("encode_tfvars", Value::object([("1a", Value::from(1))])),
            ("decode_tfvars", Value::from("a = ")),
            ("decode_tfvars", Value::from("block {}")),
            ("decode_tfvars", Value::from("a = var.x")),
            ("decode_tfvars", Value::from("a = upper(\"x\")")),
            ("no_such", Value::from("x")),
        ];
        for (name, argument) in refused {
            assert!(call(name, &[argument]).error.is_some(), "{name}");
        }
    }

    #[test]
    fn knows_the_first_character_of_unknown_expressions() {
        let prefix = |value: Value| {
            let result = call("encode_expr", &[value]).result;
            result.refinements().and_then(|r| r.prefix.clone()).map(|p| p.to_string())
        };
        assert_eq!(prefix(Value::unknown_not_null(Type::String)).as_deref(), Some("\""));
        assert_eq!(prefix(Value::object([("a", Value::dynamic())])).as_deref(), Some("{"));
        assert_eq!(prefix(Value::tuple([Value::dynamic()])).as_deref(), Some("["));
        assert_eq!(prefix(Value::unknown(Type::String)), None);
    }
}
