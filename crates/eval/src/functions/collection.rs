//! Questions about collections.

use super::arguments::Arguments;
use super::definition::{Definition, Outcome, Parameter, Shape, any, blame, failed, number};
use super::string::graphemes;
use formwork_value::{Kind, Marks, Number, Refinements, Type, Value, equals};

pub(super) static FUNCTIONS: &[Definition] = &[
    Definition::new(
        "alltrue",
        "Whether all elements of a list are true. Those that are null are not.",
        &[Parameter::new("list", Shape::Bools)],
        Shape::Bool,
        |args| match args.items(0).iter().find(|item| item.as_bool() != Some(true)) {
            None => Ok(Value::from(true)),
            Some(first) if first.is_known() => Ok(Value::from(false)),
            Some(_) => Ok(Value::unknown_not_null(Type::Bool)),
        },
    ),
    Definition::new(
        "anytrue",
        "Whether an element of a list is true.",
        &[Parameter::new("list", Shape::Bools)],
        Shape::Bool,
        |args| match args.items(0) {
            items if items.iter().any(|item| item.as_bool() == Some(true)) => Ok(Value::from(true)),
            items if items.iter().all(Value::is_known) => Ok(Value::from(false)),
            _ => Ok(Value::unknown_not_null(Type::Bool)),
        },
    ),
    Definition::new(
        "contains",
        "Whether a value is among the elements of a list, set or tuple. Nothing is converted.",
        &[any("list"), any("value")],
        Shape::Any,
        contains,
    )
    .resulting(Shape::Bool),
    Definition::new(
        "element",
        "The element at an index of a list, which is counted on from the beginning after the end.",
        &[any("list").with_marks().with_unknown(), number("index").with_unknown()],
        Shape::Any,
        element,
    ),
    Definition::new(
        "index",
        "The index of the first element of a list that equals a value.",
        &[any("list"), any("value")],
        Shape::Any,
        index,
    )
    .resulting(Shape::Number),
    Definition::new(
        "length",
        "The number of elements of a collection, or of characters of a text.",
        &[any("value").with_marks().with_unknown()],
        Shape::Number,
        length,
    ),
    Definition::new(
        "one",
        "The only element of a list, set or tuple; null if there is none.",
        &[any("list").with_unknown()],
        Shape::Any,
        one,
    ),
];

fn contains(args: &Arguments) -> Outcome {
    let Some(items) = args.get(0).and_then(Value::as_sequence) else {
        return Err(blame(0, "a list, set or tuple is required"));
    };
    let wanted = args.value(1);
    let mut unknown = false;
    for item in items {
        match equals(item, &wanted).as_bool() {
            Some(true) => return Ok(Value::from(true)),
            Some(false) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown { Value::unknown_not_null(Type::Bool) } else { Value::from(false) })
}

fn index(args: &Arguments) -> Outcome {
    let items = match args.get(0).map(Value::kind) {
        Some(Kind::List(_) | Kind::Tuple(_)) => args.items(0),
        _ => return Err(blame(0, "a list or tuple is required")),
    };
    let wanted = args.value(1);
    for (index, item) in items.iter().enumerate() {
        match equals(item, &wanted).as_bool() {
            Some(true) => return Ok(Value::from(Number::from(index))),
            Some(false) => {}
            None => return Ok(Value::unknown_not_null(Type::Number)),
        }
    }
    Err(failed("the value is not among the elements of the list"))
}

fn element(args: &Arguments) -> Outcome {
    let list = args.value(0);
    let marks = list.marks();
    let length = match list.kind() {
        Kind::List(list) => list.items.len(),
        Kind::Tuple(items) => items.len(),
        Kind::Unknown(Type::Tuple(types), _) => types.len(),
        Kind::Unknown(Type::List(element), _) => {
            args.whole(1)?;
            return Ok(Value::unknown(Type::clone(element)).with_marks(marks));
        }
        Kind::Unknown(Type::Dynamic, _) => return Ok(Value::dynamic().with_marks(marks)),
        _ => return Err(blame(0, "a list or tuple is required")),
    };
    if length == 0 {
        return Err(blame(0, "an empty list has no elements"));
    }
    if !args.get(1).is_some_and(Value::is_known) {
        let ty = match list.kind() {
            Kind::List(list) => list.element.clone(),
            _ => Type::Dynamic,
        };
        return Ok(Value::unknown(ty).with_marks(marks));
    }
    let index = args.whole(1)?;
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    // In tuples, as in the reference, only multiples of the length may be negative.
    if index % length < 0 && matches!(list.kind(), Kind::Tuple(_) | Kind::Unknown(..)) {
        return Err(blame(1, "the index must not be negative"));
    }
    let at = usize::try_from(index.rem_euclid(length)).unwrap_or(0);
    let found = match list.kind() {
        Kind::Unknown(Type::Tuple(types), _) => types.get(at).map(|ty| Value::unknown(ty.clone())),
        _ => list.as_sequence().and_then(|items| items.get(at)).cloned(),
    };
    Ok(found.unwrap_or_else(Value::dynamic).with_marks(marks))
}

fn length(args: &Arguments) -> Outcome {
    let value = args.value(0);
    let marks = value.marks();
    let length = match value.kind() {
        Kind::String(text) => Value::from(Number::from(graphemes(text).count())),
        Kind::Unknown(Type::String, known) => {
            let prefix = known.as_deref().and_then(|known| known.prefix.as_deref()).unwrap_or_default();
            let least = graphemes(prefix).count();
            let min = (least > 0).then(|| (Number::from(least), true));
            Value::unknown_refined(Type::Number, Refinements { min, ..Refinements::not_null() })
        }
        Kind::Unknown(Type::Dynamic, _) => Value::unknown_not_null(Type::Number),
        _ => match value.length() {
            Some(length) => length,
            None => return Err(blame(0, "a string or a collection is required")),
        },
    };
    Ok(length.with_marks(marks))
}

fn one(args: &Arguments) -> Outcome {
    let value = args.value(0);
    let several = || Err(failed("the collection has more than one element"));
    match value.kind() {
        Kind::List(list) | Kind::Set(list) => match list.items.as_slice() {
            [] => Ok(Value::null(list.element.clone())),
            [only] => Ok(only.clone()),
            // Elements of a set may turn out to be equal.
            _ if matches!(value.length(), Some(length) if !length.is_known()) => {
                Ok(Value::unknown(list.element.clone()))
            }
            _ => several(),
        },
        Kind::Tuple(items) => match items.as_slice() {
            [] => Ok(Value::null(Type::Dynamic)),
            [only] => Ok(only.clone()),
            _ => several(),
        },
        Kind::Unknown(Type::List(element) | Type::Set(element), _) => Ok(Value::unknown(Type::clone(element))),
        Kind::Unknown(Type::Tuple(types), _) => match &**types {
            [] => Ok(Value::null(Type::Dynamic)),
            [only] => Ok(Value::unknown(only.clone())),
            _ => several(),
        },
        Kind::Unknown(Type::Dynamic, _) => Ok(Value::dynamic()),
        _ => Err(blame(0, "a list, set or tuple is required")),
    }
}

/// Marks of several values' roots.
pub(super) fn root_marks<'v>(values: impl IntoIterator<Item = &'v Value>) -> Marks {
    values.into_iter().fold(Marks::NONE, |marks, value| marks | value.marks())
}
