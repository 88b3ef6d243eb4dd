//! Type constraints: `list(object({ name = string, size = optional(number, 1) }))`.

use crate::{
    Defaults, EmptyScope, Expr, ExprKind, FunctionName, as_call, as_keyword, as_list, as_map, evaluate, static_expr,
};
use formwork_diag::{Diagnostic, Diagnostics, Span};
use formwork_value::{ObjectType, Str, Type, Value, convert};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

type Constraint = Result<(Type, Defaults), Diagnostics>;

/// Reads an expression as a type constraint, with the defaults of its optional attributes.
pub fn type_constraint(expr: &Expr) -> Result<(Type, Defaults), Diagnostics> {
    if let Some(text) = expr.literal_text() {
        let detail = format!("Types are written without quotes: {}.", unquoted(text));
        return Err(Diagnostic::error("Invalid quoted type constraints", detail).at(expr.span).into());
    }
    read(expr)
}

/// What to write instead of a quoted type of old configurations.
fn unquoted(text: &str) -> String {
    match text {
        "list" | "map" => format!("{text}(string)"),
        _ => text.to_string(),
    }
}

fn invalid(detail: impl Into<String>, span: Span) -> Diagnostics {
    Diagnostic::error("Invalid type specification", detail).at(span).into()
}

fn read(expr: &Expr) -> Constraint {
    if let ExprKind::Invalid(problems) = &expr.kind {
        // What could not be read has been told, or is told here.
        return Err(Diagnostics::clone(problems));
    }
    let expr = &static_expr(expr)?;
    if let ExprKind::Call { name, .. } = &expr.kind {
        let (_, args) = as_call(expr).map_err(Diagnostics::from)?;
        return constructor(name, &args, expr.span);
    }
    if let Some(word) = keyword(expr) {
        return primitive(&word, expr.span);
    }
    Err(invalid(
        "A type is one of the words string, number, bool, any, or a call such as list(string) or object({...}).",
        expr.span,
    ))
}

/// As [`read`], inside of another constraint: there `list` and `map` alone are not enough.
fn read_part(expr: &Expr) -> Constraint {
    match as_keyword(expr).as_deref() {
        Some(word @ ("list" | "map")) => {
            Err(invalid(format!("{word}(...) needs one argument, the type of its elements."), expr.span))
        }
        _ => read(expr),
    }
}

fn keyword(expr: &Expr) -> Option<Str> {
    match &expr.kind {
        ExprKind::Literal(value) if value.is_null() => Some("null".into()),
        ExprKind::Literal(value) => value.as_bool().map(|b| b.to_string().into()),
        _ => as_keyword(expr),
    }
}

fn primitive(word: &str, span: Span) -> Constraint {
    let ty = match word {
        "string" => Type::String,
        "number" => Type::Number,
        "bool" => Type::Bool,
        "any" => Type::Dynamic,
        // Without an element type as in old configurations.
        "list" => Type::list(Type::Dynamic),
        "map" => Type::map(Type::Dynamic),
        "set" => return Err(invalid("A set needs the type of its elements: set(string).", span)),
        "object" => return Err(invalid("An object needs the types of its attributes: object({name = string}).", span)),
        "tuple" => return Err(invalid("A tuple needs the types of its elements: tuple([string, number]).", span)),
        "optional" => return Err(misplaced_optional(span)),
        _ => {
            let words = ["string", "number", "bool", "any", "list", "set", "map", "object", "tuple"];
            let hint = formwork_diag::nearest(word, words).map_or_else(String::new, |w| format!(" Did you mean {w}?"));
            return Err(invalid(format!("\"{word}\" is not a type.{hint}"), span));
        }
    };
    Ok((ty, Defaults::default()))
}

fn misplaced_optional(span: Span) -> Diagnostics {
    invalid("\"optional\" can only stand around the type of an attribute in object({...}).", span)
}

fn constructor(name: &FunctionName, args: &[Expr], span: Span) -> Constraint {
    if !name.namespace.is_empty() {
        return Err(invalid("There is no such type.", name.span));
    }
    match &*name.name {
        word @ ("list" | "set" | "map") => {
            let [element] = args else {
                let at = args.get(1).map_or(span, |extra| extra.span);
                return Err(invalid(format!("{word}(...) needs one argument, the type of its elements."), at));
            };
            let (ty, defaults) = read_part(element)?;
            let ty = match word {
                "list" => Type::list(ty),
                "set" => Type::set(ty),
                _ => Type::map(ty),
            };
            Ok((ty, Defaults::of_elements(defaults)))
        }
        "object" => object(args, span),
        "tuple" => tuple(args, span),
        "optional" => Err(misplaced_optional(name.span)),
        word @ ("string" | "number" | "bool" | "any") => Err(invalid(format!("\"{word}\" takes no arguments."), span)),
        word => Err(invalid(format!("There is no type \"{word}\"."), span)),
    }
}

fn tuple(args: &[Expr], span: Span) -> Constraint {
    let [list] = args else {
        let at = args.get(1).map_or(span, |extra| extra.span);
        return Err(invalid("tuple(...) needs one argument, a list of types: tuple([string, number]).", at));
    };
    let Ok(items) = as_list(list) else {
        return Err(invalid("tuple(...) needs a list of types: tuple([string, number]).", list.span));
    };
    let mut types = Vec::new();
    let mut defaults = Vec::new();
    for item in &items {
        let (ty, inner) = read(item)?;
        types.push(ty);
        defaults.push(inner);
    }
    Ok((Type::tuple(types), Defaults::of_items(defaults)))
}

fn object(args: &[Expr], span: Span) -> Constraint {
    let [attributes] = args else {
        let at = args.get(1).map_or(span, |extra| extra.span);
        return Err(invalid("object(...) needs one argument, its attributes: object({name = string}).", at));
    };
    let Ok(items) = as_map(attributes) else {
        return Err(invalid("object(...) needs its attributes in braces: object({name = string}).", attributes.span));
    };
    let mut problems = Diagnostics::new();
    let mut object = ObjectType { attributes: BTreeMap::new(), optional: BTreeSet::new() };
    let mut defaults = BTreeMap::new();
    let mut inner = BTreeMap::new();
    for (key, value) in &items {
        let Some(name) = attribute_name(key) else {
            problems.extend(invalid("An attribute is given by its name, without quotes.", key.span));
            continue;
        };
        if object.attributes.contains_key(&name) {
            problems.extend(invalid(format!("The attribute \"{name}\" is there twice."), key.span));
            continue;
        }
        match attribute(value) {
            Ok(attribute) => {
                if attribute.optional {
                    object.optional.insert(name.clone());
                }
                defaults.extend(attribute.default.map(|value| (name.clone(), value)));
                inner.insert(name.clone(), attribute.inner);
                object.attributes.insert(name, attribute.ty);
            }
            Err(found) => problems.extend(found),
        }
    }
    if problems.has_errors() {
        return Err(problems);
    }
    Ok((Type::Object(Arc::new(object)), Defaults::of_object(defaults, inner)))
}

/// A name without quotes. (The JSON syntax has no such type constraints; there they stand in strings.)
fn attribute_name(key: &Expr) -> Option<Str> {
    match &key.kind {
        ExprKind::Traversal(traversal) if traversal.steps.is_empty() => Some(traversal.root.clone()),
        _ => None,
    }
}

struct AttributeType {
    ty: Type,
    optional: bool,
    default: Option<Value>,
    inner: Defaults,
}

/// A type that may have `optional(...)` around it.
fn attribute(expr: &Expr) -> Result<AttributeType, Diagnostics> {
    let args = match &expr.kind {
        ExprKind::Call { name, args, .. } if name.namespace.is_empty() && &*name.name == "optional" => args,
        _ => {
            let (ty, inner) = read(expr)?;
            return Ok(AttributeType { ty, optional: false, default: None, inner });
        }
    };
    let (ty_expr, default_expr) = match &**args {
        [ty] => (ty, None),
        [ty, default] => (ty, Some(default)),
        [] => return Err(invalid("optional(...) needs the type of the attribute as its argument.", expr.span)),
        _ => return Err(invalid("optional(...) has at most two arguments: a type, and a default value.", expr.span)),
    };
    let (ty, inner) = read(ty_expr)?;
    let default = match default_expr {
        Some(default) => Some(default_value(default, &ty, &inner)?),
        None => None,
    };
    Ok(AttributeType { ty, optional: true, default, inner })
}

fn default_value(expr: &Expr, ty: &Type, inner: &Defaults) -> Result<Value, Diagnostics> {
    let evaluated = evaluate(expr, &EmptyScope);
    if evaluated.diagnostics.has_errors() {
        return Err(evaluated.diagnostics);
    }
    let completed = crate::apply_defaults(&evaluated.value, inner);
    convert(&completed, ty).map_err(|error| {
        let detail = format!("The default value does not fit the type of the attribute: {error}.");
        Diagnostic::error("Invalid default value for optional attribute", detail).at(expr.span).into()
    })
}
