//! Values through their public surface.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod codecs;
mod conversion;
mod equality;
mod laws;
mod numbers;
mod refinements;
mod sets;
mod trees;

use formwork_value::{Type, Value, json};

/// A value from JSON: arrays are tuples, objects are objects.
fn value(text: &str) -> Value {
    json::decode_plain(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A value from JSON, converted to a type.
fn typed(text: &str, ty: &Type) -> Value {
    formwork_value::convert(&value(text), ty).unwrap_or_else(|error| panic!("{text} to {ty}: {error}"))
}

/// A type from its expression, for tests: `list(string)`, `object({a=number,b=optional(string)})`, `any`.
fn ty(text: &str) -> Type {
    let mut rest = text;
    let ty = parse_type(&mut rest);
    assert_eq!(rest.trim(), "", "type {text}");
    ty
}

fn parse_type(rest: &mut &str) -> Type {
    let trimmed = rest.trim_start();
    let end = trimmed.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(trimmed.len());
    let (word, tail) = trimmed.split_at(end);
    *rest = tail;
    match word {
        "any" => return Type::Dynamic,
        "string" => return Type::String,
        "number" => return Type::Number,
        "bool" => return Type::Bool,
        _ => take(rest, "("),
    }
    let ty = match word {
        "list" => Type::list(parse_type(rest)),
        "set" => Type::set(parse_type(rest)),
        "map" => Type::map(parse_type(rest)),
        "tuple" => {
            take(rest, "[");
            let mut types = Vec::new();
            while !rest.trim_start().starts_with(']') {
                types.push(parse_type(rest));
                skip_comma(rest);
            }
            take(rest, "]");
            Type::tuple(types)
        }
        "object" => parse_object(rest),
        other => panic!("type {other:?}"),
    };
    take(rest, ")");
    ty
}

fn parse_object(rest: &mut &str) -> Type {
    take(rest, "{");
    let mut object = formwork_value::ObjectType::default();
    while !rest.trim_start().starts_with('}') {
        let (name, tail) = rest.split_once('=').unwrap();
        let name: formwork_value::Str = name.trim().into();
        *rest = tail.trim_start();
        let optional = rest.starts_with("optional(");
        if optional {
            take(rest, "optional(");
            object.optional.insert(name.clone());
        }
        object.attributes.insert(name, parse_type(rest));
        if optional {
            take(rest, ")");
        }
        skip_comma(rest);
    }
    take(rest, "}");
    Type::Object(std::sync::Arc::new(object))
}

fn take(rest: &mut &str, token: &str) {
    *rest = rest.trim_start().strip_prefix(token).unwrap_or_else(|| panic!("{token:?} expected before {rest:?}"));
}

fn skip_comma(rest: &mut &str) {
    *rest = rest.trim_start();
    *rest = rest.strip_prefix(',').unwrap_or(rest);
}

#[test]
fn the_tests_own_type_parser_agrees_with_display() {
    for text in ["list(map(any))", "object({a = number, b = optional(set(string))})", "tuple([bool, object({})])"] {
        assert_eq!(ty(text).to_string(), text);
    }
}
