//! Numbers with an exponent or a fixed number of decimals.

use super::verb::{Verb, sign};
use formwork_value::{Number, round_digits};

/// Decimals when no precision is given.
const DEFAULT_PRECISION: usize = 6;

/// Exponent from which `%g` without a precision writes one.
const MAX_PLAIN_EXPONENT: i64 = 6;

/// Decimal digits without leading zeros, and the place of the point counted from the first digit.
struct Decimal {
    digits: Vec<u8>,
    point: i64,
}

pub(super) fn write(out: &mut String, verb: &Verb, number: &Number) -> Result<(), String> {
    let text = match verb.mode {
        _ if number.is_infinite() => "Inf".to_owned(),
        'f' => exact(number).fixed(verb.precision.unwrap_or(DEFAULT_PRECISION)),
        'e' | 'E' => exact(number).scientific(verb.precision.unwrap_or(DEFAULT_PRECISION), verb.mode),
        mode => general(number, verb.precision, if mode == 'G' { 'E' } else { 'e' }),
    };
    let sign = if number.is_infinite() && !number.has_minus() && !verb.flags.space {
        "+"
    } else {
        sign(verb.flags, number.has_minus())
    };
    let missing = verb.width.map_or(0, |width| width.saturating_sub(sign.len() + text.len()));
    let zero = verb.flags.zero && !verb.flags.minus && !number.is_infinite();
    if !zero && !verb.flags.minus {
        out.extend(std::iter::repeat_n(' ', missing));
    }
    out.push_str(sign);
    if zero {
        out.extend(std::iter::repeat_n('0', missing));
    }
    out.push_str(&text);
    if verb.flags.minus {
        out.extend(std::iter::repeat_n(' ', missing));
    }
    Ok(())
}

/// `%g`: the shortest digits, or as many as the precision says, without zeros at the end.
pub(super) fn general(number: &Number, precision: Option<usize>, letter: char) -> String {
    let (decimal, plain_below) = match precision {
        None => (Decimal::of_text(&number.abs().to_string()), MAX_PLAIN_EXPONENT),
        Some(precision) => {
            let precision = precision.max(1);
            let exact = exact(number);
            let length = exact.digits.len();
            let mut bound = precision;
            if bound > length && length as i64 >= exact.point {
                bound = length;
            }
            (exact.rounded(precision as i64), bound as i64)
        }
    };
    let digits = decimal.digits.len();
    let exponent = decimal.exponent();
    if exponent < -4 || exponent >= plain_below {
        decimal.scientific(digits.saturating_sub(1), letter)
    } else {
        let decimals = (digits as i64 - decimal.point).max(0);
        decimal.fixed(usize::try_from(decimals).unwrap_or(0))
    }
}

fn exact(number: &Number) -> Decimal {
    match number.abs().exact_digits() {
        Some((digits, scale)) => Decimal::new(digits.into_bytes(), scale),
        None => Decimal::of_text(&number.abs().to_string()),
    }
}

impl Decimal {
    /// From digits of which the last `scale` are behind the point.
    fn new(digits: Vec<u8>, scale: i64) -> Decimal {
        let point = digits.len() as i64 - scale;
        let leading = digits.iter().take_while(|digit| **digit == b'0').count();
        let mut digits: Vec<u8> = digits.into_iter().skip(leading).collect();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let point = if digits.is_empty() { 0 } else { point - leading as i64 };
        Decimal { digits, point }
    }

    fn of_text(text: &str) -> Decimal {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        Decimal::new([whole, fraction].concat().into_bytes(), fraction.len() as i64)
    }

    /// The power of ten of the first digit.
    fn exponent(&self) -> i64 {
        if self.digits.is_empty() { 0 } else { self.point - 1 }
    }

    /// The first `count` digits, rounded to nearest, ties to even.
    fn rounded(&self, count: i64) -> Decimal {
        let Ok(count) = usize::try_from(count) else { return Decimal { digits: Vec::new(), point: 0 } };
        if count >= self.digits.len() {
            return Decimal { digits: self.digits.clone(), point: self.point };
        }
        Decimal::new(round_digits(&self.digits, count), count as i64 - self.point)
    }

    fn digit(&self, index: i64) -> char {
        let digit = usize::try_from(index).ok().and_then(|index| self.digits.get(index));
        digit.map_or('0', |digit| char::from(*digit))
    }

    fn fixed(&self, decimals: usize) -> String {
        let rounded = self.rounded(self.point.saturating_add(decimals as i64));
        let mut text = String::new();
        if rounded.point > 0 {
            text.extend((0..rounded.point).map(|index| rounded.digit(index)));
        } else {
            text.push('0');
        }
        if decimals > 0 {
            text.push('.');
            text.extend((0..decimals as i64).map(|index| rounded.digit(rounded.point + index)));
        }
        text
    }

    fn scientific(&self, decimals: usize, letter: char) -> String {
        let rounded = self.rounded(decimals as i64 + 1);
        let mut text = String::from(rounded.digit(0));
        if decimals > 0 {
            text.push('.');
            text.extend((1..=decimals as i64).map(|index| rounded.digit(index)));
        }
        let exponent = rounded.exponent();
        let sign = if exponent < 0 { '-' } else { '+' };
        text.push_str(&format!("{letter}{sign}{:02}", exponent.unsigned_abs()));
        text
    }
}
