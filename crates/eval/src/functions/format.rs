//! `format` and `formatlist`.

mod float;
mod verb;

use super::arguments::Arguments;
use super::call::is_dynamic;
use super::definition::{Definition, Outcome, Shape, any, blame, failed, text};
use formwork_hcl::FunctionFailure;
use formwork_value::{Kind, Refinements, Type, Value};
use verb::{Piece, Verb};

pub(super) static FUNCTIONS: &[Definition] = &[
    Definition::new(
        "format",
        "A text in which verbs such as %s and %d are replaced by values.",
        &[text("format").with_unknown()],
        Shape::Any,
        format,
    )
    .variadic(any("args").nullable().with_unknown()),
    Definition::new(
        "formatlist",
        "A list of texts made by a format: one for each element of the lists among the values.",
        &[text("format").with_unknown()],
        Shape::Any,
        format_list,
    )
    .variadic(any("args").nullable().with_unknown()),
];

/// A format as read.
struct Format<'a> {
    pieces: Vec<Piece<'a>>,
}

fn format(args: &Arguments) -> Outcome {
    if args.from(1).iter().any(is_dynamic) {
        return Ok(Value::dynamic());
    }
    let Some(source) = args.get(0).and_then(Value::as_str) else {
        return Ok(Value::unknown_not_null(Type::String));
    };
    let values: Vec<&Value> = args.from(1).iter().collect();
    if !values.iter().all(|value| value.is_wholly_known()) {
        let literal = source.split('%').next().unwrap_or_default();
        return Ok(Value::unknown_refined(Type::String, Refinements::prefix(literal)));
    }
    Ok(Value::from(Format::parse(source)?.apply(&values)?))
}

/// Lists iterate together; other values are the same in each text.
fn format_list(args: &Arguments) -> Outcome {
    if args.from(1).iter().any(is_dynamic) {
        return Ok(Value::dynamic());
    }
    let unknown = || Ok(Value::unknown_not_null(Type::list(Type::String)));
    let mut length: Option<usize> = None;
    for (index, value) in args.values.iter().enumerate().skip(1) {
        let items = match (value.kind(), value.as_sequence()) {
            // How many elements the set will have is open.
            (Kind::Set(_), _) if value.length().is_some_and(|length| !length.is_known()) => return unknown(),
            (_, Some(items)) => items,
            (Kind::Unknown(Type::List(_) | Type::Set(_) | Type::Tuple(_), _), _) => return unknown(),
            _ => continue,
        };
        if let Some(length) = length.filter(|length| *length != items.len()) {
            let message = format!("the list has {} elements, others before it have {length}", items.len());
            return Err(blame(index, message));
        }
        length = Some(items.len());
    }
    let Some(source) = args.get(0).and_then(Value::as_str) else { return unknown() };
    // Without any text to write, the format is not looked at.
    if length == Some(0) {
        return Ok(Value::list(Type::String, Vec::new()));
    }
    let format = Format::parse(source);
    let mut texts: Vec<Value> = Vec::new();
    let mut length_of_all = 0;
    for at in 0..length.unwrap_or(1) {
        let row: Vec<&Value> = args.from(1).iter().map(|value| element_or_all(value, at)).collect();
        length_of_all += texts.last().and_then(Value::as_str).map_or(0, str::len);
        super::string::check_length(length_of_all)?;
        texts.push(if row.iter().all(|value| value.is_wholly_known()) {
            Value::from(format.as_ref().map_err(Clone::clone)?.apply(&row)?)
        } else {
            Value::unknown_not_null(Type::String)
        });
    }
    Ok(Value::list(Type::String, texts))
}

fn element_or_all(value: &Value, at: usize) -> &Value {
    value.as_sequence().and_then(|items| items.get(at)).unwrap_or(value)
}

impl<'a> Format<'a> {
    fn parse(source: &'a str) -> Result<Format<'a>, FunctionFailure> {
        verb::parse(source).map(|pieces| Format { pieces }).map_err(|message| blame(0, message))
    }

    fn apply(&self, values: &[&Value]) -> Result<String, FunctionFailure> {
        let mut out = String::new();
        let mut next = 0;
        let mut used = 0;
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Verb(verb) => {
                    let index = verb.argument.unwrap_or(next);
                    let Some(value) = values.get(index) else {
                        let message =
                            format!("not enough arguments for {:?}: it needs number {}", verb.source, index + 1);
                        return Err(failed(message));
                    };
                    next = index + 1;
                    used = used.max(next);
                    self::verb::write(&mut out, verb, value).map_err(|message| unsupported(verb, index, &message))?;
                }
            }
            super::string::check_length(out.len())?;
        }
        if used < values.len() {
            return Err(blame(used + 1, format!("too many arguments: the format uses {used} of them")));
        }
        Ok(out)
    }
}

fn unsupported(verb: &Verb, index: usize, message: &str) -> FunctionFailure {
    failed(format!("argument {} does not fit {:?}: {message}", index + 1, verb.source))
}
