//! Numbers: binary floating point with a 512-bit mantissa, as the reference has them, with a fast path for small
//! whole numbers.

mod decimal;
mod float;

pub use decimal::round_digits;

use float::Float;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A number. Infinity exists; NaN does not.
///
/// Equality, order and hash are numeric: each number has exactly one representation, but for zero, which may be
/// negative (it is written `-0` and otherwise the same).
#[derive(Clone)]
pub struct Number(Repr);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    Int(i64),
    NegativeZero,
    /// Never a whole number that fits `Int`.
    Float(Arc<Float>),
    Infinity {
        negative: bool,
    },
}

/// Why an operation has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberError(pub String);

impl NumberError {
    fn new(message: &str) -> NumberError {
        NumberError(message.to_owned())
    }
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NumberError {}

impl Number {
    pub const ZERO: Number = Number(Repr::Int(0));
    const NEGATIVE_ZERO: Number = Number(Repr::NegativeZero);
    pub const INFINITY: Number = Number(Repr::Infinity { negative: false });
    pub const NEGATIVE_INFINITY: Number = Number(Repr::Infinity { negative: true });

    /// Parses decimal text: optional sign, digits, fraction, exponent, or `inf`. The exponent is bounded.
    pub fn parse(text: &str) -> Result<Number, NumberError> {
        decimal::parse(text)
    }

    /// Parses a whole number of any size in a base from 2 to 36, with an optional sign.
    pub fn parse_radix(text: &str, radix: u32) -> Result<Number, NumberError> {
        decimal::parse_radix(text, radix)
    }

    /// The same number; `None` for NaN.
    pub fn from_f64(value: f64) -> Option<Number> {
        if value.is_nan() {
            return None;
        }
        if value.is_infinite() {
            return Some(Number(Repr::Infinity { negative: value < 0.0 }));
        }
        if value == 0.0 {
            return Some(Number::zero(value.is_sign_negative()));
        }
        Float::from_f64(value).finish().ok()
    }

    /// The nearest float, ties to even.
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            Repr::Int(n) => *n as f64,
            Repr::NegativeZero => -0.0,
            Repr::Float(x) => x.to_f64(),
            Repr::Infinity { negative: false } => f64::INFINITY,
            Repr::Infinity { negative: true } => f64::NEG_INFINITY,
        }
    }

    /// The exact value if it is whole and fits.
    pub fn to_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Int(n) => Some(n),
            Repr::NegativeZero => Some(0),
            _ => None,
        }
    }

    /// The exact value if it is whole, not negative and fits.
    pub fn to_usize(&self) -> Option<usize> {
        usize::try_from(self.to_i64()?).ok()
    }

    /// True for whole numbers; false for infinities.
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Repr::Int(_) | Repr::NegativeZero => true,
            Repr::Float(x) => x.is_integer(),
            Repr::Infinity { .. } => false,
        }
    }

    pub fn is_infinite(&self) -> bool {
        matches!(self.0, Repr::Infinity { .. })
    }

    pub fn is_zero(&self) -> bool {
        matches!(self.0, Repr::Int(0) | Repr::NegativeZero)
    }

    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Repr::Int(n) => *n < 0,
            Repr::NegativeZero => false,
            Repr::Float(x) => x.negative,
            Repr::Infinity { negative } => *negative,
        }
    }

    /// Errors: sum of opposite infinities; overflow.
    pub fn add(&self, other: &Number) -> Result<Number, NumberError> {
        match (&self.0, &other.0) {
            (Repr::Int(a), Repr::Int(b)) if let Some(sum) = a.checked_add(*b) => Ok(Number::from(sum)),
            (Repr::Infinity { negative: a }, Repr::Infinity { negative: b }) if a != b => {
                Err(NumberError::new("can't add infinity to negative infinity"))
            }
            (Repr::NegativeZero, Repr::NegativeZero) => Ok(Number::NEGATIVE_ZERO),
            (Repr::Infinity { .. }, _) => Ok(self.clone()),
            (_, Repr::Infinity { .. }) => Ok(other.clone()),
            _ => self.to_float().add(&other.to_float()),
        }
    }

    /// Errors: difference of equal infinities; overflow.
    pub fn sub(&self, other: &Number) -> Result<Number, NumberError> {
        match (&self.0, &other.0) {
            (Repr::Int(a), Repr::Int(b)) if let Some(difference) = a.checked_sub(*b) => Ok(Number::from(difference)),
            (Repr::Infinity { negative: a }, Repr::Infinity { negative: b }) if a == b => {
                Err(NumberError::new("can't subtract infinity from itself"))
            }
            _ => self.add(&other.neg()),
        }
    }

    /// Errors: zero times infinity; overflow.
    pub fn mul(&self, other: &Number) -> Result<Number, NumberError> {
        if let (Repr::Int(a), Repr::Int(b)) = (&self.0, &other.0)
            && let Some(product) = a.checked_mul(*b).filter(|product| *product != 0)
        {
            return Ok(Number::from(product));
        }
        if (self.is_zero() || other.is_zero()) && !self.is_infinite() && !other.is_infinite() {
            return Ok(Number::zero(self.has_minus() != other.has_minus()));
        }
        if self.is_infinite() || other.is_infinite() {
            if self.is_zero() || other.is_zero() {
                return Err(NumberError::new("can't multiply zero by infinity"));
            }
            return Ok(Number(Repr::Infinity { negative: self.is_negative() != other.is_negative() }));
        }
        self.to_float().mul(&other.to_float())
    }

    /// A number other than zero divided by zero is infinite. Errors: zero by zero, infinity by infinity; overflow.
    pub fn div(&self, other: &Number) -> Result<Number, NumberError> {
        if let (Repr::Int(a), Repr::Int(b)) = (&self.0, &other.0)
            && a.checked_rem(*b) == Some(0)
            && let Some(quotient) = a.checked_div(*b).filter(|quotient| *quotient != 0)
        {
            return Ok(Number::from(quotient));
        }
        if (self.is_zero() && other.is_zero()) || (self.is_infinite() && other.is_infinite()) {
            return Err(NumberError::new("can't divide zero by zero or infinity by infinity"));
        }
        if self.is_infinite() || other.is_zero() {
            return Ok(Number(Repr::Infinity { negative: self.has_minus() != other.has_minus() }));
        }
        if self.is_zero() || other.is_infinite() {
            return Ok(Number::zero(self.has_minus() != other.has_minus()));
        }
        self.to_float().div(&other.to_float())
    }

    /// Truncated remainder: the sign is that of `self`. The remainder by zero or by infinity is `self`.
    pub fn rem(&self, other: &Number) -> Result<Number, NumberError> {
        if let (Repr::Int(a), Repr::Int(b)) = (&self.0, &other.0)
            && let Some(remainder) = a.checked_rem(*b)
        {
            return Ok(Number::from(remainder));
        }
        if self.is_infinite() {
            return Err(NumberError::new("can't take the remainder of infinity"));
        }
        if self.is_zero() || other.is_zero() || other.is_infinite() {
            return Ok(self.clone());
        }
        let quotient = self.div(other)?;
        let whole = if quotient.is_negative() { quotient.ceil() } else { quotient.floor() };
        self.sub(&whole.mul(other)?)
    }

    pub fn neg(&self) -> Number {
        match &self.0 {
            Repr::Int(0) => Number::NEGATIVE_ZERO,
            Repr::NegativeZero => Number::ZERO,
            Repr::Int(n) if let Some(negated) = n.checked_neg() => Number::from(negated),
            Repr::Infinity { negative } => Number(Repr::Infinity { negative: !negative }),
            _ => self.to_float().negate().finish().unwrap_or(Number::ZERO),
        }
    }

    /// The absolute value.
    pub fn abs(&self) -> Number {
        if self.has_minus() { self.neg() } else { self.clone() }
    }

    /// The greatest whole number that is not greater.
    pub fn floor(&self) -> Number {
        match &self.0 {
            Repr::Float(x) => x.floor(),
            Repr::NegativeZero => Number::ZERO,
            _ => self.clone(),
        }
    }

    /// The least whole number that is not less.
    pub fn ceil(&self) -> Number {
        match &self.0 {
            // Whole numbers close to zero are zero without a sign.
            Repr::Float(x) => x.negate().floor().neg().without_negative_zero(),
            Repr::NegativeZero => Number::ZERO,
            _ => self.clone(),
        }
    }

    /// All digits of the exact decimal value, without the sign, and how many of them are behind the decimal point. `None` for
    /// infinities, and for numbers so large or small that the digits would be many (the shortest text will do for those).
    pub fn exact_digits(&self) -> Option<(String, i64)> {
        match &self.0 {
            Repr::Int(n) => Some((n.unsigned_abs().to_string(), 0)),
            Repr::NegativeZero => Some(("0".to_owned(), 0)),
            Repr::Float(x) => decimal::exact_digits(x).map(|(digits, scale)| (digits.to_string(), scale)),
            Repr::Infinity { .. } => None,
        }
    }

    /// Text with ten significant digits, with an exponent where `%g` has one: part of the order of compound set
    /// elements (fact sheet `language.md` 6.3).
    pub(crate) fn to_short_text(&self) -> String {
        match &self.0 {
            Repr::NegativeZero => self.to_string(),
            Repr::Int(n) if n.unsigned_abs() < 10_000_000_000 => n.to_string(),
            Repr::Int(n) => decimal::short_text(&Float::from_i64(*n)),
            Repr::Float(x) => decimal::short_text(x),
            Repr::Infinity { .. } => self.to_string(),
        }
    }

    /// Zero, with or without a minus sign.
    fn zero(negative: bool) -> Number {
        if negative { Number::NEGATIVE_ZERO } else { Number::ZERO }
    }

    fn without_negative_zero(self) -> Number {
        if self.is_zero() { Number::ZERO } else { self }
    }

    /// True if the text of the number begins with a minus sign, as that of negative zero does.
    pub fn has_minus(&self) -> bool {
        self.is_negative() || matches!(self.0, Repr::NegativeZero)
    }

    /// The finite value as a float; infinities, which callers have dealt with before, become zero.
    fn to_float(&self) -> Float {
        match &self.0 {
            Repr::Int(n) => Float::from_i64(*n),
            Repr::Float(x) => (**x).clone(),
            Repr::NegativeZero | Repr::Infinity { .. } => Float::from_i64(0),
        }
    }

    /// Rank by sign and infinity: order of different ranks needs no look at the digits.
    fn rank(&self) -> i8 {
        match (&self.0, self.is_negative()) {
            (Repr::Int(0) | Repr::NegativeZero, _) => 0,
            (Repr::Infinity { .. }, false) => 2,
            (Repr::Infinity { .. }, true) => -2,
            (_, false) => 1,
            (_, true) => -1,
        }
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Number {
        Number(Repr::Int(value))
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Number {
        match i64::try_from(value) {
            Ok(n) => Number::from(n),
            Err(_) => Float::from_u64(value).finish().unwrap_or(Number::ZERO),
        }
    }
}

impl From<usize> for Number {
    fn from(value: usize) -> Number {
        Number::from(value as u64)
    }
}

impl From<i32> for Number {
    fn from(value: i32) -> Number {
        Number::from(i64::from(value))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.0 == other.0 || (self.is_zero() && other.is_zero())
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Repr::NegativeZero => Repr::Int(0).hash(state),
            repr => repr.hash(state),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        if let (Repr::Int(a), Repr::Int(b)) = (&self.0, &other.0) {
            return a.cmp(b);
        }
        let rank = self.rank();
        match rank.cmp(&other.rank()) {
            Ordering::Equal if rank == 1 => self.to_float().compare_magnitude(&other.to_float()),
            Ordering::Equal if rank == -1 => other.to_float().compare_magnitude(&self.to_float()),
            order => order,
        }
    }
}

/// Plain decimal with the shortest digits that round-trip at 512 bits; never an exponent.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Int(n) => write!(f, "{n}"),
            Repr::NegativeZero => f.write_str("-0"),
            Repr::Float(x) => f.write_str(&decimal::plain_text(x)),
            Repr::Infinity { negative: false } => f.write_str("+Inf"),
            Repr::Infinity { negative: true } => f.write_str("-Inf"),
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
