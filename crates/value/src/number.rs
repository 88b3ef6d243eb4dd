//! Numbers: binary floating point with a 512-bit mantissa, as the reference has them, with a fast path for small
//! whole numbers.

use std::cmp::Ordering;
use std::fmt;

/// A number. Infinity exists; NaN does not.
#[derive(Clone, Debug)]
pub struct Number(i64);

/// Why an operation has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberError(pub String);

impl Number {
    /// Parses decimal text: optional sign, digits, fraction, exponent. The exponent is bounded.
    pub fn parse(text: &str) -> Result<Number, NumberError> {
        todo!()
    }

    pub fn from_f64(value: f64) -> Option<Number> {
        todo!()
    }

    pub fn to_f64(&self) -> f64 {
        todo!()
    }

    /// The exact value if it is whole and fits.
    pub fn to_i64(&self) -> Option<i64> {
        todo!()
    }

    pub fn is_integer(&self) -> bool {
        todo!()
    }

    pub fn is_infinite(&self) -> bool {
        todo!()
    }

    pub fn add(&self, other: &Number) -> Result<Number, NumberError> {
        todo!()
    }

    pub fn sub(&self, other: &Number) -> Result<Number, NumberError> {
        todo!()
    }

    pub fn mul(&self, other: &Number) -> Result<Number, NumberError> {
        todo!()
    }

    pub fn div(&self, other: &Number) -> Result<Number, NumberError> {
        todo!()
    }

    /// Truncated remainder: the sign is that of `self`.
    pub fn rem(&self, other: &Number) -> Result<Number, NumberError> {
        todo!()
    }

    pub fn neg(&self) -> Number {
        todo!()
    }

    pub fn floor(&self) -> Number {
        todo!()
    }

    pub fn ceil(&self) -> Number {
        todo!()
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Number {
        Number(value)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        self.0.cmp(&other.0)
    }
}

/// Plain decimal with the shortest digits that round-trip at 512 bits; never an exponent.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}
