//! Functions on numbers.

use super::arguments::Arguments;
use super::definition::{Definition, Outcome, Shape, any, blame, failed, number};
use crate::limits::RANGE;
use formwork_hcl::FunctionFailure;
use formwork_value::{Kind, Number, NumberError, Type, Value};

pub(super) static FUNCTIONS: &[Definition] = &[
    Definition::new("abs", "The number without its sign.", &[number("num")], Shape::Number, |args| {
        Ok(args.number(0).abs().into())
    }),
    Definition::new("ceil", "The least whole number that is not less.", &[number("num")], Shape::Number, |args| {
        Ok(args.number(0).ceil().into())
    }),
    Definition::new(
        "floor",
        "The greatest whole number that is not greater.",
        &[number("num")],
        Shape::Number,
        |args| Ok(args.number(0).floor().into()),
    ),
    Definition::new(
        "log",
        "The logarithm of a number to a base, in double precision.",
        &[number("num"), number("base")],
        Shape::Number,
        |args| from_float(logarithm(float(args, 0)?) / logarithm(float(args, 1)?)),
    ),
    Definition::new("max", "The greatest of the numbers.", &[], Shape::Number, |args| extreme(args, |a, b| a > b))
        .variadic(number("numbers").with_unknown()),
    Definition::new("min", "The least of the numbers.", &[], Shape::Number, |args| extreme(args, |a, b| a < b))
        .variadic(number("numbers").with_unknown()),
    Definition::new(
        "parseint",
        "The whole number that a text stands for in a base from 2 to 62.",
        &[any("number"), number("base")],
        Shape::Any,
        parse_int,
    )
    .resulting(Shape::Number),
    Definition::new(
        "pow",
        "A number raised to a power, in double precision.",
        &[number("num"), number("power")],
        Shape::Number,
        |args| from_float(power(float(args, 0)?, float(args, 1)?)),
    ),
    Definition::new("signum", "-1, 0 or 1: the sign of a whole number.", &[number("num")], Shape::Number, |args| {
        Ok(Value::from(args.whole(0)?.signum()))
    }),
    Definition::new("sum", "The sum of the elements of a collection of numbers.", &[any("list")], Shape::Any, sum)
        .resulting(Shape::Number),
    Definition::new(
        "range",
        "A list of numbers that goes from a start (0) up or down to a limit, which is not included, in steps.",
        &[],
        Shape::Numbers,
        range,
    )
    .variadic(number("params")),
];

/// A number in double precision.
fn float(args: &Arguments, index: usize) -> Result<f64, FunctionFailure> {
    let number = args.number(index);
    let float = number.to_f64();
    if float.is_infinite() && !number.is_infinite() {
        return Err(blame(index, "the number is too large for double precision"));
    }
    Ok(float)
}

/// A result in double precision: the number of its shortest digits, as the reference shows it.
fn from_float(result: f64) -> Outcome {
    let number = if result.is_finite() { Number::parse(&shortest(result)).ok() } else { Number::from_f64(result) };
    number.map(Value::from).ok_or_else(|| failed("the result is not a number"))
}

/// The shortest digits that stand for a float. As in the reference, a power of two takes digits that are as far below
/// it as they may be above it.
fn shortest(float: f64) -> String {
    const MANTISSA: u64 = (1 << 52) - 1;
    let own = float.to_string();
    if float.to_bits() & MANTISSA != 0 || float.abs() < MANTISSA as f64 {
        return own;
    }
    let half_step = Number::from_f64(float.abs() / (MANTISSA + 1) as f64 / 2.0);
    let (Some(exact), Some(half_step)) = (Number::from_f64(float), half_step) else { return own };
    for digits in 0..16 {
        let shorter = format!("{float:.digits$e}");
        let distance = Number::parse(&shorter).and_then(|near| near.sub(&exact));
        if distance.is_ok_and(|distance| distance.abs() <= half_step) {
            return shorter;
        }
    }
    own
}

/// The natural logarithm by the method of the C library fdlibm, so that the last digit is that of the reference: the
/// number is split into a power of two and a factor near 1, and for that a polynomial is used.
// The constants stand as the method gives them.
#[allow(clippy::excessive_precision)]
fn logarithm(number: f64) -> f64 {
    if number <= 0.0 || !number.is_finite() {
        return number.ln();
    }
    const ODD: [f64; 4] = [
        6.666_666_666_666_735_13e-1,
        2.857_142_874_366_239_149e-1,
        1.818_357_216_161_805_012e-1,
        1.479_819_860_511_658_591e-1,
    ];
    const EVEN: [f64; 3] = [3.999_999_999_940_941_908e-1, 2.222_219_843_214_978_396e-1, 1.531_383_769_920_937_332e-1];
    const LN_2_HIGH: f64 = 6.931_471_803_691_238_164_90e-1;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_700_02e-10;
    let (mut factor, mut scale) = split(number);
    if factor < std::f64::consts::SQRT_2 / 2.0 {
        factor *= 2.0;
        scale -= 1;
    }
    let (part, scale) = (factor - 1.0, scale as f64);
    let ratio = part / (2.0 + part);
    let squared = ratio * ratio;
    let fourth = squared * squared;
    let polynomial = |coefficients: &[f64]| coefficients.iter().rev().fold(0.0, |sum, c| c + fourth * sum);
    let rest = squared * polynomial(&ODD) + fourth * polynomial(&EVEN);
    let half_square = 0.5 * part * part;
    scale * LN_2_HIGH - ((half_square - (ratio * (half_square + rest) + scale * LN_2_LOW)) - part)
}

/// A power, by squaring where the exponent is whole, so that the last digits are those of the reference.
fn power(base: f64, exponent: f64) -> f64 {
    let (whole, mut fraction) = (exponent.abs().trunc(), exponent.abs().fract());
    let special = base == 0.0 || !base.is_finite() || !exponent.is_finite() || whole >= MAX_SQUARED;
    if special || fraction == 0.5 && whole == 0.0 {
        return if exponent == 0.5 { base.sqrt() } else { base.powf(exponent) };
    }
    if fraction != 0.0 && base < 0.0 {
        return f64::NAN;
    }
    let mut left = whole as u64;
    let (mut mantissa, mut scale) = (1.0, 0i64);
    if fraction != 0.0 {
        if fraction > 0.5 {
            fraction -= 1.0;
            left += 1;
        }
        mantissa = (fraction * logarithm(base)).exp();
    }
    let (mut square, mut square_scale) = split(base);
    while left != 0 {
        if left & 1 == 1 {
            mantissa *= square;
            scale = scale.saturating_add(square_scale);
        }
        square *= square;
        square_scale = square_scale.saturating_mul(2);
        if square < 0.5 {
            square += square;
            square_scale -= 1;
        }
        left >>= 1;
    }
    if exponent < 0.0 {
        (mantissa, scale) = (1.0 / mantissa, -scale);
    }
    scaled(mantissa, scale)
}

/// Whole exponents from which squaring makes no sense.
const MAX_SQUARED: f64 = 9.0e15;

/// A float as a mantissa of a magnitude from 0.5 to 1, and the power of two to multiply it with.
fn split(float: f64) -> (f64, i64) {
    let (float, extra) = if float.abs() < f64::MIN_POSITIVE { (float * 2f64.powi(64), -64) } else { (float, 0) };
    let bits = float.to_bits();
    let scale = ((bits >> 52) & 0x7ff) as i64 - 1022;
    (f64::from_bits((bits & !(0x7ff << 52)) | (1022 << 52)), scale + extra)
}

/// A float multiplied with a power of two, in steps that do not overflow on the way.
fn scaled(mut float: f64, scale: i64) -> f64 {
    let mut left = scale.clamp(-4000, 4000);
    while left != 0 && float != 0.0 && float.is_finite() {
        let step = left.clamp(-1000, 1000);
        float *= 2f64.powi(step as i32);
        left -= step;
    }
    float
}

pub(super) fn number_failure(error: NumberError) -> FunctionFailure {
    failed(error.0)
}

fn extreme(args: &Arguments, better: fn(&Number, &Number) -> bool) -> Outcome {
    let mut best: Option<&Number> = None;
    for value in args.values {
        match value.as_number() {
            Some(number) if best.is_none_or(|best| better(number, best)) => best = Some(number),
            Some(_) => {}
            None => return Ok(Value::unknown_not_null(Type::Number)),
        }
    }
    best.map(|number| number.clone().into()).ok_or_else(|| failed("at least one number is required"))
}

/// Digits are 0-9, then letters without regard to case; above base 36 lower case comes before upper case.
fn parse_int(args: &Arguments) -> Outcome {
    let Some(text) = args.get(0).and_then(Value::as_str) else {
        return Err(blame(0, "a string is required"));
    };
    let base = args.whole(1)?;
    if !(2..=62).contains(&base) {
        return Err(blame(1, format!("the base must be between 2 and 62, not {base}")));
    }
    let base = u32::try_from(base).unwrap_or(10);
    let wrong = || blame(0, format!("{text:?} is not a whole number in base {base}"));
    if base <= 36 {
        return Ok(Number::parse_radix(text, base).map_err(|_| wrong())?.into());
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || digits.len() > MAX_DIGITS {
        return Err(wrong());
    }
    let radix = Number::from(i64::from(base));
    let mut total = Number::ZERO;
    for byte in digits.bytes() {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'z' => byte - b'a' + 10,
            b'A'..=b'Z' => byte - b'A' + 36,
            _ => return Err(wrong()),
        };
        if u32::from(digit) >= base {
            return Err(wrong());
        }
        let shifted = total.mul(&radix).map_err(number_failure)?;
        total = shifted.add(&Number::from(i64::from(digit))).map_err(number_failure)?;
    }
    Ok(if negative { total.neg() } else { total }.into())
}

/// More digits do not fit a number anyway.
const MAX_DIGITS: usize = 4096;

fn sum(args: &Arguments) -> Outcome {
    let value = args.value(0);
    let items = match value.kind() {
        Kind::List(_) | Kind::Set(_) | Kind::Tuple(_) => args.items(0),
        _ => return Err(blame(0, "the argument must be a list, set or tuple of numbers")),
    };
    if items.is_empty() {
        return Err(failed("an empty collection has no sum"));
    }
    if !items.iter().all(Value::is_known) {
        return Ok(Value::unknown_not_null(Type::Number));
    }
    let mut total: Option<Number> = None;
    for item in items {
        let number = formwork_value::convert(item, &Type::Number)
            .map_err(|_| blame(0, "the argument must be a list, set or tuple of numbers"))?;
        match number.kind() {
            Kind::Number(number) => {
                let sum = total.map_or_else(|| Ok(number.clone()), |total| total.add(number));
                total = Some(sum.map_err(number_failure)?);
            }
            _ => return Err(blame(0, "the argument must be a list, set or tuple of numbers, none of them null")),
        }
    }
    Ok(total.map_or_else(|| Value::unknown_not_null(Type::Number), Value::from))
}

fn range(args: &Arguments) -> Outcome {
    let (start, limit) = match args.len() {
        1 => (Number::ZERO, args.number(0).clone()),
        2 | 3 => (args.number(0).clone(), args.number(1).clone()),
        _ => {
            return Err(failed(
                "one to three arguments are required: limit, or start and limit, or start, limit and step",
            ));
        }
    };
    let down = limit < start;
    let step = match args.get(2) {
        Some(_) => args.number(2).clone(),
        None => Number::from(if down { -1 } else { 1 }),
    };
    if start.is_infinite() || limit.is_infinite() {
        return Err(failed("a range must be finite"));
    }
    if start == limit {
        return Ok(Value::list(Type::Number, Vec::new()));
    }
    if step.is_zero() {
        return Err(blame(2, "the step must not be zero"));
    }
    if step.is_negative() != down {
        let needed = if down { "less than" } else { "greater than" };
        return Err(blame(2, format!("the step must be {needed} zero to get from the start to the limit")));
    }
    let mut items = Vec::new();
    let mut current = start;
    while if down { current > limit } else { current < limit } {
        if items.len() >= RANGE {
            return Err(failed(format!("the range has more than {RANGE} elements")));
        }
        let next = current.add(&step).map_err(number_failure)?;
        items.push(current.into());
        current = next;
    }
    Ok(Value::list(Type::Number, items))
}
