//! What scalars of YAML mean: the rules of version 1.1, as the reference has them.

use formwork_value::{Number, Type, Value};

/// A tag of the YAML namespace, such as `int` of `!!int`.
pub(super) fn tagged(text: &str, tag: &str) -> Result<Value, String> {
    let value = match tag {
        "str" | "binary" => Some(Value::from(text)),
        "int" => integer(text).map(Value::from),
        "float" => float(text).map(Value::from),
        "bool" => bool(text).map(Value::from),
        "null" => is_null(text).then(|| Value::null(Type::Dynamic)),
        "timestamp" => timestamp(text).map(Value::from),
        _ => return Err(format!("the tag !!{tag} is not supported")),
    };
    value.ok_or_else(|| format!("{text:?} is no value of the tag !!{tag}"))
}

/// A plain scalar without a tag.
pub(super) fn plain(text: &str) -> Value {
    if is_null(text) {
        return Value::null(Type::Dynamic);
    }
    let found = bool(text).map(Value::from);
    let found = found.or_else(|| integer(text).map(Value::from));
    let found = found.or_else(|| float(text).map(Value::from));
    let found = found.or_else(|| timestamp(text).map(Value::from));
    found.unwrap_or_else(|| Value::from(text))
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn bool(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn integer(text: &str) -> Option<Number> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if let Some(hex) = text.strip_prefix("0x") {
        return hex.bytes().all(|b| b.is_ascii_hexdigit()).then(|| Number::parse_radix(hex, 16).ok())?;
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return octal.bytes().all(|b| (b'0'..=b'7').contains(&b)).then(|| Number::parse_radix(octal, 8).ok())?;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits(unsigned).then(|| Number::parse(text).ok())?
}

fn float(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Some(if text.starts_with('-') { Number::NEGATIVE_INFINITY } else { Number::INFINITY });
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let valid = digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    if !valid || exponent.is_some_and(|exponent| exponent.is_empty() || !digits(exponent)) {
        return None;
    }
    Number::parse(text).ok()
}

/// A date, or date and time, as RFC 3339.
fn timestamp(text: &str) -> Option<String> {
    let (date, rest) = split_date(text)?;
    let (year, month, day) = date;
    if rest.is_empty() {
        return Some(format!("{year:04}-{month:02}-{day:02}T00:00:00Z"));
    }
    let time = rest.strip_prefix(['T', 't']).or_else(|| rest.strip_prefix(' '))?;
    let zone_at = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(zone_at);
    let with_letter = rest.starts_with(['T', 't']);
    if with_letter == zone.is_empty() {
        return None;
    }
    let mut parts = clock.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    let (second, fraction) = second.split_once('.').unwrap_or((second, ""));
    if parts.next().is_some() || !fraction.bytes().all(|b| b.is_ascii_digit()) || fraction.len() > 9 {
        return None;
    }
    let (hour, minute, second) = (number(hour, 23)?, number(minute, 59)?, number(second, 59)?);
    let fraction = fraction.trim_end_matches('0');
    let fraction = if fraction.is_empty() { String::new() } else { format!(".{fraction}") };
    let zone = match zone {
        "" | "Z" | "+00:00" | "-00:00" => "Z",
        zone => offset(zone)?,
    };
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}"))
}

fn split_date(text: &str) -> Option<((u32, u32, u32), &str)> {
    let year = text.get(..4).filter(|year| year.bytes().all(|b| b.is_ascii_digit()))?;
    let rest = text.get(4..)?.strip_prefix('-')?;
    let (month, rest) = rest.split_once('-')?;
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (day, rest) = rest.split_at(length);
    let (year, month) = (year.parse().ok()?, number(month, 12)?);
    let day = number(day, super::super::time::days_in_month(i64::from(year), month))?;
    (month > 0 && day > 0).then_some(((year, month, day), rest))
}

/// One or two digits.
fn number(text: &str, max: u32) -> Option<u32> {
    let valid = matches!(text.len(), 1 | 2) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|number| valid && *number <= max)
}

/// `+hh:mm` or `-hh:mm`.
fn offset(zone: &str) -> Option<&str> {
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let two = |text: &str| text.len() == 2;
    (two(hours) && two(minutes) && number(hours, 23).is_some() && number(minutes, 59).is_some()).then_some(zone)
}
