//! Unknown values and their refinements.

use super::cursor::Cursor;
use super::write::write_number;
use super::{MAX_REFINEMENTS, REFINED};
use crate::json::CodecError;
use crate::{Number, Refinements, Type, Value};
use rmp::encode::{self, ByteBuf};

const NULLNESS: i64 = 1;
const PREFIX: i64 = 2;
const MIN: i64 = 3;
const MAX: i64 = 4;
const MIN_LENGTH: i64 = 5;
const MAX_LENGTH: i64 = 6;

/// Writes an unknown value. What is written to memory cannot fail.
pub(super) fn write_unknown(out: &mut ByteBuf, refinements: Option<&Refinements>) {
    let fits = |payload: &Vec<u8>| payload.len() <= MAX_REFINEMENTS;
    let all = refinements.filter(|refinements| !refinements.is_none()).map(payload);
    // Only bounds of very many digits are too long.
    let without_bounds = || payload(&Refinements { min: None, max: None, ..refinements.cloned().unwrap_or_default() });
    match all.map(|all| if fits(&all) { all } else { without_bounds() }) {
        Some(payload) => {
            let _ = encode::write_ext_meta(out, payload.len() as u32, REFINED);
            out.as_mut_vec().extend_from_slice(&payload);
        }
        None => {
            let _ = encode::write_ext_meta(out, 1, 0);
            out.as_mut_vec().push(0);
        }
    }
}

fn payload(refinements: &Refinements) -> Vec<u8> {
    let mut out = ByteBuf::new();
    let fields = [
        refinements.not_null,
        refinements.prefix.is_some(),
        refinements.min.is_some(),
        refinements.max.is_some(),
        refinements.min_length.is_some(),
        refinements.max_length.is_some(),
    ];
    let _ = encode::write_map_len(&mut out, fields.iter().filter(|present| **present).count() as u32);
    if refinements.not_null {
        let _ = encode::write_sint(&mut out, NULLNESS);
        let _ = encode::write_bool(&mut out, false);
    }
    if let Some(prefix) = &refinements.prefix {
        let _ = encode::write_sint(&mut out, PREFIX);
        let _ = encode::write_str(&mut out, prefix);
    }
    for (key, bound) in [(MIN, &refinements.min), (MAX, &refinements.max)] {
        if let Some((number, inclusive)) = bound {
            let _ = encode::write_sint(&mut out, key);
            let _ = encode::write_array_len(&mut out, 2);
            write_number(&mut out, number);
            let _ = encode::write_bool(&mut out, *inclusive);
        }
    }
    for (key, bound) in [(MIN_LENGTH, refinements.min_length), (MAX_LENGTH, refinements.max_length)] {
        if let Some(length) = bound {
            let _ = encode::write_sint(&mut out, key);
            let _ = encode::write_uint(&mut out, length);
        }
    }
    out.into_vec()
}

/// An unknown value from an extension's code and payload.
pub(super) fn read_unknown(code: i8, payload: &[u8], ty: &Type) -> Result<Value, CodecError> {
    if payload.len() <= 1 || code != REFINED || matches!(ty, Type::Dynamic) {
        return Ok(Value::unknown(ty.clone()));
    }
    if payload.len() > MAX_REFINEMENTS {
        return Err(CodecError::new(format!("more than {MAX_REFINEMENTS} bytes of refinements")));
    }
    let mut cursor = Cursor::new(payload);
    let mut refinements = Refinements::default();
    for _ in 0..cursor.map_length()? {
        match cursor.integer()? {
            NULLNESS if cursor.bool()? => return Ok(Value::null(ty.clone())),
            NULLNESS => refinements.not_null = true,
            PREFIX => refinements.prefix = Some(crate::set::normalize(cursor.text()?)),
            MIN => refinements.min = Some(read_bound(&mut cursor)?),
            MAX => refinements.max = Some(read_bound(&mut cursor)?),
            MIN_LENGTH => refinements.min_length = Some(read_length(&mut cursor)?),
            MAX_LENGTH => refinements.max_length = Some(read_length(&mut cursor)?),
            _ => cursor.skip()?,
        }
    }
    Ok(Value::unknown_refined(ty.clone(), refinements))
}

fn read_bound(cursor: &mut Cursor<'_>) -> Result<(Number, bool), CodecError> {
    if cursor.array_length()? != 2 {
        return Err(CodecError::new("a bound must be a number and a bool"));
    }
    Ok((cursor.number()?, cursor.bool()?))
}

fn read_length(cursor: &mut Cursor<'_>) -> Result<u64, CodecError> {
    u64::try_from(cursor.integer()?).map_err(|_| CodecError::new("a length must not be negative"))
}
