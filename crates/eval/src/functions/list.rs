//! Lists out of a list.

use super::arguments::Arguments;
use super::definition::{Definition, Outcome, Shape, any, blame, failed, list, number, texts};
use formwork_hcl::FunctionFailure;
use formwork_hcl::limits::ELEMENTS;
use formwork_value::{Kind, Refinements, Type, Value, compare, equals};
use std::cmp::Ordering;

pub(super) static FUNCTIONS: &[Definition] = &[
    Definition::new(
        "chunklist",
        "A list split into lists of a size; 0 leaves it in one piece.",
        &[list("list").with_marks().with_unknown(), number("size").with_marks().with_unknown()],
        Shape::AnyLists,
        chunk,
    ),
    Definition::new(
        "compact",
        "The list without elements that are null or empty.",
        &[texts("list")],
        Shape::Texts,
        |args| {
            let items = args.items(0);
            if !items.iter().all(Value::is_known) {
                return Ok(Value::unknown_not_null(Type::list(Type::String)));
            }
            let kept = items.iter().filter(|item| item.as_str().is_some_and(|text| !text.is_empty()));
            Ok(Value::list(Type::String, kept.cloned().collect()))
        },
    ),
    Definition::new(
        "distinct",
        "The list without elements that are equal to one before.",
        &[list("list").with_unknown()],
        Shape::Anys,
        distinct,
    ),
    Definition::new(
        "reverse",
        "The elements of a list in reverse order.",
        &[any("list").with_marks().with_unknown()],
        Shape::Any,
        reverse,
    ),
    Definition::new(
        "slice",
        "The elements of a list from one index on, up to another that is not included.",
        &[
            any("list").with_marks().with_unknown(),
            number("start_index").with_unknown(),
            number("end_index").with_unknown(),
        ],
        Shape::Any,
        slice,
    ),
    Definition::new("sort", "The texts of a list in the order of their bytes.", &[texts("list")], Shape::Texts, sort),
];

/// Fails if a collection would have too many elements.
pub(super) fn check_count(count: usize) -> Result<(), FunctionFailure> {
    if count <= ELEMENTS {
        return Ok(());
    }
    Err(failed(format!("the result would have more than {ELEMENTS} elements")))
}

/// The element type of a list, known or not.
pub(super) fn element_type(value: &Value) -> Type {
    match value.kind() {
        Kind::List(list) | Kind::Set(list) => list.element.clone(),
        Kind::Map(map) => map.element.clone(),
        Kind::Unknown(ty, _) | Kind::Null(ty) => ty.element().cloned().unwrap_or(Type::Dynamic),
        _ => Type::Dynamic,
    }
}

fn chunk(args: &Arguments) -> Outcome {
    let list = args.value(0);
    let marks = super::collection::root_marks(args.values);
    let element = element_type(&list);
    let of_lists = Type::list(element.clone());
    if !args.values.iter().all(Value::is_known) {
        return Ok(Value::unknown_not_null(Type::list(of_lists)).with_marks(marks));
    }
    let Ok(size) = usize::try_from(args.whole(1)?) else {
        return Err(blame(1, "the size must not be negative"));
    };
    let items = args.items(0);
    let size = if size == 0 { items.len().max(1) } else { size };
    let chunks = items.chunks(size).map(|chunk| Value::list(element.clone(), chunk.to_vec())).collect();
    Ok(Value::list(of_lists, chunks).with_marks(marks))
}

fn distinct(args: &Arguments) -> Outcome {
    let list = args.value(0);
    let element = element_type(&list);
    if !list.is_wholly_known() {
        return Ok(Value::unknown_not_null(Type::list(element)));
    }
    Ok(Value::list(element, first_of_equals(args.items(0))))
}

/// Elements that are not equal to one before.
fn first_of_equals(items: &[Value]) -> Vec<Value> {
    let mut order: Vec<(usize, &Value)> = items.iter().enumerate().collect();
    order.sort_by(|a, b| compare(a.1, b.1));
    let mut repeated = vec![false; items.len()];
    for run in order.chunk_by(|a, b| compare(a.1, b.1) == Ordering::Equal && equals(a.1, b.1).as_bool() == Some(true)) {
        for (index, _) in run.iter().skip(1) {
            if let Some(flag) = repeated.get_mut(*index) {
                *flag = true;
            }
        }
    }
    items.iter().zip(repeated).filter(|(_, repeated)| !repeated).map(|(item, _)| item.clone()).collect()
}

fn reverse(args: &Arguments) -> Outcome {
    let value = args.value(0);
    let marks = value.marks();
    let reversed = |items: &[Value]| items.iter().rev().cloned().collect::<Vec<Value>>();
    let result = match value.kind() {
        Kind::List(list) | Kind::Set(list) => Value::list(list.element.clone(), reversed(&list.items)),
        Kind::Tuple(items) => Value::tuple(reversed(items)),
        Kind::Unknown(Type::List(element) | Type::Set(element), known) => {
            let known = known.as_deref().cloned().unwrap_or_default();
            let length = Refinements { not_null: true, ..known };
            Value::unknown_refined(Type::list(Type::clone(element)), length)
        }
        Kind::Unknown(Type::Tuple(types), _) => Value::unknown_not_null(Type::tuple(types.iter().rev().cloned())),
        Kind::Unknown(Type::Dynamic, _) => Value::dynamic(),
        _ => return Err(blame(0, "a list, set or tuple is required")),
    };
    Ok(result.with_marks(marks))
}

fn slice(args: &Arguments) -> Outcome {
    let value = args.value(0);
    let marks = value.marks();
    let (known_length, ty) = match value.kind() {
        Kind::List(list) => (Some(list.items.len()), Type::list(list.element.clone())),
        Kind::Tuple(items) => (Some(items.len()), Type::Dynamic),
        Kind::Unknown(Type::Tuple(types), _) => (Some(types.len()), Type::Dynamic),
        Kind::Unknown(ty @ Type::List(_), _) => (None, ty.clone()),
        Kind::Unknown(Type::Dynamic, _) => return Ok(Value::dynamic().with_marks(marks)),
        Kind::Set(_) | Kind::Unknown(Type::Set(_), _) => {
            return Err(blame(0, "a set has no order; use tolist or sort to make it a list first"));
        }
        _ => return Err(blame(0, "a list or tuple is required")),
    };
    let unknown = |ty: Type| match ty {
        Type::Dynamic => Value::dynamic(),
        ty => Value::unknown_not_null(ty),
    };
    let start = args.get(1).filter(|v| v.is_known()).map(|_| bound(args, 1, known_length)).transpose()?;
    let end = args.get(2).filter(|v| v.is_known()).map(|_| bound(args, 2, known_length)).transpose()?;
    let (Some(start), Some(end)) = (start, end) else { return Ok(unknown(ty).with_marks(marks)) };
    if start > end {
        return Err(blame(1, format!("the start index {start} is greater than the end index {end}")));
    }
    let result = match value.kind() {
        Kind::List(list) => Value::list(list.element.clone(), list.items.get(start..end).unwrap_or_default().to_vec()),
        Kind::Tuple(items) => Value::tuple(items.get(start..end).unwrap_or_default().iter().cloned()),
        Kind::Unknown(Type::Tuple(types), _) => {
            Value::unknown_not_null(Type::tuple(types.get(start..end).unwrap_or_default().iter().cloned()))
        }
        _ => unknown(ty),
    };
    Ok(result.with_marks(marks))
}

/// An index into a list of a length, or just behind its end.
fn bound(args: &Arguments, index: usize, length: Option<usize>) -> Result<usize, FunctionFailure> {
    let given = args.whole(index)?;
    let Ok(bound) = usize::try_from(given) else {
        return Err(blame(index, "the index must not be negative"));
    };
    match length {
        Some(length) if bound > length => {
            Err(blame(index, format!("the index {given} is behind the end of the list, which has {length} elements")))
        }
        _ => Ok(bound),
    }
}

fn sort(args: &Arguments) -> Outcome {
    let items = args.items(0);
    if !items.iter().all(Value::is_known) {
        let length = items.len() as u64;
        let refinements = Refinements::length(length, Some(length));
        return Ok(Value::unknown_refined(Type::list(Type::String), refinements));
    }
    if items.iter().any(Value::is_null) {
        return Err(blame(0, "the list has an element that is null, which has no place in the order"));
    }
    let mut sorted = items.to_vec();
    sorted.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    Ok(Value::list(Type::String, sorted))
}
