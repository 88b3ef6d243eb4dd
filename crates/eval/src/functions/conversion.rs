//! Conversion of types, and functions on marks.

mod lazy;

use super::arguments::Arguments;
use super::definition::{Definition, Outcome, Shape, any, blame};
use formwork_value::{Kind, Marks, Type, Value, convert};

pub(super) static FUNCTIONS: &[Definition] = &[
    Definition::new("tobool", "The value as a bool.", &[any("v").raw()], Shape::Bool, |args| to(args, Type::Bool)),
    Definition::new("tolist", "The value as a list.", &[any("v").raw()], Shape::Anys, |args| {
        to(args, Type::list(Type::Dynamic))
    }),
    Definition::new("tomap", "The value as a map.", &[any("v").raw()], Shape::AnyMap, |args| {
        to(args, Type::map(Type::Dynamic))
    }),
    Definition::new("tonumber", "The value as a number.", &[any("v").raw()], Shape::Number, |args| {
        to(args, Type::Number)
    }),
    Definition::new("toset", "The value as a set.", &[any("v").raw()], Shape::AnySet, |args| {
        to(args, Type::set(Type::Dynamic))
    }),
    Definition::new("tostring", "The value as a string.", &[any("v").raw()], Shape::Text, |args| {
        to(args, Type::String)
    }),
    Definition::new(
        "ephemeralasnull",
        "The value with null in place of everything ephemeral.",
        &[any("value").raw()],
        Shape::Any,
        ephemeral_as_null,
    ),
    Definition::new("issensitive", "Whether the value is sensitive.", &[any("value").raw()], Shape::Bool, |args| {
        let value = args.value(0);
        Ok(match value.is_sensitive() {
            false if !value.is_known() => Value::unknown_not_null(Type::Bool),
            sensitive => Value::from(sensitive),
        })
    }),
    Definition::new(
        "nonsensitive",
        "The value without its mark as sensitive (inner values keep theirs).",
        &[any("value").raw()],
        Shape::Any,
        |args| {
            let (value, marks) = args.value(0).unmark();
            Ok(value.with_marks(marks.without(Marks::SENSITIVE)))
        },
    ),
    Definition::new(
        "sensitive",
        "The value, marked as one that must not be shown.",
        &[any("value").raw()],
        Shape::Any,
        |args| Ok(args.value(0).with_marks(Marks::SENSITIVE)),
    ),
    lazy::CAN,
    lazy::TRY,
    lazy::TYPE,
    lazy::CONVERT,
];

fn to(args: &Arguments, ty: Type) -> Outcome {
    let value = args.value(0);
    let converted = convert(&value, &ty).map_err(|error| {
        let own = value.ty().friendly_name();
        blame(0, format!("cannot convert {own} to {}: {error}", ty.friendly_name()))
    })?;
    if converted.is_known() {
        return Ok(converted);
    }
    // As in the reference, what was known of an unknown value is lost here.
    Ok(Value::unknown(converted.ty()).with_marks(converted.marks()))
}

fn ephemeral_as_null(args: &Arguments) -> Outcome {
    let value = args.value(0);
    if !value.marks_deep().is_ephemeral() {
        return Ok(value);
    }
    without_ephemeral(value)
}

fn without_ephemeral(value: Value) -> Outcome {
    if value.marks().is_ephemeral() {
        let marks = value.marks().without(Marks::EPHEMERAL);
        return Ok(Value::null(value.ty()).with_marks(marks));
    }
    value.transform(&mut |_, inner| {
        let marks = inner.marks();
        Ok(match inner.kind() {
            _ if !marks.is_ephemeral() => inner,
            Kind::Null(_) => inner.unmark().0.with_marks(marks.without(Marks::EPHEMERAL)),
            _ => Value::null(inner.ty()).with_marks(marks.without(Marks::EPHEMERAL)),
        })
    })
}
