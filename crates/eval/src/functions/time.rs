//! Functions on dates and times.

mod duration;
mod format;
mod timestamp;

use super::arguments::Arguments;
use super::definition::{Definition, Outcome, Shape, blame, text};
use crate::Phase;
use formwork_hcl::FunctionFailure;
use formwork_value::{Type, Value};
use timestamp::Timestamp;

pub(super) use timestamp::days_in_month;

pub(super) static FUNCTIONS: &[Definition] = &[
    Definition::new(
        "formatdate",
        "A timestamp written as a pattern of letters says, such as YYYY-MM-DD.",
        &[text("format"), text("time")],
        Shape::Text,
        |args| Ok(format::write(args.text(0), &parse(args, 1)?).map_err(|message| blame(0, message))?.into()),
    ),
    Definition::new(
        "plantimestamp",
        "The time of the plan in UTC, the same while it is applied.",
        &[],
        Shape::Text,
        |args| match args.environment.phase {
            Phase::Validate => Ok(Value::unknown_not_null(Type::String)),
            _ => Ok(Value::from(&*args.environment.plan_timestamp)),
        },
    ),
    Definition::new(
        "timeadd",
        "A timestamp with a duration such as 1h30m added.",
        &[text("timestamp"), text("duration")],
        Shape::Text,
        add,
    ),
    Definition::new(
        "timecmp",
        "-1, 0 or 1: whether a timestamp is before, the same as, or after another.",
        &[text("timestamp_a"), text("timestamp_b")],
        Shape::Number,
        |args| Ok(Value::from(instant(args, 0)?.cmp(&instant(args, 1)?) as i64)),
    ),
    Definition::new("timestamp", "The time of the run in UTC, known in apply.", &[], Shape::Text, |args| {
        match args.environment.phase {
            Phase::Validate | Phase::Plan => Ok(Value::unknown_not_null(Type::String)),
            Phase::Apply | Phase::Console => Ok(Value::from(&*args.environment.timestamp)),
        }
    }),
];

fn parse(args: &Arguments, index: usize) -> Result<Timestamp, FunctionFailure> {
    let text = args.text(index);
    Timestamp::parse(text).map_err(|message| invalid(index, text, &message))
}

/// A point in time, for comparison.
fn instant(args: &Arguments, index: usize) -> Result<(i64, u32), FunctionFailure> {
    let text = args.text(index);
    let timestamp = Timestamp::parse_leniently(text).map_err(|message| invalid(index, text, &message))?;
    Ok(timestamp.instant())
}

fn invalid(index: usize, text: &str, message: &str) -> FunctionFailure {
    blame(index, format!("{text:?} is not a valid RFC 3339 timestamp: {message}"))
}

fn add(args: &Arguments) -> Outcome {
    let timestamp = parse(args, 0)?;
    let nanoseconds = duration::parse(args.text(1)).map_err(|message| blame(1, message))?;
    Ok(timestamp.add(nanoseconds).to_string().into())
}
