//! Functions that tell what an unknown value will be like. For known values they check it.

use super::arguments::Arguments;
use super::definition::{Definition, Outcome, Parameter, Shape, any, blame, number, text};
use formwork_hcl::FunctionFailure;
use formwork_value::{Kind, Marks, Refinements, Type, Value, convert, equals};

const LISTS: Parameter = Parameter::new("value", Shape::Anys).nullable().with_unknown();
const SETS: Parameter = Parameter::new("value", Shape::AnySet).nullable().with_unknown();
const MAPS: Parameter = Parameter::new("value", Shape::AnyMap).nullable().with_unknown();
const MIN: Parameter = number("min_length");
const MAX: Parameter = number("max_length");

pub(super) static FUNCTIONS: &[Definition] = &[
    Definition::new(
        "assumeequal",
        "The second value, which the first one is assumed to be equal to.",
        &[any("actual_value").raw(), any("expected_value").raw()],
        Shape::Any,
        equal,
    ),
    Definition::new(
        "assumenotnull",
        "The value, which is assumed not to be null.",
        &[any("value").nullable().with_unknown()],
        Shape::Any,
        |args| {
            let value = args.value(0);
            if value.ty() == Type::Dynamic {
                return Err(blame(0, "the type of the value must be known; use convert to say what it is"));
            }
            assume(&value, Refinements::not_null())
        },
    ),
    Definition::new(
        "assumestringprefix",
        "The text, which is assumed to begin with another.",
        &[text("value").nullable().with_unknown(), text("prefix")],
        Shape::Text,
        |args| assume(&args.value(0), Refinements { prefix: Some(args.text(1).into()), ..Refinements::default() }),
    ),
    Definition::new("assumelistlength", LIST, &[LISTS, MIN, MAX], Shape::Anys, |args| length(args, Some(1), Some(2))),
    Definition::new("assumelistlengthmax", LIST, &[LISTS, MAX], Shape::Anys, |args| length(args, None, Some(1))),
    Definition::new("assumelistlengthmin", LIST, &[LISTS, MIN], Shape::Anys, |args| length(args, Some(1), None)),
    Definition::new("assumemaplength", MAP, &[MAPS, MIN, MAX], Shape::AnyMap, |args| length(args, Some(1), Some(2))),
    Definition::new("assumemaplengthmax", MAP, &[MAPS, MAX], Shape::AnyMap, |args| length(args, None, Some(1))),
    Definition::new("assumemaplengthmin", MAP, &[MAPS, MIN], Shape::AnyMap, |args| length(args, Some(1), None)),
    Definition::new("assumesetlength", SET, &[SETS, MIN, MAX], Shape::AnySet, |args| length(args, Some(1), Some(2))),
    Definition::new("assumesetlengthmax", SET, &[SETS, MAX], Shape::AnySet, |args| length(args, None, Some(1))),
    Definition::new("assumesetlengthmin", SET, &[SETS, MIN], Shape::AnySet, |args| length(args, Some(1), None)),
];

const LIST: &str = "The list, whose length is assumed to be within bounds.";
const MAP: &str = "The map, whose length is assumed to be within bounds.";
const SET: &str = "The set, whose length is assumed to be within bounds.";

/// The value with more known of it. Errors: it is known, and it is not so.
fn assume(value: &Value, assumed: Refinements) -> Outcome {
    match value.kind() {
        Kind::Unknown(ty, known) => {
            let known = known.as_deref().cloned().unwrap_or_default();
            if known.is_disjoint(&assumed) {
                return Err(blame(0, "the value is known to be different from what is assumed"));
            }
            Ok(Value::unknown_refined(ty.clone(), known.intersect(&assumed)))
        }
        _ if assumed.excludes(value) => Err(blame(0, "the value is not as it is assumed to be")),
        _ => Ok(value.clone()),
    }
}

fn length(args: &Arguments, min: Option<usize>, max: Option<usize>) -> Outcome {
    let bound = |index: usize| -> Result<u64, FunctionFailure> {
        let bound = args.whole(index)?;
        u64::try_from(bound).map_err(|_| blame(index, "the length must not be negative"))
    };
    let min_length = min.map(bound).transpose()?;
    let max_length = max.map(bound).transpose()?;
    assume(&args.value(0), Refinements { min_length, max_length, ..Refinements::default() })
}

/// Where the value came from still matters, but not whether it was secret: the assumed value is not.
fn equal(args: &Arguments) -> Outcome {
    let (actual, assumed) = (args.value(0), args.value(1));
    let converted = convert(&actual, &assumed.ty()).map_err(|error| {
        let message = format!("the value is not of the type of the one that is assumed: {error}");
        blame(0, message)
    })?;
    if equals(&converted, &assumed).as_bool() == Some(false) {
        return Err(blame(0, "the value is different from the one that is assumed"));
    }
    let marks = actual.marks_deep().without(Marks::SENSITIVE | Marks::EPHEMERAL);
    Ok(assumed.with_marks(marks))
}
