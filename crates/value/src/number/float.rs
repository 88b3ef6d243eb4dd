//! Finite binary floating point numbers and their correctly rounded arithmetic.

use super::{Number, NumberError, Repr};
use dashu_int::UBig;
use dashu_int::ops::{BitTest, DivRem};
use std::cmp::Ordering;
use std::sync::Arc;

/// Bits of a mantissa.
pub(super) const PRECISION: usize = 512;

/// Bound of the position of the highest bit, so that no number takes much memory or time: about 10^±19,700.
const MAX_POSITION: i64 = 65_536;

/// `significand * 2^exponent`. In a [`Number`] the significand is odd and has at most [`PRECISION`] bits.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Float {
    pub(super) negative: bool,
    pub(super) significand: UBig,
    pub(super) exponent: i64,
}

impl Float {
    pub(super) fn from_i64(value: i64) -> Float {
        Float { negative: value < 0, significand: UBig::from(value.unsigned_abs()), exponent: 0 }
    }

    pub(super) fn from_u64(value: u64) -> Float {
        Float { negative: false, significand: UBig::from(value), exponent: 0 }
    }

    /// The value of a finite float.
    pub(super) fn from_f64(value: f64) -> Float {
        let bits = value.to_bits();
        let fraction = bits & ((1 << 52) - 1);
        let biased = ((bits >> 52) & 0x7ff) as i64;
        let (significand, exponent) =
            if biased == 0 { (fraction, -1074) } else { (fraction | (1 << 52), biased - 1075) };
        Float { negative: value.is_sign_negative(), significand: UBig::from(significand), exponent }
    }

    pub(super) fn to_f64(&self) -> f64 {
        let position = self.position();
        if position > 1024 {
            return if self.negative { f64::NEG_INFINITY } else { f64::INFINITY };
        }
        // Subnormal floats have fewer bits: round once, to the bits that the result has.
        let bits = if position > -1022 { 53 } else { 53 - (-1021 - position) };
        if bits < 0 {
            return if self.negative { -0.0 } else { 0.0 };
        }
        let length = self.significand.bit_len();
        let (mantissa, exponent) = match length.checked_sub(bits as usize) {
            Some(excess) if excess > 0 => {
                (shift_right_to_even(&self.significand, excess, false), self.exponent + excess as i64)
            }
            _ => (self.significand.clone(), self.exponent),
        };
        let mantissa = u64::try_from(&mantissa).unwrap_or(u64::MAX) as f64;
        // The result is exact, but the power alone may be out of range: multiply in two steps.
        let half = (exponent / 2) as i32;
        let magnitude = mantissa * 2f64.powi(half) * 2f64.powi(exponent as i32 - half);
        if self.negative { -magnitude } else { magnitude }
    }

    /// Position of the highest bit: the magnitude is in `[2^(position-1), 2^position)`.
    fn position(&self) -> i64 {
        self.significand.bit_len() as i64 + self.exponent
    }

    pub(super) fn is_integer(&self) -> bool {
        self.exponent >= 0
    }

    pub(super) fn negate(&self) -> Float {
        Float { negative: !self.negative, ..self.clone() }
    }

    pub(super) fn compare_magnitude(&self, other: &Float) -> Ordering {
        self.position().cmp(&other.position()).then_with(|| {
            let common = self.exponent.min(other.exponent);
            self.aligned(common).cmp(&other.aligned(common))
        })
    }

    /// The significand for a smaller exponent.
    fn aligned(&self, exponent: i64) -> UBig {
        &self.significand << (self.exponent - exponent).max(0) as usize
    }

    pub(super) fn add(&self, other: &Float) -> Result<Number, NumberError> {
        let exponent = self.exponent.min(other.exponent);
        let (a, b) = (self.aligned(exponent), other.aligned(exponent));
        let (negative, significand) = if self.negative == other.negative {
            (self.negative, a + b)
        } else if a >= b {
            (self.negative, a - b)
        } else {
            (other.negative, b - a)
        };
        Float { negative, significand, exponent }.finish()
    }

    pub(super) fn mul(&self, other: &Float) -> Result<Number, NumberError> {
        Float {
            negative: self.negative != other.negative,
            significand: &self.significand * &other.significand,
            exponent: self.exponent + other.exponent,
        }
        .finish()
    }

    /// The quotient; `other` is not zero.
    pub(super) fn div(&self, other: &Float) -> Result<Number, NumberError> {
        let missing = (PRECISION + 2 + other.significand.bit_len()).saturating_sub(self.significand.bit_len());
        let (quotient, remainder) = (&self.significand << missing).div_rem(&other.significand);
        Float {
            negative: self.negative != other.negative,
            significand: quotient,
            exponent: self.exponent - other.exponent - missing as i64,
        }
        .finish_inexact(!remainder.is_zero())
    }

    pub(super) fn floor(&self) -> Number {
        if self.is_integer() {
            return self.clone().finish().unwrap_or(Number::ZERO);
        }
        let mut significand = &self.significand >> self.exponent.unsigned_abs() as usize;
        if self.negative {
            significand += UBig::ONE;
        }
        Float { negative: self.negative, significand, exponent: 0 }.finish().unwrap_or(Number::ZERO)
    }

    /// Rounds to a number in its one representation. Errors: out of range.
    pub(super) fn finish(self) -> Result<Number, NumberError> {
        self.finish_inexact(false)
    }

    /// As [`Float::finish`]; `sticky` says that the true value is a little further from zero. The significand must
    /// then have more bits than the precision.
    pub(super) fn finish_inexact(mut self, sticky: bool) -> Result<Number, NumberError> {
        if let Some(excess) = self.significand.bit_len().checked_sub(PRECISION).filter(|excess| *excess > 0) {
            self.significand = shift_right_to_even(&self.significand, excess, sticky);
            self.exponent += excess as i64;
        }
        let Some(zeros) = self.significand.trailing_zeros() else { return Ok(Number::ZERO) };
        if self.position() > MAX_POSITION {
            return Err(NumberError::new("the number is too large"));
        }
        if self.position() < -MAX_POSITION {
            return Err(NumberError::new("the number is too close to zero"));
        }
        if self.exponent >= 0 && self.position() <= 64 {
            let magnitude = u64::try_from(self.aligned(0)).ok();
            let signed = if self.negative {
                magnitude.and_then(|m| 0i64.checked_sub_unsigned(m))
            } else {
                magnitude.and_then(|m| i64::try_from(m).ok())
            };
            if let Some(n) = signed {
                return Ok(Number(Repr::Int(n)));
            }
        } else if self.exponent < 0 && zeros as i64 >= -self.exponent {
            self.significand >>= self.exponent.unsigned_abs() as usize;
            self.exponent = 0;
            return self.finish();
        }
        if zeros > 0 {
            self.significand >>= zeros;
            self.exponent += zeros as i64;
        }
        Ok(Number(Repr::Float(Arc::new(self))))
    }
}

/// Drops low bits, rounding to nearest, ties to even. `sticky` says that the value has more bits below.
fn shift_right_to_even(value: &UBig, bits: usize, sticky: bool) -> UBig {
    let mut kept = value >> bits;
    let half = value.bit(bits - 1);
    let beyond_half = sticky || value.trailing_zeros().is_some_and(|zeros| zeros < bits - 1);
    if half && (beyond_half || kept.bit(0)) {
        kept += UBig::ONE;
    }
    kept
}
