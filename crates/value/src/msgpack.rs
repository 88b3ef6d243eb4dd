//! Values as MessagePack, as the provider protocol has them (fact sheet `plugin-protocol.md` 5.2).

mod cursor;
mod read;
mod refinements;
mod write;

use crate::json::CodecError;
use crate::{Type, Value};

/// Extension code of a refined unknown value.
const REFINED: i8 = 12;

/// Bytes of refinements that are written and accepted.
const MAX_REFINEMENTS: usize = 1024;

/// Encodes a value by a type. Marks are ignored; unknowns and their refinements are kept.
pub fn encode(value: &Value, ty: &Type) -> Result<Vec<u8>, CodecError> {
    write::encode(value, ty)
}

/// Decodes bytes by a type. Depth, lengths and sizes are bounded: hostile input is an error, never a crash.
pub fn decode(bytes: &[u8], ty: &Type) -> Result<Value, CodecError> {
    read::decode(bytes, ty)
}
