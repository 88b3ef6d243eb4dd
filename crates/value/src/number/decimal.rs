//! Decimal text of numbers.

use super::float::{Float, PRECISION};
use super::{Number, NumberError};
use dashu_int::UBig;
use dashu_int::ops::BitTest;
use std::cmp::Ordering;

/// Bound of the decimal exponent and of the number of digits.
const MAX_EXPONENT: i64 = 19_720;
const MAX_DIGITS: usize = 100_000;

/// Whole numbers and exact expansions below `2^EXACT_BITS` have at most 154 digits; no shorter text is as close to
/// them as half a unit of the 512-bit mantissa.
const EXACT_BITS: usize = 511;

pub(super) fn parse(text: &str) -> Result<Number, NumberError> {
    let (negative, unsigned) = split_sign(text);
    if matches!(unsigned, "inf" | "Inf") {
        return Ok(if negative { Number::NEGATIVE_INFINITY } else { Number::INFINITY });
    }
    if unsigned.len() <= 18
        && unsigned.bytes().all(|b| b.is_ascii_digit())
        && let Ok(n) = unsigned.parse::<i64>()
    {
        return Ok(if negative { Number::from(n).neg() } else { Number::from(n) });
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(not_a_number());
    }
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Ok(Number::zero(negative));
    }
    let trailing = digits.len() - digits.trim_end_matches('0').len();
    let exponent = exponent.saturating_sub(fraction.len() as i64).saturating_add(trailing as i64);
    from_digits(negative, significant, exponent)
}

fn split_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn parse_exponent(text: &str) -> Result<i64, NumberError> {
    let (negative, digits) = split_sign(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(not_a_number());
    }
    // An exponent that does not even fit is out of range by far; the caller says so.
    let magnitude = digits.parse::<i64>().unwrap_or(i64::MAX / 4).min(i64::MAX / 4);
    Ok(if negative { -magnitude } else { magnitude })
}

fn not_a_number() -> NumberError {
    NumberError::new("a number is required")
}

/// `digits * 10^exponent`, rounded once. The digits are significant: no zeros at either end.
fn from_digits(negative: bool, digits: &str, exponent: i64) -> Result<Number, NumberError> {
    let magnitude = exponent.saturating_add(digits.len() as i64);
    if magnitude > MAX_EXPONENT {
        return Err(NumberError::new("the number is too large"));
    }
    if magnitude < -MAX_EXPONENT {
        return Err(NumberError::new("the number is too close to zero"));
    }
    if digits.len() > MAX_DIGITS {
        return Err(NumberError::new("the number has too many digits"));
    }
    let significand = UBig::from_str_radix(digits, 10).map_err(|_| not_a_number())?;
    let power = UBig::from(5u8).pow(exponent.unsigned_abs() as usize);
    if exponent >= 0 {
        Float { negative, significand: significand * power, exponent }.finish()
    } else {
        let divisor = Float { negative: false, significand: power, exponent: -exponent };
        Float { negative, significand, exponent: 0 }.div(&divisor)
    }
}

pub(super) fn parse_radix(text: &str, radix: u32) -> Result<Number, NumberError> {
    let (negative, digits) = split_sign(text);
    if !(2..=36).contains(&radix) || digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err(NumberError(format!("cannot parse {text:?} as a base {radix} integer")));
    }
    if digits.len() > MAX_DIGITS {
        return Err(NumberError::new("the number has too many digits"));
    }
    let significand = UBig::from_str_radix(digits, radix).map_err(|_| not_a_number())?;
    Float { negative, significand, exponent: 0 }.finish()
}

/// Plain decimal text with the least digits that still mean the same number.
pub(super) fn plain_text(x: &Float) -> String {
    let (digits, scale) = shortest_digits(x);
    let mut text = String::with_capacity(digits.len() + 3);
    if x.negative {
        text.push('-');
    }
    write_plain(&mut text, &digits, scale);
    text
}

/// Digits, and how many of them are behind the decimal point (negative: zeros to append).
fn shortest_digits(x: &Float) -> (String, i64) {
    if let Some(exact) = exact_digits(x).filter(|(significand, _)| significand.bit_len() <= EXACT_BITS) {
        return (exact.0.to_string(), exact.1);
    }
    // All three in units of half the last place of the mantissa, then of 10^-scale.
    let padding = PRECISION - x.significand.bit_len().min(PRECISION);
    let doubled = &x.significand << (padding + 1);
    let exponent = x.exponent - padding as i64 - 1;
    let inclusive = !doubled.bit(1);
    let (factor, scale) = if exponent >= 0 {
        (UBig::ONE << exponent as usize, 0)
    } else {
        (UBig::from(5u8).pow(exponent.unsigned_abs() as usize), -exponent)
    };
    let upper = ((&doubled + UBig::ONE) * &factor).to_string();
    let width = upper.len();
    let value = format!("{:0>width$}", (&doubled * &factor).to_string());
    let lower = format!("{:0>width$}", ((doubled - UBig::ONE) * factor).to_string());
    let (digits, dropped) = shortest_between(lower.as_bytes(), value.as_bytes(), upper.as_bytes(), inclusive);
    (digits, scale - dropped as i64)
}

/// The shortest prefix of `value`, rounded down or up, that lies between the bounds, and the number of digits
/// dropped. All three have the same length. Source of the choice among equals: the reference prints numbers so.
fn shortest_between(lower: &[u8], value: &[u8], upper: &[u8], inclusive: bool) -> (String, usize) {
    let lower_end = significant_len(lower);
    let upper_end = significant_len(upper);
    let mut above_lower = false;
    let mut below_upper = 0u32;
    for (index, ((l, v), u)) in lower.iter().zip(value).zip(upper).enumerate() {
        let kept = index + 1;
        above_lower |= v > l;
        below_upper = (below_upper * 10 + u32::from(*u)).saturating_sub(u32::from(*v)).min(2);
        let down = above_lower || (inclusive && kept >= lower_end);
        let up = below_upper == 2 || (below_upper == 1 && (inclusive || kept < upper_end));
        let rest = value.get(kept..).unwrap_or_default();
        let round_up = match (down, up) {
            (false, false) => continue,
            (true, true) => rounds_up(rest, *v),
            (_, up) => up,
        };
        return (text(round_prefix(value.get(..kept).unwrap_or_default(), round_up)), rest.len());
    }
    (String::from_utf8_lossy(value).into_owned(), 0)
}

fn significant_len(digits: &[u8]) -> usize {
    digits.iter().rposition(|d| *d != b'0').map_or(0, |last| last + 1)
}

/// Whether digits behind a kept digit round it up: to nearest, ties to even.
fn rounds_up(rest: &[u8], last_kept: u8) -> bool {
    let Some((first, tail)) = rest.split_first() else { return false };
    match first.cmp(&b'5') {
        Ordering::Equal => tail.iter().any(|d| *d != b'0') || last_kept % 2 == 1,
        order => order == Ordering::Greater,
    }
}

/// The first `kept` of some decimal digits, rounded to nearest, ties to even: one more if they round up to a power of ten.
pub fn round_digits(digits: &[u8], kept: usize) -> Vec<u8> {
    let (prefix, rest) = digits.split_at(kept.min(digits.len()));
    round_prefix(prefix, rounds_up(rest, prefix.last().copied().unwrap_or(b'0')))
}

fn round_prefix(prefix: &[u8], up: bool) -> Vec<u8> {
    let mut digits = prefix.to_vec();
    if up {
        let mut carry = true;
        for digit in digits.iter_mut().rev() {
            carry = *digit == b'9';
            *digit = if carry { b'0' } else { *digit + 1 };
            if !carry {
                break;
            }
        }
        if carry {
            digits.insert(0, b'1');
        }
    }
    digits
}

fn text(digits: Vec<u8>) -> String {
    String::from_utf8_lossy(&digits).into_owned()
}

fn write_plain(text: &mut String, digits: &str, scale: i64) {
    let digits = digits.trim_start_matches('0');
    if scale <= 0 {
        text.push_str(digits);
        text.extend(std::iter::repeat_n('0', scale.unsigned_abs() as usize));
        return;
    }
    let scale = scale as usize;
    let padded = format!("{:0>width$}", digits, width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    text.push_str(whole);
    let fraction = fraction.trim_end_matches('0');
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
}

/// The exact decimal expansion as digits and scale; `None` for large whole numbers, whose digits would be many.
pub(super) fn exact_digits(x: &Float) -> Option<(UBig, i64)> {
    if x.exponent > PRECISION as i64 || x.exponent < -4 * PRECISION as i64 {
        return None;
    }
    let power = x.exponent.unsigned_abs() as usize;
    Some(if x.exponent >= 0 {
        (&x.significand << power, 0)
    } else {
        (&x.significand * UBig::from(5u8).pow(power), power as i64)
    })
}

/// Ten significant digits, as `%g` writes them.
pub(super) fn short_text(x: &Float) -> String {
    const DIGITS: usize = 10;
    let power = x.exponent.unsigned_abs() as usize;
    let (whole, scale) = if x.exponent >= 0 {
        (&x.significand << power, 0)
    } else {
        (&x.significand * UBig::from(5u8).pow(power), power as i64)
    };
    let exact = whole.to_string();
    let rounded = text(round_digits(exact.as_bytes(), DIGITS));
    // Position of the decimal point, counted from the first digit.
    let point = (rounded.len() + exact.len().saturating_sub(DIGITS)) as i64 - scale;
    let digits = rounded.trim_end_matches('0');
    let mut text = String::new();
    if x.negative {
        text.push('-');
    }
    let exponent = point - 1;
    if exponent < -4 || exponent >= DIGITS as i64 {
        let (first, tail) = digits.split_at(1);
        text.push_str(first);
        if !tail.is_empty() {
            text.push('.');
            text.push_str(tail);
        }
        let sign = if exponent < 0 { '-' } else { '+' };
        text.push_str(&format!("e{sign}{:02}", exponent.unsigned_abs()));
    } else {
        write_plain(&mut text, digits, digits.len() as i64 - point);
    }
    text
}
