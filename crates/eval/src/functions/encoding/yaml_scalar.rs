//! What scalars of YAML mean: the rules of version 1.1, as the reference has them.

use formwork_value::{Number, Type, Value};

/// A scalar with a tag of the YAML namespace, such as `int` of `!!int`. As the reference has it, a tag only makes sure
/// that the text means something; what, is decided by the text. What is in quotes stays text.
pub(super) fn tagged(text: &str, tag: &str, quoted: bool) -> Result<Value, String> {
    let misfit = || format!("{text:?} is no value of the tag !!{tag}");
    let resolved = match tag {
        "str" => return Ok(Value::from(text)),
        "binary" => {
            super::decode_base64(text).map_err(|_| misfit())?;
            return Ok(Value::from(text));
        }
        "int" | "float" | "bool" | "null" => basic(text)?,
        "timestamp" => basic(text)?.or_else(|| timestamp(text).map(Value::from)),
        _ => return Err(format!("the tag !!{tag} is not supported")),
    };
    match resolved {
        Some(_) if quoted => Ok(Value::from(text)),
        Some(value) => Ok(value),
        None if tag == "null" => Ok(Value::null(Type::Dynamic)),
        None => Err(misfit()),
    }
}

/// A plain scalar without a tag.
pub(super) fn plain(text: &str) -> Result<Value, String> {
    let found = basic(text)?.or_else(|| timestamp(text).map(Value::from));
    Ok(found.unwrap_or_else(|| Value::from(text)))
}

/// Null, a bool or a number.
fn basic(text: &str) -> Result<Option<Value>, String> {
    if is_null(text) {
        return Ok(Some(Value::null(Type::Dynamic)));
    }
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err("there is no value for \"not a number\"".into());
    }
    if let Some(bool) = bool(text) {
        return Ok(Some(Value::from(bool)));
    }
    match integer(text)? {
        Some(number) => Ok(Some(Value::from(number))),
        None => Ok(float(text)?.map(Value::from)),
    }
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

/// Decimal of any size; hexadecimal and octal of 64 bits.
fn integer(text: &str) -> Result<Option<Number>, String> {
    let with_radix = |digits: &str, radix: u32| {
        if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
            return Ok(None);
        }
        let number = u64::from_str_radix(digits, radix).map_err(|_| format!("the number {text} is too large"))?;
        Ok(Some(Number::from(number)))
    };
    if let Some(digits) = text.strip_prefix("0x") {
        return with_radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return with_radix(digits, 8);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned.is_empty() || !unsigned.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    Number::parse(text).map(Some).map_err(|error| error.0)
}

fn float(text: &str) -> Result<Option<Number>, String> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        let negative = text.starts_with('-');
        return Ok(Some(if negative { Number::NEGATIVE_INFINITY } else { Number::INFINITY }));
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let valid = digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    if !valid || exponent.is_some_and(|exponent| exponent.is_empty() || !digits(exponent)) {
        return Ok(None);
    }
    Number::parse(text).map(Some).map_err(|error| error.0)
}

/// A date, or date and time, as RFC 3339 without a fraction of a second.
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
    let (second, fraction) = second.split_once(['.', ',']).unwrap_or((second, "0"));
    if parts.next().is_some() || fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hour, minute, second) = (number(hour, 23)?, number(minute, 59)?, number(second, 59)?);
    let zone = match zone {
        "" | "Z" | "+00:00" | "-00:00" => "Z",
        zone => offset(zone)?,
    };
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}"))
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
