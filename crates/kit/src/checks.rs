//! Checks that many attributes share, for [`Rules::check`](crate::Rules::check).

use formwork_value::{Kind, Number, Value};

fn number(value: &Value) -> Option<f64> {
    value.as_number().map(Number::to_f64)
}

/// A number that is not less.
pub fn at_least(least: i64) -> impl Fn(&Value) -> Result<(), String> + Send + Sync + 'static {
    move |value| match number(value) {
        Some(given) if given < least as f64 => Err(format!("The value must be at least {least}.")),
        _ => Ok(()),
    }
}

/// A number in a range, both ends included.
pub fn between(least: i64, most: i64) -> impl Fn(&Value) -> Result<(), String> + Send + Sync + 'static {
    move |value| match number(value) {
        Some(given) if given < least as f64 || given > most as f64 => {
            Err(format!("The value must be between {least} and {most}."))
        }
        _ => Ok(()),
    }
}

/// One of some texts.
pub fn one_of(allowed: &'static [&'static str]) -> impl Fn(&Value) -> Result<(), String> + Send + Sync + 'static {
    move |value| match value.as_str() {
        Some(text) if !allowed.contains(&text) => {
            let quoted: Vec<String> = allowed.iter().map(|text| format!("{text:?}")).collect();
            Err(format!("The value {text:?} is not one of {}.", quoted.join(", ")))
        }
        _ => Ok(()),
    }
}

/// A text of so many bytes, or a collection of so many elements.
pub fn length_between(least: usize, most: usize) -> impl Fn(&Value) -> Result<(), String> + Send + Sync + 'static {
    move |value| {
        let (length, unit) = match value.kind() {
            Kind::String(text) => (text.len(), "bytes"),
            Kind::List(items) | Kind::Set(items) => (items.items.len(), "elements"),
            Kind::Map(map) => (map.items.len(), "elements"),
            _ => return Ok(()),
        };
        if (least..=most).contains(&length) {
            return Ok(());
        }
        Err(match most {
            usize::MAX => format!("The value must have at least {least} {unit}."),
            _ => format!("The value must have {least} to {most} {unit}."),
        })
    }
}

/// A text that a function accepts; `what` completes "The value must be ...".
pub fn matching(
    what: &'static str,
    accepts: impl Fn(&str) -> bool + Send + Sync + 'static,
) -> impl Fn(&Value) -> Result<(), String> + Send + Sync + 'static {
    move |value| match value.as_str() {
        Some(text) if !accepts(text) => Err(format!("The value must be {what}, not {text:?}.")),
        _ => Ok(()),
    }
}

/// A duration as [`parse_duration`](crate::parse_duration) reads it.
pub fn duration(value: &Value) -> Result<(), String> {
    match value.as_str() {
        Some(text) if crate::parse_duration(text).is_none() => {
            Err(format!("The value must be a duration such as \"30s\" or \"1h15m\", not {text:?}."))
        }
        _ => Ok(()),
    }
}
