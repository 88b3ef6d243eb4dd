//! Functions on sets.

use super::arguments::Arguments;
use super::collection::root_marks;
use super::definition::{Definition, Outcome, Shape, any, blame, failed, set};
use super::list::element_type;
use formwork_hcl::FunctionFailure;
use formwork_value::{Kind, Refinements, Type, Value, convert, equals, unify};

pub(super) static FUNCTIONS: &[Definition] = &[
    Definition::new(
        "setintersection",
        "The elements that are in all of the sets.",
        &[set("first_set").with_unknown()],
        Shape::AnySet,
        |args| {
            operate(args, false, |sets| {
                let (first, rest) = sets.split_first()?;
                Some(first.iter().filter(|item| rest.iter().all(|set| has(set, item))).cloned().collect())
            })
        },
    )
    .variadic(set("other_sets").with_unknown()),
    Definition::new(
        "setproduct",
        "All combinations of an element of each of the sets or lists.",
        &[],
        Shape::Any,
        product,
    )
    .variadic(any("sets").with_marks().with_unknown()),
    Definition::new(
        "setsubtract",
        "The elements of a set that are not in another.",
        &[set("a").with_unknown(), set("b").with_unknown()],
        Shape::AnySet,
        |args| {
            operate(args, false, |sets| {
                let (first, rest) = sets.split_first()?;
                Some(first.iter().filter(|item| !rest.iter().any(|set| has(set, item))).cloned().collect())
            })
        },
    ),
    Definition::new(
        "setunion",
        "The elements that are in one of the sets or in several.",
        &[set("first_set").with_unknown()],
        Shape::AnySet,
        |args| operate(args, true, |sets| Some(sets.concat())),
    )
    .variadic(set("other_sets").with_unknown()),
];

fn has(set: &[Value], item: &Value) -> bool {
    let found = set.binary_search_by(|other| formwork_value::compare(other, item));
    // Elements of compound types may have the same place in the order without being equal.
    found.is_ok() && set.iter().any(|other| equals(other, item).as_bool() == Some(true))
}

/// Applies an operation on sets of the same element type.
fn operate(args: &Arguments, with_unknown: bool, operation: fn(&[&[Value]]) -> Option<Vec<Value>>) -> Outcome {
    let element = common_element(args)?;
    let ty = Type::set(element.clone());
    let known = |value: &Value| if with_unknown { value.is_known() } else { value.is_wholly_known() };
    if !args.values.iter().all(known) {
        return Ok(Value::unknown_not_null(ty));
    }
    let converted = args.values.iter().enumerate();
    let converted = converted.map(|(index, set)| convert(set, &ty).map_err(|error| blame(index, error.to_string())));
    let converted: Vec<Value> = converted.collect::<Result<_, _>>()?;
    let sets: Vec<&[Value]> = converted.iter().map(|set| set.as_sequence().unwrap_or_default()).collect();
    Ok(Value::set(element, operation(&sets).unwrap_or_default()))
}

/// The element type of all sets; empty ones of any type do not count, nor does what is not known at all.
fn common_element(args: &Arguments) -> Result<Type, FunctionFailure> {
    if args.values.iter().any(|set| !set.is_known() && element_type(set) == Type::Dynamic) {
        return Ok(Type::Dynamic);
    }
    let incompatible = || failed("the elements of the sets have no common type");
    let counts =
        |set: &&Value| element_type(set) != Type::Dynamic || set.as_sequence().is_some_and(|items| !items.is_empty());
    let types: Vec<Type> = args.values.iter().filter(counts).map(element_type).collect();
    let common = unify(&types).ok_or_else(incompatible)?;
    // Untyped nulls go together with primitive values only.
    let mixed = common == Type::Dynamic && types.iter().any(|ty| *ty != Type::Dynamic);
    if mixed { Err(incompatible()) } else { Ok(common) }
}

fn product(args: &Arguments) -> Outcome {
    if args.len() < 2 {
        return Err(failed("at least two sets or lists are required"));
    }
    let marks = root_marks(args.values);
    let mut types = Vec::with_capacity(args.len());
    let mut any_set = false;
    for (index, value) in args.values.iter().enumerate() {
        any_set |= matches!(value.kind(), Kind::Set(_) | Kind::Unknown(Type::Set(_), _));
        types.push(match value.kind() {
            Kind::Unknown(Type::Dynamic, _) => return Ok(Value::dynamic().with_marks(marks)),
            Kind::List(_) | Kind::Set(_) | Kind::Unknown(Type::List(_) | Type::Set(_), _) => element_type(value),
            Kind::Tuple(_) | Kind::Unknown(Type::Tuple(_), _) => tuple_element(index, value)?,
            _ => return Err(blame(index, "a set, list or tuple is required")),
        });
    }
    let element = Type::tuple(types.iter().cloned());
    if !args.values.iter().all(Value::is_known) {
        let ty = if any_set { Type::set(element) } else { Type::list(element) };
        return Ok(unknown_product(args, ty).with_marks(marks));
    }
    let rows = combinations(args, &types)?;
    let items = rows.into_iter().map(Value::tuple).collect();
    let result = if any_set { Value::set(element, items) } else { Value::list(element, items) };
    Ok(result.with_marks(marks))
}

fn tuple_element(index: usize, value: &Value) -> Result<Type, FunctionFailure> {
    let list = convert(value, &Type::list(Type::Dynamic));
    list.map(|list| element_type(&list)).map_err(|error| blame(index, error.to_string()))
}

fn unknown_product(args: &Arguments, ty: Type) -> Value {
    let empty = args.values.iter().any(|v| v.length().and_then(|l| l.as_number().map(|n| n.is_zero())) == Some(true));
    if empty { Value::unknown_refined(ty, Refinements::length(0, Some(0))) } else { Value::unknown_not_null(ty) }
}

fn combinations(args: &Arguments, types: &[Type]) -> Result<Vec<Vec<Value>>, FunctionFailure> {
    let sizes = args.values.iter().map(|value| value.as_sequence().unwrap_or_default().len());
    let total = sizes.fold(1usize, usize::saturating_mul);
    // Each combination has a part for each argument.
    super::list::check_count(total.saturating_mul(args.len()))?;
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for (index, (value, ty)) in args.values.iter().zip(types).enumerate() {
        let items = value.as_sequence().unwrap_or_default().iter();
        let items = items.map(|item| convert(item, ty).map_err(|error| blame(index, error.to_string())));
        let items: Vec<Value> = items.collect::<Result<_, _>>()?;
        let extended = rows
            .iter()
            .flat_map(|row| items.iter().map(move |item| [row.as_slice(), std::slice::from_ref(item)].concat()));
        rows = extended.collect();
    }
    Ok(rows)
}
